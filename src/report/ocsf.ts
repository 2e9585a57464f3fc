import type { Incident, Indicator } from '../analyst/incident.ts'
import { techniqueOf } from '../model/attack.ts'
import { safeJson } from './escape.ts'
import type { ReportSource } from './report.ts'
import { dateOf, deviceName } from './wording.ts'

/**
 * An OCSF Incident Finding (class 2005, schema 1.3.0), one JSON object. What OCSF has no name for stands in `unmapped`;
 * observables point to where their value stands.
 * https://schema.ocsf.io/1.3.0/classes/incident_finding
 */
const CLASS = 2005
const CREATE = 1
const UPDATE = 2

export function ocsfReport(source: ReportSource): string {
  return `${safeJson(incidentFinding(source))}\n`
}

export function incidentFinding({ incident, alerts, actions }: ReportSource): Readonly<Record<string, unknown>> {
  const activity = incident.updated > incident.raised ? UPDATE : CREATE
  const severity = severityOf(incident.score)
  const verdict = VERDICTS[incident.verdict.is]
  const confidence = Math.round(Math.min(Math.max(incident.verdict.probability, 0), 1) * 100)
  const known = new Map(alerts.map((alert) => [alert.id, alert]))
  const attacks = attacksOf(incident.techniques)
  return {
    activity_id: activity,
    activity_name: activity === CREATE ? 'Create' : 'Update',
    category_uid: 2,
    category_name: 'Findings',
    class_uid: CLASS,
    class_name: 'Incident Finding',
    type_uid: CLASS * 100 + activity,
    type_name: `Incident Finding: ${activity === CREATE ? 'Create' : 'Update'}`,
    time: millis(incident.updated),
    start_time: millis(incident.start),
    end_time: millis(incident.end),
    severity_id: severity,
    severity: SEVERITIES[severity],
    status_id: 1,
    status: 'New',
    message: incident.title,
    desc: incident.summary,
    confidence_id: confidence >= 90 ? 3 : confidence >= 60 ? 2 : 1,
    confidence: confidence >= 90 ? 'High' : confidence >= 60 ? 'Medium' : 'Low',
    confidence_score: confidence,
    impact_score: Math.round(incident.score),
    impact_id: Math.max(1, severity - 1),
    impact: IMPACTS[Math.max(1, severity - 1)],
    priority_id: Math.max(1, severity - 1),
    priority: IMPACTS[Math.max(1, severity - 1)],
    verdict_id: verdict.id,
    verdict: verdict.name,
    is_suspected_breach: incident.verdict.is === 'attack',
    metadata: {
      version: '1.3.0',
      uid: incident.id,
      product: { name: 'Thymus', vendor_name: 'Thymus', feature: { name: 'analyst' } },
      profiles: [],
    },
    attacks,
    finding_info_list: [
      {
        uid: incident.id,
        title: incident.title,
        desc: incident.summary,
        types: incident.types.length > 0 ? [...incident.types] : [incident.type],
        created_time: millis(incident.raised),
        modified_time: millis(incident.updated),
        first_seen_time: millis(incident.start),
        last_seen_time: millis(incident.end),
        attacks,
        kill_chain: killChain(incident),
        related_events: incident.alerts.map((id) => ({ uid: id, type_uid: 200401, type: 'Detection Finding: Create' })),
      },
      ...incident.alerts.flatMap((id) => {
        const alert = known.get(id)
        if (alert === undefined) return []
        return [
          {
            uid: id,
            title: alert.model,
            desc: alert.summary,
            created_time: millis(alert.time),
            analytic: { name: alert.model, type_id: 1, type: 'Rule' },
          },
        ]
      }),
    ],
    observables: observables(incident),
    unmapped: {
      devices: incident.devices,
      credentials: incident.credentials,
      indicators: incident.indicators,
      phases: incident.phases,
      hypotheses: incident.hypotheses,
      unseen: incident.unseen,
      next_steps: incident.next_steps,
      absorbed: incident.absorbed,
      actions,
    },
  }
}

const SEVERITIES = ['Unknown', 'Informational', 'Low', 'Medium', 'High', 'Critical'] as const
const IMPACTS = ['Unknown', 'Low', 'Medium', 'High', 'Critical'] as const

function severityOf(score: number): 2 | 3 | 4 | 5 {
  return score >= 90 ? 5 : score >= 70 ? 4 : score >= 40 ? 3 : 2
}

const VERDICTS: Readonly<Record<Incident['verdict']['is'], { id: number; name: string }>> = {
  attack: { id: 2, name: 'True Positive' },
  undecided: { id: 4, name: 'Suspicious' },
  'benign and explained': { id: 5, name: 'Benign' },
}

/** The seven steps of the kill chain that OCSF knows, by the phases of ATT&CK. */
const KILL_CHAIN: readonly (readonly [RegExp, number, string])[] = [
  [/reconnaissance|discovery/i, 1, 'Reconnaissance'],
  [/initial/i, 3, 'Delivery'],
  [/lateral|credential|privilege|execution/i, 4, 'Exploitation'],
  [/persistence|evasion/i, 5, 'Installation'],
  [/command/i, 6, 'Command & Control'],
  [/collection|exfiltration|impact/i, 7, 'Actions on Objectives'],
]

function killChain({ phases }: Incident): { phase_id: number; phase: string }[] {
  const found = new Map<number, string>()
  for (const { name } of phases) {
    const step = KILL_CHAIN.find(([pattern]) => pattern.test(name))
    if (step !== undefined) found.set(step[1], step[2])
    else found.set(99, 'Other')
  }
  return [...found].sort(([a], [b]) => a - b).map(([phase_id, phase]) => ({ phase_id, phase }))
}

function attacksOf(techniques: readonly string[]): unknown[] {
  return [...new Set(techniques)].map((id) => {
    const technique = techniqueOf(id)
    const tactic = technique?.tactics[0]
    const parent = id.split('.')[0]!
    const named = (uid: string): { uid: string; name: string } => ({ uid, name: techniqueOf(uid)?.name ?? uid })
    if (id.startsWith('TA')) return { version: '17.0', tactic: named(id) }
    return {
      version: '17.0',
      ...(tactic === undefined ? {} : { tactic: named(tactic) }),
      technique: named(parent),
      ...(parent === id ? {} : { sub_technique: named(id) }),
    }
  })
}

/** `type_id` of observables: 1 host name, 2 address, 4 user, 7 file name, 99 other. */
const OBSERVABLE_TYPES: Readonly<Record<Indicator['kind'], readonly [number, string]>> = {
  address: [2, 'IP Address'],
  domain: [1, 'Hostname'],
  file: [7, 'File Name'],
  service: [99, 'Other'],
  account: [4, 'User Name'],
  client: [99, 'Other'],
}

function observables(incident: Incident): unknown[] {
  return [
    ...incident.devices.flatMap((device, index) => [
      { name: `unmapped.devices[${index}].ip`, type_id: 2, type: 'IP Address', value: device.ip },
      { name: `unmapped.devices[${index}].hostname`, type_id: 1, type: 'Hostname', value: deviceName(device) },
    ]),
    ...incident.credentials.map((value, index) => ({
      name: `unmapped.credentials[${index}]`,
      type_id: 4,
      type: 'User Name',
      value,
    })),
    ...incident.indicators.map(({ kind, value }, index) => ({
      name: `unmapped.indicators[${index}].value`,
      type_id: OBSERVABLE_TYPES[kind][0],
      type: OBSERVABLE_TYPES[kind][1],
      value,
    })),
  ]
}

function millis(seconds: number): number {
  return dateOf(seconds).getTime()
}
