import type { DayNumber } from './link_table.ts'
import { type FrozenRows, PagedRows } from './paged_rows.ts'

const BITMAP = 0
const DAYS = 1
const COUNT = 2

/** On which days each device (or credential) was active: the denominator of "on 12 of 14 days". 16 bytes each, dense. */
export class Activity {
  private readonly rows = new PagedRows(4)
  /** Subjects ever seen, as the highest index + 1. */
  private end = 0

  get size(): number {
    return this.end
  }

  get bytes(): number {
    return this.rows.bytes
  }

  /** @returns true when the subject had not been active on that day before, as far as is known */
  mark(subject: number, day: DayNumber): boolean {
    if (subject >= this.end) {
      this.rows.reserve(subject)
      this.end = subject + 1
    }
    const count = this.rows.get(subject, COUNT)
    const span = this.rows.get(subject, DAYS)
    const last = span & 0xffff
    if (day === last && count !== 0) return false
    const first = span >>> 16
    if (count === 0) {
      this.rows.set(subject, BITMAP, 1)
      this.rows.set(subject, DAYS, (day << 16) | day)
    } else if (day > last) {
      const gap = day - last
      this.rows.set(subject, BITMAP, gap > 31 ? 1 : (this.rows.get(subject, BITMAP) << gap) | 1)
      this.rows.set(subject, DAYS, (first << 16) | day)
    } else {
      const back = last - day
      if (back < 32) {
        const bitmap = this.rows.get(subject, BITMAP)
        if ((bitmap & (1 << back)) !== 0) return false
        this.rows.set(subject, BITMAP, bitmap | (1 << back))
      } else if (day >= first) return false
      if (day < first) this.rows.set(subject, DAYS, (day << 16) | last)
    }
    this.rows.set(subject, COUNT, count + 1)
    return true
  }

  days(subject: number): number {
    return subject < this.end ? this.rows.get(subject, COUNT) : 0
  }

  firstDay(subject: number): DayNumber {
    return subject < this.end ? this.rows.get(subject, DAYS) >>> 16 : 0
  }

  lastDay(subject: number): DayNumber {
    return subject < this.end ? this.rows.get(subject, DAYS) & 0xffff : 0
  }

  /** Active on that day, as far as the last 32 days tell. */
  wasActive(subject: number, day: DayNumber): boolean {
    const back = this.lastDay(subject) - day
    return this.days(subject) > 0 && back >= 0 && back < 32 && (this.rows.get(subject, BITMAP) & (1 << back)) !== 0
  }

  freeze(): FrozenRows {
    return this.rows.freeze(this.end)
  }

  head(): Int32Array {
    return Int32Array.of(this.end)
  }

  restore(head: Int32Array, bytes: Uint8Array): void {
    this.end = head[0]!
    this.rows.restore(bytes)
  }
}
