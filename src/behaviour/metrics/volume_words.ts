import { GROUP_PLURAL, GROUPS } from '../self/groups.ts'
import { BINS, mostOf } from './half_octaves.ts'
import { BYTES_OF_UNIT, type Metric, WINDOWS } from './metric.ts'
import type { Family, Metrics } from './metrics.ts'
import { ownUnits } from './volume_history.ts'

const SIZES = ['B', 'KiB', 'MiB', 'GiB'] as const
/** From so many days on a group's highest in 99 of 100 is said. */
const HUNDRED_DAYS = 100

/** What is usual for a subject in one metric and window. Days are committed ones; today is beside them. */
export interface UsualVolume {
  readonly metric: string
  readonly window: (typeof WINDOWS)[number]
  /** On how many of its last days it did this at all; older days weigh half each 14. */
  readonly days: number
  readonly activeDays: number
  /** Of the days on which it did this, the upper ends of steps of √2: bytes where the metric is one of bytes. */
  readonly median: number
  readonly ninetyNinth: number
  /** The highest committed day ever. */
  readonly highest: number
  /** The highest of today so far. */
  readonly today: number
  /** The same figure for its like: 99 of 100 of their days lie below; undefined while fewer than 100 are known. */
  readonly groupNinetyNinth: number | undefined
}

export interface VolumeReason {
  readonly metric: string
  readonly amount: string
  readonly activeDays: number
  /** How often the subject's own days came so high: days. */
  readonly ownDaysAsHigh: number
  readonly sentence: string
}

function isBytes({ adds }: Metric): boolean {
  return adds === 'bytes sent' || adds === 'bytes received'
}

/** `412`, `3.4 GiB` */
function amountText(metric: Metric, count: number): string {
  if (!isBytes(metric)) return String(count)
  let size = count * BYTES_OF_UNIT
  let unit = 0
  while (size >= 1024 && unit < SIZES.length - 1) {
    size /= 1024
    unit++
  }
  return `${size >= 10 ? Math.round(size) : Math.round(size * 10) / 10} ${SIZES[unit]!}`
}

/** `within 5 minutes`, `on one day` */
function within(window: number): string {
  return window === 0 ? 'within 5 minutes' : window === 1 ? 'within an hour' : 'on one day'
}

/** The least amount below which so large a share of a group's days lie. */
function groupMost(family: Family, local: number, window: number, share: number, days: number): number {
  const volumes = family.groups[local]![window]!
  const { group } = family.counts
  let bin = 0
  while (bin < BINS - 1 && volumes.daysFrom(group, bin + 1) > (1 - share) * days) bin++
  return mostOf(bin)
}

/**
 * Puts a metric of the subject's present day into words; undefined when the subject has not done it today.
 * @param view as `Metrics.viewOf` made it
 * @param name of the subject
 */
export function volumeReason(metrics: Metrics, view: number, subject: number, name: string): VolumeReason | undefined {
  const { metric, window } = metrics.metricOf(view)
  const family = metrics.familyOf(view)
  const { counts } = family
  const row = counts.find(subject)
  if (row === 0) return undefined
  counts.look(row)
  const local = counts.metrics.indexOf(metric)
  const count = counts.maximum(local, window)
  if (counts.day !== metrics.day || count === 0) return undefined
  const activeDays = family.activeDays(subject)
  const amount = amountText(metric, count)
  const usual =
    activeDays === 0
      ? 'it was never active before'
      : counts.ever(local, window) === 0
        ? `never on ${activeDays} active days before`
        : `on ${activeDays} active days at most ${amountText(metric, counts.ever(local, window))}`
  const group = GROUP_PLURAL[GROUPS[counts.group]!]
  const members = Math.floor(metrics.members[family.subject].days[counts.group]!)
  const like =
    members >= HUNDRED_DAYS
      ? `${group} like it at most ${amountText(metric, groupMost(family, local, window, 0.99, members))} on 99 days of 100`
      : `only ${members} days of ${group} are known`
  return {
    metric: metric.name,
    amount: `${amount} ${within(window)}`,
    activeDays,
    ownDaysAsHigh: family.ownDaysAsHigh(local, window, count),
    sentence: `${name} ${metric.says(amount)} ${within(window)}; ${usual}; ${like}`,
  }
}

/** What is usual for a device or credential, by metric and window: what it has never done is left out. */
export function usualVolumes(metrics: Metrics, kind: 'device' | 'credential', subject: number): UsualVolume[] {
  const found: UsualVolume[] = []
  for (const family of metrics.families) {
    const { counts } = family
    const row = family.subject === kind ? counts.find(subject) : 0
    if (row === 0) continue
    counts.look(row)
    const activeDays = family.activeDays(subject)
    const members = Math.floor(metrics.members[kind].days[counts.group] ?? 0)
    counts.metrics.forEach((metric, local) => {
      WINDOWS.forEach((window, index) => {
        const units = ownUnits(counts.words, counts.historyAt(local, index))
        const all = units.reduce((sum, count) => sum + count, 0)
        const today = counts.day === metrics.day ? counts.maximum(local, index) : 0
        const highest = counts.ever(local, index)
        if (all === 0 && today === 0) return
        const scale = isBytes(metric) ? BYTES_OF_UNIT : 1
        const quantile = (share: number): number => Math.min(highest, quantileOf(units, all * share)) * scale
        found.push({
          metric: metric.name,
          window,
          days: Math.round((10 * all) / 8) / 10,
          activeDays,
          median: quantile(0.5),
          ninetyNinth: quantile(0.99),
          highest: highest * scale,
          today: today * scale,
          groupNinetyNinth:
            members >= HUNDRED_DAYS ? groupMost(family, local, index, 0.99, members) * scale : undefined,
        })
      })
    })
  }
  return found
}

/** The upper end of the bin up to which so many units lie. */
function quantileOf(units: Int32Array, upTo: number): number {
  let sum = 0
  for (let bin = 0; bin < BINS; bin++) {
    sum += units[bin]!
    if (sum > 0 && sum >= upTo) return mostOf(bin)
  }
  return 0
}
