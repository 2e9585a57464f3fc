import type { Micros } from '../event/time.ts'
import { HOUR, MINUTE } from '../event/time.ts'
import { AgingMap } from './aging_map.ts'
import type { EvidenceRecord } from './alert.ts'
import type { Sequence } from './definition.ts'

/** An event that took a step. */
export interface Occurrence {
  readonly part: number
  readonly ts: Micros
  readonly clock: Micros
  readonly record: EvidenceRecord
}

const MOST_GROUPS = 65_536
/** Of each step the latest few are kept: an attack that repeats a step is the same attack. */
const MOST_OCCURRENCES = 8
/**
 * Records of an earlier step may be written after those of a later one (a file's record when its connection ends): a
 * group is kept this much longer than the sequence is long.
 */
const SLACK = 15 * MINUTE

/**
 * Steps towards the same thing, in the order in which they *began* (`ts`), whatever the order in which the sensor wrote
 * them (DESIGN.md section 2).
 */
export class SequenceGroups {
  readonly sequence: Sequence
  readonly groups: AgingMap<Occurrence[][]>
  private nextSweep: Micros = 0

  constructor(sequence: Sequence, most = MOST_GROUPS) {
    this.sequence = sequence
    this.groups = new AgingMap(most)
  }

  /**
   * Takes the event into the steps that it can be.
   * @returns the occurrences of a whole sequence that this event completes, one a step, or undefined
   */
  see(id: string | number, steps: readonly number[], occurrence: Occurrence): readonly Occurrence[] | undefined {
    let group = this.groups.get(id)
    if (group === undefined) {
      if (occurrence.clock >= this.nextSweep) this.sweep(occurrence.clock)
      group = this.sequence.steps.map(() => [])
      this.groups.set(id, group)
    }
    for (const step of steps) {
      const taken = group[step]!
      taken.push(occurrence)
      if (taken.length > MOST_OCCURRENCES) taken.shift()
    }
    for (const step of steps) {
      const whole = this.complete(group, step, occurrence)
      if (whole) return whole
    }
    return undefined
  }

  /** Latest fitting occurrence before, earliest fitting after: the tightest chain through this one. */
  private complete(
    group: readonly Occurrence[][],
    step: number,
    through: Occurrence,
  ): readonly Occurrence[] | undefined {
    const chain: Occurrence[] = new Array<Occurrence>(group.length)
    chain[step] = through
    for (let at = step - 1; at >= 0; at--) {
      const before = closest(group[at]!, chain[at + 1]!, -1)
      if (!before) return undefined
      chain[at] = before
    }
    for (let at = step + 1; at < group.length; at++) {
      const after = closest(group[at]!, chain[at - 1]!, 1)
      if (!after) return undefined
      chain[at] = after
    }
    return chain.at(-1)!.ts - chain[0]!.ts <= this.sequence.over ? chain : undefined
  }

  private sweep(clock: Micros): void {
    this.nextSweep = clock + Math.min(this.sequence.over, HOUR)
    for (const [id, group] of this.groups.entries()) {
      const newest = Math.max(...group.map((taken) => taken.at(-1)?.clock ?? Number.NEGATIVE_INFINITY))
      if (clock - newest > this.sequence.over + SLACK) this.groups.delete(id)
    }
  }
}

/** Of the occurrences at or before (-1), or at or after (1), the one nearest in time; never the same event twice. */
function closest(taken: readonly Occurrence[], to: Occurrence, direction: 1 | -1): Occurrence | undefined {
  let best: Occurrence | undefined
  for (const candidate of taken) {
    if (candidate.record.seq === to.record.seq) continue
    const gap = (candidate.ts - to.ts) * direction
    if (gap < 0) continue
    if (best === undefined || gap < (best.ts - to.ts) * direction) best = candidate
  }
  return best
}
