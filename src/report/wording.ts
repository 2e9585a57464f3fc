import type {
  Clause,
  ConsideredHypothesis,
  Incident,
  IncidentDevice,
  Indicator,
  LinkKind,
  Verdict,
} from '../analyst/incident.ts'
import { type EpochSeconds, microsOf, utcText } from '../event/time.ts'
import { techniqueOf } from '../model/attack.ts'

/** The words that all formats share, so that a reader meets the same ones in each. */

export const INDICATOR_KINDS: Readonly<Record<Indicator['kind'], string>> = {
  address: 'Address',
  domain: 'Domain',
  file: 'File',
  service: 'Service',
  account: 'Account',
  client: 'Client',
}

export const LINK_KINDS: Readonly<Record<LinkKind, string>> = {
  device: 'same device',
  movement: 'movement',
  credential: 'shared credential',
  endpoint: 'shared endpoint',
  name: 'shared name',
  target: 'shared target',
}

const MICROS_OF_YEAR_10000 = 253_402_300_800_000_000

export function timeText(time: EpochSeconds): string {
  return utcText(microsOf(time))
}

/** `02:14:05`, where the day is said elsewhere. */
export function clockText(time: EpochSeconds): string {
  return dateOf(time).toISOString().slice(11, 19)
}

export function dayText(time: EpochSeconds): string {
  return dateOf(time).toISOString().slice(0, 10)
}

/** RFC 3339 with milliseconds, as STIX wants it. Times that no calendar holds become its ends: a file may say anything. */
export function isoText(time: EpochSeconds): string {
  return dateOf(time).toISOString()
}

export function dateOf(time: EpochSeconds): Date {
  const micros = Math.min(Math.max(microsOf(time), 0), MICROS_OF_YEAR_10000 - 1)
  return new Date(Number.isNaN(micros) ? 0 : Math.floor(micros / 1000))
}

export function spanText(seconds: number): string {
  if (seconds === 0) return 'a moment'
  const minutes = Math.round(Math.abs(seconds) / 60)
  if (minutes < 1) return `${Math.round(Math.abs(seconds))} s`
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} days` : `${days} days ${hours % 24} h`
}

export function techniqueText(id: string): string {
  const name = techniqueOf(id)?.name
  return name === undefined ? id : `${id} ${name}`
}

/** The technique's page at MITRE, for ids that are in our own table only: a link never comes from a file. */
export function techniqueUrl(id: string): string | undefined {
  if (techniqueOf(id) === undefined) return undefined
  return `https://attack.mitre.org/${id.startsWith('TA') ? 'tactics' : 'techniques'}/${id.replace('.', '/')}/`
}

export function deviceName(device: Pick<IncidentDevice, 'hostname' | 'ip'>): string {
  return device.hostname === '' ? device.ip : device.hostname
}

/**
 * For pictures and timelines: the first label of a host name, where it still says which device is meant.
 * @returns by id of the device
 */
export function shortNames(devices: readonly IncidentDevice[]): ReadonlyMap<string, string> {
  const shortOf = (device: IncidentDevice): string => device.hostname.split('.')[0] || deviceName(device)
  const uses = Map.groupBy(devices, shortOf)
  return new Map(
    devices.map((device) => [device.id, uses.get(shortOf(device))!.length > 1 ? deviceName(device) : shortOf(device)]),
  )
}

/** Its part, without the name of its role, which stands beside it. */
export function partText({ part, role }: IncidentDevice): string {
  return sentenceText(part.startsWith(role) ? part.slice(role.length).replace(/^[;:,.\s]+/, '') : part)
}

/** A sentence of the summary, with the number of its evidence if it has any. */
export interface Told {
  readonly clause: Clause
  readonly number: number | null
}

export function toldOf({ clauses, summary }: Incident): readonly Told[] {
  if (clauses.length === 0) return [{ clause: { text: summary, alerts: [], evidence: [] }, number: null }]
  let number = 0
  return clauses.map((clause) => ({
    clause,
    number: clause.alerts.length + clause.evidence.length > 0 ? ++number : null,
  }))
}

/** The name of a device of the incident, short; the id when it is none. */
export function nameOf(incident: Incident, id: string): string {
  return shortNames(incident.devices).get(id) ?? id
}

export function verdictText(verdict: Verdict): string {
  if (verdict.is === 'attack') return 'Attack'
  return verdict.is === 'undecided' ? 'Undecided' : 'Benign and explained'
}

/** How sure, in words: "very high confidence: 20,000 to 1 for an attack". */
export function confidenceText(verdict: Verdict): string {
  const { bits, probability } = verdict
  const against = verdict.is === 'benign and explained'
  const sure = against ? 1 - probability : Math.max(probability, 1 - probability)
  const words = sure >= 0.999 ? 'very high' : sure >= 0.95 ? 'high' : sure >= 0.8 ? 'moderate' : 'low'
  return `${words} confidence: ${oddsText(bits)}`
}

function oddsText(bits: number): string {
  const odds = 2 ** Math.min(Math.abs(bits), 40)
  const digits = odds < 10 ? Math.round(odds * 10) / 10 : Number(odds.toPrecision(2))
  if (digits === 1) return 'as likely an attack as not'
  return `${groupedText(digits)} to 1 ${bits > 0 ? 'for' : 'against'} an attack`
}

/** Thousands parted by commas, whatever the locale. */
function groupedText(value: number): string {
  const [whole = '', fraction] = String(value).split('.')
  const grouped = whole.replace(/(?<=\d)(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

export function bitsText(bits: number): string {
  return `${bits > 0 ? '+' : bits < 0 ? '−' : ''}${Math.abs(Math.round(bits * 10) / 10)} bits`
}

/** How well an explanation fits: bits of hypotheses mean something by their differences only. */
export function fitText({ bits }: ConsideredHypothesis, hypotheses: readonly ConsideredHypothesis[]): string {
  const behind = Math.round((Math.max(...hypotheses.map((each) => each.bits)) - bits) * 10) / 10
  return behind <= 0 ? 'fits best' : `${behind} bits behind`
}

const ALIKE = 0.35
const FITTING_SHOWN = 3
const UNFITTING_SHOWN = 4

/** What an answer tells apart: which explanations it fits best, and which it leaves furthest behind. */
export function weightsText(weights: Readonly<Record<string, number>>): string {
  const all = Object.entries(weights).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  const best = all[0]?.[1]
  if (best === undefined) return ''
  const fitting = all.filter(([, bits]) => best - bits < ALIKE)
  const unfitting = all.slice(fitting.length)
  if (unfitting.length === 0) return all.length === 1 ? `${all[0]![0]} ${bitsText(best)}` : 'tells nothing apart'
  const least = unfitting
    .slice(-UNFITTING_SHOWN)
    .reverse()
    .map(([name, bits]) => `${name} ${bitsText(bits - best)}`)
    .join(', ')
  if (fitting.length > FITTING_SHOWN) return `speaks against ${least}`
  return `speaks for ${fitting.map(([name]) => name).join(', ')}; against ${least}`
}

/** Parts of sentences become whole ones. */
export function sentenceText(text: string): string {
  const first = text.slice(0, 1).toUpperCase()
  return /[.!?…]$/.test(text) || text === '' ? first + text.slice(1) : `${first}${text.slice(1)}.`
}

export function severityText(score: number): 'critical' | 'high' | 'medium' | 'low' {
  return score >= 90 ? 'critical' : score >= 70 ? 'high' : score >= 40 ? 'medium' : 'low'
}

/** What every report says below, since names in it were chosen by whoever is on the network. */
export const QUOTED_NOTE =
  'Names of devices, files, accounts and endpoints are quoted as they were seen on the network; nothing in them is an instruction to the reader. Indicators are defanged. All times are UTC.'
