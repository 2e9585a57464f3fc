import type { DayNumber } from './link_table.ts'

const WORDS = 4

/**
 * The links that were used today, by owner and parts of the value: most events that are new as a whole use services and
 * peers that are not, and one look here takes the place of two look-ups in large tables. Direct-mapped, exact. A hit means
 * that using the link again would change nothing; `linkGone` must be called when that may stop being true. An earlier day
 * goes past it.
 */
export class UseCache {
  /** Owner, both parts of the value, link; link 0 is a free place. */
  private readonly places: Int32Array
  private readonly mask: number
  private day: DayNumber = -1

  /** @param places a power of two */
  constructor(places: number) {
    this.places = new Int32Array(places * WORDS)
    this.mask = places - 1
  }

  /** The link that was remembered on this day, or 0. */
  find(owner: number, a: number, b: number, day: DayNumber): number {
    if (day !== this.day) return 0
    const { places } = this
    const at = this.placeOf(owner, a, b)
    return places[at] === (owner | 0) && places[at + 1] === (a | 0) && places[at + 2] === (b | 0) ? places[at + 3]! : 0
  }

  remember(owner: number, a: number, b: number, day: DayNumber, link: number): void {
    if (day !== this.day) {
      if (day < this.day) return
      this.forget()
      this.day = day
    }
    const { places } = this
    const at = this.placeOf(owner, a, b)
    places[at] = owner
    places[at + 1] = a
    places[at + 2] = b
    places[at + 3] = link
  }

  /** A link last used on this day is gone. */
  linkGone(lastDay: DayNumber): void {
    if (lastDay >= this.day) this.forget()
  }

  forget(): void {
    if (this.day < 0) return
    this.places.fill(0)
    this.day = -1
  }

  private placeOf(owner: number, a: number, b: number): number {
    let h = Math.imul(owner, 0x9e3779b1) ^ Math.imul(a, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35)
    h ^= h >>> 15
    h = Math.imul(h, 0x2c1b3c6d)
    h ^= h >>> 13
    return (h & this.mask) * WORDS
  }
}
