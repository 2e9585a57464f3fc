import { KeyedRows } from './keyed_rows.ts'

/**
 * Links: which value (a peer, a share, an operation, …) which owner (a device or credential, from one point of view) has
 * used, and on which days. 24 bytes each, as six words:
 *
 * | word | content |
 * | --- | --- |
 * | 0, 1 | owner and value: the key |
 * | 2 | bitmap of the 32 days up to the last: bit k is set when the link was used k days before `lastDay` |
 * | 3 | first day (high half) and last day (low half), in days since 1970 |
 * | 4 | number of days used (10 bits, ends at 1,023), surprise at birth (8 bits, quarter bits), flags (14 bits) |
 * | 5 | next link of the same owner |
 *
 * The bitmap counts calendar days, so that a late record is learned on its own day; what share of the owner's *active*
 * days that is, follows from the owner's own activity (`activity.ts`).
 */
export const LINK_BYTES = 24
/** Flag of a link that counts as normal. */
export const COMMITTED = 1
const LINK_WORDS = 6
const BITMAP = 2
const DAYS = 3
const COUNTS = 4
const NEXT = 5

/** Words of an owner's profile, kept beside its links: 0 is the key. Words 3 to 7 belong to the learning of novelty. */
const PROFILE_WORDS = 8
const HEAD = 1
const LINKS = 2

const MOST_DAYS = 1023
/** Freed in one go once the table is full, so that the cost of looking for the oldest is shared. */
const EVICTED_AT_ONCE = 256
/**
 * Rows looked at in one search. When they hold too few old links the table outgrows its bound for a moment and the next
 * event searches on: no search over the whole table ever stalls the engine.
 */
const MOST_STEPS = 65_536
/** Links that one event may make. */
const SPARE = 16
const DAY_NUMBERS = 65_536

/** A day as a number: days since 1970-01-01, 0 to 65,535. */
export type DayNumber = number & { readonly unit?: 'day' }

export interface LinkBounds {
  /** Most links in all. */
  readonly links: number
  /** Most links of one owner: no device can push out what others have learned. */
  readonly linksOfOwner: number
}

export type EvictionListener = (link: number, owner: number, value: number, lastDay: DayNumber) => void

export class LinkTable {
  readonly links: KeyedRows
  readonly profiles: KeyedRows
  private readonly bounds: LinkBounds
  private readonly evicting: EvictionListener
  /** Links by the day they were last used on. */
  private byLastDay = new Int32Array(DAY_NUMBERS)
  /** No link was last used before this day. */
  private oldest = DAY_NUMBERS
  /** Where the search for old links goes on. */
  private hand = 1

  /** Evicted since the start, because the table, or because an owner's share of it, was full. */
  evictedByAge = 0
  evictedByOwner = 0
  /** Records of a day that lies before an older link's memory of 32 days: their day could not be counted. */
  beyondMemory = 0

  /** What the last `touch` found out. */
  wasNew = false
  wasNewDay = false

  /**
   * @param evicting told of every link before it goes; must not touch the table
   * @param segments of the index, a power of two
   */
  constructor(bounds: LinkBounds, seed: number, evicting: EvictionListener = () => {}, segments = 256) {
    this.bounds = bounds
    this.evicting = evicting
    this.links = new KeyedRows(LINK_WORDS, 2, segments, seed)
    this.profiles = new KeyedRows(PROFILE_WORDS, 1, Math.max(2, segments >>> 2), seed ^ 0x5bd1e995)
  }

  get size(): number {
    return this.links.size
  }

  /** Bytes of everything: links, profiles, both indexes. */
  get bytes(): number {
    return this.links.bytes + this.profiles.bytes + this.byLastDay.byteLength
  }

  find(owner: number, value: number): number {
    return this.links.find(owner, value, 0)
  }

  /**
   * Records that the owner used the value on a day, and makes the link when there is none.
   * @returns the link; `wasNew` and `wasNewDay` say what was found
   */
  touch(owner: number, value: number, day: DayNumber): number {
    const found = this.links.find(owner, value, 0)
    if (found !== 0) {
      this.wasNew = false
      this.wasNewDay = this.markDay(found, day)
      return found
    }
    let profile = this.profiles.find(owner, 0, 0)
    if (profile !== 0 && this.profiles.rows.get(profile, LINKS) >= this.bounds.linksOfOwner) {
      this.trimOwner(profile)
      profile = this.profiles.find(owner, 0, 0)
    }
    if (profile === 0) profile = this.profiles.insert(owner, 0, 0)
    const link = this.links.insert(owner, value, 0)
    const { rows } = this.links
    rows.set(link, BITMAP, 1)
    rows.set(link, DAYS, (day << 16) | day)
    rows.set(link, COUNTS, 1 << 22)
    rows.set(link, NEXT, this.profiles.rows.get(profile, HEAD))
    this.profiles.rows.set(profile, HEAD, link)
    this.profiles.rows.set(profile, LINKS, this.profiles.rows.get(profile, LINKS) + 1)
    this.byLastDay[day] = this.byLastDay[day]! + 1
    if (day < this.oldest) this.oldest = day
    this.wasNew = true
    this.wasNewDay = true
    return link
  }

  owner(link: number): number {
    return this.links.rows.get(link, 0) >>> 0
  }

  value(link: number): number {
    return this.links.rows.get(link, 1)
  }

  /** Bit k: used k days before `lastDay`. */
  bitmap(link: number): number {
    return this.links.rows.get(link, BITMAP) >>> 0
  }

  firstDay(link: number): DayNumber {
    return this.links.rows.get(link, DAYS) >>> 16
  }

  lastDay(link: number): DayNumber {
    return this.links.rows.get(link, DAYS) & 0xffff
  }

  /** On how many days it was used; ends at 1,023. */
  days(link: number): number {
    return this.links.rows.get(link, COUNTS) >>> 22
  }

  /** How surprising the link was when it was made, in quarter bits, 0 to 255. */
  birth(link: number): number {
    return (this.links.rows.get(link, COUNTS) >>> 14) & 0xff
  }

  setBirth(link: number, quarterBits: number): void {
    const counts = this.links.rows.get(link, COUNTS)
    const bounded = Math.max(0, Math.min(255, quarterBits))
    this.links.rows.set(link, COUNTS, (counts & ~(0xff << 14)) | (bounded << 14))
  }

  /** 14 flags that belong to the learning. */
  flags(link: number): number {
    return this.links.rows.get(link, COUNTS) & 0x3fff
  }

  setFlags(link: number, flags: number): void {
    this.links.rows.set(link, COUNTS, (this.links.rows.get(link, COUNTS) & ~0x3fff) | (flags & 0x3fff))
  }

  /** The first link of an owner, newest first, or 0. Go on with `next`. */
  first(owner: number): number {
    const profile = this.profiles.find(owner, 0, 0)
    return profile === 0 ? 0 : this.profiles.rows.get(profile, HEAD)
  }

  next(link: number): number {
    return this.links.rows.get(link, NEXT)
  }

  countOf(owner: number): number {
    const profile = this.profiles.find(owner, 0, 0)
    return profile === 0 ? 0 : this.profiles.rows.get(profile, LINKS)
  }

  /** Evicts some of the oldest links when the table is full; to be called between events. */
  ensureRoom(): void {
    if (this.links.size + SPARE > this.bounds.links) this.evictOldest(EVICTED_AT_ONCE)
  }

  /**
   * Frees some `count` links, those least recently used, all old ones of an owner in one walk over its chain. What counts
   * as old is the day by which a sixteenth of all links were last used; within that, the hand's order.
   */
  evictOldest(count: number): void {
    const cutoff = this.cutoff(Math.max(count, this.links.size >>> 4))
    let freed = 0
    for (let steps = Math.min(this.links.end, MOST_STEPS); steps > 0 && freed < count; steps--) {
      const link = this.hand
      this.hand = link + 1 >= this.links.end ? 1 : link + 1
      if (!this.links.isLive(link) || this.lastDay(link) > cutoff) continue
      const profile = this.profiles.find(this.links.rows.get(link, 0), 0, 0)
      freed += this.unlink(profile, cutoff, Number.POSITIVE_INFINITY)
    }
    this.evictedByAge += freed
  }

  /** Frees an eighth of an owner's links, those least recently used; of equal age the older link. */
  private trimOwner(profile: number): void {
    const ages = new Map<DayNumber, number>()
    for (let link = this.profiles.rows.get(profile, HEAD); link !== 0; link = this.next(link)) {
      const day = this.lastDay(link)
      ages.set(day, (ages.get(day) ?? 0) + 1)
    }
    const wanted = Math.max(1, this.bounds.linksOfOwner >>> 3)
    let cutoff = 0
    let before = 0
    for (const day of [...ages.keys()].sort((a, b) => a - b)) {
      cutoff = day
      if (before + ages.get(day)! >= wanted) break
      before += ages.get(day)!
    }
    this.evictedByOwner += this.unlink(profile, cutoff, wanted - before)
  }

  /**
   * Takes the links last used before a day out of an owner's chain, and of those last used on it the `mostOnDay` that
   * were made first (they stand last in the chain).
   */
  private unlink(profile: number, cutoff: DayNumber, mostOnDay: number): number {
    const { rows } = this.links
    let skip = 0
    if (mostOnDay !== Number.POSITIVE_INFINITY) {
      for (let link = this.profiles.rows.get(profile, HEAD); link !== 0; link = rows.get(link, NEXT))
        if (this.lastDay(link) === cutoff) skip++
      skip -= mostOnDay
    }
    let freed = 0
    let before = 0
    let link = this.profiles.rows.get(profile, HEAD)
    while (link !== 0) {
      const following = rows.get(link, NEXT)
      const day = this.lastDay(link)
      const goes = day < cutoff || (day === cutoff && --skip < 0)
      if (goes) {
        if (before === 0) this.profiles.rows.set(profile, HEAD, following)
        else rows.set(before, NEXT, following)
        this.evicting(link, this.owner(link), this.value(link), day)
        this.byLastDay[day] = this.byLastDay[day]! - 1
        this.links.remove(link)
        freed++
      } else before = link
      link = following
    }
    const left = this.profiles.rows.get(profile, LINKS) - freed
    if (left === 0) this.profiles.remove(profile)
    else this.profiles.rows.set(profile, LINKS, left)
    return freed
  }

  /** The earliest day by which at least `count` links were last used. */
  private cutoff(count: number): DayNumber {
    while (this.oldest < DAY_NUMBERS - 1 && this.byLastDay[this.oldest] === 0) this.oldest++
    let day = this.oldest
    let sum = 0
    for (; day < DAY_NUMBERS - 1; day++) {
      sum += this.byLastDay[day]!
      if (sum >= count) break
    }
    return day
  }

  private markDay(link: number, day: DayNumber): boolean {
    const { rows } = this.links
    const span = rows.get(link, DAYS)
    const first = span >>> 16
    const last = span & 0xffff
    if (day === last) return false
    if (day > last) {
      const gap = day - last
      rows.set(link, BITMAP, gap > 31 ? 1 : (rows.get(link, BITMAP) << gap) | 1)
      rows.set(link, DAYS, (first << 16) | day)
      this.byLastDay[last] = this.byLastDay[last]! - 1
      this.byLastDay[day] = this.byLastDay[day]! + 1
      this.countDay(link)
      return true
    }
    const back = last - day
    if (back < 32) {
      const bitmap = rows.get(link, BITMAP)
      if ((bitmap & (1 << back)) !== 0) return false
      rows.set(link, BITMAP, bitmap | (1 << back))
    } else if (day >= first) {
      this.beyondMemory++
      return false
    }
    if (day < first) rows.set(link, DAYS, (day << 16) | last)
    this.countDay(link)
    return true
  }

  private countDay(link: number): void {
    const { rows } = this.links
    const counts = rows.get(link, COUNTS)
    if (counts >>> 22 < MOST_DAYS) rows.set(link, COUNTS, counts + (1 << 22))
  }

  /** What a snapshot keeps beside the rows of links and profiles. */
  head(): Int32Array {
    return Int32Array.from([
      ...this.links.head,
      ...this.profiles.head,
      this.hand,
      this.evictedByAge,
      this.evictedByOwner,
      this.beyondMemory,
    ])
  }

  restore(head: Int32Array, links: Uint8Array, profiles: Uint8Array): void {
    const at = (index: number): number => head[index]!
    this.links.restore([at(0), at(1), at(2)], links)
    this.profiles.restore([at(3), at(4), at(5)], profiles)
    this.hand = at(6)
    this.evictedByAge = at(7)
    this.evictedByOwner = at(8)
    this.beyondMemory = at(9)
    this.byLastDay = new Int32Array(DAY_NUMBERS)
    this.oldest = DAY_NUMBERS
    for (let link = 1; link < this.links.end; link++) {
      if (!this.links.isLive(link)) continue
      const day = this.lastDay(link)
      this.byLastDay[day] = this.byLastDay[day]! + 1
      if (day < this.oldest) this.oldest = day
    }
  }
}
