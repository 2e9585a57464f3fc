import { DAY, type Micros } from '../event/time.ts'
import type { Inventory } from './inventory.ts'
import type { Tag } from './tags.ts'

const SITE_KNOWN_FOR = DAY
const NEW_FOR = 7 * DAY
const RE_ACTIVATED_FOR = 3 * DAY
/** Shorter than this is a weekend, a holiday, an illness. */
export const SILENT_FOR = 7 * DAY
/** Whole days within the silence on which the site itself must have been observed: else it is the sensor that was silent. */
const OBSERVED_DAYS = 6
const KEPT_DAYS = 800

interface Ending {
  readonly until: Micros
  readonly device: number
  readonly tag: Tag
}

interface ObservedSite {
  /** Engine clock of the first event; −1 before it. */
  first: Micros
  /** Days (since the epoch, UTC) on which the site was observed, ascending; bounded. */
  days: number[]
}

/** Tags that come from appearing, staying away and returning. */
export class Lifecycle {
  private readonly inventory: Inventory
  private readonly observed: ObservedSite[]
  /** Engine clock at which the next day of a site begins: asked at every event. */
  readonly nextDay: Float64Array
  private endings: Ending[] = []

  constructor(inventory: Inventory) {
    this.inventory = inventory
    this.observed = inventory.siteNames.map(() => ({ first: -1, days: [] }))
    this.nextDay = new Float64Array(inventory.siteNames.length).fill(Number.NEGATIVE_INFINITY)
  }

  /** When the earliest tag ends; Infinity when none does. */
  get nextEnd(): Micros {
    return this.endings[0]?.until ?? Number.POSITIVE_INFINITY
  }

  /** Call when `clock >= nextDay[site]`. */
  beginDay(site: number, clock: Micros): void {
    const day = Math.floor(clock / DAY)
    const entry = this.observed[site]!
    if (entry.first < 0) entry.first = clock
    entry.days.push(day)
    if (entry.days.length > KEPT_DAYS) entry.days.shift()
    this.nextDay[site] = (day + 1) * DAY
  }

  appeared(device: number, clock: Micros): void {
    const { first } = this.observed[this.inventory.devices.site[device]!]!
    if (first < 0 || clock - first < SITE_KNOWN_FOR) return
    const days = Math.floor((clock - first) / DAY)
    this.set(device, 'New Device', clock, NEW_FOR, `first seen after ${plural(days, 'day')} of watching this site`)
  }

  /** Call when a device speaks of its own accord after `SILENT_FOR` and before its `lastSeen` is moved. */
  returned(device: number, clock: Micros): void {
    const { devices } = this.inventory
    const last = devices.lastSeen[device]!
    const from = Math.floor(last / DAY)
    const to = Math.floor(clock / DAY)
    const watched = this.observed[devices.site[device]!]!.days.filter((day) => day > from && day < to).length
    if (watched < OBSERVED_DAYS) return
    const silent = Math.floor((clock - last) / DAY)
    const reason = `silent for ${plural(silent, 'day')}, on ${watched} of which this site was watched, then active again`
    this.set(device, 'Re-Activated Device', clock, RE_ACTIVATED_FOR, reason)
  }

  /** Ends the tags whose time is over. */
  end(clock: Micros): void {
    while (this.endings.length > 0 && this.endings[0]!.until <= clock) {
      const { device, tag } = this.endings.shift()!
      this.inventory.devices.dropTags(device, (record) => record.tag === tag && (record.until ?? Infinity) <= clock)
    }
  }

  save(): unknown {
    return this.observed
  }

  restore(saved: unknown): void {
    for (const [site, entry] of (saved as ObservedSite[]).entries()) this.observed[site] = entry
    for (const [site, { days }] of this.observed.entries()) {
      const last = days.at(-1)
      if (last !== undefined) this.nextDay[site] = (last + 1) * DAY
    }
    const { devices } = this.inventory
    for (let device = 0; device < devices.size; device++) {
      for (const { tag, until } of devices.detail[device]?.tags ?? []) {
        if (until !== undefined) this.endings.push({ until, device, tag })
      }
    }
    this.endings.sort((a, b) => a.until - b.until || a.device - b.device)
  }

  private set(device: number, tag: Tag, clock: Micros, lasts: Micros, reason: string): void {
    const until = clock + lasts
    this.inventory.devices.setTag(device, { tag, since: clock, until, reason, source: 'learned' })
    const ending = { until, device, tag }
    const { devices } = this.inventory
    if (this.endings.length > 2 * devices.live + 1024) {
      // Mostly of devices that were forgotten since, as after a flood.
      this.endings = this.endings.filter((one) => devices.detail[one.device] !== undefined)
    }
    // Two durations only: the right place is near the end.
    let at = this.endings.length
    while (at > 0 && this.endings[at - 1]!.until > until) at--
    this.endings.splice(at, 0, ending)
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
