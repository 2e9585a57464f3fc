import { parseAddress, scopeOf } from '../device/address.ts'
import type { EpochSeconds } from '../event/time.ts'
import type { Alert, EvidenceRecord } from '../model/alert.ts'
import { registeredDomain } from '../model/registered_domain.ts'
import { ALERT_LOG } from '../model/sources.ts'
import { type ActKind, actKindsOf, allActKindsOf } from './act_kind.ts'

/** Another party of what an alert shows. */
export interface Peer {
  /** Id of the device; '' for one outside. */
  readonly device: string
  readonly address: string
  /** Whether the device of the alert reached out to it, or was reached by it. */
  readonly direction: 'to' | 'from'
  /** When it was first seen in the evidence. */
  readonly first: EpochSeconds
  readonly uid: string
}

/** A word that came from the network, and where it stands. */
export interface Seen {
  readonly value: string
  readonly first: EpochSeconds
  readonly uid: string
}

/** What the analyst keeps of an alert: plain data, bounded. */
export interface Sighting {
  readonly id: string
  readonly model: string
  readonly score: number
  /** Engine clock of the first and the latest revision. */
  readonly raised: EpochSeconds
  readonly said: EpochSeconds
  /** Of the events it rests on. */
  readonly first: EpochSeconds
  readonly last: EpochSeconds
  /** Id of the device that it is about. */
  readonly device: string
  readonly kinds: readonly ActKind[]
  /** About other alerts, not about events. */
  readonly meta: boolean
  readonly techniques: readonly string[]
  readonly summary: string
  readonly learned: boolean
  /** How odd the device's day was, in bits; null where nothing is learned. */
  readonly bits: number | null
  readonly reasons: readonly string[]
  readonly peers: readonly Peer[]
  readonly credentials: readonly Seen[]
  /** Names of programs and scripts. */
  readonly files: readonly Seen[]
  /** Outside: registered domains, addresses. */
  readonly domains: readonly Seen[]
  readonly endpoints: readonly Seen[]
  readonly clients: readonly Seen[]
  /** Of DCE-RPC, by Zeek's names: `svcctl`, `IWbemServices`. */
  readonly interfaces: readonly Seen[]
  readonly evidence: readonly string[]
}

const MOST_PEERS = 64
const MOST_SEEN = 24
const MOST_UIDS = 24
const REASONS = 3
const LONGEST = 200

/** What runs or is opened when it is clicked: names that attackers choose. */
const PROGRAM =
  /\.(exe|dll|sys|scr|com|pif|cpl|ocx|msi|msp|bat|cmd|ps1|psm1|vbs|vbe|js|jse|wsf|wsh|hta|lnk|jar|py|sh|xll|inf|reg|url)$/i

/**
 * Takes over a revision of an alert.
 * @param before the sighting of its earlier revision
 * @param sessionOf the credential of the session that a record belongs to, where the record names none; ''
 */
export function sightingOf(
  alert: Alert,
  before: Sighting | undefined,
  sessionOf: (record: EvidenceRecord) => string,
): Sighting {
  const meta = alert.records.length > 0 && alert.records.every(({ log }) => log === ALERT_LOG)
  const records = meta ? [] : alert.records
  return {
    id: alert.id,
    model: alert.model,
    score: Math.max(alert.score, before?.score ?? 0),
    raised: before?.raised ?? alert.time,
    said: alert.time,
    first: Math.min(alert.first, before?.first ?? alert.first),
    last: Math.max(alert.last, before?.last ?? alert.last),
    device: alert.device.id,
    kinds: meta ? [] : kindsOf(alert),
    meta,
    techniques: alert.techniques,
    summary: alert.summary,
    learned: alert.surprise.trained,
    bits: alert.surprise.bits,
    reasons: alert.surprise.reasons.slice(0, REASONS).map(({ sentence }) => sentence),
    peers: merged(before?.peers, peersOf(alert, records), ({ device, address }) => `${device} ${address}`, MOST_PEERS),
    credentials: seen(before?.credentials, records, (record) => record.credential ?? sessionOf(record)),
    files: seen(before?.files, records, fileOf),
    domains: seen(before?.domains, records, domainOf),
    endpoints: merged(
      before?.endpoints,
      peersOf(alert, records)
        .filter(({ device, address, direction }) => device === '' && direction === 'to' && isOutside(address))
        .map(({ address, first, uid }) => ({ value: address, first, uid })),
      ({ value }) => value,
      MOST_SEEN,
    ),
    clients: seen(before?.clients, records, ({ fields }) => text(fields['user_agent'] ?? fields['client'])),
    interfaces: seen(before?.interfaces, records, ({ log, fields }) =>
      log === 'dce_rpc' ? text(fields['endpoint']) : '',
    ),
    evidence: [...new Set([...(before?.evidence ?? []), ...alert.evidence])].slice(0, MOST_UIDS),
  }
}

/** A model names all that it may mean; that a file was written is only said where the evidence has one. */
function kindsOf({ techniques, records, models }: Alert): readonly ActKind[] {
  const kinds = models.length > 1 ? allActKindsOf(techniques) : actKindsOf(techniques)
  const wrote = records.some(({ log }) => log === 'smb_files' || log === 'files')
  return kinds.length > 1 && !wrote ? kinds.filter((kind) => kind !== 'tool written') : kinds
}

function peersOf(alert: Alert, records: readonly EvidenceRecord[]): readonly Peer[] {
  return records.flatMap(({ orig, resp, fields, ts, uid }): Peer[] => {
    const [from, to] = [text(fields['id.orig_h']), text(fields['id.resp_h'])]
    const acts = orig === alert.device.id
    const [device, address] = acts ? [resp ?? '', to] : [orig ?? '', from]
    if (device === alert.device.id || (device === '' && address === '')) return []
    return [{ device, address, direction: acts ? 'to' : 'from', first: ts, uid }]
  })
}

/** An address inside behind which no device is known was scanned, not spoken to. */
function isOutside(address: string): boolean {
  const parsed = parseAddress(address)
  return parsed !== undefined && scopeOf(parsed) === 'outside'
}

function fileOf({ log, fields }: EvidenceRecord): string {
  if (log !== 'smb_files' && log !== 'files') return ''
  const name = text(fields['name'] ?? fields['filename'])
    .split(/[\\/]/)
    .at(-1)!
  return PROGRAM.test(name) ? name : ''
}

function domainOf({ log, fields }: EvidenceRecord): string {
  const name =
    log === 'dns'
      ? fields['query']
      : log === 'ssl'
        ? fields['server_name']
        : log === 'http'
          ? fields['host']
          : undefined
  return name === undefined ? '' : registeredDomain(text(name))
}

function seen(
  before: readonly Seen[] | undefined,
  records: readonly EvidenceRecord[],
  read: (record: EvidenceRecord) => string,
): readonly Seen[] {
  const now = records.flatMap((record) => {
    const value = read(record).slice(0, LONGEST)
    return value === '' ? [] : [{ value, first: record.ts, uid: record.uid }]
  })
  return merged(before, now, ({ value }) => value.toLowerCase(), MOST_SEEN)
}

/** The first of each, oldest first, and not too many. */
function merged<Item extends { readonly first: EpochSeconds }>(
  before: readonly Item[] | undefined,
  now: readonly Item[],
  keyOf: (item: Item) => string,
  most: number,
): readonly Item[] {
  const found = new Map<string, Item>()
  for (const item of [...(before ?? []), ...now].sort((a, b) => a.first - b.first))
    if (!found.has(keyOf(item))) found.set(keyOf(item), item)
  return [...found.values()].slice(0, most)
}

function text(value: string | number | undefined): string {
  return value === undefined ? '' : String(value)
}
