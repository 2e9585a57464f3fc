import { KeyedRows } from '../keyed_rows.ts'
import type { DayNumber } from '../link_table.ts'
import type { FrozenRows } from '../paged_rows.ts'
import { bitsUntil } from './day_facts.ts'
import { popcount } from './popcount.ts'

const BITMAP = 2
const DAYS = 3
const COUNT = 4
const WORDS = 5
const MOST_ROWS = 65_536

/** A pause longer than this ends a behaviour, and with it what it was an excuse for. */
const LONGEST_PAUSE = 30

/**
 * On which committed days a device did what a role does: 20 bytes for each device and role, nothing for those who never
 * did. What is beyond the bound is refused and counted: it costs an excuse at most.
 */
export class RoleDays {
  private readonly rows: KeyedRows
  refused = 0

  constructor(seed: number) {
    this.rows = new KeyedRows(WORDS, 2, 2, seed)
  }

  get size(): number {
    return this.rows.size
  }

  get bytes(): number {
    return this.rows.bytes
  }

  /** The row of a device and role, or 0. */
  find(device: number, role: number): number {
    return this.rows.find(device, role, 0)
  }

  /** Counts a day, later than all counted so far. @returns the row, or 0 when there was no room */
  add(device: number, role: number, day: DayNumber): number {
    const { rows } = this.rows
    let row = this.find(device, role)
    if (row === 0 || day - this.lastDay(row) > LONGEST_PAUSE) {
      if (row === 0 && this.rows.size >= MOST_ROWS) {
        this.refused++
        return 0
      }
      if (row === 0) row = this.rows.insert(device, role, 0)
      rows.set(row, BITMAP, 1)
      rows.set(row, DAYS, (day << 16) | day)
      rows.set(row, COUNT, 1)
      return row
    }
    rows.set(row, BITMAP, bitsUntil(rows.get(row, BITMAP), this.lastDay(row), day) | 1)
    rows.set(row, DAYS, (this.firstDay(row) << 16) | day)
    rows.set(row, COUNT, rows.get(row, COUNT) + 1)
    return row
  }

  device(row: number): number {
    return this.rows.rows.get(row, 0)
  }

  role(row: number): number {
    return this.rows.rows.get(row, 1)
  }

  firstDay(row: number): DayNumber {
    return this.rows.rows.get(row, DAYS) >>> 16
  }

  lastDay(row: number): DayNumber {
    return this.rows.rows.get(row, DAYS) & 0xffff
  }

  /** Days in all, since the last pause of more than 30. */
  count(row: number): number {
    return this.rows.rows.get(row, COUNT)
  }

  /** Bit k: k days before `lastDay`; of the last `within` days, at most 32. */
  bitmap(row: number, within: number): number {
    const all = this.rows.rows.get(row, BITMAP)
    return within >= 32 ? all : all & (2 ** within - 1)
  }

  daysWithin(row: number, within: number): number {
    return popcount(this.bitmap(row, within))
  }

  /** Rows whose behaviour has stopped by a day, oldest row first. */
  stopped(day: DayNumber): number[] {
    const found: number[] = []
    for (let row = 1; row < this.rows.end; row++)
      if (this.rows.isLive(row) && day - this.lastDay(row) > LONGEST_PAUSE) found.push(row)
    return found
  }

  remove(row: number): void {
    this.rows.remove(row)
  }

  freeze(): FrozenRows {
    return this.rows.rows.freeze(this.rows.end)
  }

  head(): number[] {
    return [...this.rows.head, this.refused]
  }

  restore(head: readonly number[], bytes: Uint8Array): void {
    const [high = 1, freeHead = 0, live = 0, refused = 0] = head
    this.rows.restore([high, freeHead, live], bytes)
    this.refused = refused
  }
}
