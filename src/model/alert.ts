import type { EpochSeconds } from '../event/time.ts'

/** One model firing, whatever its weight: a line of `signals.jsonl`. */
export interface Signal {
  readonly id: string
  /** Engine clock when it was raised. */
  readonly time: EpochSeconds
  readonly model: string
  /** How odd, in bits; null where nothing was learned yet or the model needs no learning. */
  readonly bits: number | null
  readonly network_period_days: number | null
  readonly device: { readonly id: string; readonly ip: string }
  /** The alert that it belongs to; null when it passed no budget. */
  readonly alert: string | null
  /** uids of what it rests on; the alert holds more. */
  readonly evidence: readonly string[]
}

/** A signal that passed the budget: a line of `alerts.jsonl`. A later line with the same id is a later revision. */
export interface Alert {
  readonly id: string
  /** Engine clock when this revision was said. */
  readonly time: EpochSeconds
  /** The model that raised it. */
  readonly model: string
  /** All models whose evidence it carries, the one that raised it first: others add what they saw of a device's odd day. */
  readonly models: readonly string[]
  /** 0 to 100. */
  readonly score: number
  readonly device: { readonly id: string; readonly ip: string; readonly hostname: string }
  readonly techniques: readonly string[]
  readonly surprise: SurpriseOfAlert
  /** uids (or event keys, where a log has none), oldest first, bounded; `records` tells what they are. */
  readonly evidence: readonly string[]
  /** One sentence for people. Everything it counts stands in `facts`. */
  readonly summary: string
  /** 1 when raised; each re-issue adds one. */
  readonly revision: number
  /** Why this revision was said. */
  readonly reason: 'first' | 'new kind of evidence' | 'new targets' | 'more of it'
  /** When what it rests on began (`ts` of the earliest evidence) and was last seen. */
  readonly first: EpochSeconds
  readonly last: EpochSeconds
  /** What tells this alert from others of the same model and device; '' when there is nothing. */
  readonly subject: string
  readonly facts: readonly Fact[]
  readonly records: readonly EvidenceRecord[]
  /** Tags that the model proposes for the device. */
  readonly tags: readonly string[]
  /** What the model's author suggests to do. */
  readonly response: string
}

export interface SurpriseOfAlert {
  /** False: the model works from the first minute and knows nothing of what is usual here. */
  readonly trained: boolean
  readonly bits: number | null
  readonly network_period_days: number | null
  readonly learned_days: number | null
  /** In words: what was expected, or why nothing can be said of it. */
  readonly text: string
  /** What was odd about the device's day when this was said, oddest first. */
  readonly reasons: readonly SurpriseReason[]
}

export interface SurpriseReason {
  /** who, own, again, what … */
  readonly question: string
  readonly view: string
  readonly value: string
  /** −log₂ of the expected number a device and day. */
  readonly bits: number
  readonly network_period_days: number
  readonly sentence: string
}

/** A number that the alert states, and the query over the lake's views that counts it again. */
export interface Fact {
  readonly text: string
  readonly value: number
  /** True when the count was given up at a bound: `value` is then the least it can be. */
  readonly at_least: boolean
  /** Gives one row with one number. Null where there is nothing to count in the lake. */
  readonly sql: string | null
}

/** An event that the alert rests on, with the fields that matter. */
export interface EvidenceRecord {
  readonly log: string
  readonly uid: string
  readonly ts: EpochSeconds
  /** Position in canonical order. */
  readonly seq: number
  /** Ids of the devices at both ends; absent: an outside address, or none. */
  readonly orig?: string
  readonly resp?: string
  /** That the event is about: `DOMAIN\user`. */
  readonly credential?: string
  readonly fields: Readonly<Record<string, string | number>>
}

export type Raised =
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'alert'; readonly alert: Alert }
