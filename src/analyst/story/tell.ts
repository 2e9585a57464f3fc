import { type Micros, secondsOf } from '../../event/time.ts'
import { type Case, leadingFinding } from '../case.ts'
import type { Incident, IncidentDevice } from '../incident.ts'
import type { IncidentType } from '../incident_types/incident_type.ts'
import { INCIDENT_TYPES } from '../incident_types/incident_types.ts'
import type { Network } from '../investigation/network.ts'
import { scoreOf } from '../ranking.ts'
import { clausesOf } from './clauses.ts'
import { indicatorsOf } from './indicators.ts'
import { phasesOf, timelineOf } from './phases.ts'
import { type Party, type Story, storyOf } from './story.ts'
import { consideredOf, verdictOf } from './verdict.ts'
import { list, plural } from './wording.ts'

/** A further narrative is named when it fits at least so well. */
const ALSO_FITS = 4
/** Investigations shown, of so many devices; the others' verdicts are in their cases. */
const MOST_FINDINGS = 6

const OTHERWISE: Pick<IncidentType, 'name' | 'title' | 'nextSteps'> = {
  name: 'Unusual Activity',
  title: ({ actors }) => `Unusual activity of ${actors[0]?.name ?? 'a device'}`,
  nextSteps: ['Ask who works on the device, and what was done at that time.'],
}

/** Puts a case into the form that people and other programs read. Everything is made from its data; nothing is invented. */
export function tell(of: Case, network: Network, clock: Micros): Incident {
  const story = storyOf(of, network)
  const fitting = INCIDENT_TYPES.map((type) => ({ type, fit: type.fits(story) }))
    .filter(({ fit }) => fit > 0)
    .sort((a, b) => b.fit - a.fit || (a.type.name < b.type.name ? -1 : 1))
  const main = fitting[0]?.type ?? OTHERWISE
  const finding = leadingFinding(of)
  const verdict =
    finding === undefined
      ? { is: 'undecided' as const, hypothesis: '', bits: 0, probability: 0.5, text: 'Not investigated yet.' }
      : verdictOf(finding)
  const clauses = clausesOf(story, verdict.text)
  const findings = [...of.findings.values()].sort((a, b) => b.posterior - a.posterior || (a.device < b.device ? -1 : 1))
  return {
    id: of.id,
    start: Math.min(...story.sightings.map(({ first }) => first)),
    end: Math.max(...story.sightings.map(({ last }) => last)),
    raised: of.raised ?? secondsOf(clock),
    updated: secondsOf(of.touched),
    score: scoreOf(story, finding?.posterior ?? 0),
    type: main.name,
    types: fitting.filter(({ fit }, index) => index === 0 || fit >= ALSO_FITS).map(({ type }) => type.name),
    title: main.title(story),
    summary: clauses.map(({ text }) => text).join(' '),
    clauses,
    devices: story.parties.map((party) => deviceOf(party, story)),
    credentials: [...new Set(story.sightings.flatMap(({ credentials }) => credentials.map(({ value }) => value)))],
    alerts: story.sightings.map(({ id }) => id),
    techniques: [...new Set(story.sightings.flatMap(({ techniques }) => techniques))].sort(),
    phases: phasesOf(story),
    timeline: timelineOf(story),
    absorbed: of.absorbed,
    related: [...of.related].map(([id, why]) => ({ id, why })),
    links: of.links,
    indicators: indicatorsOf(story),
    verdict,
    hypotheses: finding === undefined ? [] : consideredOf(finding),
    investigation: findings.slice(0, MOST_FINDINGS).flatMap(({ steps }) => steps),
    unseen: [...new Set(findings.flatMap(({ unseen }) => unseen)), ...dropped(of)],
    next_steps: [
      ...new Set([main, ...fitting.slice(1, 3).map(({ type }) => type)].flatMap(({ nextSteps }) => nextSteps)),
    ],
  }
}

function dropped({ dropped: count }: Case): string[] {
  return count === 0 ? [] : [`${plural(count, 'further alert')} found no room in it; they are in alerts.jsonl.`]
}

function deviceOf(party: Party, story: Story): IncidentDevice {
  const { network } = story
  const separate = network.addressOf(party.id)
  return {
    id: party.id,
    ip: separate.ip,
    hostname: separate.hostname,
    role: party.role,
    tags: network.tagsOf(party.index),
    part: partOf(party, story),
    alerts: party.sightings.map(({ id }) => id),
    first: party.first,
    last: party.last,
  }
}

/** What it did and what was done to it. */
function partOf({ sightings, reachedBy, role }: Party, { nameOf }: Story): string {
  const kinds = [...new Set(sightings.flatMap((each) => each.kinds))]
  const did = kinds.length > 0 ? `${plural(sightings.length, 'alert')}: ${list(kinds, 5)}` : ''
  const by = [...reachedBy.keys()].map(nameOf)
  const was = by.length > 0 ? `was reached by ${list(by, 3)}` : ''
  return [role, was, did].filter((part) => part !== '').join('; ')
}
