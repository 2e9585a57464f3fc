import { giveMemory } from './column_memory.ts'
import { type LogType, logType, SET_SEPARATOR } from './log_types.ts'

/**
 * Events of one log type, in the order of their log, as columns: what sensors hand over, what the engine walks, what the
 * lake stores. No object an event. A batch is immutable once taken from its builder, except for the columns that stations
 * downstream fill (`device`, `peerDevice`, `sequence`).
 *
 * Text is held once a batch, in a dictionary of UTF-8 bytes; id 0 means "absent".
 */
export interface EventBatch {
  readonly type: LogType
  readonly rows: number
  /** By slot; `NaN` is absent. Slots that hold text, or that no row has, share `ABSENT_NUMBERS`. Times are µs. */
  readonly numbers: readonly Float64Array[]
  /** By slot; dictionary ids, 0 is absent. Slots that hold numbers, or that no row has, share `ABSENT_STRINGS`. */
  readonly strings: readonly Uint32Array[]
  /** Dictionary id of a JSON object (keys sorted) with the fields the type does not know, or 0. */
  readonly extra: Uint32Array
  /** Earliest moment (µs) at which the sensor could have said it; NaN in a log without times. DESIGN.md section 2. */
  readonly known: Float64Array
  /** The event key, a hash of type and content, as two 32-bit halves. */
  readonly keyHigh: Uint32Array
  readonly keyLow: Uint32Array
  /** Where the record stands in its file: line (text) or packet (capture), from 1. */
  readonly line: Uint32Array
  readonly dictionary: Dictionary
}

/** The text of a batch: entry i is `bytes[offsets[i] … offsets[i + 1]]`; entry 0 is empty and means "absent". */
export class Dictionary {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly size: number
  private readonly buffer: Buffer
  private readonly texts: (string | undefined)[]

  constructor(bytes: Uint8Array, offsets: Uint32Array, size: number) {
    this.bytes = bytes
    this.offsets = offsets
    this.size = size
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.texts = new Array<string | undefined>(size)
  }

  /** The text of an entry, decoded on first use and kept as long as the batch; '' for absent (id 0). */
  text(id: number): string {
    const known = this.texts[id]
    if (known !== undefined) return known
    const text = id === 0 ? '' : this.buffer.utf8Slice(this.offsets[id]!, this.offsets[id + 1]!)
    this.texts[id] = text
    return text
  }
}

/** The most rows of one batch. */
export const BATCH_ROWS = 8192

/** Shared by all columns in which no row has a value. */
export const ABSENT_NUMBERS: Float64Array = new Float64Array(BATCH_ROWS).fill(Number.NaN)
export const ABSENT_STRINGS: Uint32Array = new Uint32Array(BATCH_ROWS)

/** Text of a field in a row; '' when absent. For code off the hot path. */
export function textAt(batch: EventBatch, slot: number, row: number): string {
  return batch.dictionary.text(batch.strings[slot]![row]!)
}

/** Elements of a `set` or `numbers` field in a row; empty when absent. For code off the hot path. */
export function elementsAt(batch: EventBatch, slot: number, row: number): readonly string[] {
  const id = batch.strings[slot]![row]!
  if (id === 0) return []
  const text = batch.dictionary.text(id)
  return text === '' ? [] : text.split(SET_SEPARATOR)
}

/** Gives a batch's memory to the next ones. Nobody may ask the batch, or its dictionary, for anything afterwards. */
export function giveBack(batch: EventBatch): void {
  const { known, keyHigh, dictionary } = batch
  const blocks = new Set<ArrayBufferLike>([
    known.buffer,
    keyHigh.buffer,
    dictionary.bytes.buffer,
    dictionary.offsets.buffer,
  ])
  for (const column of batch.numbers) if (column !== ABSENT_NUMBERS) blocks.add(column.buffer)
  for (const column of batch.strings) if (column !== ABSENT_STRINGS) blocks.add(column.buffer)
  for (const block of blocks) giveMemory(block)
}

/** What crosses a thread or process border: plain data, its buffers transferable. */
export interface BatchTransfer {
  readonly type: string
  readonly rows: number
  /** Only columns in which some row has a value. */
  readonly numbers: readonly (readonly [slot: number, values: Float64Array])[]
  readonly strings: readonly (readonly [slot: number, ids: Uint32Array])[]
  readonly extra: Uint32Array
  readonly known: Float64Array
  readonly keyHigh: Uint32Array
  readonly keyLow: Uint32Array
  readonly line: Uint32Array
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly entries: number
}

/** Takes a batch apart for a transfer; the batch must not be used afterwards when its buffers are transferred. */
export function toTransfer(batch: EventBatch): { transfer: BatchTransfer; buffers: ArrayBuffer[] } {
  const numbers: [number, Float64Array][] = []
  const strings: [number, Uint32Array][] = []
  batch.numbers.forEach((column, slot) => {
    if (column !== ABSENT_NUMBERS) numbers.push([slot, column])
  })
  batch.strings.forEach((column, slot) => {
    if (column !== ABSENT_STRINGS) strings.push([slot, column])
  })
  const { extra, known, keyHigh, keyLow, line, dictionary } = batch
  const transfer: BatchTransfer = {
    type: batch.type.name,
    rows: batch.rows,
    numbers,
    strings,
    extra,
    known,
    keyHigh,
    keyLow,
    line,
    bytes: dictionary.bytes,
    offsets: dictionary.offsets,
    entries: dictionary.size,
  }
  const views = [
    ...numbers.map(([, column]) => column),
    ...strings.map(([, column]) => column),
    ...(extra === ABSENT_STRINGS ? [] : [extra]),
    known,
    keyHigh,
    keyLow,
    line,
    dictionary.bytes,
    dictionary.offsets,
  ]
  return { transfer, buffers: [...new Set(views.map((view) => view.buffer as ArrayBuffer))] }
}

/** Puts a batch together again on the other side. */
export function fromTransfer(transfer: BatchTransfer): EventBatch {
  const type = logType(transfer.type)
  const numbers: Float64Array[] = type.fields.map(() => ABSENT_NUMBERS)
  const strings: Uint32Array[] = type.fields.map(() => ABSENT_STRINGS)
  for (const [slot, column] of transfer.numbers) numbers[slot] = column
  for (const [slot, column] of transfer.strings) strings[slot] = column
  const { rows, extra, known, keyHigh, keyLow, line } = transfer
  const dictionary = new Dictionary(transfer.bytes, transfer.offsets, transfer.entries)
  return { type, rows, numbers, strings, extra, known, keyHigh, keyLow, line, dictionary }
}
