import { idOf } from '../event/id.ts'
import type { EpochSeconds, Micros } from '../event/time.ts'
import type { IncidentLink, InvestigationStep } from './incident.ts'
import type { Sighting } from './sighting.ts'

/** What an investigation of one device has concluded. */
export interface Finding {
  readonly device: string
  /** Engine clock (µs) as of which. */
  readonly asOf: Micros
  readonly steps: readonly InvestigationStep[]
  /** By hypothesis: bits of prior and evidence. */
  readonly bits: Readonly<Record<string, number>>
  /** Bits for an attack, of any kind, against all other explanations. */
  readonly posterior: number
  /** What the answers that were measured here add to it: negative where what is known of the device speaks for it. */
  readonly measured: number
  readonly unseen: readonly string[]
}

/**
 * Alerts that belong to one story, as far as is known: what may become an incident. Plain data; devices are named by
 * their ids.
 */
export interface Case {
  /** Hash of the founding alert: the id of the incident. */
  readonly id: string
  /** Engine clock (µs) when it was opened, and of the latest alert. */
  readonly opened: Micros
  touched: Micros
  /** By alert id, in the order in which they joined. */
  readonly sightings: Map<string, Sighting>
  readonly links: IncidentLink[]
  readonly absorbed: string[]
  readonly related: Map<string, string>
  /** By device id: the latest investigation. */
  readonly findings: Map<string, Finding>
  /** Investigations that wait for their turn, by device id: engine clock (µs) from which on they may run. */
  readonly waiting: Map<string, Micros>
  /** Engine clock when a person was told; undefined while it is not worth one. */
  raised: EpochSeconds | undefined
  /** Alerts that found no room; counted, so that nothing is lost in silence. */
  dropped: number
}

export function newCase(founder: Sighting, clock: Micros): Case {
  return {
    id: idOf('incident', founder.id),
    opened: clock,
    touched: clock,
    sightings: new Map([[founder.id, founder]]),
    links: [],
    absorbed: [],
    related: new Map(),
    findings: new Map(),
    waiting: new Map(),
    raised: undefined,
    dropped: 0,
  }
}

/** Ids of the devices that have alerts of their own, in order of their first. */
export function actorsOf({ sightings }: Case): string[] {
  const byFirst = [...sightings.values()].sort((a, b) => a.first - b.first || (a.id < b.id ? -1 : 1))
  return [...new Set(byFirst.map(({ device }) => device))]
}

/** Bits for an attack: of the device for which they are highest; undefined before the first investigation. */
export function posteriorOf({ findings }: Case): number | undefined {
  let most: number | undefined
  for (const { posterior } of findings.values()) if (most === undefined || posterior > most) most = posterior
  return most
}

/** The investigation of the device for which an attack is likeliest. */
export function leadingFinding(of: Case): Finding | undefined {
  const most = posteriorOf(of)
  for (const finding of of.findings.values()) if (finding.posterior === most) return finding
  return undefined
}
