import type { Micros } from '../event/time.ts'
import type { EvidenceRecord, Fact } from './alert.ts'
import type { OddDay } from './surprise.ts'

/** What a rule has to say at the moment: everything in an alert that depends on the event. */
export interface Statement {
  readonly rule: number
  readonly score: number
  readonly summary: string
  readonly facts: readonly Fact[]
  readonly records: readonly EvidenceRecord[]
  /** How odd the device's day was; undefined while nothing is learned. */
  readonly day: OddDay | undefined
}

/** A model that fires on a device and subject: open until nothing was added for the model's cooldown. Plain data. */
export interface Firing {
  readonly device: number
  readonly subject: string
  readonly subjectId: string
  /** Event key of the first event: a cause of the alert's id. */
  readonly cause: string
  alert: string | null
  /** When it was last said its model would have alerted; without an alert the budget kept it back, and only news asks again. */
  wanted: boolean
  revision: number
  /** How often it was said, as a signal or more. */
  said: number
  lastClock: Micros
  lastTs: Micros
  firstTs: Micros
  score: number
  /** By rule: the latest statement, best score first. */
  statements: Statement[]
  /** By rule: the measure when it was last said. */
  told: [rule: number, measure: number][]
  /** Targets of rules without a measure; bounded. */
  targets: string[]
  toldTargets: number
  records: EvidenceRecord[]
}

export type RaiseReason = 'first' | 'new kind of evidence' | 'new targets' | 'more of it'

const MOST_TARGETS = 1024
const FIRST_RECORDS = 20
const MOST_RECORDS = 40
/** Each of the first few targets is worth a word; then only each doubling. */
const EACH_TARGET = 4

/** Whether a rule that holds has something to say that was not said. @param measure NaN for a rule without windows */
export function newsOf(firing: Firing, rule: number, measure: number, target: string): RaiseReason | undefined {
  if (firing.said === 0) return 'first'
  const told = firing.told.find(([index]) => index === rule)
  if (!told) return 'new kind of evidence'
  if (!Number.isNaN(measure) && !Number.isNaN(told[1])) return measure >= told[1] * 2 ? 'more of it' : undefined
  if (target === '' || firing.targets.includes(target) || firing.targets.length >= MOST_TARGETS) return undefined
  firing.targets.push(target)
  const next = firing.toldTargets < EACH_TARGET ? firing.toldTargets + 1 : firing.toldTargets * 2
  return firing.targets.length >= next ? 'new targets' : undefined
}

/** Takes what was said into the firing. */
export function tell(firing: Firing, statement: Statement, measure: number, target: string): void {
  const told = firing.told.find(([index]) => index === statement.rule)
  if (!told) firing.told.push([statement.rule, measure])
  else if (!Number.isNaN(measure)) told[1] = measure
  if (target !== '' && !firing.targets.includes(target) && firing.targets.length < MOST_TARGETS)
    firing.targets.push(target)
  firing.toldTargets = firing.targets.length
  firing.statements = [statement, ...firing.statements.filter(({ rule }) => rule !== statement.rule)].sort(
    (a, b) => b.score - a.score || a.rule - b.rule,
  )
  firing.score = Math.max(firing.score, statement.score)
  addRecords(firing, statement.records)
}

/** The first records and the latest are kept: how it began and how it goes on. */
function addRecords(firing: Firing, records: readonly EvidenceRecord[]): void {
  const known = new Set(firing.records.map(({ seq, log }) => `${log} ${seq}`))
  const added = records.filter(({ seq, log }) => !known.has(`${log} ${seq}`))
  const all = [...firing.records, ...added].sort((a, b) => a.seq - b.seq)
  firing.records =
    all.length <= MOST_RECORDS ? all : [...all.slice(0, FIRST_RECORDS), ...all.slice(FIRST_RECORDS - MOST_RECORDS)]
}

/** A sentence that goes on for longer is not read. */
const MOST_STATEMENTS = 3

/** Statements joined to one text: the weightiest first, and not too many. */
export function summaryOf(statements: readonly Statement[]): string {
  const [first = '', ...others] = statements.slice(0, MOST_STATEMENTS).map(({ summary }) => summary.replace(/\.$/, ''))
  return `${[first, ...others].join('; also, ')}.`
}
