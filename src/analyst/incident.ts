import type { EpochSeconds } from '../event/time.ts'

/** The part that a device played. */
export type DeviceRole =
  /** Where it began, as far as can be seen. */
  | 'first foothold'
  /** Was reached by another device of the incident, then acted itself. */
  | 'second foothold'
  /** Acted, and how it was reached was not seen. */
  | 'suspect'
  /** Was reached, and holds what an attacker wants: a domain controller, a critical device. */
  | 'target'
  /** Was reached. */
  | 'reached'

/**
 * An incident: what the analyst made of alerts; a line of `incidents.jsonl`. Everything in words is made from the data
 * beside it. Strings from the network stand as they were seen: whoever shows them has to escape them.
 */
export interface Incident {
  /** Hash of the founding alert; never changes. */
  readonly id: string
  /** Earliest and latest evidence. */
  readonly start: EpochSeconds
  readonly end: EpochSeconds
  /** Engine clock when it was first raised to a person, and of the last change. */
  readonly raised: EpochSeconds
  readonly updated: EpochSeconds
  /** 0 to 100: posterior, importance of the devices, stage reached. */
  readonly score: number
  /** Name of the narrative that fits best, of `INCIDENT_TYPES`; further ones that fit as well. */
  readonly type: string
  readonly types: readonly string[]
  readonly title: string
  /** Three to eight plain sentences: `clauses` joined. */
  readonly summary: string
  readonly clauses: readonly Clause[]
  readonly devices: readonly IncidentDevice[]
  readonly credentials: readonly string[]
  /** Ids of alerts, oldest first. */
  readonly alerts: readonly string[]
  readonly techniques: readonly string[]
  /** Along the kill chain, in order of time. */
  readonly phases: readonly Phase[]
  readonly timeline: readonly TimelineEntry[]
  /** Ids of incidents that became part of this one. */
  readonly absorbed: readonly string[]
  /** Incidents that share something with it, too little to be one story. */
  readonly related: readonly { readonly id: string; readonly why: string }[]
  /** Why its parts belong together. */
  readonly links: readonly IncidentLink[]
  readonly indicators: readonly Indicator[]
  readonly verdict: Verdict
  /** Every explanation considered, likeliest first. */
  readonly hypotheses: readonly ConsideredHypothesis[]
  /** Every question asked, in order. */
  readonly investigation: readonly InvestigationStep[]
  /** What could not be seen, and what that means: "no ntlm.log: …". */
  readonly unseen: readonly string[]
  readonly next_steps: readonly string[]
}

/** A sentence, and what it rests on; without evidence it would not stand. */
export interface Clause {
  readonly text: string
  readonly alerts: readonly string[]
  /** uids, at most a few. */
  readonly evidence: readonly string[]
}

export interface IncidentDevice {
  readonly id: string
  readonly ip: string
  readonly hostname: string
  readonly role: DeviceRole
  readonly tags: readonly string[]
  /** Its part in words. */
  readonly part: string
  /** Ids of its own alerts. */
  readonly alerts: readonly string[]
  readonly first: EpochSeconds
  readonly last: EpochSeconds
}

export interface Phase {
  /** `Lateral movement`. */
  readonly name: string
  /** Of the kill chain, from 1; phases stand in order of their first event. */
  readonly stage: number
  readonly techniques: readonly string[]
  readonly start: EpochSeconds
  readonly end: EpochSeconds
  readonly text: string
  readonly devices: readonly string[]
  readonly alerts: readonly string[]
  readonly evidence: readonly string[]
}

export interface TimelineEntry {
  readonly time: EpochSeconds
  /** Id of the device that acted. */
  readonly device: string
  readonly phase: string
  readonly text: string
  readonly alert: string | null
  readonly evidence: readonly string[]
}

export type LinkKind = 'device' | 'movement' | 'credential' | 'endpoint' | 'name' | 'target'

export interface IncidentLink {
  readonly kind: LinkKind
  /** Id of the alert that joined, and of the devices between which the link is (the same device for kind `device`). */
  readonly alert: string
  readonly from: string
  readonly to: string
  readonly time: EpochSeconds
  /** How improbable the coincidence is, in bits. */
  readonly bits: number
  /** "Joined because …" */
  readonly text: string
}

export interface Indicator {
  readonly kind: 'address' | 'domain' | 'file' | 'service' | 'account' | 'client'
  readonly value: string
  /** As it may stand in a text: `198.51.100[.]7`. */
  readonly defanged: string
  readonly first: EpochSeconds
  readonly evidence: readonly string[]
}

export interface Verdict {
  readonly is: 'attack' | 'benign and explained' | 'undecided'
  /** Name of the likeliest hypothesis. */
  readonly hypothesis: string
  /** Bits for an attack against every other explanation; and as a probability. */
  readonly bits: number
  readonly probability: number
  readonly text: string
}

export interface ConsideredHypothesis {
  readonly name: string
  readonly kind: 'attack' | 'benign'
  /** Bits: prior and evidence. Only differences mean anything. */
  readonly bits: number
  /** Why it stands or was dropped, in words. */
  readonly text: string
}

export interface InvestigationStep {
  /** Engine clock as of which it was answered. */
  readonly as_of: EpochSeconds
  readonly device: string
  readonly question: string
  /** In words; where it cannot be told, why. */
  readonly answer: string
  readonly could_tell: boolean
  /** Whether the weights were measured here or judged by the authors. */
  readonly basis: 'measured' | 'judged'
  /** Bits by hypothesis, of this answer alone; and the running lead of attacks over all else, negative when behind. */
  readonly weights: Readonly<Record<string, number>>
  readonly lead: number
  readonly evidence: readonly string[]
}
