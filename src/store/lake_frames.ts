import { isUtf8 } from 'node:buffer'
import { ABSENT_NUMBERS, ABSENT_STRINGS, type EventBatch } from '../event/batch.ts'
import { type LogType, logType } from '../event/log_types.ts'

/**
 * What goes to the lake process: frames of `kind` (4 bytes), length (4 bytes) and payload. A batch's payload is a JSON
 * head and then its columns as they lie in memory, eight-byte ones first, so that the other side reads them in place.
 */

export const FRAME_HEAD = 8
export const FRAME = { batch: 1, devices: 2, flush: 3, close: 4 } as const

/** What the engine adds to a batch, row by row. */
export interface LakeRowColumns {
  /** Index of the device that the row is about; `NO_DEVICE` where there is none. At least `batch.rows` long, as are the others. */
  readonly device: Uint32Array
  /** Index of the other inside party. */
  readonly peer: Uint32Array
  /** Position in canonical order. */
  readonly sequence: Float64Array
  /** Rows that are 1 here are left out: duplicates, and what was never walked. */
  readonly skip?: Uint8Array
}

/** Id (16 hexadecimal digits) of each device, by index. */
export type DeviceIds = readonly (string | undefined)[]

/** No device: an outside address, or no address. */
export const NO_DEVICE = 0xffffffff

interface BatchHead {
  readonly type: string
  readonly rows: number
  readonly entries: number
  readonly bytes: number
  readonly numbers: readonly number[]
  readonly strings: readonly number[]
  readonly extra: boolean
  readonly skip: boolean
}

/** A batch as the lake process holds it: only the columns in which some row has a value. */
export interface StagedBatch {
  readonly type: LogType
  readonly rows: number
  readonly numbers: ReadonlyMap<number, Float64Array>
  readonly strings: ReadonlyMap<number, Uint32Array>
  readonly known: Float64Array
  readonly sequence: Float64Array
  readonly device: Uint32Array
  readonly peer: Uint32Array
  readonly extra: Uint32Array | undefined
  readonly skip: Uint8Array | undefined
  /** Dictionary: entry i is bytes[offsets[i] … offsets[i + 1]]. */
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  /** Memory it holds on to. */
  readonly size: number
}

const pad8 = (size: number): number => (size + 7) & ~7

/**
 * @param take gives a buffer of at least so many bytes, which this function fills from its beginning
 * @returns the frame: a part of that buffer
 */
export function batchFrame(batch: EventBatch, columns: LakeRowColumns, take: (size: number) => Buffer): Buffer {
  const { rows, dictionary } = batch
  const numbers: number[] = []
  const strings: number[] = []
  batch.numbers.forEach((column, slot) => {
    if (column !== ABSENT_NUMBERS) numbers.push(slot)
  })
  batch.strings.forEach((column, slot) => {
    if (column !== ABSENT_STRINGS) strings.push(slot)
  })
  const extra = batch.extra !== ABSENT_STRINGS
  const skip = columns.skip?.includes(1) ? columns.skip : undefined
  const entries = dictionary.size
  const bytes = dictionary.offsets[entries] ?? 0
  const head: BatchHead = {
    type: batch.type.name,
    rows,
    entries,
    bytes,
    numbers,
    strings,
    extra,
    skip: skip !== undefined,
  }
  const headBytes = Buffer.from(JSON.stringify(head), 'utf8')
  const eights = 2 + numbers.length
  const fours = 2 + strings.length + (extra ? 1 : 0)
  const payload =
    pad8(4 + headBytes.length) + rows * (eights * 8 + fours * 4 + (skip ? 1 : 0)) + (entries + 1) * 4 + bytes
  const frame = take(FRAME_HEAD + payload)
  frame.writeUInt32LE(FRAME.batch, 0)
  frame.writeUInt32LE(payload, 4)
  frame.writeUInt32LE(headBytes.length, FRAME_HEAD)
  headBytes.copy(frame, FRAME_HEAD + 4)
  let at = FRAME_HEAD + pad8(4 + headBytes.length)
  const put = (column: Float64Array | Uint32Array | Uint8Array, count: number): void => {
    const size = count * column.BYTES_PER_ELEMENT
    frame.set(new Uint8Array(column.buffer, column.byteOffset, size), at)
    at += size
  }
  put(batch.known, rows)
  put(columns.sequence, rows)
  for (const slot of numbers) put(batch.numbers[slot]!, rows)
  put(columns.device, rows)
  put(columns.peer, rows)
  for (const slot of strings) put(batch.strings[slot]!, rows)
  if (extra) put(batch.extra, rows)
  put(dictionary.offsets, entries + 1)
  if (skip) put(skip, rows)
  put(dictionary.bytes, bytes)
  return frame.subarray(0, FRAME_HEAD + payload)
}

/** The payload of a batch frame, read in place. @param payload begins at an address divisible by eight */
export function readBatch(payload: ArrayBuffer): StagedBatch {
  const headLength = new DataView(payload).getUint32(0, true)
  const head = JSON.parse(Buffer.from(payload, 4, headLength).toString('utf8')) as BatchHead
  const { rows, entries } = head
  let at = pad8(4 + headLength)
  const doubles = (): Float64Array => {
    const column = new Float64Array(payload, at, rows)
    at += rows * 8
    return column
  }
  const ids = (count: number): Uint32Array => {
    const column = new Uint32Array(payload, at, count)
    at += count * 4
    return column
  }
  const known = doubles()
  const sequence = doubles()
  const numbers = new Map(head.numbers.map((slot) => [slot, doubles()]))
  const device = ids(rows)
  const peer = ids(rows)
  const strings = new Map(head.strings.map((slot) => [slot, ids(rows)]))
  const extra = head.extra ? ids(rows) : undefined
  const offsets = ids(entries + 1)
  const skip = head.skip ? new Uint8Array(payload, at, rows) : undefined
  at += head.skip ? rows : 0
  const dictionary = wellFormed(new Uint8Array(payload, at, head.bytes), offsets, entries)
  const size = payload.byteLength + 200
  return {
    type: logType(head.type),
    rows,
    numbers,
    strings,
    known,
    sequence,
    device,
    peer,
    extra,
    skip,
    size,
    ...dictionary,
  }
}

/**
 * Sensors repair what is not UTF-8, but a lake that no reader can open would be too high a price for a mistake there:
 * checked once a batch (fast), mended when it must be.
 */
function wellFormed(
  bytes: Uint8Array,
  offsets: Uint32Array,
  entries: number,
): { bytes: Uint8Array; offsets: Uint32Array } {
  if (isUtf8(bytes)) {
    let whole = true
    for (let id = 1; id < entries && whole; id++) whole = (bytes[offsets[id]!]! & 0xc0) !== 0x80
    if (whole) return { bytes, offsets }
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const parts: Buffer[] = []
  const mended = new Uint32Array(entries + 1)
  let at = 0
  for (let id = 0; id < entries; id++) {
    const part = Buffer.from(decoder.decode(bytes.subarray(offsets[id]!, offsets[id + 1]!)), 'utf8')
    parts.push(part)
    mended[id] = at
    at += part.length
  }
  mended[entries] = at
  return { bytes: Buffer.concat(parts), offsets: mended }
}

/** A frame with JSON as its payload. */
export function jsonFrame(kind: number, value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value), 'utf8')
  const head = Buffer.alloc(FRAME_HEAD)
  head.writeUInt32LE(kind, 0)
  head.writeUInt32LE(payload.length, 4)
  return Buffer.concat([head, payload])
}

/** Puts frames together from the pieces in which a pipe delivers them; each gets memory of its own. */
export class FrameReader {
  private readonly head = Buffer.alloc(FRAME_HEAD)
  private headGot = 0
  private payload: Uint8Array<ArrayBuffer> | undefined
  private payloadGot = 0

  /** Takes a piece (and does not keep it); calls `onFrame` for each frame that it completes. */
  push(piece: Uint8Array, onFrame: (kind: number, payload: ArrayBuffer) => void): void {
    for (let at = 0; at < piece.length; ) {
      if (this.headGot < FRAME_HEAD) {
        const part = piece.subarray(at, at + FRAME_HEAD - this.headGot)
        this.head.set(part, this.headGot)
        this.headGot += part.length
        at += part.length
        if (this.headGot < FRAME_HEAD) return
        this.payload = new Uint8Array(this.head.readUInt32LE(4))
        this.payloadGot = 0
      }
      const payload = this.payload!
      const part = piece.subarray(at, at + payload.length - this.payloadGot)
      payload.set(part, this.payloadGot)
      this.payloadGot += part.length
      at += part.length
      if (this.payloadGot < payload.length) return
      this.headGot = 0
      this.payload = undefined
      onFrame(this.head.readUInt32LE(0), payload.buffer)
    }
  }
}
