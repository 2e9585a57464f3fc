import { BIT, MOST_BITS, type Sixteenths } from './bits.ts'

/** Quarter bits. */
const BINS = (MOST_BITS / BIT) * 4 + 4
const SIXTEENTHS_OF_BIN = BIT / 4
/** Counts are integers of this fraction of a trial, so that forgetting keeps them integers. */
const UNIT = 1024
/**
 * What is left of a count after a day: half after 14 days (5 was worse in the prototype of reference/statistics.md). A young
 * map forgets faster, half after a third of its age: in the first days everything is new, and what was measured then
 * would hide what is odd for weeks.
 */
const HALF_LIFE_DAYS = 14
const SHORTEST_HALF_LIFE_DAYS = 2
/** So many trials at or above a level make its share worth extrapolating from. */
const TAIL_TRIALS = 30
/** Never rarer than once in so many times the trials seen. */
const FLOOR = 50

/**
 * Makes the statement true: of all trials of one kind that were committed, which share scored as high or higher? A
 * histogram of scores in quarter bits that forgets by half in 14 days (faster while young), and the online conformal p-value
 * (1 + #{s' ≥ s}) / (1 + n), valid on average over the trials whatever the score is worth; a wrong score costs power, not
 * truth. Beyond the 30th largest trial the tail goes on exponentially, never steeper than one bit a bit.
 */
export class CalibrationMap {
  /** By bin: trials, in 1/1,024. */
  private readonly counts = new Float64Array(BINS)
  /** Committed days, with the same forgetting. */
  private days = 0
  /** Committed days, without forgetting. */
  private daysEver = 0
  private readonly atLeast = new Float64Array(BINS + 1)
  private tailBin = -1
  private tailSlope = 1

  /** A committed trial of the day that is being closed. */
  feed(score: Sixteenths): void {
    const bin = binOf(score)
    this.counts[bin] = this.counts[bin]! + UNIT
  }

  /** Ends a committed day: all its trials have been fed. */
  closeDay(): void {
    this.daysEver++
    const halfLife = Math.min(HALF_LIFE_DAYS, Math.max(SHORTEST_HALF_LIFE_DAYS, this.daysEver / 3))
    const kept = 2 ** (-1 / halfLife)
    for (let bin = 0; bin < BINS; bin++) this.counts[bin] = Math.floor(this.counts[bin]! * kept)
    this.days = Math.floor((this.days + UNIT) * kept)
    this.sum()
  }

  /** Trials seen, as far as not forgotten. */
  get trials(): number {
    return this.atLeast[0]! / UNIT
  }

  /** Trials an ordinary day, over the same days as the histogram. */
  get trialsADay(): number {
    return this.days === 0 ? 0 : this.atLeast[0]! / this.days
  }

  /**
   * Expected trials a day that score this or higher: N·p, with the trial that is being judged counted among them, so that
   * a view which has never had a trial in 20 days says "once in 21", not nothing. NaN before the first committed day.
   */
  rate(score: Sixteenths): number {
    return this.days === 0 ? Number.NaN : (this.tail(score) * (1 + this.trials)) / (1 + this.days / UNIT)
  }

  get committedDays(): number {
    return this.daysEver
  }

  /** The share of trials that score this or higher: a p-value. 1 while nothing has been committed. */
  tail(score: Sixteenths): number {
    const n = this.trials
    const bin = binOf(score)
    if (this.tailBin < 0 || bin <= this.tailBin) return Math.min(1, (1 + this.atLeast[bin]! / UNIT) / (1 + n))
    const start = (1 + this.atLeast[this.tailBin]! / UNIT) / (1 + n)
    const beyond = score / BIT - this.tailBin / 4
    return Math.max(start * 2 ** (-this.tailSlope * beyond), 1 / (FLOOR * n))
  }

  /** The level at which `tail` begins to extrapolate: what is above has been seen too seldom to be counted. */
  get tailStart(): Sixteenths {
    return this.tailBin < 0 ? MOST_BITS : this.tailBin * SIXTEENTHS_OF_BIN
  }

  private sum(): void {
    let above = 0
    this.atLeast[BINS] = 0
    this.tailBin = -1
    for (let bin = BINS - 1; bin >= 0; bin--) {
      above += this.counts[bin]!
      this.atLeast[bin] = above
      if (this.tailBin < 0 && above >= TAIL_TRIALS * UNIT) this.tailBin = bin
    }
    if (this.tailBin < 0) return
    // Slope of an exponential tail by its mean excess over the level (the maximum likelihood estimate).
    let excess = 0
    for (let bin = this.tailBin; bin < BINS; bin++) excess += this.counts[bin]! * ((bin - this.tailBin) / 4 + 0.125)
    const mean = excess / this.atLeast[this.tailBin]!
    this.tailSlope = Math.min(1, 1 / (Math.LN2 * mean))
  }

  /** Words of `write`. */
  readonly size: number = BINS + 2

  write(into: Float64Array, at: number): void {
    into.set(this.counts, at)
    into[at + BINS] = this.days
    into[at + BINS + 1] = this.daysEver
  }

  read(from: Float64Array, at: number): void {
    this.counts.set(from.subarray(at, at + BINS))
    this.days = from[at + BINS]!
    this.daysEver = from[at + BINS + 1]!
    this.sum()
  }
}

function binOf(score: Sixteenths): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor(score / SIXTEENTHS_OF_BIN)))
}
