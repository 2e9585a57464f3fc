import type { Incident } from '../../src/analyst/incident.ts'
import type { Alert } from '../../src/model/alert.ts'
import { findingOfAlert, isTrue, stageUids } from './stages.ts'
import type { Truth } from './truth.ts'

/** What became of one attack when its alerts were put together. */
export interface StoryTold {
  readonly seed: number
  readonly playbook: string
  /** Incidents that hold an alert which rests on the attack: one is asked. */
  readonly incidents: number
  /** Place of the first of them in the tray at the end, from 1; 0 when there is none. */
  readonly place: number
  readonly type: string
  /** Devices that an intruder acted from, as far as the sensor saw them; and how many of them that incident holds. */
  readonly compromised: number
  readonly held: number
  /** Alerts in it, and how many of them rest on the attack. */
  readonly alerts: number
  readonly true: number
  /** Seconds from the attack's first known event until a person was told; undefined: never. */
  readonly seconds: number | undefined
  /** Incidents raised in the same time that hold nothing of it. */
  readonly others: number
}

/** @param from epoch seconds of the attack's first day: what was raised before is not its doing */
export function storyTold(
  seed: number,
  playbook: string,
  truth: Truth,
  alerts: readonly Alert[],
  incidents: readonly Incident[],
  from: number,
): StoryTold {
  const uids = stageUids(truth)
  const ofAttack = new Set(alerts.filter((alert) => isTrue(findingOfAlert(alert), truth, uids)).map(({ id }) => id))
  const about = incidents.filter((each) => each.alerts.some((id) => ofAttack.has(id)))
  const best = about[0]
  const actors = new Set(truth.stages.filter(({ records }) => records > 0).map(({ attacker }) => attacker.name))
  const names = new Set(best?.devices.map(({ ip }) => truth.deviceAt(ip, best.end)))
  const began = Math.min(...truth.stages.map(({ firstKnown }) => firstKnown ?? Number.POSITIVE_INFINITY))
  return {
    seed,
    playbook,
    incidents: about.length,
    place: best === undefined ? 0 : incidents.indexOf(best) + 1,
    type: best?.type ?? '',
    compromised: actors.size,
    held: [...actors].filter((name) => names.has(name)).length,
    alerts: best?.alerts.length ?? 0,
    true: best?.alerts.filter((id) => ofAttack.has(id)).length ?? 0,
    seconds:
      best === undefined ? undefined : Math.max(0, Math.round(Math.min(...about.map(({ raised }) => raised)) - began)),
    others: incidents.filter((each) => !about.includes(each) && each.raised >= from).length,
  }
}
