import * as z from 'zod'
import type { ReplayResult } from '../engine/replay.ts'
import { microsOf, utcText } from '../event/time.ts'
import { out, paint, table, visible, wrap } from './terminal.ts'

const trouble = z.object({
  total: z.number(),
  by_reason: z.record(
    z.string(),
    z.object({
      count: z.number(),
      first: z.array(
        z.object({
          file: z.string(),
          line: z.number(),
          field: z.string().optional(),
          value: z.string().optional(),
          expected: z.string().optional(),
        }),
      ),
    }),
  ),
})

/** What the screen shows of `summary.json`. */
const shape = z.object({
  files: z.number(),
  start: z.number().nullable(),
  end: z.number().nullable(),
  events: z.object({ total: z.number(), by_type: z.record(z.string(), z.number()) }),
  rejected: trouble,
  repaired: trouble,
  late: z.object({ total: z.number() }),
  duplicates: z.object({ total: z.number(), already_read: z.number() }),
  devices: z.number(),
  credentials: z.number(),
  signals: z.object({ total: z.number() }),
  alerts: z.object({ total: z.number(), held_back_by_budget: z.number() }),
  learning: z.object({
    state: z.enum(['nothing', 'learning', 'learned']),
    committed_days: z.number(),
    devices_a_day: z.number(),
    rarest_period_days: z.number(),
    days_left: z.number(),
    models_that_learn: z.number(),
    models_untrained: z.number(),
    domain_controllers: z.array(z.string()),
  }),
  models_refused: z.array(z.string()),
  notes: z.array(z.string()),
  wall_seconds: z.number(),
  events_per_second: z.number(),
  peak_memory_bytes: z.number(),
})

const ALERTS_SHOWN = 20

/** The end of a replay, for people. */
export function printSummary(result: ReplayResult, dir: string | undefined): void {
  const summary = shape.parse(result.summary)
  const { events } = summary
  if (summary.start !== null && summary.end !== null) {
    out(
      `${counted(events.total, 'event')} from ${counted(summary.files, 'file')}, ${utcText(microsOf(summary.start))} to ` +
        `${utcText(microsOf(summary.end))}`,
    )
  } else out(`No events in ${summary.files} files.`)
  out(
    wrap(
      Object.entries(events.by_type)
        .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
        .map(([type, count]) => `${type} ${number(count)}`)
        .join(' · '),
      100,
    ),
  )
  out(`${counted(summary.devices, 'device')}, ${counted(summary.credentials, 'credential')}`)
  for (const line of learningLines(summary.learning)) out(wrap(line, 100))
  if (summary.duplicates.total > 0) {
    out(
      `${number(summary.duplicates.total)} records met before (${number(summary.duplicates.already_read)} in files read before): not counted twice`,
    )
  }
  if (summary.late.total > 0)
    out(`${number(summary.late.total)} records came late: stored and learned, not counted in windows`)
  troubles('rejected', summary.rejected)
  troubles('mended', summary.repaired)
  for (const note of summary.notes.slice(0, 8)) out(`note: ${visible(note)}`)
  for (const refusal of summary.models_refused) out(paint('red', `model refused: ${visible(refusal)}`))
  out()
  const newest = new Map(result.alerts.map((alert) => [alert.id, alert]))
  const alerts = [...newest.values()].sort((a, b) => b.score - a.score || a.time - b.time)
  out(
    `${counted(summary.signals.total, 'signal')}, ${paint('bold', counted(alerts.length, 'alert'))}` +
      (summary.alerts.held_back_by_budget > 0
        ? ` (${number(summary.alerts.held_back_by_budget)} held back by the budget)`
        : ''),
  )
  for (const alert of alerts.slice(0, ALERTS_SHOWN)) {
    out(`  ${String(Math.round(alert.score)).padStart(3)}  ${alert.id}  ${paint('bold', visible(alert.model))}`)
    out(`       ${wrap(visible(alert.summary), 105, '       ')}`)
  }
  if (alerts.length > ALERTS_SHOWN) out(`  … and ${alerts.length - ALERTS_SHOWN} more: thymus explain`)
  out()
  out(
    paint(
      'dim',
      `${summary.wall_seconds.toFixed(1)} s · ${number(summary.events_per_second)} events/s · ` +
        `${(summary.peak_memory_bytes / 2 ** 20).toFixed(0)} MiB`,
    ),
  )
  if (dir !== undefined) out(`Written to ${dir}. Next: thymus explain --from ${dir} · thymus device --from ${dir}`)
}

/** What can be expected of Thymus so far: on the first evening only what needs no learning. */
function learningLines(learning: z.infer<typeof shape>['learning']): readonly string[] {
  const { domain_controllers: controllers } = learning
  const found =
    controllers.length > 0
      ? `Domain controllers found: ${controllers.map(visible).join(', ')}.`
      : 'No domain controller found (declare them in thymus.yaml if there are any).'
  const untrained = `${learning.models_untrained} models need no learning and work from the first minute`
  const learned = `${learning.models_that_learn} learn what is normal here`
  if (learning.state === 'learned') {
    return [
      found,
      `${untrained}; ${learned}: ${counted(learning.committed_days, 'day')} and ${counted(learning.devices_a_day, 'device')} ` +
        `a day learned, enough to say "once in ${learning.rarest_period_days} days".`,
    ]
  }
  const sofar =
    learning.state === 'nothing' ? 'nothing counts as normal yet' : `${counted(learning.committed_days, 'day')} learned`
  return [found, `${untrained}; ${learned} and will speak in about ${counted(learning.days_left, 'day')} (${sofar}).`]
}

function troubles(what: string, { total, by_reason: reasons }: z.infer<typeof trouble>): void {
  if (total === 0) return
  out(paint('yellow', `${counted(total, 'record')} ${what}:`))
  const rows = Object.entries(reasons).map(([reason, { count, first }]) => {
    const [one] = first
    const place = one === undefined ? '' : one.line > 0 ? `${one.file}:${one.line}` : one.file
    const detail = [one?.field, one?.value && `found ${one.value}`, one?.expected && `expected ${one.expected}`]
    return [`  ${number(count)}`, reason, place, detail.filter(Boolean).join(', ')]
  })
  out(table(rows, 80))
}

function counted(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? '' : 's'}`
}

/** With thin spaces between thousands would depend on fonts: plain commas, the same in any locale. */
function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}
