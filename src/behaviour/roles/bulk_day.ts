import { KeyedRows } from '../keyed_rows.ts'

const QUIET = 1
const BUSY = 2
const GIVEN = 3
const WORDS = 4
const MEBIBYTE = 1024 * 1024
const MOST_MEBIBYTES = 0x7fff_ffff
/** Devices a day; who comes later is not counted, which costs an excuse at most. */
const MOST_DEVICES = 65_536

/** What a device took from and gave to others inside, in bulk, on a day; MiB. */
export interface BulkOfDay {
  readonly takenInQuietHours: number
  readonly takenInBusyHours: number
  readonly given: number
}

export const NO_BULK: BulkOfDay = { takenInQuietHours: 0, takenInBusyHours: 0, given: 0 }

/** Bulk of the day under way: 16 bytes for each device that moved any. */
export class BulkDay {
  private rows: KeyedRows
  private readonly seed: number
  refused = 0

  constructor(seed: number) {
    this.seed = seed
    this.rows = new KeyedRows(WORDS, 1, 2, seed)
  }

  get bytes(): number {
    return this.rows.bytes
  }

  taken(device: number, bytes: number, inQuietHour: boolean): void {
    this.add(device, inQuietHour ? QUIET : BUSY, bytes)
  }

  given(device: number, bytes: number): void {
    this.add(device, GIVEN, bytes)
  }

  of(device: number): BulkOfDay {
    const row = this.rows.find(device, 0, 0)
    if (row === 0) return NO_BULK
    const { rows } = this.rows
    return {
      takenInQuietHours: rows.get(row, QUIET),
      takenInBusyHours: rows.get(row, BUSY),
      given: rows.get(row, GIVEN),
    }
  }

  clear(): void {
    this.rows = new KeyedRows(WORDS, 1, 2, this.seed)
  }

  /** One list of words a device; a day's bulk is small. */
  save(): number[] {
    const words: number[] = []
    for (let row = 1; row < this.rows.end; row++)
      for (let word = 0; word < WORDS; word++) words.push(this.rows.rows.get(row, word))
    return words
  }

  restore(words: readonly number[]): void {
    this.clear()
    for (let at = 0; at + WORDS <= words.length; at += WORDS) {
      const row = this.rows.insert(words[at]!, 0, 0)
      for (let word = 1; word < WORDS; word++) this.rows.rows.set(row, word, words[at + word]!)
    }
  }

  private add(device: number, word: number, bytes: number): void {
    let row = this.rows.find(device, 0, 0)
    if (row === 0) {
      if (this.rows.size >= MOST_DEVICES) {
        this.refused++
        return
      }
      row = this.rows.insert(device, 0, 0)
    }
    const sum = this.rows.rows.get(row, word) + Math.floor(bytes / MEBIBYTE)
    this.rows.rows.set(row, word, Math.min(MOST_MEBIBYTES, sum))
  }
}
