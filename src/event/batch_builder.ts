import { ABSENT_NUMBERS, ABSENT_STRINGS, BATCH_ROWS, Dictionary, type EventBatch } from './batch.ts'
import type { LogType } from './log_types.ts'
import { DAY, type Micros } from './time.ts'

/** Why a record with readable fields is still no event. */
export type CommitRefusal = 'ts-missing' | 'ts-out-of-range'

/** No sensor wrote before 1970 and none writes after 2100: such a time is a broken value, not a late or early event. */
const LATEST_TIME: Micros = 4_102_444_800_000_000
/** A connection longer than this is a broken value; the record keeps its place by `ts` alone. */
const LONGEST_DURATION = 366 * DAY

const NEVER_PROBED_AGAIN = 12
const NO_COLUMN = -1
/**
 * Columns stand this many values apart. Were it a power of two, the same row of all columns would fall into one set of the
 * processor's caches, and each value of a row would drive another one out.
 */
const COLUMN_STRIDE = BATCH_ROWS + 32

/** The last fields of every type: `_write_ts`, `_node_name`, `_system_name`. */
const COMMON_FIELDS = 3

/**
 * Gathers rows of one log type into an `EventBatch`. Every sensor builds its events with it, so that event keys and
 * `known` are the same whatever the packing.
 *
 *     builder.setNumber(slot, micros); builder.setBytes(slot, buffer, start, end); …
 *     const refusal = builder.commit(line)        // or builder.drop()
 *     if (builder.full) yield builder.take()
 */
export class BatchBuilder {
  readonly type: LogType
  private row = 0
  /**
   * All columns of a kind stand one behind the other in one array: a row touches one array object a kind, not one a
   * column, which is what makes it fast. A column begins at `numberStart[slot]`, or is not there yet (NO_COLUMN).
   */
  private numberBlock!: Float64Array
  /** The same bytes. */
  private numberWords!: Uint32Array
  private textBlock!: Uint32Array
  private readonly numberStart: Int32Array
  private readonly textStart: Int32Array
  /** Slots that have a column, ascending. */
  private numberSlots: number[] = []
  private textSlots: number[] = []
  private extra: Uint32Array | undefined
  private known!: Float64Array
  private keyHigh!: Uint32Array
  private keyLow!: Uint32Array
  private line!: Uint32Array
  private bytes!: Buffer
  /** The same bytes. */
  private words!: DataView
  private bytesUsed = 0
  /** The array that text was last taken from, and its words. */
  private source: Uint8Array = new Uint8Array(0)
  private sourceWords = new DataView(this.source.buffer)
  private scratch = Buffer.allocUnsafe(1 << 10)
  private offsets!: Uint32Array
  private hashes!: Uint32Array
  private entries = 1
  /** Open addressing over dictionary ids; 0 is free. Kept from batch to batch: only its content is a batch's own. */
  private table: Uint32Array = new Uint32Array(1 << 14)
  private readonly numeric: readonly boolean[]
  private readonly numericFields: number
  private readonly unique: Uint8Array
  private readonly fieldHash: Uint32Array
  private readonly typeHash: number
  private readonly writeSlot: number
  private readonly durationSlot: number
  private readonly hasTs: boolean

  /** @param hasTs false for a log without times (loaded_scripts): its rows get `known` NaN instead of a refusal */
  constructor(type: LogType, hasTs = true) {
    const { fields } = type
    this.type = type
    this.hasTs = hasTs
    this.numeric = fields.map((field) => field.numeric)
    this.numericFields = fields.filter((field) => field.numeric).length
    this.unique = Uint8Array.from(fields, (field) => (field.kind === 'uid' ? 1 : 0))
    this.fieldHash = Uint32Array.from(fields, (field) => hashText(field.name))
    this.typeHash = hashText(type.name)
    this.writeSlot = type.slots.get('_write_ts') ?? NO_COLUMN
    this.durationSlot = type.durationSlot
    this.numberStart = new Int32Array(fields.length)
    this.textStart = new Int32Array(fields.length)
    this.fresh(1 << 16)
  }

  get full(): boolean {
    return this.row === BATCH_ROWS
  }

  /** Committed rows that `take` would return. */
  get rows(): number {
    return this.row
  }

  /** Times and intervals in integer µs, booleans as 0 or 1. A second value for a slot replaces the first. */
  setNumber(slot: number, value: number): void {
    let start = this.numberStart[slot]!
    if (start === NO_COLUMN) start = this.newNumbers(slot)
    // + 0 makes −0 an ordinary zero, so that equal values have equal bits.
    this.numberBlock[start + this.row] = value + 0
  }

  /** UTF-8 bytes; copied. */
  setBytes(slot: number, source: Uint8Array, start: number, end: number): void {
    const id = this.unique[slot] === 1 ? this.append(source, start, end) : this.intern(source, start, end)
    let column = this.textStart[slot]!
    if (column === NO_COLUMN) column = this.newTexts(slot)
    this.textBlock[column + this.row] = id
  }

  setText(slot: number, text: string): void {
    const length = this.encode(text)
    this.setBytes(slot, this.scratch, 0, length)
  }

  /** The fields that the type does not know, as the text of a JSON object with sorted keys. */
  setExtra(json: string): void {
    this.extra ??= new Uint32Array(BATCH_ROWS)
    const length = this.encode(json)
    this.extra[this.row] = this.intern(this.scratch, 0, length)
  }

  /** Puts the text into `scratch` as UTF-8. @returns its length in bytes */
  private encode(text: string): number {
    if (this.scratch.length < text.length * 3) this.scratch = Buffer.allocUnsafe(text.length * 4)
    return this.scratch.utf8Write(text, 0)
  }

  has(slot: number): boolean {
    return this.numeric[slot] ? !Number.isNaN(this.numberOf(slot)) : this.textId(slot) !== 0
  }

  /** What was set in the open row; '' when absent. For derived fields, off the hot path. */
  textOf(slot: number): string {
    const id = this.textId(slot)
    return id === 0 ? '' : this.bytes.utf8Slice(this.offsets[id]!, this.offsets[id + 1]!)
  }

  /** What was set in the open row; NaN when absent. */
  numberOf(slot: number): number {
    const start = this.numberStart[slot]!
    return start === NO_COLUMN ? Number.NaN : this.numberBlock[start + this.row]!
  }

  private textId(slot: number): number {
    const start = this.textStart[slot]!
    return start === NO_COLUMN ? 0 : this.textBlock[start + this.row]!
  }

  /**
   * Ends the open row. On a refusal the row is dropped.
   * @param line where the record stands in its file, from 1
   */
  commit(line: number): CommitRefusal | undefined {
    const row = this.row
    const ts = this.numberOf(0)
    if (Number.isNaN(ts)) {
      if (this.hasTs) {
        this.drop()
        return 'ts-missing'
      }
    } else if (!(ts >= 0 && ts < LATEST_TIME)) {
      this.drop()
      return 'ts-out-of-range'
    }
    let known = ts
    const duration = this.durationSlot < 0 ? Number.NaN : this.numberOf(this.durationSlot)
    if (duration > 0 && duration <= LONGEST_DURATION) known = ts + duration
    const written = this.writeSlot < 0 ? Number.NaN : this.numberOf(this.writeSlot)
    if (written >= 0 && written < LATEST_TIME) known = written
    this.known[row] = known
    this.line[row] = line
    this.hashRow(row)
    this.row = row + 1
    return undefined
  }

  /** Forgets what was set in the open row. */
  drop(): void {
    const row = this.row
    for (const slot of this.numberSlots) this.numberBlock[this.numberStart[slot]! + row] = Number.NaN
    for (const slot of this.textSlots) this.textBlock[this.textStart[slot]! + row] = 0
    if (this.extra) this.extra[row] = 0
  }

  /** The committed rows as a batch, or undefined when there is none; the builder starts anew. */
  take(): EventBatch | undefined {
    if (this.row === 0) return undefined
    this.drop0()
    const batch: EventBatch = {
      type: this.type,
      rows: this.row,
      numbers: Array.from(this.numberStart, (start) =>
        start === NO_COLUMN ? ABSENT_NUMBERS : this.numberBlock.subarray(start, start + BATCH_ROWS),
      ),
      strings: Array.from(this.textStart, (start) =>
        start === NO_COLUMN ? ABSENT_STRINGS : this.textBlock.subarray(start, start + BATCH_ROWS),
      ),
      extra: this.extra ?? ABSENT_STRINGS,
      known: this.known,
      keyHigh: this.keyHigh,
      keyLow: this.keyLow,
      line: this.line,
      dictionary: new Dictionary(
        new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.bytesUsed),
        this.offsets.subarray(0, this.entries + 1),
        this.entries,
      ),
    }
    this.fresh(Math.max(1 << 16, this.bytesUsed + (this.bytesUsed >> 2)))
    return batch
  }

  /** A row that was begun but not committed when the batch is taken is the caller's to set again. */
  private drop0(): void {
    if (this.row < BATCH_ROWS) this.drop()
  }

  private fresh(byteCapacity: number): void {
    this.row = 0
    // Memory that no column uses is never touched, so it costs nothing.
    this.numberBlock = new Float64Array(COLUMN_STRIDE * this.numericFields)
    this.numberWords = new Uint32Array(this.numberBlock.buffer)
    this.textBlock = new Uint32Array(COLUMN_STRIDE * (this.numeric.length - this.numericFields))
    this.numberStart.fill(NO_COLUMN)
    this.textStart.fill(NO_COLUMN)
    this.numberSlots = []
    this.textSlots = []
    this.extra = undefined
    this.known = new Float64Array(BATCH_ROWS)
    this.keyHigh = new Uint32Array(BATCH_ROWS)
    this.keyLow = new Uint32Array(BATCH_ROWS)
    this.line = new Uint32Array(BATCH_ROWS)
    // Its own ArrayBuffer, never the pool of small Buffers: it is handed to other threads.
    this.bytes = Buffer.from(new ArrayBuffer(byteCapacity))
    this.words = new DataView(this.bytes.buffer)
    this.bytesUsed = 0
    this.offsets = new Uint32Array(BATCH_ROWS * 4)
    this.hashes = new Uint32Array(BATCH_ROWS * 4)
    this.entries = 1
    this.table.fill(0)
  }

  private newNumbers(slot: number): number {
    const start = this.numberSlots.length * COLUMN_STRIDE
    this.numberBlock.fill(Number.NaN, start, start + BATCH_ROWS)
    this.numberStart[slot] = start
    this.numberSlots = [...this.numberSlots, slot].sort((a, b) => a - b)
    return start
  }

  private newTexts(slot: number): number {
    const start = this.textSlots.length * COLUMN_STRIDE
    this.textStart[slot] = start
    this.textSlots = [...this.textSlots, slot].sort((a, b) => a - b)
    return start
  }

  /** Dictionary id of the bytes; the same bytes get the same id, unless an adversary made their hashes crowd. */
  private intern(source: Uint8Array, start: number, end: number): number {
    const from = this.wordsOf(source)
    const hash = hashOf(from, start, end)
    const { table, offsets, hashes } = this
    const mask = table.length - 1
    const length = end - start
    let place = hash & mask
    // Probing ends after a dozen places: values made to collide then stand twice in the dictionary, which costs a few
    // bytes, instead of a walk that grows with every record.
    for (let probes = 0; probes < NEVER_PROBED_AGAIN; probes++) {
      const id = table[place]!
      if (id === 0) {
        const made = this.add(from, start, end, hash)
        if (this.entries * 2 > table.length) this.growTable()
        else table[place] = made
        return made
      }
      if (hashes[id] === hash) {
        const at = offsets[id]!
        if (offsets[id + 1]! - at === length && equal(this.words, at, from, start, length)) return id
      }
      place = (place + 1) & mask
    }
    return this.add(from, start, end, hash)
  }

  private append(source: Uint8Array, start: number, end: number): number {
    const from = this.wordsOf(source)
    return this.add(from, start, end, hashOf(from, start, end))
  }

  /** Four bytes at a time are three times as fast as one. Text comes from the same array many times in a row. */
  private wordsOf(source: Uint8Array): DataView {
    if (source !== this.source) {
      this.source = source
      this.sourceWords = new DataView(source.buffer, source.byteOffset, source.byteLength)
    }
    return this.sourceWords
  }

  private add(from: DataView, start: number, end: number, hash: number): number {
    const length = end - start
    if (this.bytesUsed + length > this.bytes.length) this.growBytes(length)
    const id = this.entries++
    if (id + 1 >= this.offsets.length) this.growEntries()
    const { words } = this
    const at = this.bytesUsed
    let i = 0
    for (; i + 4 <= length; i += 4) words.setInt32(at + i, from.getInt32(start + i, true), true)
    for (; i < length; i++) words.setUint8(at + i, from.getUint8(start + i))
    this.bytesUsed = at + length
    this.offsets[id] = at
    this.offsets[id + 1] = at + length
    this.hashes[id] = hash
    return id
  }

  private growBytes(need: number): void {
    const larger = Buffer.from(new ArrayBuffer(Math.max(this.bytes.length * 2, this.bytesUsed + need)))
    this.bytes.copy(larger, 0, 0, this.bytesUsed)
    this.bytes = larger
    this.words = new DataView(larger.buffer)
  }

  private growEntries(): void {
    const offsets = new Uint32Array(this.offsets.length * 2)
    offsets.set(this.offsets)
    this.offsets = offsets
    const hashes = new Uint32Array(this.hashes.length * 2)
    hashes.set(this.hashes)
    this.hashes = hashes
  }

  private growTable(): void {
    this.table = new Uint32Array(this.table.length * 2)
    const mask = this.table.length - 1
    for (let id = 1; id < this.entries; id++) {
      let place = this.hashes[id]! & mask
      for (let probes = 0; probes < NEVER_PROBED_AGAIN; probes++) {
        if (this.table[place] === 0) {
          this.table[place] = id
          break
        }
        place = (place + 1) & mask
      }
    }
  }

  /**
   * The event key: the present fields in the order of their slots, whatever the order in which they were set; absent ones
   * add nothing. Two 32-bit lanes of multiply and rotate, as in MurmurHash3's body, and its finaliser (Appleby 2011).
   */
  private hashRow(row: number): void {
    const { numberSlots, numberStart, numberWords, textSlots, textStart, textBlock, fieldHash, hashes } = this
    const common = fieldHash.length - COMMON_FIELDS
    let high = this.typeHash
    let low = ~this.typeHash
    for (let i = 0; i < numberSlots.length; i++) {
      const slot = numberSlots[i]!
      if (slot >= common) break
      const at = 2 * (numberStart[slot]! + row)
      const upper = numberWords[at + 1]!
      if ((upper & 0x7fffffff) > 0x7ff00000) continue
      const value = numberWords[at]! ^ Math.imul(upper ^ fieldHash[slot]!, 0x9e3779b1)
      high = Math.imul((high << 13) | (high >>> 19), 5) ^ Math.imul(value, 0xcc9e2d51)
      low = Math.imul(low ^ value, 0x85ebca6b) ^ (low >>> 15)
    }
    for (let i = 0; i < textSlots.length; i++) {
      const slot = textSlots[i]!
      if (slot >= common) break
      const id = textBlock[textStart[slot]! + row]!
      if (id === 0) continue
      const value = hashes[id]! ^ fieldHash[slot]!
      high = Math.imul((high << 13) | (high >>> 19), 5) ^ Math.imul(value, 0xcc9e2d51)
      low = Math.imul(low ^ value, 0x85ebca6b) ^ (low >>> 15)
    }
    const extra = this.extra === undefined ? 0 : this.extra[row]!
    if (extra !== 0) {
      high = Math.imul(high, 5) ^ hashes[extra]!
      low = Math.imul(low ^ hashes[extra]!, 0x85ebca6b)
    }
    this.keyHigh[row] = finish(high)
    this.keyLow[row] = finish(low)
  }
}

/** MurmurHash3_x86_32 (Appleby 2011, public domain). */
function hashOf(words: DataView, start: number, end: number): number {
  let hash = 0x811c9dc5
  let at = start
  for (; at + 4 <= end; at += 4) {
    let block = Math.imul(words.getInt32(at, true), 0xcc9e2d51)
    block = (block << 15) | (block >>> 17)
    hash ^= Math.imul(block, 0x1b873593)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  if (at < end) {
    let rest = words.getUint8(at)
    if (at + 1 < end) rest |= words.getUint8(at + 1) << 8
    if (at + 2 < end) rest |= words.getUint8(at + 2) << 16
    rest = Math.imul(rest, 0xcc9e2d51)
    hash ^= Math.imul((rest << 15) | (rest >>> 17), 0x1b873593)
  }
  return finish(hash ^ (end - start))
}

function equal(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let i = 0
  for (; i + 4 <= length; i += 4) if (a.getInt32(aStart + i, true) !== b.getInt32(bStart + i, true)) return false
  for (; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false
  return true
}

function finish(hash: number): number {
  let h = hash
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hashText(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  return hashOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
}
