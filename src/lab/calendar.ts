import { DAY, HOUR, type Micros } from '../event/time.ts'
import type { Random } from './random.ts'

/** Days of a world and what kind of day each is, in the site's own time. */
export class Calendar {
  readonly start: Micros
  readonly days: number
  /** Hours that the site's clocks are ahead of UTC. */
  readonly utcOffset: number
  private readonly holidays: ReadonlySet<number>

  /** @param start midnight UTC of the first day */
  constructor(start: Micros, days: number, utcOffset: number, random: Random) {
    this.start = start
    this.days = days
    this.utcOffset = utcOffset
    const holidays = new Set<number>()
    // About nine public holidays a year besides weekends, and one long weekend in a world of a month or more.
    for (let day = 0; day < days; day++) if (this.weekday(day) < 5 && random.chance(0.025)) holidays.add(day)
    if (days >= 30) {
      const bridge = random.between(5, days - 12)
      holidays.add(bridge)
      holidays.add(bridge + 1)
    }
    this.holidays = holidays
  }

  /** 0 is Monday. */
  weekday(day: number): number {
    // 1970-01-01 was a Thursday.
    return (Math.floor(this.start / DAY) + day + 3) % 7
  }

  isHoliday(day: number): boolean {
    return this.holidays.has(day)
  }

  isWorkday(day: number): boolean {
    return this.weekday(day) < 5 && !this.holidays.has(day)
  }

  /** Moment of an hour (site's time, may have a fraction or exceed 24) of a day. */
  at(day: number, hour: number): Micros {
    return Math.floor(this.start + day * DAY + (hour - this.utcOffset) * HOUR)
  }

  /** Midnight UTC with which a day of the world begins (logs are rotated by it). */
  begin(day: number): Micros {
    return this.start + day * DAY
  }

  get end(): Micros {
    return this.start + this.days * DAY
  }

  /** The site's hour of the day, with a fraction. */
  hourOf(at: Micros): number {
    const hours = (at - this.start) / HOUR + this.utcOffset
    return hours - Math.floor(hours / 24) * 24
  }

  dayOf(at: Micros): number {
    return Math.floor((at - this.start) / DAY)
  }

  /** The first working day not before `day`; `day` itself when there is none before the end. */
  workdayFrom(day: number): number {
    for (let candidate = day; candidate < this.days; candidate++) if (this.isWorkday(candidate)) return candidate
    return day
  }
}
