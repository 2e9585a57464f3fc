import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Incident, Indicator } from '../analyst/incident.ts'
import { techniqueOf } from '../model/attack.ts'
import { patternString, safeJson } from './escape.ts'
import type { ReportSource } from './report.ts'
import { deviceName, isoText, techniqueUrl, verdictText } from './wording.ts'

/**
 * A STIX 2.1 bundle: identity of Thymus and of each device, attack patterns, indicators, the incident, the relationships
 * between them and a report that names all of them. The same incident has the same ids whenever it is exported.
 * https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
 */

/** Namespace of the ids of Thymus, itself UUIDv5 of `thymus` in the DNS namespace of RFC 4122. */
const NAMESPACE = uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'thymus')
/** How long an address or a name of an attack is worth acting on. */
const VALID_SECONDS = 90 * 86_400

export interface StixObject {
  readonly type: string
  readonly id: string
  readonly [property: string]: unknown
}

export interface StixBundle {
  readonly type: 'bundle'
  readonly id: string
  readonly objects: readonly StixObject[]
}

export function stixReport(source: ReportSource): string {
  return `${safeJson(stixBundle(source))}\n`
}

export function stixBundle({ incident }: ReportSource): StixBundle {
  const created = isoText(incident.raised)
  const thymus = stixId('identity', 'thymus')
  // An object that was changed after it was made never says that it was changed before.
  const modified = isoText(Math.max(incident.raised, incident.updated))
  const confidence = Math.round(Math.min(Math.max(incident.verdict.probability, 0), 1) * 100)
  const common = (type: string, ...key: readonly string[]) => ({
    type,
    spec_version: '2.1' as const,
    id: stixId(type, ...key),
    created_by_ref: thymus,
    created,
    modified,
  })
  const maker: StixObject = {
    type: 'identity',
    spec_version: '2.1',
    id: thymus,
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    name: 'Thymus',
    identity_class: 'system',
  }
  const story: StixObject = {
    ...common('incident', incident.id),
    name: incident.title,
    description: incident.summary,
    confidence,
    labels: incident.types.length > 0 ? [...incident.types] : [incident.type],
    external_references: [{ source_name: 'thymus', external_id: incident.id }],
  }
  const devices = incident.devices.map(
    (device): StixObject => ({
      ...common('identity', incident.id, device.id),
      name: deviceName(device),
      description: `${device.role}: ${device.part} (${device.ip})`,
      identity_class: 'system',
      roles: [device.role],
    }),
  )
  const patterns = unique(incident.techniques).map(
    (technique): StixObject => ({
      // Shared by all incidents: not of this one, so neither its times.
      type: 'attack-pattern',
      spec_version: '2.1',
      id: stixId('attack-pattern', technique),
      created_by_ref: thymus,
      created: maker['created'],
      modified: maker['modified'],
      name: techniqueOf(technique)?.name ?? technique,
      external_references: [
        {
          source_name: 'mitre-attack',
          external_id: technique,
          ...(techniqueUrl(technique) === undefined ? {} : { url: techniqueUrl(technique) }),
        },
      ],
    }),
  )
  const indicators = uniqueBy(incident.indicators, ({ kind, value }) => `${kind} ${value}`).map(
    (indicator): StixObject => ({
      ...common('indicator', incident.id, indicator.kind, indicator.value),
      name: `${indicator.kind} ${indicator.value}`,
      description: `Seen in “${incident.title}”`,
      indicator_types: [INDICATOR_TYPES[incident.verdict.is]],
      pattern: patternOf(indicator),
      pattern_type: 'stix',
      valid_from: isoText(indicator.first),
      valid_until: isoText(Math.max(indicator.first, incident.updated) + VALID_SECONDS),
      confidence,
    }),
  )
  const relation = (from: StixObject, kind: string, to: StixObject): StixObject => ({
    ...common('relationship', from.id, kind, to.id),
    relationship_type: kind,
    source_ref: from.id,
    target_ref: to.id,
  })
  const relations = [
    ...patterns.map((pattern) => relation(story, 'related-to', pattern)),
    ...indicators.map((indicator) => relation(indicator, 'related-to', story)),
    ...devices.map((device) => relation(story, 'related-to', device)),
    ...indicates(incident, indicators, patterns).map(([indicator, pattern]) =>
      relation(indicator, 'indicates', pattern),
    ),
  ]
  const told = [story, ...devices, ...patterns, ...indicators, ...relations]
  const report: StixObject = {
    ...common('report', incident.id),
    name: incident.title,
    description: `${incident.summary} Verdict: ${verdictText(incident.verdict)}.`,
    report_types: [indicators.length > 0 ? 'indicator' : 'threat-report'],
    published: created,
    confidence,
    object_refs: told.map(({ id }) => id),
  }
  return { type: 'bundle', id: stixId('bundle', incident.id, modified), objects: [maker, report, ...told] }
}

const INDICATOR_TYPES: Readonly<Record<Incident['verdict']['is'], string>> = {
  attack: 'malicious-activity',
  undecided: 'anomalous-activity',
  'benign and explained': 'benign',
}

/** An indicator indicates the techniques of the phases with which it shares an event. */
function indicates(
  incident: Incident,
  indicators: readonly StixObject[],
  patterns: readonly StixObject[],
): [StixObject, StixObject][] {
  const pairs = new Map<string, [StixObject, StixObject]>()
  const patternOfTechnique = new Map(patterns.map((pattern) => [pattern.id, pattern]))
  const objects = new Map(indicators.map((object) => [object.id, object]))
  for (const { kind, value, evidence } of incident.indicators) {
    const object = objects.get(stixId('indicator', incident.id, kind, value))!
    for (const phase of incident.phases) {
      if (!phase.evidence.some((uid) => evidence.includes(uid))) continue
      for (const technique of phase.techniques) {
        const pattern = patternOfTechnique.get(stixId('attack-pattern', technique))
        if (pattern !== undefined) pairs.set(`${object.id} ${pattern.id}`, [object, pattern])
      }
    }
  }
  return [...pairs.values()]
}

function patternOf({ kind, value }: Indicator): string {
  const text = patternString(value)
  switch (kind) {
    case 'address':
      if (isIP(value) === 0) return `[network-traffic:dst_ref.value = '${text}']`
      return `[ipv${isIP(value)}-addr:value = '${text}']`
    case 'domain':
      return `[domain-name:value = '${text}']`
    case 'file':
      return `[file:name = '${patternString(value.split(/[\\/]/).findLast((part) => part !== '') ?? value)}']`
    case 'service':
      return `[process:extensions.'windows-service-ext'.service_name = '${text}']`
    case 'account':
      return `[user-account:account_login = '${text}']`
    case 'client':
      // A fingerprint of TLS or SSH has no property of its own in STIX 2.1; other clients are named as HTTP names them.
      return /^[0-9a-f]{32}$/i.test(value)
        ? `[network-traffic:x_client_fingerprint = '${text}']`
        : `[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = '${text}']`
  }
}

export function stixId(type: string, ...key: readonly string[]): string {
  return `${type}--${uuid5(NAMESPACE, JSON.stringify([type, ...key]))}`
}

/** RFC 4122, version 5: SHA-1 over namespace and name. */
export function uuid5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16)
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)]
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()]
}
