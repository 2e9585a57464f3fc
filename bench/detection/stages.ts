import type { Alert } from '../../src/model/alert.ts'
import type { Alarm } from './play.ts'
import type { Stage, Truth } from './truth.ts'

/** What became of one stage of an attack. */
export interface StageFound {
  readonly seed: number
  readonly playbook: string
  readonly stage: string
  readonly title: string
  /** The sensor wrote something of it: what a blind sensor missed nobody can find. */
  readonly seen: boolean
  readonly found: boolean
  /** Seconds from its first known event to the first alert that rests on an event of it. */
  readonly seconds: number | undefined
  readonly model: string | undefined
  readonly score: number | undefined
  /** All models that alerted by evidence of the stage on a device of it. */
  readonly models: readonly string[]
  /** Models whose signals rest on the stage, alert or not. */
  readonly signals: readonly string[]
}

/** Reach: a stage is alerted within so many seconds of its first known event. */
export const REACH_SECONDS = 300

/** Anything that names evidence, a device and a time. */
export interface Finding {
  readonly time: number
  readonly ip: string
  readonly uids: readonly string[]
  readonly name: string
  readonly score?: number
}

function rests(finding: Finding, stage: Stage, uids: ReadonlySet<string>, truth: Truth): boolean {
  return finding.uids.some((uid) => uids.has(uid)) && truth.takesPart(stage, finding.ip, finding.time)
}

export function findingOfAlert(alert: Alert): Finding {
  return { time: alert.time, ip: alert.device.ip, uids: alert.evidence, name: alert.model, score: alert.score }
}

function findingOfAlarm(alarm: Alarm): Finding {
  return { time: alarm.time, ip: alarm.ip, uids: [alarm.uid], name: alarm.rule }
}

/** Stage by stage: whether an alert on the right device rests on an event of that very stage. */
export function stagesFound(
  seed: number,
  playbook: string,
  truth: Truth,
  findings: readonly Finding[],
  signals: readonly Finding[],
): StageFound[] {
  return truth.stages.map((stage) => {
    const uids = new Set(stage.uids)
    const hits = findings.filter((finding) => rests(finding, stage, uids, truth)).sort((a, b) => a.time - b.time)
    const first = hits[0]
    return {
      seed,
      playbook,
      stage: stage.name,
      title: stage.title,
      seen: stage.records > 0,
      found: first !== undefined,
      seconds: first === undefined ? undefined : Math.max(0, Math.round(first.time - (stage.firstKnown ?? first.time))),
      model: first?.name,
      score: first?.score,
      models: distinct(hits),
      signals: distinct(signals.filter((signal) => rests(signal, stage, uids, truth))),
    }
  })
}

function distinct(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ name }) => name))]
}

/** One alert a device and day, as many a day as the budget allows: what is beyond it nobody would look at. */
export function baselineAlerts(
  alarms: readonly Alarm[],
  truth: Truth,
  cap: number,
): { readonly all: readonly Alarm[][]; readonly within: readonly Alarm[][] } {
  const byKey = new Map<string, Alarm[]>()
  const perDay = new Map<number, number>()
  const within: Alarm[][] = []
  for (const alarm of alarms) {
    const day = Math.floor(alarm.time / 86_400)
    const key = `${truth.deviceAt(alarm.ip, alarm.time) ?? alarm.ip} ${day}`
    const group = byKey.get(key)
    if (group) {
      group.push(alarm)
      continue
    }
    const fresh = [alarm]
    byKey.set(key, fresh)
    const count = (perDay.get(day) ?? 0) + 1
    perDay.set(day, count)
    if (count <= cap) within.push(fresh)
  }
  return { all: [...byKey.values()], within }
}

/** The alerts among the first of each day, as many as the budget allows, with all their revisions. */
export function alertsWithin(alerts: readonly Alert[], cap: number): Alert[] {
  const perDay = new Map<number, number>()
  const within = new Set<string>()
  const met = new Set<string>()
  for (const { id, time } of alerts) {
    if (met.has(id)) continue
    met.add(id)
    const day = Math.floor(time / 86_400)
    const count = (perDay.get(day) ?? 0) + 1
    perDay.set(day, count)
    if (count <= cap) within.add(id)
  }
  return alerts.filter(({ id }) => within.has(id))
}

export function findingsOfAlarms(groups: readonly (readonly Alarm[])[]): Finding[] {
  return groups.flatMap((group) => group.map(findingOfAlarm))
}

/** Whether anything of a group rests on any stage of the attack. */
export function isTrue(finding: Finding, truth: Truth, stageUids: readonly ReadonlySet<string>[]): boolean {
  return truth.stages.some((stage, index) => rests(finding, stage, stageUids[index]!, truth))
}

export function stageUids(truth: Truth): ReadonlySet<string>[] {
  return truth.stages.map((stage) => new Set(stage.uids))
}
