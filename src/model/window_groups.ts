import type { Event } from '../event/event.ts'
import type { Micros } from '../event/time.ts'
import { AgingMap } from './aging_map.ts'
import type { EvidenceRecord } from './alert.ts'
import type { Window } from './definition.ts'
import type { KeyValue } from './group_key.ts'

/** A window slides in so many steps: it covers between 11/12 and 12/12 of its length. */
const STEPS = 12
const MOST_GROUPS = 65_536
const SAMPLES = 8
const MOST_LATE = 64
const MOST_ADDRESSES = 4
/** In a position or a clock: there is none. */
const NONE = -1

/** What a window holds for one group. Plain data: it is what `--state` keeps. */
export interface Group {
  readonly values: readonly KeyValue[]
  /** Engine clock of the group's first event: its steps are counted from there, so that shifted times give the same. */
  readonly origin: Micros
  /** The newest step that something fell into. */
  step: number
  /** Per window, then per step of the ring. */
  readonly counts: number[]
  readonly totals: number[]
  /** Per step of the ring: position and clock of its first counted event; -1 when it has none. */
  readonly firstSequence: number[]
  readonly firstClock: number[]
  /** Per window: value → the step in which it was last seen, oldest first. */
  readonly distinct: (Map<KeyValue, number> | undefined)[]
  /** Per window: the last step in which a new value found no room; -1 when all had room. */
  readonly overflow: number[]
  /** Events counted since the group began. */
  events: number
  samples: { readonly step: number; readonly record: EvidenceRecord }[]
  /** Positions of matching events that were late and so not counted. */
  late: number[]
  lateLost: boolean
  /** Addresses under which the device took part; more than a few are not kept. */
  addresses: string[]
  addressesLost: boolean
  /** The device's tags that conditions ask for. */
  tagMask: number
  /** Bit per part that was counted. */
  seen: number
}

/** Windows of a model that share their length and their keys: one look-up serves them all. */
export class WindowGroups {
  readonly windows: readonly Window[]
  readonly over: Micros
  readonly by: readonly string[]
  readonly groups: AgingMap<Group>
  private readonly stepLength: Micros
  private nextSweep: Micros = 0

  /** @param most groups; the oldest makes room */
  constructor(windows: readonly Window[], most = MOST_GROUPS) {
    this.windows = windows
    this.over = windows[0]!.over
    this.by = windows[0]!.by
    this.stepLength = this.over / STEPS
    this.groups = new AgingMap(most)
  }

  /** The group as of now, its passed steps dropped; undefined when nothing in it is recent enough. */
  current(id: string | number, clock: Micros): Group | undefined {
    const group = this.groups.get(id)
    if (group === undefined) return undefined
    const step = this.stepAt(group, clock)
    if (step - group.step >= STEPS) {
      this.groups.delete(id)
      return undefined
    }
    if (step !== group.step) this.advance(group, step)
    return group
  }

  open(id: string | number, values: readonly KeyValue[], clock: Micros, tagMask: number): Group {
    if (clock >= this.nextSweep) this.sweep(clock)
    const { length } = this.windows
    const group: Group = {
      values,
      origin: clock,
      step: 0,
      counts: new Array<number>(length * STEPS).fill(0),
      totals: new Array<number>(length).fill(0),
      firstSequence: new Array<number>(STEPS).fill(NONE),
      firstClock: new Array<number>(STEPS).fill(NONE),
      distinct: new Array<Map<KeyValue, number> | undefined>(length).fill(undefined),
      events: 0,
      overflow: new Array<number>(length).fill(NONE),
      samples: [],
      late: [],
      lateLost: false,
      addresses: [],
      addressesLost: false,
      tagMask,
      seen: 0,
    }
    this.groups.set(id, group)
    return group
  }

  drop(id: string | number): void {
    this.groups.delete(id)
  }

  /** Counts the event in the window with that place in `windows`. @param value what is distinct or summed up; 1 for a count */
  add(group: Group, place: number, value: KeyValue): void {
    const window = this.windows[place]!
    if (window.measure === 'distinct') {
      this.addDistinct(group, place, value, window.atMost)
      return
    }
    const amount = typeof value === 'number' ? value : 0
    group.counts[place * STEPS + (group.step % STEPS)]! += amount
    group.totals[place]! += amount
  }

  /** Notes that an event was counted, for the bounds of the recount. */
  touch(group: Group, event: Event): void {
    const at = group.step % STEPS
    group.events++
    if (group.firstSequence[at] !== NONE) return
    group.firstSequence[at] = event.sequence
    group.firstClock[at] = event.clock
  }

  sample(group: Group, record: EvidenceRecord): void {
    group.samples.push({ step: group.step, record })
  }

  /** @param from with which counted event of a group to begin: most groups of a busy log never get to three */
  wantsSample(group: Group, from: number): boolean {
    return group.events >= from && group.samples.length < SAMPLES
  }

  noteLate(group: Group, sequence: number): void {
    if (group.late.length < MOST_LATE) group.late.push(sequence)
    else group.lateLost = true
  }

  noteAddress(group: Group, address: string): void {
    if (address === '' || group.addressesLost || group.addresses.includes(address)) return
    if (group.addresses.length < MOST_ADDRESSES) group.addresses.push(address)
    else group.addressesLost = true
  }

  value(group: Group, place: number): number {
    return this.windows[place]!.measure === 'distinct' ? (group.distinct[place]?.size ?? 0) : group.totals[place]!
  }

  /** True when a distinct count was given up at its bound within the window: the value is the least it can be. */
  atLeast(group: Group, place: number): boolean {
    return group.overflow[place] !== NONE
  }

  /** Position and clock of the first counted event that is still in the window. */
  first(group: Group): { sequence: number; clock: Micros } | undefined {
    for (let step = Math.max(0, group.step - STEPS + 1); step <= group.step; step++) {
      const sequence = group.firstSequence[step % STEPS]!
      if (sequence !== NONE) return { sequence, clock: group.firstClock[step % STEPS]! }
    }
    return undefined
  }

  private stepAt(group: Group, clock: Micros): number {
    return Math.floor((clock - group.origin) / this.stepLength)
  }

  private advance(group: Group, step: number): void {
    for (let passed = group.step + 1; passed <= step; passed++) {
      const at = passed % STEPS
      group.firstSequence[at] = NONE
      group.firstClock[at] = NONE
      for (let place = 0; place < this.windows.length; place++) {
        const cell = place * STEPS + at
        group.totals[place]! -= group.counts[cell]!
        group.counts[cell] = 0
      }
    }
    group.step = step
    const oldest = step - STEPS + 1
    for (let place = 0; place < this.windows.length; place++) {
      if (group.overflow[place]! < oldest) group.overflow[place] = NONE
      const values = group.distinct[place]
      if (values === undefined) continue
      for (const [value, last] of values) {
        if (last >= oldest) break
        values.delete(value)
      }
    }
    if (group.samples.length > 0) group.samples = group.samples.filter((sample) => sample.step >= oldest)
    if (group.late.length > 0) {
      const from = this.first(group)?.sequence ?? Number.POSITIVE_INFINITY
      group.late = group.late.filter((sequence) => sequence > from)
      if (group.late.length === 0) group.lateLost = false
    }
  }

  /** The map stays in order of "last seen": a value that comes again in a later step moves to its end. */
  private addDistinct(group: Group, place: number, value: KeyValue, atMost: number): void {
    let values = group.distinct[place]
    if (values === undefined) {
      values = new Map()
      group.distinct[place] = values
    }
    const last = values.get(value)
    if (last === group.step) return
    if (last !== undefined) values.delete(value)
    else if (values.size >= atMost) {
      group.overflow[place] = group.step
      return
    }
    values.set(value, group.step)
  }

  private sweep(clock: Micros): void {
    this.nextSweep = clock + this.over
    for (const [id, group] of this.groups.entries())
      if (this.stepAt(group, clock) - group.step >= STEPS) this.groups.delete(id)
  }
}
