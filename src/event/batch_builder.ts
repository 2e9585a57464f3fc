import { ABSENT_NUMBERS, ABSENT_STRINGS, BATCH_ROWS, type EventBatch } from './batch.ts'
import { giveMemory, takeMemory } from './column_memory.ts'
import { DictionaryBuilder, finish, hashText } from './dictionary_builder.ts'
import type { LogType } from './log_types.ts'
import { DAY, type Micros } from './time.ts'

/** Why a record with readable fields is still no event. */
export type CommitRefusal = 'ts-missing' | 'ts-out-of-range'

/** No sensor wrote before 1970 and none writes after 2100: such a time is a broken value, not a late or early event. */
const LATEST_TIME: Micros = 4_102_444_800_000_000
/** A connection longer than this is a broken value; the record keeps its place by `ts` alone. */
const LONGEST_DURATION = 366 * DAY

const NO_COLUMN = -1
/**
 * Columns stand this many values apart. Were it a power of two, the same row of all columns would fall into one set of the
 * processor's caches, and each value of a row would drive another one out.
 */
const COLUMN_STRIDE = BATCH_ROWS + 32
const ROWS_CLEARED = 256
/** Of `known` alone, so that its block has a size of its own. */
const KNOWN_STRIDE = BATCH_ROWS + 8

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
  private readonly dictionary = new DictionaryBuilder()
  /** Of the texts in the open row, by slot. */
  private readonly rowHash: Int32Array
  private extraHash = 0
  private begun = false
  /** Columns are made absent so many rows ahead. */
  private clearedRows = 0
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
    this.rowHash = new Int32Array(fields.length)
    this.fresh()
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
    const { dictionary } = this
    this.setId(
      slot,
      this.unique[slot] === 1 ? dictionary.append(source, start, end) : dictionary.intern(source, start, end),
    )
  }

  setText(slot: number, text: string): void {
    const { dictionary } = this
    this.setId(slot, this.unique[slot] === 1 ? dictionary.appendText(text) : dictionary.internText(text))
  }

  private setId(slot: number, id: number): void {
    let column = this.textStart[slot]!
    if (column === NO_COLUMN) column = this.newTexts(slot)
    this.textBlock[column + this.row] = id
    this.rowHash[slot] = this.dictionary.lastHash
  }

  /** The fields that the type does not know, as the text of a JSON object with sorted keys. */
  setExtra(json: string): void {
    this.extra ??= new Uint32Array(BATCH_ROWS)
    this.extra[this.row] = this.dictionary.internText(json)
    this.extraHash = this.dictionary.lastHash
  }

  has(slot: number): boolean {
    return this.numeric[slot] ? !Number.isNaN(this.numberOf(slot)) : this.textId(slot) !== 0
  }

  /** What was set in the open row; '' when absent. For derived fields, off the hot path. */
  textOf(slot: number): string {
    return this.dictionary.textOf(this.textId(slot))
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
    if (this.row === this.clearedRows && this.row < BATCH_ROWS) this.clearAhead()
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
    const batch = this.taken()
    if (batch !== undefined) this.fresh()
    return batch
  }

  /** The same at the end of a file: the builder takes no more rows, and memory that no batch has is given back. */
  takeLast(): EventBatch | undefined {
    const batch = this.taken()
    if (batch === undefined) {
      for (const block of [this.numberBlock, this.textBlock, this.known, this.line]) giveMemory(block.buffer)
      this.dictionary.end(false)
    } else this.dictionary.end(true)
    this.row = BATCH_ROWS
    this.numberBlock = new Float64Array(0)
    this.numberWords = new Uint32Array(0)
    this.textBlock = new Uint32Array(0)
    return batch
  }

  private taken(): EventBatch | undefined {
    if (this.row === 0) return undefined
    this.drop0()
    return {
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
      dictionary: this.dictionary.take(),
    }
  }

  /** A row that was begun but not committed when the batch is taken is the caller's to set again. */
  private drop0(): void {
    if (this.row < BATCH_ROWS) this.drop()
  }

  private fresh(): void {
    this.row = 0
    if (this.begun) this.dictionary.again()
    this.begun = true
    // Memory that no column uses is never touched, so it costs nothing. What an earlier batch left in it is cleared ahead.
    this.numberBlock = new Float64Array(takeMemory(COLUMN_STRIDE * this.numericFields * 8))
    this.numberWords = new Uint32Array(this.numberBlock.buffer)
    this.textBlock = new Uint32Array(takeMemory(COLUMN_STRIDE * (this.numeric.length - this.numericFields) * 4))
    this.numberStart.fill(NO_COLUMN)
    this.textStart.fill(NO_COLUMN)
    this.numberSlots = []
    this.textSlots = []
    this.extra = undefined
    const known = takeMemory(KNOWN_STRIDE * 8)
    const words = takeMemory(3 * COLUMN_STRIDE * 4)
    this.known = new Float64Array(known, 0, BATCH_ROWS)
    this.keyHigh = new Uint32Array(words, 0, BATCH_ROWS)
    this.keyLow = new Uint32Array(words, COLUMN_STRIDE * 4, BATCH_ROWS)
    this.line = new Uint32Array(words, 2 * COLUMN_STRIDE * 4, BATCH_ROWS)
    this.clearedRows = ROWS_CLEARED
  }

  private newNumbers(slot: number): number {
    const start = this.numberSlots.length * COLUMN_STRIDE
    this.numberBlock.fill(Number.NaN, start, start + this.clearedRows)
    this.numberStart[slot] = start
    this.numberSlots = [...this.numberSlots, slot].sort((a, b) => a - b)
    return start
  }

  private newTexts(slot: number): number {
    const start = this.textSlots.length * COLUMN_STRIDE
    this.textBlock.fill(0, start, start + this.clearedRows)
    this.textStart[slot] = start
    this.textSlots = [...this.textSlots, slot].sort((a, b) => a - b)
    return start
  }

  /** Makes all columns absent in the next rows, shortly before they are written: what lies in the cache is filled fastest. */
  private clearAhead(): void {
    const end = this.clearedRows + ROWS_CLEARED
    for (let i = 0; i < this.numberSlots.length; i++) {
      const start = i * COLUMN_STRIDE
      this.numberBlock.fill(Number.NaN, start + this.clearedRows, start + end)
    }
    for (let i = 0; i < this.textSlots.length; i++) {
      const start = i * COLUMN_STRIDE
      this.textBlock.fill(0, start + this.clearedRows, start + end)
    }
    this.clearedRows = end
  }

  /**
   * The event key: the present fields in the order of their slots, whatever the order in which they were set; absent ones
   * add nothing. Two 32-bit lanes of multiply and rotate, as in MurmurHash3's body, and its finaliser (Appleby 2011). Of a text its 32-bit hash counts.
   */
  private hashRow(row: number): void {
    const { numberSlots, numberStart, numberWords, textSlots, textStart, textBlock, fieldHash, rowHash } = this
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
      if (textBlock[textStart[slot]! + row] === 0) continue
      const value = rowHash[slot]! ^ fieldHash[slot]!
      high = Math.imul((high << 13) | (high >>> 19), 5) ^ Math.imul(value, 0xcc9e2d51)
      low = Math.imul(low ^ value, 0x85ebca6b) ^ (low >>> 15)
    }
    if (this.extra !== undefined && this.extra[row] !== 0) {
      high = Math.imul(high, 5) ^ this.extraHash
      low = Math.imul(low ^ this.extraHash, 0x85ebca6b)
    }
    this.keyHigh[row] = finish(high)
    this.keyLow[row] = finish(low)
  }
}
