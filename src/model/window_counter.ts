import type { DeviceDirectory } from '../device/directory.ts'
import type { Event } from '../event/event.ts'
import { logType } from '../event/log_types.ts'
import { type ConditionContext, compileNumber, compileText, type NumberOf, type TextOf } from './compile.ts'
import type { Model, Part, Window } from './definition.ts'
import { evidenceOf } from './evidence.ts'
import { GroupReader, type KeyValue } from './group_key.ts'
import { type Group, WindowGroups } from './window_groups.ts'

/** What an event of a part adds to one window. */
interface Addition {
  readonly place: number
  readonly bit: number
  readonly text: TextOf | undefined
  readonly number: NumberOf | undefined
}

/** A part as a set of windows sees it. */
interface CountedPart {
  readonly part: Part
  readonly bit: number
  readonly reader: GroupReader
  readonly adds: readonly Addition[]
  readonly addressSlot: number
}

const LONGEST_VALUE = 300
const CONN = logType('conn')
/** Of connections, the groups are many and nearly all stay small: evidence is kept from the third event on. */
const SAMPLE_CONN_FROM = 3

/** Counts events in those windows of a model that share length, keys and beginning: one look-up serves them all. */
export class WindowCounter {
  readonly groups: WindowGroups
  private readonly directory: DeviceDirectory
  /** By log: parts that can tell the group, those that add first; parts that only read it after them. */
  private readonly parts = new Map<string, readonly CountedPart[]>()
  /** Bits of parts that add to a window. */
  readonly adding: number
  /** Bits of parts whose events may begin a group. */
  private readonly opening: number
  /** The device's tags that conditions ask for: when one changes, its count starts anew. */
  private readonly tagBits: number
  /** Devices for which a group was begun, where not every event may begin one: of the others nothing need be looked up. */
  private begun: Uint8Array | undefined
  private sweepsSeen = 0
  private lastLog = ''
  private lastParts: readonly CountedPart[] | undefined

  constructor(
    model: Model,
    windows: readonly Window[],
    contextOf: (log: string) => ConditionContext,
    directory: DeviceDirectory,
    tagBits: number,
  ) {
    this.groups = new WindowGroups(windows)
    this.directory = directory
    const { by, from } = windows[0]!
    this.tagBits = by.includes('device') ? tagBits : 0
    this.opening = from.reduce((bits, part) => bits | (1 << part), 0)
    let adding = 0
    for (const part of model.parts) {
      const context = contextOf(part.log.name)
      const reader = GroupReader.of(part, by, context)
      if (!reader) continue
      const adds = windows.flatMap((window, place) => additionOf(window, place, part, context))
      const bit = 1 << part.index
      if (adds.length > 0) adding |= bit
      const own: CountedPart = { part, bit, reader, adds, addressSlot: part.log.slots.get(`id.${part.side}_h`) ?? -1 }
      const others = this.parts.get(part.log.name) ?? []
      this.parts.set(
        part.log.name,
        [...others, own].sort((a, b) => Number(b.adds.length > 0) - Number(a.adds.length > 0)),
      )
    }
    this.adding = adding
    if (by.includes('device') && (adding & ~this.opening) !== 0) this.begun = new Uint8Array(1024)
  }

  /**
   * Counts an event.
   * @param matched bits of the parts that it is
   * @param mayRead false when no rule will ask for the values
   * @returns the group it belongs to, if it has been begun
   */
  count(event: Event, log: string, matched: number, mayRead: boolean): Group | undefined {
    const mayAdd = (matched & this.adding) !== 0
    if (!mayAdd && !mayRead) return undefined
    if (log !== this.lastLog) {
      this.lastLog = log
      this.lastParts = this.parts.get(log)
    }
    const parts = this.lastParts
    if (parts === undefined) return undefined
    const mayOpen = (matched & this.opening) !== 0
    if (!mayOpen && this.begun !== undefined && !this.mayHaveBegun(event, parts, matched)) return undefined
    const { groups } = this
    let lastReader: GroupReader | undefined
    let group: Group | undefined
    let first: Group | undefined
    let added = 0
    for (let i = 0; i < parts.length; i++) {
      const counted = parts[i]!
      const { bit, reader, adds } = counted
      if ((matched & bit) === 0) continue
      if (adds.length === 0 && first !== undefined) break
      // Parts of a log mostly share their keys: one look-up for all of them.
      if (lastReader === undefined || !reader.sameAs(lastReader)) {
        group = this.find(event, counted, mayOpen && adds.length > 0)
        lastReader = reader
        added = 0
        if (group !== undefined && event.late && adds.length > 0) groups.noteLate(group, event.sequence)
        if (group !== undefined && !event.late && adds.length > 0) this.touch(group, event, counted)
        first ??= group
      }
      if (group === undefined || event.late) continue
      if (adds.length > 0) group.seen |= bit
      for (let j = 0; j < adds.length; j++) {
        const addition = adds[j]!
        if ((added & addition.bit) !== 0) continue
        const value = amountOf(addition, event)
        if (value === undefined) continue
        added |= addition.bit
        groups.add(group, addition.place, value)
      }
    }
    return first
  }

  private find(event: Event, { part, reader }: CountedPart, mayOpen: boolean): Group | undefined {
    const id = reader.id(event)
    if (id === undefined) return undefined
    const { groups, tagBits } = this
    const group = groups.current(id, event.clock)
    const device = event[part.side]
    const mask = tagBits === 0 || device < 0 ? 0 : this.directory.tagMask(device) & tagBits
    if (group !== undefined) {
      if (group.tagMask === mask) return group
      groups.drop(id)
    }
    if (!mayOpen || event.late) return undefined
    const opened = groups.open(id, reader.values(event) ?? [], event.clock, mask)
    if (groups.sweeps !== this.sweepsSeen) this.forgetBegun()
    this.begin(device)
    return opened
  }

  /** Bits of parts on whose events something must be done even for a device without a begun group. */
  get alwaysCounting(): number {
    return this.begun === undefined ? this.adding : this.opening
  }

  /** Whether there are events that it counts only for devices with a begun group. */
  get canSleep(): boolean {
    return this.begun !== undefined
  }

  hasBegun(device: number): boolean {
    return this.begun !== undefined && this.begun[device] === 1
  }

  private mayHaveBegun(event: Event, parts: readonly CountedPart[], matched: number): boolean {
    for (let i = 0; i < parts.length; i++) {
      const { part, bit } = parts[i]!
      if ((matched & bit) !== 0 && this.begun![event[part.side]] === 1) return true
    }
    return false
  }

  private begin(device: number): void {
    if (this.begun === undefined || device < 0) return
    if (device >= this.begun.length) {
      const larger = new Uint8Array(Math.max(device + 1, this.begun.length * 2))
      larger.set(this.begun)
      this.begun = larger
    }
    this.begun[device] = 1
  }

  /** After a sweep: devices whose groups are all gone need not be looked up any more. */
  private forgetBegun(): void {
    this.sweepsSeen = this.groups.sweeps
    if (this.begun === undefined) return
    this.begun.fill(0)
    this.restored()
  }

  /** Must be called after groups were put in from a saved state. */
  restored(): void {
    const at = this.groups.by.indexOf('device')
    if (at < 0) return
    for (const { values } of this.groups.groups.values()) this.begin(Number(values[at]))
  }

  private touch(group: Group, event: Event, { part, addressSlot }: CountedPart): void {
    const { groups } = this
    groups.touch(group, event)
    if (addressSlot >= 0) groups.noteAddress(group, event.text(addressSlot))
    if (groups.wantsSample(group, part.log === CONN ? SAMPLE_CONN_FROM : 1))
      groups.sample(group, evidenceOf(event, part, this.directory))
  }
}

function additionOf(window: Window, place: number, part: Part, context: ConditionContext): Addition[] {
  if (!window.parts.includes(part.index)) return []
  const value = window.values.get(part.index)
  const text = value?.type === 'string' ? compileText(value, context) : undefined
  const number = value?.type === 'number' ? compileNumber(value, context) : undefined
  return [{ place, bit: 1 << place, text, number }]
}

function amountOf({ text, number }: Addition, event: Event): KeyValue | undefined {
  if (text !== undefined) return text(event)?.slice(0, LONGEST_VALUE)
  if (number === undefined) return 1
  const amount = number(event)
  return Number.isNaN(amount) ? undefined : amount
}

/** The windows of a model, those together that share a group. */
export function windowCounters(
  model: Model,
  contextOf: (log: string) => ConditionContext,
  directory: DeviceDirectory,
  tagBits: number,
): WindowCounter[] {
  const sets = new Map<string, Window[]>()
  for (const window of model.windows) {
    const id = `${window.over} ${window.from.join(' ')} ${window.by.join(' ')}`
    sets.set(id, [...(sets.get(id) ?? []), window])
  }
  return [...sets.values()].map((windows) => new WindowCounter(model, windows, contextOf, directory, tagBits))
}
