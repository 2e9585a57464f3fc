import type { Event } from '../event/event.ts'
import type { Micros } from '../event/time.ts'
import { AgingMap } from './aging_map.ts'
import type { EvidenceRecord } from './alert.ts'
import type { Window } from './definition.ts'
import { DistinctValues } from './distinct_values.ts'
import type { KeyValue } from './group_key.ts'

/** A window slides in so many steps: it covers between 11/12 and 12/12 of its length. */
const STEPS = 12
const MOST_GROUPS = 65_536
const SAMPLES = 8
const MOST_LATE = 64
const MOST_ADDRESSES = 4
/** In a position, a clock or a step: there is none. */
const NONE = -1

/**
 * What windows that share their keys hold for one group. Most groups see one event and are forgotten, so that making one
 * must be cheap: its numbers lie in one array, and what most never need is made on first use.
 */
export interface Group {
  readonly values: readonly KeyValue[]
  /** Engine clock of the group's first event: its steps are counted from there, so that shifted times give the same. */
  readonly origin: Micros
  /** The newest step that something fell into. */
  step: number
  /** See `Layout`. */
  readonly cells: number[]
  /** Events counted since the group began. */
  events: number
  /** Per window that counts different values. */
  distinct: (DistinctValues | undefined)[] | undefined
  samples: { readonly step: number; readonly record: EvidenceRecord }[] | undefined
  /** Positions of matching events that were late and so not counted. */
  late: number[] | undefined
  lateLost: boolean
  /** Addresses under which the device took part; more than a few are not kept. */
  address: string
  otherAddresses: string[] | undefined
  addressesLost: boolean
  /** The device's tags that conditions ask for. */
  tagMask: number
  /** Bit per part that was counted. */
  seen: number
}

/** Where in `Group.cells` what stands; the steps form rings of `STEPS`. */
const FIRST_SEQUENCE = 0
const FIRST_CLOCK = STEPS
const COUNTS = 2 * STEPS

/** Windows of a model that share their length, their keys and their beginning: one look-up serves them all. */
export class WindowGroups {
  readonly windows: readonly Window[]
  readonly over: Micros
  readonly by: readonly string[]
  readonly groups: AgingMap<Group>
  private readonly stepLength: Micros
  private readonly isDistinct: readonly boolean[]
  private readonly template: readonly number[]
  /** Totals of each window; then the step in which a new value last found no room. */
  private readonly totals: number
  private readonly overflow: number
  private nextSweep: Micros = 0
  /** How often what has passed was swept out. */
  sweeps = 0

  /** @param most groups; the oldest make room */
  constructor(windows: readonly Window[], most = MOST_GROUPS) {
    const { length } = windows
    this.windows = windows
    this.over = windows[0]!.over
    this.by = windows[0]!.by
    this.stepLength = this.over / STEPS
    this.groups = new AgingMap(most)
    this.isDistinct = windows.map(({ measure }) => measure === 'distinct')
    this.totals = COUNTS + STEPS * length
    this.overflow = this.totals + length
    // The half makes V8 keep it as an array of doubles, so that a clock can be stored without converting it.
    const template = [
      0.5,
      ...new Array<number>(COUNTS - 1).fill(NONE),
      ...new Array<number>((STEPS + 1) * length).fill(0),
    ]
    template[0] = NONE
    this.template = [...template, ...new Array<number>(length).fill(NONE)]
  }

  /** The group as of now, its passed steps dropped; undefined when nothing in it is recent enough. */
  current(id: string | number, clock: Micros): Group | undefined {
    const group = this.groups.get(id)
    if (group === undefined) return undefined
    const ahead = clock - group.origin - group.step * this.stepLength
    if (ahead < this.stepLength) return group
    const step = this.stepAt(group, clock)
    if (step - group.step >= STEPS) {
      this.groups.delete(id)
      return undefined
    }
    this.advance(group, step)
    return group
  }

  open(id: string | number, values: readonly KeyValue[], clock: Micros, tagMask: number): Group {
    if (clock >= this.nextSweep) this.sweep(clock)
    const group: Group = {
      values,
      origin: clock,
      step: 0,
      cells: this.template.slice(),
      events: 0,
      distinct: undefined,
      samples: undefined,
      late: undefined,
      lateLost: false,
      address: '',
      otherAddresses: undefined,
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
    const { cells } = group
    if (this.isDistinct[place]) {
      group.distinct ??= new Array<DistinctValues | undefined>(this.windows.length).fill(undefined)
      let values = group.distinct[place]
      if (values === undefined) {
        values = new DistinctValues()
        group.distinct[place] = values
      }
      if (!values.add(value, group.step, this.windows[place]!.atMost)) cells[this.overflow + place] = group.step
      return
    }
    const amount = typeof value === 'number' ? value : 0
    cells[COUNTS + place * STEPS + (group.step % STEPS)]! += amount
    cells[this.totals + place]! += amount
  }

  /** Notes that an event was counted, for the bounds of the recount. */
  touch(group: Group, event: Event): void {
    group.events++
    const at = group.step % STEPS
    const { cells } = group
    if (cells[FIRST_SEQUENCE + at] !== NONE) return
    cells[FIRST_SEQUENCE + at] = event.sequence
    cells[FIRST_CLOCK + at] = event.clock
  }

  /** @param from with which counted event of a group to begin: most groups of a busy log never get to three */
  wantsSample(group: Group, from: number): boolean {
    return group.events >= from && (group.samples === undefined || group.samples.length < SAMPLES)
  }

  sample(group: Group, record: EvidenceRecord): void {
    group.samples ??= []
    group.samples.push({ step: group.step, record })
  }

  noteLate(group: Group, sequence: number): void {
    group.late ??= []
    if (group.late.length < MOST_LATE) group.late.push(sequence)
    else group.lateLost = true
  }

  noteAddress(group: Group, address: string): void {
    if (address === group.address || address === '' || group.addressesLost) return
    if (group.address === '') {
      group.address = address
      return
    }
    group.otherAddresses ??= []
    if (group.otherAddresses.includes(address)) return
    if (group.otherAddresses.length < MOST_ADDRESSES - 1) group.otherAddresses.push(address)
    else group.addressesLost = true
  }

  value(group: Group, place: number): number {
    return this.isDistinct[place] ? (group.distinct?.[place]?.size ?? 0) : group.cells[this.totals + place]!
  }

  /** True when a distinct count was given up at its bound within the window: the value is the least it can be. */
  atLeast(group: Group, place: number): boolean {
    return group.cells[this.overflow + place] !== NONE
  }

  /** Position and clock of the first counted event that is still in the window. */
  first(group: Group): { sequence: number; clock: Micros } | undefined {
    const { cells } = group
    for (let step = Math.max(0, group.step - STEPS + 1); step <= group.step; step++) {
      const sequence = cells[FIRST_SEQUENCE + (step % STEPS)]!
      if (sequence !== NONE) return { sequence, clock: cells[FIRST_CLOCK + (step % STEPS)]! }
    }
    return undefined
  }

  private stepAt(group: Group, clock: Micros): number {
    return Math.floor((clock - group.origin) / this.stepLength)
  }

  private advance(group: Group, step: number): void {
    const { cells } = group
    const { length } = this.windows
    for (let passed = group.step + 1; passed <= step; passed++) {
      const at = passed % STEPS
      if (cells[FIRST_SEQUENCE + at] === NONE) continue
      cells[FIRST_SEQUENCE + at] = NONE
      for (let place = 0; place < length; place++) {
        const cell = COUNTS + place * STEPS + at
        cells[this.totals + place]! -= cells[cell]!
        cells[cell] = 0
      }
    }
    group.step = step
    const oldest = step - STEPS + 1
    for (let place = 0; place < length; place++) {
      if (!this.isDistinct[place]) continue
      if (cells[this.overflow + place]! < oldest) cells[this.overflow + place] = NONE
      group.distinct?.[place]?.expire(oldest)
    }
    if (group.samples !== undefined && group.samples.length > 0 && group.samples[0]!.step < oldest) {
      group.samples = group.samples.filter((sample) => sample.step >= oldest)
    }
    if (group.late !== undefined) {
      const from = this.first(group)?.sequence ?? Number.POSITIVE_INFINITY
      group.late = group.late.filter((sequence) => sequence > from)
      if (group.late.length === 0) {
        group.late = undefined
        group.lateLost = false
      }
    }
  }

  private sweep(clock: Micros): void {
    this.nextSweep = clock + this.over
    this.sweeps++
    for (const [id, group] of this.groups.entries()) {
      if (this.stepAt(group, clock) - group.step >= STEPS) this.groups.delete(id)
    }
  }
}
