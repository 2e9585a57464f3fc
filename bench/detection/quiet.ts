import type { Alert, Signal } from '../../src/model/alert.ts'
import type { Oddity, Truth } from './truth.ts'

/** Above this score an alert is one that a person should look at today. */
const LOUD_SCORE = 60

/** How often a model speaks on days without attack. */
export interface QuietModel {
  readonly model: string
  readonly signals: number
  /** Alerts, each counted once however often it is revised. */
  readonly alerts: number
  readonly alertsADayPer1000: number
  /** Of them, with a score above `LOUD_SCORE` in any revision. */
  readonly above60: number
}

/** What the world knows about the alerts of a model: the labelled oddity they rest on, or none. */
export interface CryOfWolf {
  readonly model: string
  readonly cause: string
  readonly alerts: number
  readonly above60: number
  /** Summary of the first, to see what was meant. */
  readonly example: string
}

/** Counts what is said on days without attack, over any number of worlds. */
export class QuietDays {
  private readonly models = new Map<string, { signals: number; alerts: number; above60: number }>()
  private readonly causes = new Map<
    string,
    { model: string; cause: string; alerts: number; above60: number; example: string }
  >()
  /** Alerts of each scored day, by model. */
  private readonly byDay = new Map<string, Map<string, number>>()
  days = 0
  deviceDays = 0
  signals = 0
  alerts = 0
  above60 = 0
  alertedDeviceDays = 0
  events = 0

  /** @param from epoch seconds of the first scored day */
  add(seed: number, alerts: readonly Alert[], signals: readonly Signal[], truth: Truth, from: number): void {
    const best = new Map<string, number>()
    for (const { id, score } of alerts) best.set(id, Math.max(best.get(id) ?? 0, score))
    const seen = new Set<string>()
    const deviceDays = new Set<string>()
    const uids = truth.oddities.map((oddity) => new Set(oddity.uids))
    for (const alert of alerts) {
      if (alert.time < from || seen.has(alert.id) || alert.revision !== 1) continue
      seen.add(alert.id)
      const loud = best.get(alert.id)! > LOUD_SCORE
      const model = this.model(alert.model)
      model.alerts++
      this.alerts++
      if (loud) {
        model.above60++
        this.above60++
      }
      deviceDays.add(`${alert.device.id} ${Math.floor(alert.time / 86_400)}`)
      const day = `${seed}/${Math.floor((alert.time - truth.start) / 86_400)}`
      const counts = this.byDay.get(day) ?? new Map<string, number>()
      counts.set(alert.model, (counts.get(alert.model) ?? 0) + 1)
      this.byDay.set(day, counts)
      this.cry(alert, causeOf(alert, truth, uids), loud)
    }
    this.alertedDeviceDays += deviceDays.size
    for (const signal of signals) {
      if (signal.time < from) continue
      this.model(signal.model).signals++
      this.signals++
    }
  }

  /** Tells how much was looked at. */
  watched(days: number, devices: number, events: number): void {
    this.days += days
    this.deviceDays += days * devices
    this.events += events
  }

  /** A count as a day's for 1,000 devices. */
  aDayPer1000(count: number): number {
    return this.deviceDays === 0 ? 0 : (count * 1000) / this.deviceDays
  }

  byModel(): QuietModel[] {
    return [...this.models]
      .map(([model, { signals, alerts, above60 }]) => ({
        model,
        signals,
        alerts,
        alertsADayPer1000: this.aDayPer1000(alerts),
        above60,
      }))
      .sort((a, b) => b.alerts - a.alerts || b.signals - a.signals || (a.model < b.model ? -1 : 1))
  }

  cries(): CryOfWolf[] {
    return [...this.causes.values()].sort(
      (a, b) => b.alerts - a.alerts || (`${a.model}${a.cause}` < `${b.model}${b.cause}` ? -1 : 1),
    )
  }

  /** By scored day of a world (`seed/day`): alerts by model. */
  daily(): readonly { readonly day: string; readonly alerts: Readonly<Record<string, number>> }[] {
    return [...this.byDay].map(([day, counts]) => ({ day, alerts: Object.fromEntries(counts) }))
  }

  private model(name: string): { signals: number; alerts: number; above60: number } {
    const found = this.models.get(name) ?? { signals: 0, alerts: 0, above60: 0 }
    this.models.set(name, found)
    return found
  }

  private cry(alert: Alert, cause: string, loud: boolean): void {
    const key = `${alert.model}/${cause}`
    const found = this.causes.get(key) ?? { model: alert.model, cause, alerts: 0, above60: 0, example: alert.summary }
    found.alerts++
    if (loud) found.above60++
    this.causes.set(key, found)
  }
}

/** How long after an oddity its devices may still be odd for its sake. */
const AFTERMATH_SECONDS = 86_400

function causeOf(alert: Alert, truth: Truth, uids: readonly ReadonlySet<string>[]): string {
  const rests = truth.oddities.findIndex((_, index) => alert.evidence.some((uid) => uids[index]!.has(uid)))
  if (rests >= 0) return truth.oddities[rests]!.kind
  const name = truth.deviceAt(alert.device.ip, alert.time)
  const near = truth.oddities.find((oddity) => name !== undefined && isNear(oddity, name, alert.time))
  if (near) return `near ${near.kind}`
  return `everyday life: ${name === undefined ? 'unknown device' : truth.describe(name)}`
}

function isNear(oddity: Oddity, name: string, time: number): boolean {
  const { devices, start, end } = oddity
  return (
    start !== undefined &&
    end !== undefined &&
    time >= start &&
    time <= end + AFTERMATH_SECONDS &&
    devices.some((device) => device.name === name)
  )
}
