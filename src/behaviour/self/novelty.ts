import { bitsOf, type Sixteenths } from './bits.ts'

/** Weight of the prior, in days: how soon a subject's own rate outweighs its group's. */
const KAPPA = 3
const KEPT_A_DAY = 2 ** (-1 / 14)
const UNIT = 1024
/** Bursts: days on which at least 2, 4, 8, 16, 32 new values were met. */
export const BURSTS = 5
const POPULARITY_BINS = 64
const WORDS_OF_GROUP = 2 + BURSTS

/**
 * What a subject's own days say: on how many of its active days (in any view: who never administers is active all the
 * same) it met something new in this view, and how much. Older days weigh less, by half in 14 active days.
 */
export interface OwnNovelty {
  readonly activeDays: number
  readonly noveltyDays: number
  /** By burst: days with at least 2, 4, 8, 16, 32 new values. */
  readonly bursts: readonly number[]
}

/** The burst that `count` new values on a day belong to: -1 for one, 0 for 2 and 3, … 4 for 32 and more. */
export function burstOf(count: number): number {
  return Math.min(BURSTS, Math.floor(Math.log2(Math.max(1, count)))) - 1
}

/**
 * How often one view meets something new, by group of subjects and in the whole network, and how popular what is new
 * usually is. Counts are of committed days, forget by half in 14 days, and are integers.
 */
export class NoveltyRates {
  private readonly groups: number
  /** By group, the last being the network: active days, novelty days, novelty days with each burst. */
  private readonly counts: Float64Array
  private readonly popularity = new Float64Array(POPULARITY_BINS)

  constructor(groups: number) {
    this.groups = groups
    this.counts = new Float64Array((groups + 1) * WORDS_OF_GROUP)
  }

  /** Committed active days of the members of a group, whether or not anything was new. */
  addDays(group: number, days: number): void {
    for (const members of [group, this.groups]) {
      const at = members * WORDS_OF_GROUP
      this.counts[at] = this.counts[at]! + days * UNIT
    }
  }

  /** One committed day on which a subject met new values; the day itself is among those of `addDays`. */
  addNovelty(group: number, newValues: number): void {
    for (const members of [group, this.groups]) {
      const at = members * WORDS_OF_GROUP
      this.counts[at + 1] = this.counts[at + 1]! + UNIT
      for (let burst = burstOf(newValues); burst >= 0; burst--)
        this.counts[at + 2 + burst] = this.counts[at + 2 + burst]! + UNIT
    }
  }

  /** One committed new value, with its popularity when it was new. */
  addValue(popularity: number): void {
    const bin = popularityBin(popularity)
    this.popularity[bin] = this.popularity[bin]! + UNIT
  }

  closeDay(): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i] = Math.floor(this.counts[i]! * KEPT_A_DAY)
    for (let i = 0; i < POPULARITY_BINS; i++) this.popularity[i] = Math.floor(this.popularity[i]! * KEPT_A_DAY)
  }

  /**
   * How surprising it is that the subject meets its `count`-th new value of the day, and that it is one so unpopular:
   * −log₂ [P(novelty day) · P(at least so many on such a day)] − log₂ u.
   * @param popularity subjects for which the value is committed, as of the last closed epoch
   */
  score(own: OwnNovelty, group: number, count: number, popularity: number): Sixteenths {
    const rate = this.rate(own, group)
    const burst = this.burst(own, group, burstOf(count))
    return bitsOf(rate * burst) + bitsOf(this.unpopularity(popularity))
  }

  /** P(novelty day), backed off: own days, then those of the group without the subject's own, then the network's. */
  rate(own: OwnNovelty, group: number): number {
    const network = mix(this.of(this.groups, 1), this.of(this.groups, 0), 0.5, 1)
    const groupDays = Math.max(0, this.of(group, 0) - own.activeDays)
    const groupNovelty = Math.min(groupDays, Math.max(0, this.of(group, 1) - own.noveltyDays))
    const ofGroup = mix(groupNovelty, groupDays, network, KAPPA)
    return mix(own.noveltyDays, own.activeDays, ofGroup, KAPPA)
  }

  /** P(at least as many new values as the burst says | novelty day). */
  private burst(own: OwnNovelty, group: number, burst: number): number {
    if (burst < 0) return 1
    const network = mix(this.of(this.groups, 2 + burst), this.of(this.groups, 1), 2 ** -(burst + 1), KAPPA)
    const ofGroup = mix(this.of(group, 2 + burst), this.of(group, 1), network, KAPPA)
    return mix(own.bursts[burst]!, own.noveltyDays, ofGroup, KAPPA)
  }

  /** The share of past new values that were no more popular; for what is new to all this is Good's estimate n₁/N (1953). */
  private unpopularity(popularity: number): number {
    const last = popularityBin(popularity)
    let upTo = 0
    let all = 0
    for (let bin = 0; bin < POPULARITY_BINS; bin++) {
      all += this.popularity[bin]!
      if (bin <= last) upTo += this.popularity[bin]!
    }
    return Math.min(1, (upTo + UNIT) / (all + UNIT))
  }

  private of(group: number, word: number): number {
    return this.counts[group * WORDS_OF_GROUP + word]! / UNIT
  }

  get size(): number {
    return this.counts.length + POPULARITY_BINS
  }

  write(into: Float64Array, at: number): void {
    into.set(this.counts, at)
    into.set(this.popularity, at + this.counts.length)
  }

  read(from: Float64Array, at: number): void {
    this.counts.set(from.subarray(at, at + this.counts.length))
    this.popularity.set(from.subarray(at + this.counts.length, at + this.size))
  }
}

/** (a + κ·prior) / (n + κ), never above 1. */
function mix(hits: number, days: number, prior: number, kappa: number): number {
  return Math.min(1, (hits + kappa * prior) / (days + kappa))
}

/** One by one up to 15, then four bins a doubling. */
function popularityBin(popularity: number): number {
  if (popularity < 16) return Math.max(0, popularity)
  return Math.min(POPULARITY_BINS - 1, 16 + Math.floor((Math.log2(popularity) - 4) * 4))
}
