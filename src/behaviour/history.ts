import type { Habits } from './habits.ts'
import { COMMITTED, type DayNumber } from './link_table.ts'
import type { SiteDays } from './site_days.ts'
import { ownerOf } from './view.ts'
import { ACT_KIND, DIRECTORY_REPLICATION } from './views/administration.ts'
import { ENDPOINT } from './views/connections.ts'
import { CREDENTIAL_FAILED, CREDENTIAL_SOURCE, CREDENTIAL_USED } from './views/credentials.ts'

/** Days of which a link remembers one by one on which it was used. */
const REMEMBERED_DAYS = 31

/** On how many of how many days something was so. */
export interface DaysOf {
  readonly days: number
  readonly of: number
}

/**
 * What was so before, for those who investigate: answers from the memory of habits, as of a moment, in microseconds of work.
 * Only committed days count, the present one never: what an attack does today is no habit of its device.
 */
export class History {
  private readonly habits: Habits
  private readonly siteDays: SiteDays

  constructor(habits: Habits, siteDays: SiteDays) {
    this.habits = habits
    this.siteDays = siteDays
  }

  /** On how many of its earlier days (of the last month) a device administered others, in whatever way. */
  administered(device: number, clock: number): DaysOf {
    const today = this.siteDays.dayOf(clock)
    const { table } = this.habits
    let days = 0
    for (const link of this.links(ownerOf(ACT_KIND, device))) {
      if ((table.flags(link) & COMMITTED) === 0 || this.isUpkeep(link)) continue
      days |= shifted(table.bitmap(link), today - table.lastDay(link))
    }
    return { days: ones(days & ~1), of: this.earlierDays(device, today) }
  }

  /**
   * Of the ways in which a device administered others today: the one that fewest other devices have as a habit.
   * @returns undefined when it did no such thing today
   */
  rarestActToday(device: number, clock: number): { readonly act: string; readonly others: number } | undefined {
    const today = this.siteDays.dayOf(clock)
    const { table, values, texts } = this.habits
    let rarest: { act: string; others: number } | undefined
    for (const link of this.links(ownerOf(ACT_KIND, device))) {
      if (table.lastDay(link) < today || this.isUpkeep(link)) continue
      const value = table.value(link)
      const own = table.flags(link) & COMMITTED ? 1 : 0
      const others = Math.max(0, values.committed(value) - own)
      if (rarest === undefined || others < rarest.others) rarest = { act: texts.text(values.a(value)), others }
    }
    return rarest
  }

  /** On how many earlier days a credential was used on a device. */
  credentialDays(device: number, credential: number, clock: number): DaysOf {
    const today = this.siteDays.dayOf(clock)
    return {
      days: this.earlier(this.habits.find(CREDENTIAL_USED, device, credential, 0), today),
      of: this.earlierDays(device, today),
    }
  }

  /** On how many earlier days a credential failed on a device. */
  failedDays(device: number, credential: number, clock: number): number {
    return this.earlier(this.habits.find(CREDENTIAL_FAILED, device, credential, 0), this.siteDays.dayOf(clock))
  }

  /** From how many devices a credential was ever used, the present day included. */
  sourcesOf(credential: number): number {
    return this.habits.table.countOf(ownerOf(CREDENTIAL_SOURCE, credential))
  }

  /** How many devices know a place outside, by its registered domain. */
  visitorsOf(domain: string): number {
    const { texts, values } = this.habits
    const text = texts.intern(domain)
    const value = text === 0 ? 0 : values.find(ENDPOINT.id, text, 0)
    return value === 0 ? 0 : values.committed(value)
  }

  /** Domain controllers replicate by themselves: that is no administration. */
  private isUpkeep(link: number): boolean {
    const { table, values, texts } = this.habits
    return texts.text(values.a(table.value(link))) === DIRECTORY_REPLICATION
  }

  private earlierDays(device: number, today: DayNumber): number {
    const { deviceActivity } = this.habits
    let days = 0
    for (let back = 1; back <= REMEMBERED_DAYS; back++) if (deviceActivity.wasActive(device, today - back)) days++
    return days
  }

  private earlier(link: number, today: DayNumber): number {
    if (link === 0) return 0
    const { table } = this.habits
    return ones(shifted(table.bitmap(link), today - table.lastDay(link)) & ~1)
  }

  private *links(owner: number): Generator<number> {
    const { table } = this.habits
    for (let link = table.first(owner); link !== 0; link = table.next(link)) yield link
  }
}

/** A bitmap of days back from a link's last day, as one of days back from another day; what lies after that is left out. */
function shifted(bitmap: number, by: number): number {
  if (by >= 32 || by <= -32) return 0
  return by >= 0 ? bitmap << by : bitmap >>> -by
}

function ones(bits: number): number {
  let count = 0
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) count++
  return count
}
