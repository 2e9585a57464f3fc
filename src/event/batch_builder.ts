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
  private numbers: (Float64Array | undefined)[]
  private strings: (Uint32Array | undefined)[]
  private extra: Uint32Array | undefined
  private known!: Float64Array
  private keyHigh!: Uint32Array
  private keyLow!: Uint32Array
  private line!: Uint32Array
  private bytes!: Buffer
  private bytesUsed = 0
  private offsets!: Uint32Array
  private hashes!: Uint32Array
  private entries = 1
  /** Open addressing over dictionary ids; 0 is free. Kept from batch to batch: only its content is a batch's own. */
  private table: Uint32Array = new Uint32Array(1 << 14)
  private readonly numeric: readonly boolean[]
  private readonly unique: readonly boolean[]
  private readonly fieldHash: Uint32Array
  private readonly typeHash: number
  private readonly writeSlot: number
  private readonly hasTs: boolean
  /** The columns that count for the event key, in the order of their slots: numbers as pairs of words, then texts. */
  private keyNumbers: KeyColumn[] = []
  private keyTexts: KeyColumn[] = []

  /** @param hasTs false for a log without times (loaded_scripts): its rows get `known` NaN instead of a refusal */
  constructor(type: LogType, hasTs = true) {
    this.type = type
    this.hasTs = hasTs
    this.numeric = type.fields.map((field) => field.numeric)
    this.unique = type.fields.map((field) => field.kind === 'uid')
    this.fieldHash = Uint32Array.from(type.fields, (field) => hashText(field.name))
    this.typeHash = hashText(type.name)
    this.writeSlot = type.slots.get('_write_ts') ?? -1
    this.numbers = new Array<Float64Array | undefined>(type.fields.length)
    this.strings = new Array<Uint32Array | undefined>(type.fields.length)
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
    const column = this.numbers[slot] ?? this.newNumbers(slot)
    // + 0 makes −0 an ordinary zero, so that equal values have equal bits.
    column[this.row] = value + 0
  }

  /** UTF-8 bytes; copied. */
  setBytes(slot: number, source: Uint8Array, start: number, end: number): void {
    const column = this.strings[slot] ?? this.newStrings(slot)
    column[this.row] = this.unique[slot] ? this.append(source, start, end) : this.intern(source, start, end)
  }

  setText(slot: number, text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    this.setBytes(slot, bytes, 0, bytes.length)
  }

  /** The fields that the type does not know, as the text of a JSON object with sorted keys. */
  setExtra(json: string): void {
    this.extra ??= new Uint32Array(BATCH_ROWS)
    const bytes = Buffer.from(json, 'utf8')
    this.extra[this.row] = this.intern(bytes, 0, bytes.length)
  }

  has(slot: number): boolean {
    if (!this.numeric[slot]) return (this.strings[slot]?.[this.row] ?? 0) !== 0
    const value = this.numbers[slot]?.[this.row]
    return value !== undefined && !Number.isNaN(value)
  }

  /** What was set in the open row; '' when absent. For derived fields, off the hot path. */
  textOf(slot: number): string {
    const id = this.strings[slot]?.[this.row] ?? 0
    return id === 0 ? '' : this.bytes.utf8Slice(this.offsets[id]!, this.offsets[id + 1]!)
  }

  numberOf(slot: number): number {
    return this.numbers[slot]?.[this.row] ?? Number.NaN
  }

  /**
   * Ends the open row. On a refusal the row is dropped.
   * @param line where the record stands in its file, from 1
   */
  commit(line: number): CommitRefusal | undefined {
    const row = this.row
    const ts = this.numbers[0]?.[row] ?? Number.NaN
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
    const duration =
      this.type.durationSlot < 0 ? Number.NaN : (this.numbers[this.type.durationSlot]?.[row] ?? Number.NaN)
    if (duration > 0 && duration <= LONGEST_DURATION) known = ts + duration
    const written = this.writeSlot < 0 ? Number.NaN : (this.numbers[this.writeSlot]?.[row] ?? Number.NaN)
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
    for (const column of this.numbers) if (column) column[row] = Number.NaN
    for (const column of this.strings) if (column) column[row] = 0
    if (this.extra) this.extra[row] = 0
  }

  /** The committed rows as a batch, or undefined when there is none; the builder starts anew. */
  take(): EventBatch | undefined {
    if (this.row === 0) return undefined
    this.drop0()
    const batch: EventBatch = {
      type: this.type,
      rows: this.row,
      numbers: this.type.fields.map((_, slot) => this.numbers[slot] ?? ABSENT_NUMBERS),
      strings: this.type.fields.map((_, slot) => this.strings[slot] ?? ABSENT_STRINGS),
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
    this.numbers.fill(undefined)
    this.strings.fill(undefined)
    this.keyNumbers = []
    this.keyTexts = []
    this.extra = undefined
    this.known = new Float64Array(BATCH_ROWS)
    this.keyHigh = new Uint32Array(BATCH_ROWS)
    this.keyLow = new Uint32Array(BATCH_ROWS)
    this.line = new Uint32Array(BATCH_ROWS)
    // Its own ArrayBuffer, never the pool of small Buffers: it is handed to other threads.
    this.bytes = Buffer.from(new ArrayBuffer(byteCapacity))
    this.bytesUsed = 0
    this.offsets = new Uint32Array(BATCH_ROWS * 4)
    this.hashes = new Uint32Array(BATCH_ROWS * 4)
    this.entries = 1
    this.table.fill(0)
  }

  private newNumbers(slot: number): Float64Array {
    const column = new Float64Array(BATCH_ROWS).fill(Number.NaN)
    this.numbers[slot] = column
    this.addKeyColumn(this.keyNumbers, slot, new Uint32Array(column.buffer))
    return column
  }

  private newStrings(slot: number): Uint32Array {
    const column = new Uint32Array(BATCH_ROWS)
    this.strings[slot] = column
    this.addKeyColumn(this.keyTexts, slot, column)
    return column
  }

  /** `_write_ts` and the writer's names do not count: two cluster nodes, or a log shipped twice, tell of one event. */
  private addKeyColumn(columns: KeyColumn[], slot: number, words: Uint32Array): void {
    if (slot >= this.type.fields.length - COMMON_FIELDS) return
    columns.push({ slot, words, fieldHash: this.fieldHash[slot]! })
    columns.sort((a, b) => a.slot - b.slot)
  }

  /** Dictionary id of the bytes; the same bytes get the same id, unless an adversary made their hashes crowd. */
  private intern(source: Uint8Array, start: number, end: number): number {
    const hash = hashBytes(source, start, end)
    const { table, bytes, offsets, hashes } = this
    const mask = table.length - 1
    const length = end - start
    let place = hash & mask
    // Probing ends after a dozen places: values made to collide then stand twice in the dictionary, which costs a few
    // bytes, instead of a walk that grows with every record.
    for (let probes = 0; probes < NEVER_PROBED_AGAIN; probes++) {
      const id = table[place]!
      if (id === 0) {
        const made = this.add(source, start, end, hash)
        if (this.entries * 2 > table.length) this.growTable()
        else table[place] = made
        return made
      }
      if (hashes[id] === hash) {
        const at = offsets[id]!
        if (offsets[id + 1]! - at === length) {
          let i = 0
          while (i < length && bytes[at + i] === source[start + i]) i++
          if (i === length) return id
        }
      }
      place = (place + 1) & mask
    }
    return this.add(source, start, end, hash)
  }

  private append(source: Uint8Array, start: number, end: number): number {
    return this.add(source, start, end, hashBytes(source, start, end))
  }

  private add(source: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start
    if (this.bytesUsed + length > this.bytes.length) this.growBytes(length)
    const id = this.entries++
    if (id + 1 >= this.offsets.length) this.growEntries()
    const { bytes } = this
    const at = this.bytesUsed
    for (let i = 0; i < length; i++) bytes[at + i] = source[start + i]!
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
    const { keyNumbers, keyTexts, hashes } = this
    let high = this.typeHash
    let low = ~this.typeHash
    for (let i = 0; i < keyNumbers.length; i++) {
      const { words, fieldHash } = keyNumbers[i]!
      const upper = words[2 * row + 1]!
      if ((upper & 0x7fffffff) > 0x7ff00000) continue
      const value = words[2 * row]! ^ Math.imul(upper ^ fieldHash, 0x9e3779b1)
      high = Math.imul((high << 13) | (high >>> 19), 5) ^ Math.imul(value, 0xcc9e2d51)
      low = Math.imul(low ^ value, 0x85ebca6b) ^ (low >>> 15)
    }
    for (let i = 0; i < keyTexts.length; i++) {
      const { words, fieldHash } = keyTexts[i]!
      const id = words[row]!
      if (id === 0) continue
      const value = hashes[id]! ^ fieldHash
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

/** A column as the event key sees it. */
interface KeyColumn {
  readonly slot: number
  readonly words: Uint32Array
  readonly fieldHash: number
}

/** FNV-1a (Fowler, Noll, Vo) over every other byte in two lanes, so that one multiplication need not wait for the last. */
function hashBytes(source: Uint8Array, start: number, end: number): number {
  let even = 0x811c9dc5
  let odd = end - start
  let i = start
  for (; i + 1 < end; i += 2) {
    even = Math.imul(even ^ source[i]!, 0x01000193)
    odd = Math.imul(odd ^ source[i + 1]!, 0x01000193)
  }
  if (i < end) even = Math.imul(even ^ source[i]!, 0x01000193)
  return finish(even ^ ((odd << 16) | (odd >>> 16)))
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
  return hashBytes(bytes, 0, bytes.length)
}
