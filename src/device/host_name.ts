import type { Micros } from '../event/time.ts'

/**
 * Where a name comes from, and how far it is believed (percent). A name is chosen by whoever sends it: even the best is
 * evidence, never proof.
 */
export const NAME_SOURCES = {
  declared: { confidence: 100, says: 'declared in thymus.yaml' },
  'kerberos-account': { confidence: 90, says: 'the domain gave a ticket to its machine account' },
  'ntlm-server': { confidence: 80, says: 'named itself so when it was logged on to' },
  'dhcp-host-name': { confidence: 70, says: 'named itself so in DHCP' },
  'known-device': { confidence: 65, says: 'DHCP name recorded by the sensor for its MAC address' },
  'smb-path': { confidence: 55, says: 'a share on it was opened by this name' },
  'dns-answer': { confidence: 55, says: 'DNS answered its address to this name' },
  'ntlm-client': { confidence: 50, says: 'named itself so when it logged on' },
  'rdp-client': { confidence: 45, says: 'named itself so in RDP' },
  'ntlm-client-refused': { confidence: 30, says: 'named itself so in a logon that was refused' },
} as const satisfies Record<string, { confidence: number; says: string }>

export type NameSource = keyof typeof NAME_SOURCES

/** Numbers the sources, for caches. */
export const NAME_SOURCE_NUMBER = Object.fromEntries(
  Object.keys(NAME_SOURCES).map((source, index) => [source, index]),
) as Readonly<Record<NameSource, number>>

export interface NameEvidence {
  /** First label, lower case: what Windows calls the computer name. */
  readonly name: string
  /** The longest full name seen with it, lower case; '' when none was. */
  full: string
  /** Sources in order of appearance, with the engine clock (µs) of their first word. */
  readonly sources: { readonly source: NameSource; readonly since: Micros }[]
}

const MOST_NAMES = 8
const LONGEST_NAME = 255
const LONGEST_LABEL = 63
/** Names that many devices answer to: they tell nothing. */
const NO_NAMES: ReadonlySet<string> = new Set([
  'localhost',
  'localhost4',
  'localhost6',
  'workgroup',
  'wpad',
  'isatap',
  'null',
  'none',
  'unknown',
  '*',
])

/** Brings a name from the network to one form, or '' when it is none: an address, a placeholder, no letters or digits. */
export function normaliseName(text: string): { name: string; full: string } {
  const nothing = { name: '', full: '' }
  const full = text.trim().replace(/\.$/, '').toLowerCase()
  if (full === '' || full.length > LONGEST_NAME) return nothing
  if (!/^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?$/u.test(full)) return nothing
  if (/^[\d.]+$/.test(full)) return nothing
  const dot = full.indexOf('.')
  const name = dot < 0 ? full : full.slice(0, dot)
  if (name === '' || name.length > LONGEST_LABEL || NO_NAMES.has(name)) return nothing
  return { name, full: dot < 0 ? '' : full }
}

/**
 * How far a name is believed, in percent: 100 − Π(100 − c) over its sources, each rounded to whole percents, so that two
 * that agree are worth more than one; never 100 unless declared.
 */
export function nameConfidence(evidence: NameEvidence): number {
  let doubt = 100
  for (const { source } of evidence.sources) doubt = Math.floor((doubt * (100 - NAME_SOURCES[source].confidence)) / 100)
  const declared = evidence.sources.some(({ source }) => source === 'declared')
  return declared ? 100 : Math.min(99, 100 - doubt)
}

export type NameChange = 'none' | 'source' | 'name'

/**
 * Adds one statement to a device's names. Saying the same again changes nothing, so that the result does not depend on
 * how often it was said.
 * @returns what is new: nothing, a source, or the name
 */
export function addName(
  names: NameEvidence[],
  name: string,
  full: string,
  source: NameSource,
  clock: Micros,
): { change: NameChange; dropped: boolean } {
  const known = names.find((evidence) => evidence.name === name)
  if (known) {
    if (full.length > known.full.length) known.full = full
    if (known.sources.some((one) => one.source === source)) return { change: 'none', dropped: false }
    known.sources.push({ source, since: clock })
    return { change: 'source', dropped: false }
  }
  const added: NameEvidence = { name, full, sources: [{ source, since: clock }] }
  if (names.length < MOST_NAMES) {
    names.push(added)
    return { change: 'name', dropped: false }
  }
  // Full: the least believed goes, the younger of equals; perhaps that is the new one. So a name that went never comes
  // back by being said again, and how often things are said does not matter.
  let least = 0
  for (let i = 1; i < names.length; i++) if (nameConfidence(names[i]!) <= nameConfidence(names[least]!)) least = i
  if (nameConfidence(names[least]!) >= nameConfidence(added)) return { change: 'none', dropped: false }
  names.splice(least, 1)
  names.push(added)
  return { change: 'name', dropped: true }
}

/** The name to show: the most believed, of equals the one known first; the full form where it is known. */
export function bestName(names: readonly NameEvidence[]): string {
  let best: NameEvidence | undefined
  for (const evidence of names) {
    if (best === undefined || nameConfidence(evidence) > nameConfidence(best)) best = evidence
  }
  return best === undefined ? '' : best.full || best.name
}
