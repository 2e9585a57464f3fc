import { DAY, HOUR, type Micros } from '../event/time.ts'
import type { DayNumber } from './link_table.ts'

const LAST_DAY = 65_534
/** Days whose beginning is remembered: late records go back and forth between a few. */
const REMEMBERED = 64
const HOURS_OF_DAY = 24

/**
 * The days of a site, in its time zone. One rule holds for clocks that change: **a day begins at the first moment at which
 * the site's clocks show its date, and its hours are counted from there.** So a day has 23 or 25 hours when the clocks
 * change (the 25th counts as the 24th), a midnight that the clocks skip is the moment of the skip, and one that they show
 * twice is the first: days never go back, and each moment is in one. The rules come from the time zone database in Node
 * (`process.versions.tz`), never from the machine's own zone.
 */
export class SiteDays {
  readonly timeZone: string
  private readonly format: Intl.DateTimeFormat | undefined
  private readonly starts = new Map<DayNumber, Micros>()
  /** The day that was asked for last. */
  private day: DayNumber = -1
  private start = 0
  private end = 0

  /** @param timeZone IANA name @throws RangeError when there is no such zone */
  constructor(timeZone = 'UTC') {
    this.timeZone = timeZone
    this.format =
      timeZone === 'UTC'
        ? undefined
        : new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
            timeZone,
            hourCycle: 'h23',
            year: 'numeric',
            month: 'numeric',
            day: 'numeric',
            hour: 'numeric',
            minute: 'numeric',
            second: 'numeric',
          })
  }

  /** Days since 1970 by the site's calendar. */
  dayOf(clock: Micros): DayNumber {
    if (clock < this.start || clock >= this.end) this.turnTo(clock)
    return this.day
  }

  /** µs since the day of the moment began. */
  sinceMidnight(clock: Micros): Micros {
    if (clock < this.start || clock >= this.end) this.turnTo(clock)
    return Math.max(0, clock - this.start)
  }

  /** 0 to 23, counted from midnight. */
  hourOf(clock: Micros): number {
    return Math.min(HOURS_OF_DAY - 1, Math.floor(this.sinceMidnight(clock) / HOUR))
  }

  /** The next moment at which an hour of the site ends; a day ends with its last. */
  hourAfter(clock: Micros): Micros {
    const since = this.sinceMidnight(clock)
    return Math.min(this.end, this.start + (Math.floor(since / HOUR) + 1) * HOUR)
  }

  /** When a day begins; that of the day after it is when it ends. */
  startOf(day: DayNumber): Micros {
    const known = this.starts.get(day)
    if (known !== undefined) return known
    const start = this.firstMomentOf(day)
    if (this.starts.size >= REMEMBERED) this.starts.clear()
    this.starts.set(day, start)
    return start
  }

  private turnTo(clock: Micros): void {
    let day = Math.max(0, Math.min(LAST_DAY, Math.floor((clock + this.offsetAt(clock)) / DAY)))
    while (day > 0 && clock < this.startOf(day)) day--
    while (day < LAST_DAY && clock >= this.startOf(day + 1)) day++
    this.day = day
    this.start = this.startOf(day)
    // What lies before the first day or after the last belongs to it.
    this.end = day === LAST_DAY ? Number.POSITIVE_INFINITY : this.startOf(day + 1)
  }

  /** Clocks change once at most within two days, so that one search finds the change. */
  private firstMomentOf(day: DayNumber): Micros {
    const midnight = day * DAY
    let before = midnight - DAY
    let after = midnight + DAY
    const old = this.offsetAt(before)
    const young = this.offsetAt(after)
    if (old === young) return midnight - old
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.offsetAt(middle) === old) before = middle
      else after = middle
    }
    return midnight - old < after ? midnight - old : Math.max(after, midnight - young)
  }

  /** How far the site's clocks are ahead of UTC at a moment, µs. */
  private offsetAt(clock: Micros): Micros {
    if (this.format === undefined) return 0
    const seconds = Math.floor(clock / 1_000_000)
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
    for (const { type, value } of this.format.formatToParts(seconds * 1000)) parts[type] = Number(value)
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return (Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds) * 1_000_000
  }
}
