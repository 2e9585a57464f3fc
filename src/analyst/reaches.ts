import { DAY, type Micros } from '../event/time.ts'

/** That a device administered another one: what movement of an attack looks like from outside, and an administrator's day. */
export interface Reach {
  readonly first: Micros
  last: Micros
  /** What was done: `service control`, `WMI`, `remote desktop`, … */
  readonly acts: string[]
}

/** So long a device that was reached may take to act itself. */
export const REMEMBERED: Micros = 14 * DAY
const MOST_SOURCES = 50_000
const MOST_TARGETS = 4096
const MOST_ACTS = 8

/** Who administered whom, and when first and last within two weeks. Bounded; the source that was idle longest goes first. */
export class Reaches {
  private readonly bySource = new Map<number, Map<number, Reach>>()
  /** By target: who has ever been seen to administer it, as far as that is remembered. */
  private readonly sources = new Map<number, Set<number>>()
  evicted = 0

  /** @param source, target device indexes */
  note(source: number, target: number, act: string, clock: Micros): void {
    let targets = this.bySource.get(source)
    if (targets === undefined) {
      if (this.bySource.size >= MOST_SOURCES) this.evict()
      targets = new Map()
      this.bySource.set(source, targets)
    }
    const reach = targets.get(target)
    if (reach !== undefined && clock - reach.last <= REMEMBERED) {
      reach.last = Math.max(reach.last, clock)
      if (!reach.acts.includes(act) && reach.acts.length < MOST_ACTS) reach.acts.push(act)
      return
    }
    if (reach === undefined && targets.size >= MOST_TARGETS) {
      this.evicted++
      return
    }
    targets.set(target, { first: clock, last: clock, acts: [act] })
    this.remember(source, target)
  }

  private remember(source: number, target: number): void {
    const known = this.sources.get(target)
    if (known) known.add(source)
    else this.sources.set(target, new Set([source]))
  }

  private evict(): void {
    let oldest = -1
    let last = Number.POSITIVE_INFINITY
    for (const [source, targets] of this.bySource) {
      let latest = 0
      for (const reach of targets.values()) latest = Math.max(latest, reach.last)
      if (latest < last) [oldest, last] = [source, latest]
    }
    this.evicted += this.bySource.get(oldest)?.size ?? 0
    for (const target of this.bySource.get(oldest)?.keys() ?? []) this.sources.get(target)?.delete(oldest)
    this.bySource.delete(oldest)
  }

  find(source: number, target: number, clock: Micros): Reach | undefined {
    const reach = this.bySource.get(source)?.get(target)
    return reach !== undefined && clock - reach.last <= REMEMBERED ? reach : undefined
  }

  /** How many devices one has administered since a moment. */
  breadth(source: number, since: Micros): number {
    let count = 0
    for (const reach of this.bySource.get(source)?.values() ?? []) if (reach.last >= since) count++
    return count
  }

  /** Whom a device has administered within the last two weeks. */
  targetsOf(source: number, clock: Micros): number[] {
    return [...(this.bySource.get(source) ?? [])].flatMap(([target, { last }]) =>
      clock - last <= REMEMBERED ? [target] : [],
    )
  }

  /** Who has administered a device within the last two weeks. */
  sourcesOf(target: number, clock: Micros): number[] {
    return [...(this.sources.get(target) ?? [])].filter((source) => this.find(source, target, clock) !== undefined)
  }

  save(): readonly (readonly [source: number, targets: readonly (readonly [number, Reach])[]])[] {
    return [...this.bySource].map(([source, targets]) => [
      source,
      [...targets].map(([target, reach]) => [target, { ...reach, acts: [...reach.acts] }]),
    ])
  }

  restore(saved: ReturnType<Reaches['save']>): void {
    for (const [source, targets] of saved)
      this.bySource.set(
        source,
        new Map(targets.map(([target, reach]) => [target, { ...reach, acts: [...reach.acts] }])),
      )
  }
}
