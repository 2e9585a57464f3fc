import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import { ownerOf, type View } from '../view.ts'
import { type BulkOfDay, NO_BULK } from './bulk_day.ts'
import { NO_PULSE, type PulseOfDay } from './pulse.ts'

/** What a device did on the day that has just ended, asked by the roles: most is read from its links, and only when asked. */
export class DayFacts {
  device = 0
  day: DayNumber = 0
  tagMask = 0
  pulse: PulseOfDay = NO_PULSE
  bulk: BulkOfDay = NO_BULK
  /** Some other role has claimed the day. */
  claimed = false
  private readonly habits: Habits

  constructor(habits: Habits) {
    this.habits = habits
  }

  /** Different first parts (a peer, a text) of the values of a view that were used on the day. */
  countOn(view: View, accepts?: (first: number, second: number) => boolean): number {
    return this.partsOf(view, this.day, 1, accepts).size
  }

  /** Of what was used on the day, what had been used on the day before, too. */
  countOnBothDays(view: View): number {
    const { day } = this
    const before = this.partsOf(view, day - 1, 1)
    let both = 0
    for (const part of this.partsOf(view, day, 1)) if (before.has(part)) both++
    return both
  }

  /** Different first parts used on any of the days of a bitmap (bit k: k days before `day`). */
  countOnDays(view: View, days: number): number {
    return this.partsOf(view, this.day, days).size
  }

  /** A text of a value, in words. */
  text(number: number): string {
    return this.habits.texts.text(number)
  }

  /** The port of a service that is named in a value. */
  port(service: number): number {
    return this.habits.values.a(service) & 0xffff
  }

  private partsOf(
    view: View,
    day: DayNumber,
    days: number,
    accepts?: (first: number, second: number) => boolean,
  ): Set<number> {
    const { table, values } = this.habits
    const found = new Set<number>()
    for (let link = table.first(ownerOf(view, this.device)); link !== 0; link = table.next(link)) {
      if ((bitsUntil(table.bitmap(link), table.lastDay(link), day) & days) === 0) continue
      const value = table.value(link)
      const first = values.a(value)
      if (accepts === undefined || accepts(first, values.b(value))) found.add(first)
    }
    return found
  }
}

/** A bitmap that ends at `last`, turned so that bit 0 is `day`; days after it fall off. */
export function bitsUntil(bitmap: number, last: DayNumber, day: DayNumber): number {
  const shift = last - day
  if (shift > 31 || shift < -31) return 0
  return shift >= 0 ? bitmap >>> shift : bitmap << -shift
}
