import type { Command } from 'commander'
import { DAY, microsOf, utcText } from '../event/time.ts'
import { techniqueOf } from '../model/attack.ts'
import { CommandFailure } from './failure.ts'
import { type AlertRecord, type DeviceRecord, needResults, readAlerts, readDevices } from './results.ts'
import { out, paint, table, visible, wrap } from './terminal.ts'

const WIDTH = 110
const EVENTS_SHOWN = 12

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .argument('[alert]', 'the id of an alert (its first letters will do); without it the alerts are listed')
    .description('say in words what an alert is about: what was normal, what happened, which events show it')
    .option('--from <dir>', 'the --out folder of a replay', 'thymus-out')
    .option('--json', 'the same as JSON')
    .addHelpText(
      'after',
      '\nEvery count comes with the query that recomputes it; explain runs it and says when it differs.\n' +
        'Exit codes: 0 · 1 a count could not be recomputed · 2 no such alert, or no results',
    )
    .action(async (id: string | undefined, options: { from: string; json?: boolean }) => {
      needResults(options.from)
      const alerts = readAlerts(options.from)
      if (id === undefined) list(alerts, options.json === true)
      else await explain(pick(alerts, id), options.from, options.json === true)
    })
}

function list(alerts: readonly AlertRecord[], json: boolean): void {
  if (json) {
    out(JSON.stringify(alerts, null, 2))
    return
  }
  if (alerts.length === 0) {
    out('No alerts. What was read, and what was left out: summary.json')
    return
  }
  const byScore = [...alerts].sort((a, b) => b.score - a.score || a.time - b.time)
  out(
    table(
      [
        ['score', 'time', 'id', 'device', 'model'],
        ...byScore.map((alert) => [
          String(Math.round(alert.score)),
          utcText(microsOf(alert.time)),
          alert.id,
          deviceText(alert.device),
          alert.model,
        ]),
      ],
      64,
    ),
  )
}

function pick(alerts: readonly AlertRecord[], id: string): AlertRecord {
  const found = alerts.filter((alert) => alert.id.startsWith(id.toLowerCase()))
  if (found.length === 1) return found[0]!
  throw new CommandFailure(
    found.length === 0
      ? `no alert begins with ${visible(id)}; thymus explain lists them`
      : `${found.length} alerts begin with ${visible(id)}; give more letters`,
  )
}

interface Recount {
  readonly text: string
  readonly stated: number
  readonly recounted: number | undefined
  readonly agrees: boolean
  readonly sql: string
}

/** Prints one alert; a person who reads only that must be able to judge. */
export async function explain(alert: AlertRecord, dir: string, json: boolean): Promise<void> {
  // The lake's engine is only loaded when it is needed: it would double the start-up time of every command.
  const { openLake } = await import('../store/query.ts')
  const lake = await openLake(dir)
  try {
    const counts: Recount[] = []
    for (const { text, value, at_least: atLeast, sql } of alert.facts) {
      if (sql === null) continue
      const [row] = await lake.query(sql)
      const recounted = row === undefined ? undefined : Number(Object.values(row)[0])
      const agrees = atLeast ? (recounted ?? 0) >= value : recounted === value
      counts.push({ text, stated: value, recounted, agrees, sql })
    }
    const device = readDevices(dir).find(
      ({ id, aliases }) => id === alert.device.id || aliases.includes(alert.device.id),
    )
    if (counts.some(({ agrees }) => !agrees)) process.exitCode = 1
    if (json) out(JSON.stringify({ alert, device, counts }, null, 2))
    else print(alert, device, counts)
  } finally {
    await lake.close()
  }
}

function print(alert: AlertRecord, device: DeviceRecord | undefined, counts: readonly Recount[]): void {
  out(paint('bold', `${visible(alert.model)} · score ${Math.round(alert.score)}`))
  out(wrap(visible(alert.summary), WIDTH))
  out()
  heading('When')
  out(`  raised ${utcText(microsOf(alert.time))}${alert.revision > 1 ? `, revision ${alert.revision}` : ''}`)
  if (alert.first !== undefined) {
    out(`  events from ${utcText(microsOf(alert.first))} to ${utcText(microsOf(alert.last ?? alert.time))}`)
  }
  heading('Device')
  out(`  ${visible(deviceText(alert.device))} · id ${alert.device.id}`)
  for (const tag of device?.tags ?? []) {
    out(`  ${tag.tag}: ${visible(tag.reason)} (${tag.source}, since ${utcText(microsOf(tag.since))})`)
  }
  heading('What is normal for it')
  out(normalText(device))
  heading('How unusual')
  for (const line of surpriseLines(alert)) out(wrap(`  ${line}`, WIDTH, '  '))
  if (counts.length > 0) {
    heading('Counts, recomputed from the stored events')
    for (const { text, stated, recounted, agrees, sql } of counts) {
      const mark = agrees ? paint('green', 'equal') : paint('red', `the lake says ${recounted ?? 'nothing'}`)
      out(`  ${visible(text)}: ${stated} (${mark})`)
      out(paint('dim', `    thymus query "${sql.replaceAll('"', '\\"')}"`))
    }
  }
  heading(`Events (${alert.records.length} kept as evidence)`)
  out(
    table(
      alert.records.slice(0, EVENTS_SHOWN).map(({ log, uid, ts, fields }) => [
        `  ${utcText(microsOf(ts))}`,
        log,
        uid,
        Object.entries(fields)
          .map(([name, value]) => `${name}=${value}`)
          .join(' '),
      ]),
      110,
    ),
  )
  heading('ATT&CK')
  out(`  ${alert.techniques.map((id) => `${id} ${techniqueOf(id)?.name ?? ''}`.trim()).join(' · ') || 'none named'}`)
}

function heading(text: string): void {
  out(paint('bold', text))
}

function normalText(device: DeviceRecord | undefined): string {
  if (device === undefined || device.normal.length === 0) return '  nothing learned about it'
  const days = (device.last_seen - device.first_seen) / (DAY / 1e6)
  const seen = `  seen for ${periodText(days)}`
  const top = device.normal.slice(0, 6)
  return `${seen}\n${table(
    top.map((item) => [`  ${item.view}`, item.value, `${item.days} of ${item.of_days} days`]),
    60,
  )}`
}

const REASONS_SHOWN = 6

/** How often a device's day is so odd, and what made it odd: each with what was expected. */
function surpriseLines({ surprise }: AlertRecord): readonly string[] {
  const reasons = surprise.reasons.slice(0, REASONS_SHOWN)
  return [
    visible(surprise.text === '' ? 'Nothing is said about how rare it is here.' : surprise.text),
    ...(reasons.length > 0 ? ['What was odd about its day, oddest first:'] : []),
    ...reasons.map(
      ({ sentence, network_period_days: days }) =>
        `- ${visible(sentence)}. Here so odd a thing of this kind is seen once in ${periodText(days)}.`,
    ),
  ]
}

function periodText(days: number): string {
  const hours = Math.max(1, Math.round(days * 24))
  if (days < 1) return hours === 1 ? '1 hour' : `${hours} hours`
  const rounded = days < 10 ? Math.round(days * 10) / 10 : Math.round(days)
  return rounded === 1 ? '1 day' : `${rounded} days`
}

function deviceText(device: { ip: string; hostname?: string | null | undefined }): string {
  return device.hostname ? `${device.hostname} (${device.ip})` : device.ip
}
