import { type HOUR, MINUTE, type Micros } from '../../event/time.ts'

/** Minutes of more than a year, and hours of 14 in each of some 50 logs: what is kept does not grow with the lines read. */
const MOST_SLOTS = 600_000
/** A silence shorter than this is nothing to speak of on any network. */
const SHORTEST_GAP: Micros = 10 * MINUTE
/** Silences that one expects to meet less often than this in the whole recording are reported. */
const UNLIKELY = 0.01

export interface Gap {
  /** Start of the first and end of the last silent slot (µs). */
  readonly from: Micros
  readonly until: Micros
}

/** When something was heard, in slots of a minute or an hour. */
export class TimeLine {
  readonly slot: Micros
  /** Slots that were not kept because there were too many. */
  dropped = 0
  private readonly heard = new Set<number>()
  private last = Number.NaN

  constructor(slot: typeof MINUTE | typeof HOUR) {
    this.slot = slot
  }

  mark(moment: Micros): void {
    const slot = Math.floor(moment / this.slot)
    if (slot === this.last || Number.isNaN(slot)) return
    this.last = slot
    if (this.heard.size < MOST_SLOTS) this.heard.add(slot)
    else if (!this.heard.has(slot)) this.dropped++
  }

  /** The longest stretch in which nothing was heard, whatever chance would say of it. */
  longest(): Gap | undefined {
    const slots = [...this.heard].sort((a, b) => a - b)
    let found: Gap | undefined
    for (let i = 1; i < slots.length; i++) {
      const [from, until] = [(slots[i - 1]! + 1) * this.slot, slots[i]! * this.slot]
      if (found === undefined || until - from > found.until - found.from) found = { from, until }
    }
    return found
  }

  /**
   * Silences that chance does not explain: with a share `d` of all slots heard, `n` slots and independent ones, one expects
   * n · (1 − d)^L silences of L slots. Longest first.
   */
  gaps(): Gap[] {
    const slots = [...this.heard].sort((a, b) => a - b)
    const [first, last] = [slots[0], slots.at(-1)]
    if (first === undefined || last === undefined) return []
    const all = last - first + 1
    const quiet = Math.log1p(-Math.min(0.99, slots.length / all))
    const found: Gap[] = []
    for (let i = 1; i < slots.length; i++) {
      const length = slots[i]! - slots[i - 1]! - 1
      if (length * this.slot < SHORTEST_GAP) continue
      if (Math.log(all) + length * quiet > Math.log(UNLIKELY)) continue
      found.push({ from: (slots[i - 1]! + 1) * this.slot, until: slots[i]! * this.slot })
    }
    return found.sort((a, b) => b.until - b.from - (a.until - a.from) || a.from - b.from)
  }
}
