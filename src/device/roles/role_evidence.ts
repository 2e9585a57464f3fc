import type { Micros } from '../../event/time.ts'

/**
 * Kinds of things a device was seen to do, on which roles are judged. Each is a fact about what went over the wire
 * (a ticket issued, a job printed), never the mere use of a port.
 */
export const EVIDENCE_KINDS = [
  'kerberos-ticket',
  'kerberos-refusal',
  'directory-answer',
  'netlogon-channel',
  'directory-replication',
  'account-rpc',
  'policy-share',
  'controller-record',
  'file-share',
  'service',
  'outside-service',
  'dns-answer',
  'mail-service',
  'web-service',
  'database-service',
  'print-job',
  'printer-words',
  'sip-registration',
  'phone-words',
  'video-stream',
  'camera-words',
  'medical-exchange',
  'medical-words',
  'industrial-answer',
  'router-advertisement',
  'forwarding-interface',
] as const

export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

/** For whom a device did one kind of thing: so many different others, counted up to a bound. */
interface Clients {
  /** Device indices (or, for outside sources, negative hashes) of those it was done for; bounded. */
  readonly seen: number[]
  /** True when there were more than can be told apart. */
  more: boolean
  /** Engine clock (µs) of the first. */
  readonly since: Micros
}

export type RoleEvidence = Map<EvidenceKind, Clients>

/** Roles need at most 15 different clients; a few more make a better sentence. */
const MOST_CLIENTS = 32

/** @returns true when this is news: the first of its kind, or another client */
export function addClient(evidence: RoleEvidence, kind: EvidenceKind, client: number, clock: Micros): boolean {
  const known = evidence.get(kind)
  if (known === undefined) {
    evidence.set(kind, { seen: [client], more: false, since: clock })
    return true
  }
  const { seen } = known
  if (known.more || seen.includes(client)) return false
  if (seen.length === MOST_CLIENTS) {
    known.more = true
    return true
  }
  seen.push(client)
  return true
}

export function clientCount(evidence: RoleEvidence, kind: EvidenceKind): number {
  return evidence.get(kind)?.seen.length ?? 0
}

/** `1 device`, `14 devices`, `more than 32 devices`. */
export function clientsText(evidence: RoleEvidence, kind: EvidenceKind, noun = 'device'): string {
  const known = evidence.get(kind)
  const count = known?.seen.length ?? 0
  const many = known?.more ? `more than ${count}` : String(count)
  return count === 1 ? `${many} ${noun}` : `${many} ${noun}${noun.endsWith('s') ? 'es' : 's'}`
}

export function mergeEvidence(into: RoleEvidence, from: RoleEvidence): void {
  for (const [kind, clients] of from) {
    for (const client of clients.seen) addClient(into, kind, client, clients.since)
    const merged = into.get(kind)
    if (merged && clients.more) merged.more = true
  }
}

export function saveEvidence(evidence: RoleEvidence): unknown {
  return [...evidence]
}

export function restoreEvidence(saved: unknown): RoleEvidence {
  return new Map(saved as [EvidenceKind, Clients][])
}
