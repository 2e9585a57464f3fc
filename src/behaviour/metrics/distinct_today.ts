import { KeyedRows } from '../keyed_rows.ts'
import type { FrozenRows } from '../paged_rows.ts'
import { FIVE_MINUTES_AN_HOUR } from './metric.ts'

const LAST = 2
const WORDS = 3
/** Values of one subject and metric that are kept exactly on a day; then one in 16 is, then one in 256. */
const EXACT = 1024
const SHARE_BITS = 4
const LEVELS = 3
/** Estimates at which the share changes: so many rows are used up by then. */
const FULL: readonly number[] = [
  EXACT,
  EXACT * (1 + 2 ** SHARE_BITS),
  EXACT * (1 + 2 ** SHARE_BITS + 2 ** (2 * SHARE_BITS)),
]
const MOST_ROWS = 4_000_000

/** By how much a value raises the distinct counts of the three windows. */
export interface Raise {
  five: number
  hour: number
  day: number
}

/**
 * Which values each subject has met today, and in which five minutes last: distinct counts of all three windows from one
 * look-up, 12 bytes a value and an index. Exact up to 1,024 values of a subject and metric, then by adaptive sampling
 * (Flajolet 1990): of the values that are new then only those count whose hash ends in 4 zero bits, each for 16, from 17,408
 * on those with 8, each for 256. The standard error is 3 % of what goes beyond; beyond 279,552 nothing is counted.
 * The hash that samples is not seeded, since what is said must not depend on a seed: who knows it can hide values, but not
 * the first thousand.
 */
export class DistinctToday {
  private rows: KeyedRows
  private readonly seed: number
  /** Values that were not counted because the table was full. */
  refused = 0

  constructor(seed: number) {
    this.seed = seed
    this.rows = this.fresh()
  }

  private fresh(): KeyedRows {
    return new KeyedRows(WORDS, 2, 64, this.seed)
  }

  /**
   * @param owner of the set: subject and metric in one word, not negative
   * @param count distinct values of the owner today, as estimated so far
   * @param five  number of the present five minutes
   * @returns false when nothing is raised
   */
  meet(owner: number, value: number, count: number, five: number, raise: Raise): boolean {
    let level = 0
    while (level < LEVELS && count >= FULL[level]!) level++
    const row = this.rows.find(owner, value, 0)
    if (row !== 0) {
      const packed = this.rows.rows.get(row, LAST)
      const last = packed >>> 2
      if (last === five) return false
      const weight = 2 ** (SHARE_BITS * (packed & 3))
      this.rows.rows.set(row, LAST, (five << 2) | (packed & 3))
      raise.five = weight
      raise.hour = Math.floor(last / FIVE_MINUTES_AN_HOUR) === Math.floor(five / FIVE_MINUTES_AN_HOUR) ? 0 : weight
      raise.day = 0
      return true
    }
    if (level === LEVELS || (level > 0 && (sample(value) & (2 ** (SHARE_BITS * level) - 1)) !== 0)) return false
    if (this.rows.size >= MOST_ROWS) {
      this.refused++
      return false
    }
    this.rows.rows.set(this.rows.insert(owner, value, 0), LAST, (five << 2) | level)
    raise.five = raise.hour = raise.day = 2 ** (SHARE_BITS * level)
    return true
  }

  clear(): void {
    if (this.rows.size > 0) this.rows = this.fresh()
  }

  get bytes(): number {
    return this.rows.bytes
  }

  freeze(): FrozenRows {
    return this.rows.rows.freeze(this.rows.end)
  }

  head(): number[] {
    return [...this.rows.head, this.refused]
  }

  restore(head: readonly number[], bytes: Uint8Array): void {
    this.rows = this.fresh()
    this.rows.restore([head[0]!, head[1]!, head[2]!], bytes)
    this.refused = head[3]!
  }
}

/** The finaliser of MurmurHash3. */
function sample(value: number): number {
  let h = value ^ (value >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
