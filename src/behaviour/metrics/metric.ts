/**
 * What a record says, as bits, whatever log it came from (`readers.ts`): the conditions of metrics are made of these.
 * Terms are Zeek's where Zeek has one.
 */
export const FACTS = [
  'connection',
  // By conn_state (scripts/base/protocols/conn/main.zeek).
  'failed',
  'no answer',
  'rejected',
  'reset',
  'inside',
  'outside',
  'incoming',
  'ICMP',
  'query',
  'NXDOMAIN',
  'succeeded',
  'login failed',
  'ntlm',
  'kerberos',
  'ssh',
  'rdp',
  'smb',
  'session',
  'operation',
  'service control',
  'WMI',
  'scheduled task',
  'registry change',
  'open',
  'read',
  'write',
  'delete',
  'rename',
  // Told by the learning of links, not by a record.
  'new peer',
  'rare endpoint',
] as const
export type Fact = (typeof FACTS)[number]

export const FACT_BIT: Readonly<Record<Fact, number>> = Object.fromEntries(
  FACTS.map((fact, bit) => [fact, 2 ** bit]),
) as Record<Fact, number>

/** What a metric adds up: records, an amount that the record carries, or values not yet met in the window. */
export const ADDED = [
  'one',
  'bytes sent',
  'bytes received',
  'distinct peers',
  'distinct ports',
  'distinct sources',
  'distinct targets',
  'distinct credentials',
] as const
export type Added = (typeof ADDED)[number]

/** Bytes are counted in units, each record's rounded up: 31 bits of them are 512 GB. */
export const BYTES_OF_UNIT = 256

/**
 * Metrics that are counted together: a subject has memory for a family from its first record of it on, and the odds of a
 * family are calibrated together (the day's oddest of its metrics and windows is one trial).
 */
export const FAMILIES_OF_METRICS = {
  connections: { subject: 'device', side: 'orig' },
  traffic: { subject: 'device', side: 'orig' },
  'failed connections': { subject: 'device', side: 'orig' },
  'incoming connections': { subject: 'device', side: 'resp' },
  'name queries': { subject: 'device', side: 'orig' },
  'ICMP targets': { subject: 'device', side: 'orig' },
  logins: { subject: 'device', side: 'orig' },
  'failed logins': { subject: 'device', side: 'orig' },
  'failed logins received': { subject: 'device', side: 'resp' },
  administration: { subject: 'device', side: 'orig' },
  files: { subject: 'device', side: 'orig' },
  novelty: { subject: 'device', side: 'orig' },
  'logins of a credential': { subject: 'credential', side: 'credential' },
  'failed logins of a credential': { subject: 'credential', side: 'credential' },
  'administration by a credential': { subject: 'credential', side: 'credential' },
} as const satisfies Record<string, { subject: 'device' | 'credential'; side: 'orig' | 'resp' | 'credential' }>
export type FamilyName = keyof typeof FAMILIES_OF_METRICS

/** One thing that is counted for each subject of its family, within 5 minutes, an hour and a day. */
export interface Metric {
  /** 0 to 63; stands in snapshots, so it is never given to another metric. */
  readonly id: number
  readonly name: string
  readonly family: FamilyName
  /** The record must say all of these. */
  readonly when: readonly Fact[]
  readonly adds: Added
  /** What the subject did so often: `made 412 failed connections`. */
  readonly says: (amount: string) => string
}

export const WINDOWS = ['5 minutes', 'an hour', 'a day'] as const
/** In units of five minutes: days of the site have up to 25 hours. */
export const FIVE_MINUTES_A_DAY = 300
export const FIVE_MINUTES_AN_HOUR = 12
