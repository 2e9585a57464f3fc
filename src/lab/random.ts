/**
 * Random numbers of our own: the same seed gives the same world on any machine. A stream is named by its key (seed, a
 * label, numbers), never by the state of another stream, so that what one habit draws does not move any other: an attack
 * added to a world leaves every benign byte in its place, which is what makes paired worlds comparable.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private d: number
  private readonly keyHigh: number
  private readonly keyLow: number

  private constructor(keyHigh: number, keyLow: number) {
    this.keyHigh = keyHigh
    this.keyLow = keyLow
    this.a = keyHigh | 0
    this.b = keyLow | 0
    this.c = (keyHigh ^ 0x9e3779b9) | 0
    this.d = 1
    for (let i = 0; i < 8; i++) this.next()
  }

  static ofSeed(seed: number): Random {
    return new Random(mix(seed >>> 0, 0x7468796d), mix(Math.floor(seed / 2 ** 32) >>> 0, 0x756d4c61))
  }

  /** A stream of its own, the same whatever was drawn from this one before. */
  fork(label: string, first = 0, second = 0): Random {
    let high = mix(this.keyHigh, first)
    let low = mix(this.keyLow, second)
    for (let i = 0; i < label.length; i++) {
      high = mix(high ^ low, label.charCodeAt(i))
      low = mix(low, high)
    }
    return new Random(mix(high, first ^ 0x5bd1e995), mix(low ^ high, second))
  }

  /** 32 random bits: sfc32 of PractRand (Doty-Humphrey), four words of state. */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0
    this.d = (this.d + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** In [0, 1). */
  float(): number {
    return this.next() / 0x100000000
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor((this.next() / 0x100000000) * below)
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  uniform(low: number, high: number): number {
    return low + (this.next() / 0x100000000) * (high - low)
  }

  chance(probability: number): boolean {
    return this.next() / 0x100000000 < probability
  }

  /** Exponential with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float())
  }

  /** Normal with mean 0 and deviation 1 (Box-Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.float())) * Math.cos(2 * Math.PI * this.float())
  }

  /** Log-normal with this median; `spread` is the deviation of the logarithm. */
  lognormal(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal())
  }

  /** Number of events when `mean` are expected (Poisson; rounded normal beyond 30). */
  poisson(mean: number): number {
    if (mean <= 0) return 0
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const limit = Math.exp(-mean)
    let product = this.float()
    let count = 0
    while (product > limit) {
      product *= this.float()
      count++
    }
    return count
  }

  /** @throws RangeError on an empty list */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('cannot pick from an empty list')
    return items[this.below(items.length)]!
  }

  /** Up to `count` different items, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items]
    const taken = Math.min(count, pool.length)
    for (let i = 0; i < taken; i++) {
      const j = i + this.below(pool.length - i)
      const swap = pool[i]!
      pool[i] = pool[j]!
      pool[j] = swap
    }
    return pool.slice(0, taken)
  }

  shuffle<T>(items: readonly T[]): T[] {
    return this.sample(items, items.length)
  }

  /** Hexadecimal digits. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}

/** One round of murmur3's finaliser over two words. */
function mix(value: number, other: number): number {
  let hash = Math.imul(value ^ Math.imul(other + 0x9e3779b9, 0x85ebca6b), 0xc2b2ae35)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0x297a2d39)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Ranks by popularity: rank r is drawn in proportion to 1 / (r + 1)^exponent. */
export class Zipf {
  private readonly cumulated: Float64Array

  constructor(ranks: number, exponent: number) {
    this.cumulated = new Float64Array(ranks)
    let sum = 0
    for (let i = 0; i < ranks; i++) {
      sum += 1 / (i + 1) ** exponent
      this.cumulated[i] = sum
    }
  }

  draw(random: Random): number {
    const wanted = random.float() * this.cumulated[this.cumulated.length - 1]!
    let low = 0
    let high = this.cumulated.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.cumulated[middle]! > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const PAIRS: readonly string[] = Array.from(
  { length: 62 * 62 },
  (_, i) => BASE62[Math.floor(i / 62)]! + BASE62[i % 62]!,
)
const PAIR_COUNT = PAIRS.length

/** Sixteen characters of base 62: what Zeek's uids and fuids are made of, without the leading letter. */
export function uniqueText(random: Random): string {
  const a = random.next()
  const b = random.next()
  const c = random.next()
  const d = random.next()
  return (
    PAIRS[a % PAIR_COUNT]! +
    PAIRS[(a >>> 13) % PAIR_COUNT]! +
    PAIRS[b % PAIR_COUNT]! +
    PAIRS[(b >>> 13) % PAIR_COUNT]! +
    PAIRS[c % PAIR_COUNT]! +
    PAIRS[(c >>> 13) % PAIR_COUNT]! +
    PAIRS[d % PAIR_COUNT]! +
    PAIRS[(d >>> 13) % PAIR_COUNT]!
  )
}
