import { HOUR, type Micros } from '../event/time.ts'

/** Event keys one generation holds at most: 64 MiB. Beyond it the memory of duplicates is shorter than an hour. */
const MOST_KEYS = 1 << 22
const FIRST_SIZE = 1 << 14

/**
 * Event keys of the last hour or two of engine clock: the same record met twice (two sensors, a log shipped twice, lines
 * written twice) is one event. Two generations of flat tables; the older is dropped every hour.
 */
export class Duplicates {
  private young: KeySet
  private old: KeySet
  private generation: number
  /** Times that a generation was closed before its hour was over because it was full. */
  shortened = 0

  constructor(saved?: { generation: number; young: Uint32Array; old: Uint32Array }) {
    this.generation = saved?.generation ?? 0
    this.young = KeySet.of(saved?.young)
    this.old = KeySet.of(saved?.old)
  }

  /** True when the key was met within the last hour; remembers it. */
  seen(high: number, low: number, clock: Micros): boolean {
    const hour = Math.floor(clock / HOUR)
    if (hour !== this.generation) {
      this.old = hour === this.generation + 1 ? this.young : new KeySet()
      this.young = new KeySet()
      this.generation = hour
    } else if (this.young.size === MOST_KEYS) {
      this.old = this.young
      this.young = new KeySet()
      this.shortened++
    }
    if (this.old.size > 0 && this.old.has(high, low)) return true
    return !this.young.add(high, low)
  }

  /** For the snapshot: the keys as pairs of words. */
  save(): { generation: number; young: Uint32Array; old: Uint32Array } {
    return { generation: this.generation, young: this.young.keys(), old: this.old.keys() }
  }
}

/** A set of 64-bit keys as pairs of 32-bit words, open addressing; (0, 0) marks a free place, so that key is moved to (0, 1). */
class KeySet {
  size = 0
  private words = new Uint32Array(FIRST_SIZE * 2)
  private mask = FIRST_SIZE - 1

  static of(keys: Uint32Array | undefined): KeySet {
    const set = new KeySet()
    if (keys) for (let i = 0; i < keys.length; i += 2) set.add(keys[i]!, keys[i + 1]!)
    return set
  }

  has(high: number, low: number): boolean {
    const place = this.find(high, low)
    return this.words[place] !== 0 || this.words[place + 1] !== 0
  }

  /** @returns false when it was there already */
  add(high: number, low: number): boolean {
    const place = this.find(high, low)
    if (this.words[place] !== 0 || this.words[place + 1] !== 0) return false
    this.words[place] = high
    this.words[place + 1] = high === 0 && low === 0 ? 1 : low
    this.size++
    if (this.size * 2 > this.mask) this.grow()
    return true
  }

  keys(): Uint32Array {
    const keys = new Uint32Array(this.size * 2)
    let to = 0
    for (let place = 0; place < this.words.length; place += 2) {
      if (this.words[place] === 0 && this.words[place + 1] === 0) continue
      keys[to++] = this.words[place]!
      keys[to++] = this.words[place + 1]!
    }
    return keys
  }

  private find(high: number, low: number): number {
    const wantedHigh = high >>> 0
    const wantedLow = high === 0 && low === 0 ? 1 : low >>> 0
    const { words, mask } = this
    let index = (wantedHigh ^ Math.imul(wantedLow, 0x9e3779b1)) & mask
    for (;;) {
      const place = index * 2
      const h = words[place]!
      const l = words[place + 1]!
      if ((h === 0 && l === 0) || (h === wantedHigh && l === wantedLow)) return place
      index = (index + 1) & mask
    }
  }

  private grow(): void {
    const before = this.words
    this.words = new Uint32Array(before.length * 2)
    this.mask = this.words.length / 2 - 1
    for (let i = 0; i < before.length; i += 2) {
      if (before[i] === 0 && before[i + 1] === 0) continue
      const place = this.find(before[i]!, before[i + 1]!)
      this.words[place] = before[i]!
      this.words[place + 1] = before[i + 1]!
    }
  }
}
