import type { Micros } from '../../event/time.ts'
import { type FrozenRows, PagedRows } from '../paged_rows.ts'
import type { SiteDays } from '../site_days.ts'
import { popcount } from './popcount.ts'

const HOUR_NUMBER = 0
const PEERS = 1
const POLLS = 3
const FULL_HOURS = 4
const FEWEST = 5
const MOST = 6
const IN_VAIN = 7
const ALERTED = 9
const WORDS = 10

/** An hour in which so many different devices were spoken to, told apart by 64 bits, is a full one. */
const PEERS_OF_FULL_HOUR = 8
const MOST_POLLS = 0x7fff_ffff

/** How a device spoke to others in the course of a day. */
export interface PulseOfDay {
  /** Hours in which it spoke to 8 or more different devices inside. */
  readonly fullHours: number
  /** Short conversations in the quietest and the busiest of them. */
  readonly fewest: number
  readonly most: number
  /** Different addresses that did not answer to TCP; counted in 64 bits, so that some 18 show as 16. */
  readonly inVain: number
  /** A learned model raised an alert on it. */
  readonly alerted: boolean
}

export const NO_PULSE: PulseOfDay = { fullHours: 0, fewest: 0, most: 0, inVain: 0, alerted: false }

/**
 * Hours of each device's day: whether it speaks to many, how evenly, and to how many in vain. Dense, 40 bytes a device
 * that begins conversations: as cheap as two bits set an event, where pairs of devices would cost a look-up each.
 * Which devices these were day by day stands in the links; the bits here only count.
 */
export class Pulse {
  private readonly rows = new PagedRows(WORDS)
  private end = 0
  private readonly siteDays: SiteDays
  /** Device-hours by hour of the site's day, of the day under way: which hours are quiet. */
  hoursOfDay: Int32Array = new Int32Array(24)

  constructor(siteDays: SiteDays) {
    this.siteDays = siteDays
  }

  get bytes(): number {
    return this.rows.bytes
  }

  /** The device begins a conversation: an hour may end with that. */
  begin(device: number, clock: Micros): void {
    const hour = this.siteDays.dayOf(clock) * 24 + this.siteDays.hourOf(clock)
    if (device < this.end && this.rows.get(device, HOUR_NUMBER) === hour) return
    this.reserve(device)
    this.closeHour(device)
    this.rows.set(device, HOUR_NUMBER, hour)
    const ofDay = hour % 24
    this.hoursOfDay[ofDay] = this.hoursOfDay[ofDay]! + 1
  }

  /** A short conversation with a device inside. After `begin`. */
  spoke(device: number, peer: number): void {
    const place = placeOf(peer)
    this.mark(device, PEERS, place)
    const polls = this.rows.get(device, POLLS)
    if (polls < MOST_POLLS) this.rows.set(device, POLLS, polls + 1)
  }

  /** Nobody answered, or refused. @param whom hash of the address. After `begin`. */
  triedInVain(device: number, whom: number): void {
    this.mark(device, IN_VAIN, placeOf(whom))
  }

  alerted(device: number, day: number): void {
    this.reserve(device)
    this.rows.set(device, ALERTED, day)
  }

  /** How the device's day was; forgets it. */
  takeDay(device: number, day: number): PulseOfDay {
    if (device >= this.end) return NO_PULSE
    const { rows } = this
    this.closeHour(device)
    const taken = {
      fullHours: popcount(rows.get(device, FULL_HOURS)),
      fewest: rows.get(device, FEWEST),
      most: rows.get(device, MOST),
      inVain: popcount(rows.get(device, IN_VAIN)) + popcount(rows.get(device, IN_VAIN + 1)),
      alerted: rows.get(device, ALERTED) === day,
    }
    for (const word of [FULL_HOURS, FEWEST, MOST, IN_VAIN, IN_VAIN + 1]) rows.set(device, word, 0)
    return taken
  }

  freeze(): FrozenRows {
    return this.rows.freeze(this.end)
  }

  head(): number[] {
    return [this.end, ...this.hoursOfDay]
  }

  restore(head: readonly number[], bytes: Uint8Array): void {
    this.end = head[0] ?? 0
    this.hoursOfDay = Int32Array.from({ length: 24 }, (_, hour) => head[1 + hour] ?? 0)
    this.rows.restore(bytes)
  }

  private reserve(device: number): void {
    if (device < this.end) return
    this.rows.reserve(device)
    this.end = device + 1
  }

  private mark(device: number, word: number, place: number): void {
    const at = word + (place >>> 5)
    const bit = 1 << (place & 31)
    const before = this.rows.get(device, at)
    if ((before & bit) === 0) this.rows.set(device, at, before | bit)
  }

  private closeHour(device: number): void {
    const { rows } = this
    const peers = popcount(rows.get(device, PEERS)) + popcount(rows.get(device, PEERS + 1))
    const polls = rows.get(device, POLLS)
    if (peers >= PEERS_OF_FULL_HOUR) {
      const full = rows.get(device, FULL_HOURS)
      rows.set(device, FULL_HOURS, full | (1 << (rows.get(device, HOUR_NUMBER) % 24)))
      rows.set(device, FEWEST, full === 0 ? polls : Math.min(rows.get(device, FEWEST), polls))
      rows.set(device, MOST, Math.max(rows.get(device, MOST), polls))
    }
    if (polls === 0) return
    rows.set(device, PEERS, 0)
    rows.set(device, PEERS + 1, 0)
    rows.set(device, POLLS, 0)
  }
}

/** One of 64 places for a number; Fibonacci hashing (Knuth, TAOCP 3, 6.4). */
function placeOf(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> 26
}
