import type { DayNumber } from './link_table.ts'

/**
 * Remembers what has been recorded today, so that nine of ten events cost one look-up: direct-mapped, 16 bytes a place,
 * exact (the key's four words are kept, no hash of them). A hit means that recording the event again would change nothing;
 * `linkGone` must be called when that may stop being true. Records of an earlier day go past it.
 */
export class DayCache {
  private readonly places: Int32Array
  private readonly mask: number
  private day: DayNumber = -1
  hits = 0
  misses = 0

  /** @param places a power of two; 2¹⁸ (4 MiB) answer 89 % of the events of an enterprise of 300 devices */
  constructor(places: number) {
    this.places = new Int32Array(places * 4).fill(-1)
    this.mask = places - 1
  }

  /** True when this key was met today; otherwise remembers it. The words must not all be -1. */
  seen(a: number, b: number, c: number, d: number, day: DayNumber): boolean {
    if (day !== this.day) {
      if (day < this.day) return false
      this.forget()
      this.day = day
    }
    let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f)
    h ^= h >>> 15
    h = Math.imul(h, 0x2c1b3c6d)
    h ^= h >>> 13
    const at = (h & this.mask) << 2
    const { places } = this
    if (places[at] === a && places[at + 1] === b && places[at + 2] === c && places[at + 3] === d) {
      this.hits++
      return true
    }
    places[at] = a
    places[at + 1] = b
    places[at + 2] = c
    places[at + 3] = d
    this.misses++
    return false
  }

  /** A link last used on this day is gone: what is remembered of that day may no longer be recorded. */
  linkGone(lastDay: DayNumber): void {
    if (lastDay >= this.day) this.forget()
  }

  forget(): void {
    if (this.day < 0) return
    this.places.fill(-1)
    this.day = -1
  }
}
