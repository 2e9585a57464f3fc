import type { DeviceDirectory } from '../device/directory.ts'
import { TAG_BIT } from '../device/tags.ts'
import type { Event } from '../event/event.ts'
import type { Micros } from '../event/time.ts'
import { AgingMap } from './aging_map.ts'
import { ConditionContext, compileTest, type Test, type Watching } from './compile.ts'
import type { Model, Part, Rule } from './definition.ts'
import { evidenceOf } from './evidence.ts'
import { type Expression, walk } from './expression.ts'
import { type Firing, newsOf, type RaiseReason, type Statement, tell } from './firing.ts'
import { GroupReader, type KeyValue } from './group_key.ts'
import { PartMasks } from './part_masks.ts'
import { type Occurrence, SequenceGroups } from './sequence_groups.ts'
import { deviceText, type Moment, statementOf, type WindowValue } from './statement.ts'
import type { Surprise } from './surprise.ts'
import { type WindowCounter, windowCounters } from './window_counter.ts'
import type { Group } from './window_groups.ts'

/** A part, compiled. */
interface PartRunner {
  readonly part: Part
  readonly bit: number
  readonly subject: GroupReader | undefined
  readonly subjectKeys: readonly string[]
}

interface RuleRunner {
  readonly rule: Rule
  readonly test: Test
  /** Bits of the parts of which the event must be one for the rule to hold. */
  readonly needs: number
}

interface SequenceRunner {
  readonly groups: SequenceGroups
  readonly readers: readonly (GroupReader | undefined)[]
  /** By part index: the steps it can be. */
  readonly steps: readonly (readonly number[])[]
}

/** The station, as its models see it. */
export interface RunnerStation {
  readonly watching: Watching
  /** The model has something to say: a statement that the firing has taken in. */
  raise(runner: ModelRunner, firing: Firing, reason: RaiseReason, event: Event, statement: Statement): void
  /** What a rule's score is worth on this device today. */
  worth(runner: ModelRunner, score: number, device: number, event: Event): number
  /** Whether it would be more than a signal now, as far as the model's own policy goes. */
  mayAlert(runner: ModelRunner, firing: Firing, clock: Micros): boolean
}

const MOST_FIRINGS = 20_000
const LONGEST_VALUE = 300

/** One model at work: its windows, sequences and open firings. */
export class ModelRunner {
  readonly model: Model
  readonly windows: readonly WindowCounter[]
  readonly sequences: readonly SequenceRunner[]
  readonly firings = new AgingMap<Firing>(MOST_FIRINGS)
  private readonly directory: DeviceDirectory
  private readonly surprise: Surprise
  private readonly partsByLog = new Map<string, readonly PartRunner[]>()
  private readonly rules: readonly RuleRunner[]
  private readonly ruleContext: ConditionContext
  private readonly station: RunnerStation
  /** Bits of parts without which no rule can hold. */
  private readonly anyRule: number
  /** Bits of parts on whose events there is always something to do. */
  readonly awake: number
  private readonly values: (WindowValue | undefined)[]
  private readonly chains: (readonly Occurrence[] | undefined)[]

  /** @param contextOf the conditions' context of a log, shared by all models */
  constructor(
    model: Model,
    contextOf: (log: string) => ConditionContext,
    directory: DeviceDirectory,
    surprise: Surprise,
    station: RunnerStation,
  ) {
    this.model = model
    this.directory = directory
    this.surprise = surprise
    this.station = station
    const variables = model.windows.length + model.sequences.length + model.parts.length
    this.ruleContext = new ConditionContext(directory, surprise, variables, station.watching)
    this.rules = model.rules.map((rule) => ({
      rule,
      test: compileTest(rule.when, this.ruleContext),
      needs: neededParts(rule.when, model) ?? EVERY_PART,
    }))
    this.anyRule = this.rules.reduce((bits, { needs }) => bits | needs, 0)
    this.values = new Array<WindowValue | undefined>(model.windows.length).fill(undefined)
    this.chains = new Array<readonly Occurrence[] | undefined>(model.sequences.length).fill(undefined)
    for (const part of model.parts) {
      const context = contextOf(part.log.name)
      const own: PartRunner = {
        part,
        bit: 1 << part.index,
        subject: GroupReader.of(part, model.subject, context),
        subjectKeys: model.subject,
      }
      this.partsByLog.set(part.log.name, [...(this.partsByLog.get(part.log.name) ?? []), own])
    }
    this.windows = windowCounters(model, contextOf, directory, tagBitsOf(model))
    const stepping = model.sequences.flatMap(({ steps }) => steps.flat()).reduce((bits, part) => bits | (1 << part), 0)
    this.awake = this.windows.reduce((bits, counter) => bits | counter.alwaysCounting, this.anyRule | stepping)
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

  /** The bits of the parts that read a log. */
  masks(log: string, context: ConditionContext): PartMasks {
    return new PartMasks(
      (this.partsByLog.get(log) ?? []).map(({ part }) => part),
      context,
    )
  }

  /** Takes an event that is one of the parts. @param matched their bits */
  see(event: Event, matched: number): void {
    this.matched(event, this.partsByLog.get(event.batch.type.name) ?? [], matched)
  }

  private matched(event: Event, parts: readonly PartRunner[], matched: number): void {
    const log = event.batch.type.name
    // Most events that match only add to a count: no rule can hold on them, so nobody asks for values.
    const mayHold = (matched & this.anyRule) !== 0
    if (mayHold) {
      this.ruleContext.variables.fill(0)
      this.values.fill(undefined)
      this.chains.fill(undefined)
    }
    for (let i = 0; i < this.windows.length; i++) {
      const counter = this.windows[i]!
      const group = counter.count(event, log, matched, mayHold)
      if (mayHold && group !== undefined) this.read(counter, group)
    }
    for (let i = 0; i < this.sequences.length; i++) this.step(this.sequences[i]!, i, event, parts, matched)
    if (!mayHold) return
    const offset = this.model.windows.length + this.model.sequences.length
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      if ((matched & part.bit) !== 0) this.ruleContext.variables[offset + part.part.index] = 1
    }
    for (let i = 0; i < this.rules.length; i++) {
      const { rule, test, needs } = this.rules[i]!
      if ((matched & needs) === 0 || (event.late && rule.windows.length > 0)) continue
      if (test(event)) this.holds(rule, event, parts.find(({ bit }) => (matched & needs & bit) !== 0)!, matched)
    }
  }

  private read({ groups }: WindowCounter, group: Group): void {
    const { windows } = groups
    for (let place = 0; place < windows.length; place++) {
      const { index } = windows[place]!
      this.ruleContext.variables[index] = groups.value(group, place)
      this.values[index] = { groups, group, place }
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
        record: evidenceOf(event, part, this.directory),
      }
      const chain = runner.groups.see(id, steps, occurrence)
      if (!chain) continue
      this.chains[at] = chain
      this.ruleContext.variables[runner.groups.sequence.index] = 1
    }
  }

  /** A rule holds: opens a firing or adds to the open one, and says so when there is news. */
  private holds(rule: Rule, event: Event, own: PartRunner, matched: number): void {
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
    const { model } = this
    const reason =
      newsOf(firing, rule.index, measure, target) ??
      // What was a signal so far: the day has become odd since, and this event is part of why.
      (firing.alert === null &&
      !firing.wanted &&
      ODD_DAYS.has(model.alert) &&
      this.station.mayAlert(this, firing, event.clock)
        ? 'more of it'
        : undefined)
    if (reason === undefined) return
    const moment: Moment = {
      model,
      event,
      part: own.part,
      matched,
      device,
      subject: firing.subject,
      directory: this.directory,
      windows: this.values,
      chains: this.chains,
      day: this.surprise.surprise(device),
    }
    const whole = statementOf(rule, moment)
    const statement: Statement = { ...whole, score: this.station.worth(this, whole.score, device, event) }
    for (const record of statement.records) firing.firstTs = Math.min(firing.firstTs, Math.round(record.ts * 1e6))
    tell(firing, statement, measure, target)
    this.station.raise(this, firing, reason, event, statement)
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
      wanted: false,
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

const EVERY_PART = -1
/** Policies by which what was a signal may become an alert as the device's day goes on. */
const ODD_DAYS: ReadonlySet<Model['alert']> = new Set(['on an odd day', 'unless the day is ordinary'])

/**
 * Bits of the parts of which an event must be one for the condition to be asked; undefined when any will do. Windows change
 * only with the events they count, and a sequence holds only on an event that is one of its steps; a part that is named
 * goes before both.
 */
function neededParts(when: Expression, model: Model): number | undefined {
  if (when.is === 'and') {
    const inner = when.of.map((one) => neededParts(one, model))
    const named = inner.find((bits, at) => bits !== undefined && !asksWindow(when.of[at]!, model))
    return named ?? inner.reduce(union, undefined)
  }
  if (when.is === 'or') {
    const inner = when.of.map((one) => neededParts(one, model))
    return inner.includes(undefined) ? undefined : inner.reduce(union, undefined)
  }
  let needed: number | undefined
  walk(when, (inner) => {
    if (inner.is === 'variable' && when.is !== 'not') needed = union(needed, partsBehind(inner.index, model))
  })
  return needed
}

function union(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a | (b ?? 0)
}

function asksWindow(when: Expression, model: Model): boolean {
  let asks = false
  walk(when, (inner) => {
    if (inner.is === 'variable' && inner.index < model.windows.length) asks = true
  })
  return asks
}

function partsBehind(variable: number, model: Model): number {
  const window = model.windows[variable]
  const sequence = model.sequences[variable - model.windows.length]
  const parts = window?.parts ?? sequence?.steps.flat() ?? [variable - model.windows.length - model.sequences.length]
  return parts.reduce((bits, part) => bits | (1 << part), 0)
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
