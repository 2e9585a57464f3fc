import type { DeviceDirectory } from '../device/directory.ts'
import type { EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { idOf } from '../event/id.ts'
import type { LogType } from '../event/log_types.ts'
import { DAY, HOUR, type Micros, secondsOf } from '../event/time.ts'
import { Acts } from './acts.ts'
import type { Alert, Raised, Signal, SurpriseOfAlert } from './alert.ts'
import { alertEvent } from './alert_event.ts'
import { Budget, type BudgetOptions } from './budget.ts'
import type { LoadedModels } from './catalogue.ts'
import { ConditionContext, type Watching } from './compile.ts'
import type { Model } from './definition.ts'
import { type Firing, type RaiseReason, type Statement, summaryOf, tell } from './firing.ts'
import { LogWatch } from './log_watch.ts'
import { type Matter, Matters } from './matters.ts'
import { ModelRunner, type RunnerStation } from './runner.ts'
import { type ModelState, restoreFiring, restoreRunner, saveRunner } from './saved.ts'
import { ALERT_LOG } from './sources.ts'
import { type Surprise, UNTRAINED } from './surprise.ts'

export type { Alert, Raised } from './alert.ts'

export interface ModelOptions extends BudgetOptions {
  readonly surprise?: Surprise
}

export interface ModelStats {
  /** Signals that the budget kept from becoming alerts. */
  readonly heldBack: number
  /** What bounds evicted, by what it was. */
  readonly evicted: Readonly<Record<string, number>>
  readonly models: Readonly<
    Record<string, { readonly signals: number; readonly alerts: number; readonly groups: number }>
  >
}

interface Counts {
  signals: number
  alerts: number
}

/** How long another model's alert on the device lends weight to what alone is only a signal. */
const COMPANY = HOUR
/** Of what is unusual, only the oddest days are worth more than this. */
const QUIET_SCORE = 60
/** From here on a rule states what is grave whoever does it. */
const GRAVE_SCORE = 80
/** An act that a device has done on so many earlier days is its habit. */
const HABIT_DAYS = 5
/** One statement is kept of each model that adds to another's alert, under a number that no rule has. */
const RULES_OF_OTHERS = 10_000
/** How long a fact on a device lends weight to what is merely unusual there. */
const FACT_COMPANY = DAY
/** How long a telling alert makes that its odd days need to be less odd. */
const ODD_COMPANY = 3 * DAY
const MOST_DEVICES_REMEMBERED = 20_000

/**
 * The model station: sees each event after the device station and says what is worth a signal or an alert. Everything it
 * says depends on events already seen, in canonical order; nothing waits for an end of the input.
 */
export class ModelStation implements RunnerStation {
  readonly watching: Watching = { since: Number.NaN }
  private readonly directory: DeviceDirectory
  private readonly budget: Budget
  private readonly surprise: Surprise
  private readonly runners: readonly ModelRunner[]
  /** Runners that wait for another model's alert. */
  private readonly waiting: readonly ModelRunner[]
  /** Names of the models whose alerts make further odd things on the device more likely: administrators set off the others. */
  private readonly telling: ReadonlySet<string>
  private readonly watches = new Map<string, LogWatch>()
  /** By device: when last an alert stated a fact: what was done there, not how unusual it is, and no habit of the device. */
  private readonly facts = new Map<number, Micros>()
  private readonly places: ReadonlyMap<string, number>
  private readonly acts: Acts
  private readonly matters: Matters
  private readonly counts = new Map<string, Counts>()
  /** By device: the models that alerted on it, and when last. */
  private readonly alerted = new Map<number, Map<string, Micros>>()
  private raised: Raised[] = []
  private batch: EventBatch | undefined
  private type: LogType | undefined
  private watch: LogWatch | undefined

  /**
   * @param models what `loadModels` found; refused files are left out
   * @param saved what `save()` gave, for the same device indexes; models whose file has changed since start anew
   */
  constructor(models: LoadedModels, directory: DeviceDirectory, options: ModelOptions = {}, saved?: ModelState) {
    this.directory = directory
    const surprise = options.surprise ?? UNTRAINED
    this.surprise = surprise
    const contextOf = (log: string): ConditionContext => this.watchOf(log, surprise).context
    this.runners = models.models.map((model) => new ModelRunner(model, contextOf, directory, surprise, this))
    this.waiting = this.runners.filter(({ model }) => model.alert === 'with another model')
    this.telling = new Set(
      this.runners
        .filter(({ model }) => model.alert === 'on an odd day' || (model.alert === 'always' && !model.meta))
        .map(({ model }) => model.name),
    )
    this.places = new Map(models.models.map(({ name }, at) => [name, at]))
    for (const runner of this.runners) {
      for (const log of runner.logs) this.watchOf(log, surprise).add(runner)
      this.counts.set(runner.model.name, { signals: 0, alerts: 0 })
      const state = saved?.models[runner.model.name]
      if (state && state.fingerprint === runner.model.fingerprint) restoreRunner(runner, state)
    }
    if (saved) this.watching.since = saved.since === undefined ? 0 : (saved.since ?? Number.NaN)
    this.budget = new Budget(options, saved?.budget)
    for (const [device, at] of saved?.facts ?? []) this.facts.set(device, at)
    this.acts = new Acts(saved?.acts)
    this.matters = new Matters(saved?.matters, (model, firing) => {
      const open = [...(this.runnerOf(model)?.firings.values() ?? [])]
      return open.find((one) => isSame(one, firing)) ?? restoreFiring(firing)
    })
    for (const [device, entries] of saved?.alerted ?? []) this.alerted.set(device, new Map(entries))
  }

  private watchOf(log: string, surprise: Surprise): LogWatch {
    const known = this.watches.get(log)
    if (known) return known
    const made = new LogWatch(log, new ConditionContext(this.directory, surprise))
    this.watches.set(log, made)
    return made
  }

  /** Takes one event, in canonical order, after the device station. */
  see(event: Event): void {
    const { batch } = event
    if (Number.isNaN(this.watching.since)) this.watching.since = event.clock
    if (batch !== this.batch) {
      this.batch = batch
      if (batch.type !== this.type) {
        this.type = batch.type
        this.watch = this.watches.get(batch.type.name)
      }
      this.watch?.use(batch)
    }
    this.watch?.see(event)
  }

  /** True when `drain` has something to give. */
  get pending(): boolean {
    return this.raised.length > 0
  }

  /** Signals and alerts, first and later revisions, since the last call, in the order in which they were said. */
  drain(): readonly Raised[] {
    const { raised } = this
    this.raised = []
    return raised
  }

  private runnerOf(model: string): ModelRunner | undefined {
    return this.runners[this.places.get(model) ?? -1]
  }

  raise(runner: ModelRunner, firing: Firing, reason: RaiseReason, event: Event, statement: Statement): void {
    firing.said++
    if (this.isGuest(runner, firing) && this.matters.of(firing.device, event.clock)?.firing.alert !== firing.alert) {
      // The day that it added to is over: what goes on is a matter of today.
      firing.alert = null
      firing.revision = 0
    }
    if (firing.alert === null) firing.wanted = this.mayAlert(runner, firing, event.clock)
    const began = firing.alert === null && firing.wanted && this.begin(runner, firing, event.clock)
    this.signal(runner, firing, event)
    if (firing.alert === null) return
    const added = reason === 'first' ? 'new kind of evidence' : reason
    this.alert(runner, firing, began ? 'first' : added, event, statement)
  }

  /** Gives the firing an alert: its own, or that of the device's odd day. @returns whether it is its own */
  private begin({ model }: ModelRunner, firing: Firing, clock: Micros): boolean {
    const { device } = firing
    const unusual = this.isUnusual(model)
    const score = firing.statements[0]?.score ?? model.severity
    const alone = unusual && !this.hasFact(device, clock)
    const matter = alone && score < GRAVE_SCORE ? this.matters.of(device, clock) : undefined
    if (matter !== undefined) {
      firing.alert = matter.firing.alert
      if (!matter.models.includes(model.name)) matter.models.push(model.name)
      return false
    }
    const application = { model: model.name, share: model.share, score, unusual: alone, clock }
    if (!this.budget.admit({ ...application, devices: this.directory.size })) return false
    firing.alert = this.idOf(model, firing)
    if (unusual && !model.meta && !this.matters.of(device, clock)) this.matters.found(device, model.name, firing, clock)
    return true
  }

  private idOf({ name }: Model, { device, subjectId, cause }: Firing): string {
    return idOf('alert', name, this.directory.id(device), subjectId, cause)
  }

  /** True when it has no alert of its own but adds to another model's. */
  private isGuest({ model }: ModelRunner, firing: Firing): boolean {
    return firing.alert !== null && firing.alert !== this.idOf(model, firing)
  }

  /** True when its alerts say how unusual something is here, not that something was done: known from learned days on. */
  private isUnusual({ alert, meta }: Model): boolean {
    return alert === 'on an odd day' || ((alert !== 'always' || meta) && this.surprise.knowsDays())
  }

  private hasFact(device: number, clock: Micros): boolean {
    return clock - (this.facts.get(device) ?? Number.NEGATIVE_INFINITY) <= FACT_COMPANY
  }

  /**
   * A score says how much it matters that this was done, by this device, today: what is unusual matters as much as the model says
   * only on the oddest days, and what is the device's habit never does.
   */
  worth({ model }: ModelRunner, score: number, device: number, event: Event): number {
    if (score <= QUIET_SCORE || (score >= GRAVE_SCORE && !model.meta)) return score
    const unusual = this.isUnusual(model) && !this.surprise.isLoudDay(device)
    const quiet = model.meta
      ? unusual && !this.hasFact(device, event.clock)
      : unusual || this.surprise.usualDays(event) >= HABIT_DAYS
    return quiet ? QUIET_SCORE : score
  }

  mayAlert({ model }: ModelRunner, firing: Firing, clock: Micros): boolean {
    if (model.alert === 'always') return true
    if (model.alert === 'never') return false
    if (model.alert === 'unless the day is ordinary') return !this.surprise.isOrdinaryDay(firing.device)
    if (model.alert === 'on an odd day')
      return this.surprise.isOddDay(firing.device, this.lastTelling(firing.device) >= clock - ODD_COMPANY)
    for (const [other, at] of this.alerted.get(firing.device) ?? []) {
      if (other !== model.name && clock - at <= COMPANY) return true
    }
    return false
  }

  /** Engine clock of the last telling alert on the device; 0 when none is remembered. */
  private lastTelling(device: number): Micros {
    let last = 0
    for (const [model, at] of this.alerted.get(device) ?? []) if (this.telling.has(model)) last = Math.max(last, at)
    return last
  }

  private signal({ model }: ModelRunner, firing: Firing, event: Event): void {
    this.counts.get(model.name)!.signals++
    const [latest] = firing.statements
    const signal: Signal = {
      id: idOf('signal', model.name, this.directory.id(firing.device), firing.subjectId, event.eventKey, firing.said),
      time: secondsOf(event.clock),
      model: model.name,
      bits: model.trained ? numberOrNull(latest?.day?.bits) : null,
      network_period_days: model.trained ? numberOrNull(latest?.day?.networkPeriodDays) : null,
      device: { id: this.directory.id(firing.device), ip: this.directory.ip(firing.device) },
      alert: firing.alert,
      evidence: [...new Set(latest?.records.map(({ uid }) => uid))],
    }
    this.raised.push({ kind: 'signal', signal })
  }

  private alert(runner: ModelRunner, firing: Firing, reason: RaiseReason, event: Event, said: Statement): void {
    const { model } = runner
    firing.revision++
    const matter = this.matters.last(firing.device)
    const founder = matter !== undefined && this.isGuest(runner, firing) ? matter.firing : firing
    if (firing.revision === 1) {
      if (founder === firing) this.counts.get(model.name)!.alerts++
      if (model.trained) this.surprise.fired(firing.device)
    }
    if (founder !== firing) {
      tell(founder, { ...said, rule: RULES_OF_OTHERS + this.places.get(model.name)! }, Number.NaN, '')
      founder.firstTs = Math.min(founder.firstTs, firing.firstTs)
      founder.lastTs = Math.max(founder.lastTs, firing.lastTs)
      founder.revision++
    }
    this.say(founder, matter?.firing === founder ? this.modelsOf(matter) : [model], reason, event)
    this.remember(firing.device, model.name, event.clock)
    if (model.meta) return
    if (model.alert === 'always' && this.surprise.usualDays(event) < HABIT_DAYS)
      setNewest(this.facts, firing.device, event.clock)
    this.tellMetaModels(model, firing, event, said)
    this.tellWaiting(runner, firing.device, event)
  }

  private modelsOf({ model, models }: Matter): readonly Model[] {
    return [model, ...models].flatMap((name) => this.runnerOf(name)?.model ?? [])
  }

  /** @param models whose evidence it carries, the one that raised it first */
  private say(firing: Firing, models: readonly Model[], reason: RaiseReason, event: Event): void {
    const { directory } = this
    const model = models[0]!
    const trained = models.some((one) => one.trained)
    const alert: Alert = {
      id: firing.alert!,
      time: secondsOf(event.clock),
      model: model.name,
      models: models.map(({ name }) => name),
      score: firing.score,
      device: {
        id: directory.id(firing.device),
        ip: directory.ip(firing.device),
        hostname: directory.hostname(firing.device),
      },
      techniques: [...new Set(models.flatMap(({ techniques }) => techniques))],
      surprise: surpriseOf(trained, firing.statements[0]),
      evidence: [...new Set(firing.records.map(({ uid }) => uid))],
      summary: summaryOf(firing.statements),
      revision: firing.revision,
      reason,
      first: secondsOf(firing.firstTs),
      last: secondsOf(firing.lastTs),
      subject: firing.subject,
      facts: firing.statements.flatMap(({ facts }) => facts),
      records: firing.records,
      tags: [...new Set(models.flatMap(({ tags }) => tags))],
      response: model.response,
    }
    this.raised.push({ kind: 'alert', alert })
  }

  private remember(device: number, model: string, clock: Micros): void {
    const models = this.alerted.get(device) ?? new Map<string, Micros>()
    for (const [name, at] of models) if (clock - at > ODD_COMPANY) models.delete(name)
    models.set(model, clock)
    setNewest(this.alerted, device, models)
  }

  private tellMetaModels(model: Model, firing: Firing, event: Event, { records }: Statement): void {
    const watch = this.watches.get(ALERT_LOG)
    if (!watch) return
    const { device } = firing
    const uids = records.map(({ uid }) => uid)
    const told = alertEvent(
      {
        alert: firing.alert!,
        time: secondsOf(event.clock),
        model: model.name,
        score: firing.score,
        revision: firing.revision,
        techniques: model.techniques,
        act: this.acts.of(device, uids, this.targetOf(device, event), event.clock, event.eventKey),
      },
      device,
      event,
    )
    watch.use(told.batch)
    watch.see(told)
  }

  /** The other end of what the device did: its device, or an address; '' for a ticket, whose issuer is not what it is for. */
  private targetOf(device: number, event: Event): string {
    const { type } = event.batch
    if (type.name === 'kerberos') return ''
    const side = event.orig === device ? 'resp' : 'orig'
    if (event[side] >= 0) return this.directory.id(event[side])
    const slot = type.slots.get(`id.${side}_h`)
    return slot === undefined ? '' : event.text(slot)
  }

  /** What alone was only a signal becomes an alert now that another model has alerted on the device. */
  private tellWaiting(raisedBy: ModelRunner, device: number, event: Event): void {
    for (const runner of this.waiting) {
      if (runner === raisedBy) continue
      for (const firing of runner.firings.values()) {
        const open = firing.device === device && firing.alert === null && event.clock - firing.lastClock <= COMPANY
        const [statement] = firing.statements
        if (open && firing.said > 0 && statement) this.raise(runner, firing, 'first', event, statement)
      }
    }
  }

  /** All that later output depends on, as plain data; `JSON.stringify` of it is the same for the same input. */
  save(): ModelState {
    return {
      format: 1,
      models: Object.fromEntries(this.runners.map((runner) => [runner.model.name, saveRunner(runner)])),
      budget: this.budget.save(),
      since: Number.isNaN(this.watching.since) ? null : this.watching.since,
      acts: this.acts.save(),
      matters: this.matters.save(),
      facts: [...this.facts],
      alerted: [...this.alerted].map(([device, models]) => [device, [...models]]),
    }
  }

  stats(): ModelStats {
    let groups = 0
    let firings = 0
    const models: Record<string, { signals: number; alerts: number; groups: number }> = {}
    for (const runner of this.runners) {
      const stats = runner.stats()
      groups += stats.evictedGroups
      firings += stats.evictedFirings
      models[runner.model.name] = { ...this.counts.get(runner.model.name)!, groups: stats.groups }
    }
    return { heldBack: this.budget.heldBack, evicted: { model_groups: groups, model_firings: firings }, models }
  }
}

/** Sets it as the newest entry; beyond the bound the oldest goes. */
function setNewest<Value>(map: Map<number, Value>, device: number, value: Value): void {
  map.delete(device)
  map.set(device, value)
  const [oldest] = map.keys()
  if (map.size > MOST_DEVICES_REMEMBERED) map.delete(oldest!)
}

function isSame(one: Firing, other: Firing): boolean {
  return one.alert === other.alert && one.cause === other.cause && one.subjectId === other.subjectId
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value
}

function surpriseOf(trained: boolean, statement: Statement | undefined): SurpriseOfAlert {
  const day = statement?.day
  const untrained = 'This model needs no learning: it says what was done, not how unusual that is here.'
  if (day === undefined) {
    const text = trained ? 'Nothing learned yet: it says what was done, not how unusual that is here.' : untrained
    return { trained: false, bits: null, network_period_days: null, learned_days: null, text, reasons: [] }
  }
  const odd =
    `A device whose day is so odd is seen here once in ${daysText(day.networkPeriodDays)}, as far as ` +
    `${daysText(day.learnedDays)} of learning can tell.`
  return {
    trained,
    bits: trained ? numberOrNull(day.bits) : null,
    network_period_days: trained ? numberOrNull(day.networkPeriodDays) : null,
    learned_days: day.learnedDays,
    text: trained ? odd : `${untrained} ${odd}`,
    reasons: day.reasons.map(({ question, view, value, bits, networkPeriodDays, sentence }) => ({
      question,
      view,
      value,
      bits,
      network_period_days: networkPeriodDays,
      sentence,
    })),
  }
}

function daysText(days: number): string {
  const rounded = days < 10 ? Math.round(days * 10) / 10 : Math.round(days)
  return rounded === 1 ? 'one day' : `${rounded} days`
}
