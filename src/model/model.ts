import type { DeviceDirectory } from '../device/directory.ts'
import type { EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { idOf } from '../event/id.ts'
import type { LogType } from '../event/log_types.ts'
import { DAY, HOUR, type Micros, secondsOf } from '../event/time.ts'
import type { Alert, Raised, Signal, SurpriseOfAlert } from './alert.ts'
import { alertEvent } from './alert_event.ts'
import { Budget, type BudgetOptions } from './budget.ts'
import type { LoadedModels } from './catalogue.ts'
import { ConditionContext } from './compile.ts'
import { type Firing, type RaiseReason, type Statement, summaryOf } from './firing.ts'
import { LogWatch } from './log_watch.ts'
import { ModelRunner, type RunnerStation } from './runner.ts'
import { type ModelState, restoreRunner, saveRunner } from './saved.ts'
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
/** How long a telling alert makes that its odd days need to be less odd. */
const ODD_COMPANY = 3 * DAY
const MOST_DEVICES_REMEMBERED = 20_000

/**
 * The model station: sees each event after the device station and says what is worth a signal or an alert. Everything it
 * says depends on events already seen, in canonical order; nothing waits for an end of the input.
 */
export class ModelStation implements RunnerStation {
  private readonly directory: DeviceDirectory
  private readonly budget: Budget
  private readonly surprise: Surprise
  private readonly runners: readonly ModelRunner[]
  /** Runners that wait for another model's alert. */
  private readonly waiting: readonly ModelRunner[]
  /** Names of the models whose alerts make further odd things on the device more likely: administrators set off the others. */
  private readonly telling: ReadonlySet<string>
  private readonly watches = new Map<string, LogWatch>()
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
    for (const runner of this.runners) {
      for (const log of runner.logs) this.watchOf(log, surprise).add(runner)
      this.counts.set(runner.model.name, { signals: 0, alerts: 0 })
      const state = saved?.models[runner.model.name]
      if (state && state.fingerprint === runner.model.fingerprint) restoreRunner(runner, state)
    }
    this.budget = new Budget(options, saved?.budget)
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

  raise(runner: ModelRunner, firing: Firing, reason: RaiseReason, event: Event): void {
    firing.said++
    const { model } = runner
    const score = firing.statements[0]?.score ?? model.severity
    if (firing.alert === null) firing.wanted = this.mayAlert(runner, firing, event.clock)
    if (firing.alert === null && firing.wanted) {
      const admitted = this.budget.admit(model.name, model.share, score, event.clock, this.directory.size)
      if (admitted)
        firing.alert = idOf('alert', model.name, this.directory.id(firing.device), firing.subjectId, firing.cause)
    }
    this.signal(runner, firing, event)
    if (firing.alert !== null) this.alert(runner, firing, firing.revision === 0 ? 'first' : reason, event)
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

  private alert(runner: ModelRunner, firing: Firing, reason: RaiseReason, event: Event): void {
    const { model } = runner
    const { directory } = this
    firing.revision++
    if (firing.revision === 1) {
      this.counts.get(model.name)!.alerts++
      if (model.trained) this.surprise.fired(firing.device)
    }
    const alert: Alert = {
      id: firing.alert!,
      time: secondsOf(event.clock),
      model: model.name,
      score: firing.score,
      device: {
        id: directory.id(firing.device),
        ip: directory.ip(firing.device),
        hostname: directory.hostname(firing.device),
      },
      techniques: model.techniques,
      surprise: surpriseOf(model.trained, firing.statements[0]),
      evidence: [...new Set(firing.records.map(({ uid }) => uid))],
      summary: summaryOf(firing.statements),
      revision: firing.revision,
      reason,
      first: secondsOf(firing.firstTs),
      last: secondsOf(firing.lastTs),
      subject: firing.subject,
      facts: firing.statements.flatMap(({ facts }) => facts),
      records: firing.records,
      tags: model.tags,
      response: model.response,
    }
    this.raised.push({ kind: 'alert', alert })
    this.remember(firing.device, model.name, event.clock)
    if (model.meta) return
    this.tellMetaModels(alert, firing.device, event)
    this.tellWaiting(runner, firing.device, event)
  }

  private remember(device: number, model: string, clock: Micros): void {
    const models = this.alerted.get(device) ?? new Map<string, Micros>()
    this.alerted.delete(device)
    for (const [name, at] of models) if (clock - at > ODD_COMPANY) models.delete(name)
    models.set(model, clock)
    this.alerted.set(device, models)
    if (this.alerted.size > MOST_DEVICES_REMEMBERED)
      for (const oldest of this.alerted.keys()) return void this.alerted.delete(oldest)
  }

  private tellMetaModels(alert: Alert, device: number, event: Event): void {
    const watch = this.watches.get(ALERT_LOG)
    if (!watch) return
    const told = alertEvent(alert, device, event)
    watch.use(told.batch)
    watch.see(told)
  }

  /** What alone was only a signal becomes an alert now that another model has alerted on the device. */
  private tellWaiting(raisedBy: ModelRunner, device: number, event: Event): void {
    for (const runner of this.waiting) {
      if (runner === raisedBy) continue
      for (const firing of runner.firings.values()) {
        const open = firing.device === device && firing.alert === null && event.clock - firing.lastClock <= COMPANY
        if (open && firing.said > 0) this.raise(runner, firing, 'first', event)
      }
    }
  }

  /** All that later output depends on, as plain data; `JSON.stringify` of it is the same for the same input. */
  save(): ModelState {
    return {
      format: 1,
      models: Object.fromEntries(this.runners.map((runner) => [runner.model.name, saveRunner(runner)])),
      budget: this.budget.save(),
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
