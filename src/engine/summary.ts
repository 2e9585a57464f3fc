import { secondsOf } from '../event/time.ts'
import type { ReadReport, Trouble } from '../sensor/sensor.ts'
import type { EngineCounts } from './engine.ts'

/** Of a reason, over all files, this many are named with file and line. */
const NAMED_OF_A_REASON = 5
const MOST_NOTES = 50

interface TroubleSummary {
  count: number
  first: Omit<Trouble<string>, 'reason'>[]
}

/** What a run costs; the only part of a summary that differs from one run to the next. */
export interface Cost {
  /** Wall-clock, and processor time of this process and of the lake's. */
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly lakeCpuSeconds: number
  /** Largest resident size of this process. */
  readonly peakMemoryBytes: number
}

export interface SummaryInput {
  readonly counts: EngineCounts
  readonly reports: readonly ReadReport[]
  readonly files: number
  readonly bytes: number
  readonly alreadyRead: number
  readonly jumps: readonly string[]
  readonly duplicateMemoryShortened: number
  readonly devices: number
  readonly credentials: number
  readonly signals: ReadonlyMap<string, number>
  readonly alerts: ReadonlyMap<string, number>
  readonly incidents: number
  readonly investigations: number
  readonly heldBack: number
  readonly refusedModels: readonly string[]
  readonly evicted: Readonly<Record<string, number>>
  readonly learning: LearningSummary
  readonly cost: Cost
}

/** How far the learning has come, and what works meanwhile. */
export interface LearningSummary {
  readonly state: 'nothing' | 'learning' | 'learned'
  readonly committed_days: number
  readonly device_days: number
  readonly devices_a_day: number
  /** The rarest thing that can be said: once in so many days on this network. */
  readonly rarest_period_days: number
  /** About how many more days until models that learn can alert. */
  readonly days_left: number
  readonly models_that_learn: number
  readonly models_untrained: number
  /** By their names, addresses where there is none; at most 20. */
  readonly domain_controllers: readonly string[]
}

/** The content of `summary.json`. All maps are sorted by name, so that the same input gives the same bytes. */
export function summaryOf(input: SummaryInput): Record<string, unknown> {
  const { counts, cost } = input
  const events = total(counts.events)
  return {
    files: input.files,
    bytes: input.bytes,
    start: counts.first === undefined ? null : secondsOf(counts.first),
    end: counts.first === undefined ? null : secondsOf(counts.clock),
    events: { total: events, by_type: sorted(counts.events) },
    rejected: troubles(input.reports, 'rejected'),
    repaired: troubles(input.reports, 'repaired'),
    late: { total: total(counts.late), by_type: sorted(counts.late) },
    duplicates: {
      total: total(counts.duplicates) + input.alreadyRead,
      by_type: sorted(counts.duplicates),
      already_read: input.alreadyRead,
      memory_shortened: input.duplicateMemoryShortened,
    },
    devices: input.devices,
    credentials: input.credentials,
    signals: { total: total(input.signals), by_model: sorted(input.signals) },
    alerts: { total: total(input.alerts), by_model: sorted(input.alerts), held_back_by_budget: input.heldBack },
    incidents: input.incidents,
    investigations: input.investigations,
    learning: input.learning,
    models_refused: input.refusedModels,
    evicted: sorted(new Map(Object.entries(input.evicted))),
    notes: [
      ...input.jumps,
      ...input.reports.flatMap((report) => report.notes.map((text) => `${report.file}: ${text}`)),
    ].slice(0, MOST_NOTES),
    wall_seconds: round(cost.wallSeconds),
    cpu_seconds: round(cost.cpuSeconds),
    lake_cpu_seconds: round(cost.lakeCpuSeconds),
    events_per_second: cost.wallSeconds > 0 ? Math.round(events / cost.wallSeconds) : 0,
    peak_memory_bytes: cost.peakMemoryBytes,
  }
}

function troubles(
  reports: readonly ReadReport[],
  which: 'rejected' | 'repaired',
): { total: number; by_reason: Record<string, TroubleSummary> } {
  const byReason = new Map<string, TroubleSummary>()
  let all = 0
  for (const report of reports) {
    for (const [reason, { count, first }] of report[which]) {
      const summary = byReason.get(reason) ?? { count: 0, first: [] }
      byReason.set(reason, summary)
      summary.count += count
      all += count
      for (const { reason: _, ...trouble } of first.slice(0, NAMED_OF_A_REASON - summary.first.length)) {
        summary.first.push(trouble)
      }
    }
  }
  return { total: all, by_reason: sorted(byReason) }
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

function sorted<T>(counts: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
