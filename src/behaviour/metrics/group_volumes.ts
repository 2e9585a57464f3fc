import { GROUPS } from '../self/groups.ts'
import type { Learned } from '../self/self_state.ts'
import { BINS } from './half_octaves.ts'

const UNIT = 1024
const KEPT_A_DAY = 2 ** (-1 / 14)
/**
 * Weight of the subject's group, in days of its own: half of the proposal's 20, because own days weigh half after 14. Measured
 * as true as 20, and a nightly backup is usual two nights sooner.
 */
const KAPPA = 10
/** Weight of the network, in days of the group. */
const KAPPA_OF_GROUP = 3
const NETWORK: number = GROUPS.length
/** Beyond what a group has met on one day, half as often for each doubling: volumes of different devices have heavy tails. */
const BEYOND = Math.SQRT1_2
/** What is believed of an amount before anything was learned: half as often for each fourfold. */
const PRIOR: Float64Array = Float64Array.from({ length: BINS }, (_, bin) => 2 ** (-Math.max(0, bin - 1) / 4))

/**
 * Days of the members of each group in one metric and window, by the maximum of the day. Counts are of committed days,
 * forget by half in 14 days, and are integers.
 */
export class GroupVolumes implements Learned {
  /** By group, the last being the network, and bin. */
  private readonly counts = new Float64Array((NETWORK + 1) * BINS)
  /** The same, in this bin or a higher one, and beyond. */
  private readonly from = new Float64Array((NETWORK + 1) * BINS)

  add(group: number, bin: number): void {
    for (const members of [group, NETWORK]) {
      const at = members * BINS + bin
      this.counts[at] = this.counts[at]! + UNIT
    }
  }

  closeDay(): void {
    for (let at = 0; at < this.counts.length; at++) this.counts[at] = Math.floor(this.counts[at]! * KEPT_A_DAY)
    this.sum()
  }

  private sum(): void {
    for (let group = 0; group <= NETWORK; group++) {
      const first = group * BINS
      let atLeast = 0
      for (let bin = BINS - 1; bin >= 0; bin--) {
        atLeast += this.counts[first + bin]!
        this.from[first + bin] = atLeast / UNIT
      }
      for (let bin = 1; bin < BINS; bin++) {
        const days = this.from[first + bin]!
        if (days < 1) this.from[first + bin] = Math.max(days, this.from[first + bin - 1]! * BEYOND)
      }
    }
  }

  /** Days of a group with a maximum in this bin or above. */
  daysFrom(group: number, bin: number): number {
    return this.from[group * BINS + bin]!
  }

  /**
   * The share of days with so high a maximum: the subject's own days, mixed with its group's without its own, these with the
   * network's.
   * @param own     days of the subject with it, of so many active ones
   * @param members active days of the group's members, the last being the network's
   */
  tail(
    bin: number,
    group: number,
    own: { readonly hits: number; readonly days: number },
    members: Float64Array,
  ): number {
    const network = mix(this.daysFrom(NETWORK, bin), members[NETWORK]!, PRIOR[bin]!, 1)
    const days = Math.max(0, members[group]! - own.days)
    const hits = Math.min(days, Math.max(0, this.daysFrom(group, bin) - own.hits))
    return mix(own.hits, own.days, mix(hits, days, network, KAPPA_OF_GROUP), KAPPA)
  }

  readonly size: number = (NETWORK + 1) * BINS

  write(into: Float64Array, at: number): void {
    into.set(this.counts, at)
  }

  read(from: Float64Array, at: number): void {
    this.counts.set(from.subarray(at, at + this.size))
    this.sum()
  }
}

/** Active days of the members of each group, the last being the network: what `GroupVolumes` divides by. */
export class MemberDays implements Learned {
  readonly days: Float64Array = new Float64Array(NETWORK + 1)
  private readonly counts = new Float64Array(NETWORK + 1)

  add(group: number): void {
    for (const members of [group, NETWORK]) this.counts[members] = this.counts[members]! + UNIT
  }

  closeDay(): void {
    for (let group = 0; group <= NETWORK; group++) {
      this.counts[group] = Math.floor(this.counts[group]! * KEPT_A_DAY)
      this.days[group] = this.counts[group]! / UNIT
    }
  }

  readonly size: number = NETWORK + 1

  write(into: Float64Array, at: number): void {
    into.set(this.counts, at)
  }

  read(from: Float64Array, at: number): void {
    this.counts.set(from.subarray(at, at + this.size))
    this.counts.forEach((count, group) => {
      this.days[group] = count / UNIT
    })
  }
}

/** (a + κ·prior) / (n + κ), never above 1. */
function mix(hits: number, days: number, prior: number, kappa: number): number {
  return Math.min(1, (hits + kappa * prior) / (days + kappa))
}
