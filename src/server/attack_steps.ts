import type { AttackStep } from './incident_schema.ts'
import type { IncidentLine, Results } from './results.ts'

/** Alerts that are named of a step. */
const MOST_ALERTS = 12
/** Steps of an incident; the later ones of a vaster one are left to its timeline. */
const MOST_STEPS = 400

/**
 * The steps of an incident from device to device, in order of time: what its alerts kept of one device acting on another,
 * and the movements by which the analyst joined alerts.
 */
export function attackSteps(incident: IncidentLine, results: Results): AttackStep[] {
  const idOf = (id: string): string => results.device(id)?.id ?? id
  const members = new Set(incident.devices.map(({ id }) => idOf(id)))
  const phaseOf = new Map(incident.phases.flatMap(({ name, alerts }) => alerts.map((alert) => [alert, name] as const)))
  const steps = new Map<string, AttackStep>()
  const step = (from: string, to: string, time: number): AttackStep | undefined => {
    const [a, b] = [idOf(from), idOf(to)]
    if (a === b || !members.has(a) || !members.has(b)) return undefined
    const key = `${a} ${b}`
    const known = steps.get(key)
    if (known !== undefined) {
      known.first = Math.min(known.first, time)
      known.last = Math.max(known.last, time)
      return known
    }
    const made = { from: a, to: b, first: time, last: time, phases: [], alerts: [], why: null, bits: null }
    steps.set(key, made)
    return made
  }
  for (const id of incident.alerts) {
    for (const { orig, resp, ts } of results.alert(id)?.records ?? []) {
      if (orig === undefined || resp === undefined) continue
      const one = step(orig, resp, ts)
      if (one === undefined) continue
      const phase = phaseOf.get(id)
      if (phase !== undefined && !one.phases.includes(phase)) one.phases.push(phase)
      if (!one.alerts.includes(id) && one.alerts.length < MOST_ALERTS) one.alerts.push(id)
    }
  }
  for (const { kind, from, to, time, text, bits } of incident.links) {
    if (kind !== 'movement') continue
    const one = step(from, to, time)
    if (one === undefined || (one.bits !== null && one.bits >= bits)) continue
    one.why = text
    one.bits = bits
  }
  return [...steps.values()]
    .sort((a, b) => a.first - b.first || (a.from + a.to < b.from + b.to ? -1 : 1))
    .slice(0, MOST_STEPS)
}
