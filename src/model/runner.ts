import type { DeviceDirectory } from '../device/directory.ts'
import { TAG_BIT } from '../device/tags.ts'
import type { Event } from '../event/event.ts'
import { logType } from '../event/log_types.ts'
import { AgingMap } from './aging_map.ts'
import {
  ConditionContext,
  compileNumber,
  compileTest,
  compileText,
  type NumberOf,
  type Test,
  type TextOf,
} from './compile.ts'
import type { Model, Part, Rule, Window } from './definition.ts'
import { evidenceOf } from './evidence.ts'
import { walk } from './expression.ts'
import { type Firing, newsOf, type RaiseReason, tell } from './firing.ts'
import { GroupReader, type KeyValue } from './group_key.ts'
import { type Occurrence, SequenceGroups } from './sequence_groups.ts'
import { deviceText, type Moment, statementOf, type WindowValue } from './statement.ts'
import type { Surprise } from './surprise.ts'
import { type Group, WindowGroups } from './window_groups.ts'

/** A part, compiled. */
interface PartRunner {
  readonly part: Part
  readonly bit: number
  /** Bit of the part it is within, or 0. */
  readonly parent: number
  readonly test: Test
  readonly subject: GroupReader | undefined
  readonly subjectKeys: readonly string[]
  readonly addressSlot: number
}

/** Windows with one length and one set of keys, with how each part of the model takes part. */
interface WindowRunner {
  readonly groups: WindowGroups
  /** By part index; undefined where the part cannot tell the group. */
  readonly readers: readonly (GroupReader | undefined)[]
  /** By part index: what the part adds. */
  readonly adds: readonly (readonly Addition[])[]
  /** Bits of the parts whose events may begin a group. */
  readonly opens: number
  /** Counted for the device: a change of its tags starts the count anew. */
  readonly ofDevice: boolean
}

interface Addition {
  readonly place: number
  readonly bit: number
  readonly text: TextOf | undefined
  readonly number: NumberOf | undefined
}

interface SequenceRunner {
  readonly groups: SequenceGroups
  readonly readers: readonly (GroupReader | undefined)[]
  /** By part index: the steps it can be. */
  readonly steps: readonly (readonly number[])[]
}

/** Told to the station: the model has something to say. */
export type Raise = (runner: ModelRunner, firing: Firing, reason: RaiseReason, event: Event) => void

const MOST_FIRINGS = 20_000
const CONN = logType('conn')
/** Of connections, the groups are many and nearly all stay small: evidence is kept from the third event on. */
const SAMPLE_CONN_FROM = 3
const LONGEST_VALUE = 300

/** One model at work: its windows, sequences and open firings. */
export class ModelRunner {
  readonly model: Model
  readonly windows: readonly WindowRunner[]
  readonly sequences: readonly SequenceRunner[]
  readonly firings = new AgingMap<Firing>(MOST_FIRINGS)
  private readonly directory: DeviceDirectory
  private readonly surprise: Surprise
  private readonly partsByLog = new Map<string, readonly PartRunner[]>()
  private readonly rules: readonly { readonly rule: Rule; readonly test: Test }[]
  private readonly ruleContext: ConditionContext
  private readonly raise: Raise
  private readonly tagBits: number
  private readonly values: (WindowValue | undefined)[]
  private readonly chains: (readonly Occurrence[] | undefined)[]

  /** @param contextOf the conditions' context of a log, shared by all models */
  constructor(
    model: Model,
    contextOf: (log: string) => ConditionContext,
    directory: DeviceDirectory,
    surprise: Surprise,
    raise: Raise,
  ) {
    this.model = model
    this.directory = directory
    this.surprise = surprise
    this.raise = raise
    const variables = model.windows.length + model.sequences.length + model.parts.length
    this.ruleContext = new ConditionContext(directory, surprise, variables)
    this.rules = model.rules.map((rule) => ({ rule, test: compileTest(rule.when, this.ruleContext) }))
    this.values = new Array<WindowValue | undefined>(model.windows.length).fill(undefined)
    this.chains = new Array<readonly Occurrence[] | undefined>(model.sequences.length).fill(undefined)
    this.tagBits = tagBitsOf(model)
    for (const part of model.parts) {
      const context = contextOf(part.log.name)
      const own: PartRunner = {
        part,
        bit: 1 << part.index,
        parent: part.within < 0 ? 0 : 1 << part.within,
        test: compileTest(part.when, context),
        subject: GroupReader.of(part, model.subject, context),
        subjectKeys: model.subject,
        addressSlot: part.log.slots.get(`id.${part.side}_h`) ?? -1,
      }
      this.partsByLog.set(part.log.name, [...(this.partsByLog.get(part.log.name) ?? []), own])
    }
    this.windows = windowRunners(model, contextOf)
    this.sequences = model.sequences.map((sequence) => ({
      groups: new SequenceGroups(sequence),
      readers: model.parts.map((part) => GroupReader.of(part, sequence.by, contextOf(part.log.name))),
      steps: model.parts.map((part) =>
        sequence.steps.flatMap((parts, step) => (parts.includes(part.index) ? [step] : [])),
      ),
    }))
  }

  get logs(): Iterable<string> {
    return this.partsByLog.keys()
  }

  /** For the station: what must be asked about each event of a log. */
  watcher(log: string): (event: Event) => void {
    const parts = this.partsByLog.get(log) ?? []
    const [only] = parts
    if (only && parts.length === 1) {
      const { test, bit } = only
      return (event) => {
        if (test(event)) this.matched(event, parts, bit)
      }
    }
    return (event) => {
      let matched = 0
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i]!
        if ((matched & part.parent) === part.parent && part.test(event)) matched |= part.bit
      }
      if (matched !== 0) this.matched(event, parts, matched)
    }
  }

  private matched(event: Event, parts: readonly PartRunner[], matched: number): void {
    const { variables } = this.ruleContext
    variables.fill(0)
    this.values.fill(undefined)
    this.chains.fill(undefined)
    for (let i = 0; i < this.windows.length; i++) this.count(this.windows[i]!, event, parts, matched)
    for (let i = 0; i < this.sequences.length; i++) this.step(this.sequences[i]!, i, event, parts, matched)
    const offset = this.model.windows.length + this.model.sequences.length
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      if ((matched & part.bit) !== 0) variables[offset + part.part.index] = 1
    }
    for (let i = 0; i < this.rules.length; i++) {
      const { rule, test } = this.rules[i]!
      if (event.late && rule.windows.length > 0) continue
      if (test(event)) this.holds(rule, event, parts, matched)
    }
  }

  /** Counts the event in windows that share a group, and reads their values for the rules. */
  private count(runner: WindowRunner, event: Event, parts: readonly PartRunner[], matched: number): void {
    const { groups } = runner
    let added = 0
    let read: Group | undefined
    for (let i = 0; i < parts.length; i++) {
      const { part, bit, addressSlot } = parts[i]!
      if ((matched & bit) === 0) continue
      const reader = runner.readers[part.index]
      const id = reader?.id(event)
      if (reader === undefined || id === undefined) continue
      const adds = runner.adds[part.index]!
      const mask = runner.ofDevice ? this.directory.tagMask(event[part.side]) & this.tagBits : 0
      let group = groups.current(id, event.clock)
      if (group !== undefined && group.tagMask !== mask) {
        groups.drop(id)
        group = undefined
      }
      if (event.late) {
        if (group !== undefined && adds.length > 0) groups.noteLate(group, event.sequence)
        continue
      }
      if (group === undefined && adds.length > 0 && (runner.opens & bit) !== 0)
        group = groups.open(id, reader.values(event) ?? [], event.clock, mask)
      if (group === undefined) continue
      read ??= group
      for (let j = 0; j < adds.length; j++) {
        const addition = adds[j]!
        if ((added & addition.bit) !== 0) continue
        const value = amountOf(addition, event)
        if (value === undefined) continue
        added |= addition.bit
        groups.add(group, addition.place, value)
      }
      if (adds.length > 0) {
        group.seen |= bit
        groups.touch(group, event)
        if (addressSlot >= 0) groups.noteAddress(group, event.text(addressSlot))
        if (groups.wantsSample(group, part.log === CONN ? SAMPLE_CONN_FROM : 1))
          groups.sample(group, evidenceOf(event, part))
      }
    }
    if (read === undefined) return
    const { windows } = groups
    for (let place = 0; place < windows.length; place++) {
      const { index } = windows[place]!
      this.ruleContext.variables[index] = groups.value(read, place)
      this.values[index] = { groups, group: read, place }
    }
  }

  private step(runner: SequenceRunner, at: number, event: Event, parts: readonly PartRunner[], matched: number): void {
    for (let i = 0; i < parts.length; i++) {
      const { part, bit } = parts[i]!
      const steps = runner.steps[part.index]!
      if ((matched & bit) === 0 || steps.length === 0) continue
      const id = runner.readers[part.index]?.id(event)
      if (id === undefined) continue
      const occurrence: Occurrence = {
        part: part.index,
        ts: event.ts,
        clock: event.clock,
        record: evidenceOf(event, part),
      }
      const chain = runner.groups.see(id, steps, occurrence)
      if (!chain) continue
      this.chains[at] = chain
      this.ruleContext.variables[runner.groups.sequence.index] = 1
    }
  }

  /** A rule holds: opens a firing or adds to the open one, and says so when there is news. */
  private holds(rule: Rule, event: Event, parts: readonly PartRunner[], matched: number): void {
    const own = parts.find((candidate) => (matched & candidate.bit) !== 0)!
    const device = event[own.part.side]
    if (device < 0) return
    const values = own.subjectKeys.length === 0 ? [] : own.subject?.values(event)
    if (!values) return
    const firing = this.firingOf(event, device, own.subjectKeys, values)
    const grown = rule.grows >= 0 ? this.values[rule.grows] : undefined
    // Nothing counted: the rule held for another reason, and new targets are the news.
    const counted = grown ? grown.groups.value(grown.group, grown.place) : 0
    const measure = counted > 0 ? counted : Number.NaN
    const target = Number.isNaN(measure) ? this.targetOf(event, own.part) : ''
    firing.lastClock = event.clock
    firing.lastTs = Math.max(firing.lastTs, event.ts)
    const reason = newsOf(firing, rule.index, measure, target)
    if (reason === undefined) return
    const moment: Moment = {
      model: this.model,
      event,
      part: own.part,
      matched,
      device,
      subject: firing.subject,
      directory: this.directory,
      windows: this.values,
      chains: this.chains,
      bits: this.surprise.bits(event),
      networkPeriodDays: this.surprise.networkPeriodDays(event),
    }
    const statement = statementOf(rule, moment)
    for (const record of statement.records) firing.firstTs = Math.min(firing.firstTs, Math.round(record.ts * 1e6))
    tell(firing, statement, measure, target)
    this.raise(this, firing, reason, event)
  }

  private firingOf(event: Event, device: number, keys: readonly string[], values: readonly KeyValue[]): Firing {
    const isDevice = (at: number): boolean =>
      typeof values[at] === 'number' && (keys[at] === 'peer' || keys[at] === 'device')
    const ids = values.map((value, at) => (isDevice(at) ? this.directory.id(value as number) : String(value)))
    const id = [device, ...ids].join('\u0000')
    const open = this.firings.get(id)
    if (open && event.clock - open.lastClock <= this.model.cooldown) return open
    this.firings.delete(id)
    const texts = values.map((value, at) =>
      isDevice(at) ? deviceText(value as number, this.directory) : String(value),
    )
    const firing: Firing = {
      device,
      subject: texts.join(', ').slice(0, LONGEST_VALUE),
      subjectId: ids.join('\u0000'),
      cause: event.eventKey,
      alert: null,
      revision: 0,
      said: 0,
      lastClock: event.clock,
      lastTs: event.ts,
      firstTs: event.ts,
      score: 0,
      statements: [],
      told: [],
      targets: [],
      toldTargets: 0,
      records: [],
    }
    this.firings.set(id, firing)
    return firing
  }

  private targetOf(event: Event, part: Part): string {
    const side = part.side === 'orig' ? 'resp' : 'orig'
    const device = event[side]
    if (device >= 0) return this.directory.id(device)
    const slot = part.log.slots.get(`id.${side}_h`)
    return slot === undefined ? '' : event.text(slot).slice(0, LONGEST_VALUE)
  }

  stats(): { groups: number; evictedGroups: number; evictedFirings: number } {
    let groups = 0
    let evictedGroups = 0
    for (const runner of [...this.windows, ...this.sequences]) {
      groups += runner.groups.groups.size
      evictedGroups += runner.groups.groups.evicted
    }
    return { groups, evictedGroups, evictedFirings: this.firings.evicted }
  }
}

function amountOf({ text, number }: Addition, event: Event): KeyValue | undefined {
  if (text !== undefined) return text(event)?.slice(0, LONGEST_VALUE)
  if (number === undefined) return 1
  const amount = number(event)
  return Number.isNaN(amount) ? undefined : amount
}

/** Tags that conditions ask of the device the model is about. */
function tagBitsOf(model: Model): number {
  let bits = 0
  for (const part of model.parts) {
    walk(part.whole, (inner) => {
      if (inner.is === 'tag' && inner.side === part.side) bits |= TAG_BIT[inner.tag]
    })
  }
  return bits
}

function windowRunners(model: Model, contextOf: (log: string) => ConditionContext): WindowRunner[] {
  const sets = new Map<string, Window[]>()
  for (const window of model.windows) {
    const id = `${window.over} ${window.from.join(' ')} ${window.by.join(' ')}`
    sets.set(id, [...(sets.get(id) ?? []), window])
  }
  return [...sets.values()].map((windows) => {
    const { by } = windows[0]!
    return {
      groups: new WindowGroups(windows),
      readers: model.parts.map((part) => GroupReader.of(part, by, contextOf(part.log.name))),
      adds: model.parts.map((part) =>
        windows.flatMap((window, place): Addition[] => {
          if (!window.parts.includes(part.index)) return []
          const value = window.values.get(part.index)
          const context = contextOf(part.log.name)
          const text = value?.type === 'string' ? compileText(value, context) : undefined
          const number = value?.type === 'number' ? compileNumber(value, context) : undefined
          return [{ place, bit: 1 << place, text, number }]
        }),
      ),
      opens: windows[0]!.from.reduce((bits, part) => bits | (1 << part), 0),
      ofDevice: by.includes('device'),
    }
  })
}
