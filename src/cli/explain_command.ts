import type { Command } from 'commander'
import { DAY, microsOf, utcText } from '../event/time.ts'
import { techniqueName } from '../model/attack.ts'
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
  readonly sql: string
}

/** Prints one alert; a person who reads only that must be able to judge. */
export async function explain(alert: AlertRecord, dir: string, json: boolean): Promise<void> {
  // The lake's engine is only loaded when it is needed: it would double the start-up time of every command.
  const { openLake } = await import('../store/query.ts')
  const lake = await openLake(dir)
  try {
    const counts: Recount[] = []
    for (const { text, value, sql } of alert.facts) {
      const rows = await lake.query(sql)
      const first = rows[0] === undefined ? undefined : Object.values(rows[0])[0]
      counts.push({ text, stated: value, recounted: first === undefined ? undefined : Number(first), sql })
    }
    const events = await evidenceEvents(alert, lake)
    const device = readDevices(dir).find((each) => each.id === alert.device.id)
    if (counts.some((each) => each.stated !== each.recounted)) process.exitCode = 1
    if (json) out(JSON.stringify({ alert, device, counts, events }, null, 2))
    else print(alert, device, counts, events)
  } finally {
    await lake.close()
  }
}

type EventRow = Readonly<Record<string, unknown>>

/** The log types whose rows an alert may point to, with the columns that tell most. */
const EVENT_COLUMNS: Readonly<Record<string, string>> = {
  conn: "concat_ws(' ', proto, service, conn_state, orig_bytes || ' B out', resp_bytes || ' B in')",
  smb_mapping: "concat_ws(' ', path, share_type)",
  smb_files: "concat_ws(' ', action, path, name)",
  files: "concat_ws(' ', source, mime_type, filename)",
  dce_rpc: "concat_ws(' ', endpoint, operation, named_pipe)",
  ntlm: "concat_ws(' ', domainname || '\\' || username, hostname, CASE success WHEN true THEN 'accepted' WHEN false THEN 'refused' END)",
  kerberos: "concat_ws(' ', request_type, client, service, error_msg)",
  rdp: "concat_ws(' ', cookie, result)",
  http: "concat_ws(' ', method, host, uri, status_code)",
  ssl: "concat_ws(' ', version, server_name)",
}

async function evidenceEvents(
  alert: AlertRecord,
  lake: { query(sql: string): Promise<EventRow[]> },
): Promise<EventRow[]> {
  const uids = alert.evidence.slice(0, 200).map((uid) => `'${uid.replaceAll("'", "''")}'`)
  if (uids.length === 0) return []
  const parts = Object.entries(EVENT_COLUMNS).map(
    ([type, what]) =>
      `SELECT ts, '${type}' AS log, id_orig_h AS orig_h, id_resp_h AS resp_h, id_resp_p AS resp_p, ${what} AS what, uid, seq ` +
      `FROM ${type} WHERE uid IN (${uids.join(', ')})`,
  )
  return lake.query(`SELECT * EXCLUDE seq FROM (${parts.join(' UNION ALL ')}) ORDER BY seq LIMIT ${EVENTS_SHOWN}`)
}

function print(
  alert: AlertRecord,
  device: DeviceRecord | undefined,
  counts: readonly Recount[],
  events: readonly EventRow[],
): void {
  out(paint('bold', `${visible(alert.model)} · score ${Math.round(alert.score)}`))
  out(wrap(visible(alert.summary), WIDTH))
  out()
  heading('When')
  out(`  raised ${utcText(microsOf(alert.time))}${alert.revision > 1 ? `, with news ${alert.revision - 1} times since it was opened` : ''}`)
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
  out(wrap(`  ${surpriseText(alert)}`, WIDTH, '  '))
  if (counts.length > 0) {
    heading('Counts, recomputed from the stored events')
    for (const { text, stated, recounted, sql } of counts) {
      const same = stated === recounted
      const mark = same ? paint('green', 'equal') : paint('red', `the lake says ${recounted ?? 'nothing'}`)
      out(`  ${visible(text)}: ${stated} (${mark})`)
      out(paint('dim', `    thymus query "${sql.replaceAll('"', '\\"')}"`))
    }
  }
  heading(`Events (${alert.evidence.length} connections are evidence)`)
  out(
    table(
      events.map((row) => [
        `  ${utcText(microsOf(Number(row['ts'])))}`,
        String(row['log']),
        String(row['orig_h']),
        `${row['resp_h']}:${row['resp_p']}`,
        String(row['what'] ?? ''),
        String(row['uid']),
      ]),
      60,
    ),
  )
  heading('ATT&CK')
  out(`  ${alert.techniques.map((id) => `${id} ${techniqueName(id) ?? ''}`.trim()).join(' · ') || 'none named'}`)
}

function heading(text: string): void {
  out(paint('bold', text))
}

function normalText(device: DeviceRecord | undefined): string {
  if (device === undefined || device.normal.length === 0) return '  nothing learned about it'
  const days = (device.last_seen - device.first_seen) / (DAY / 1e6)
  const seen = `  seen for ${days < 1 ? `${Math.max(1, Math.round(days * 24))} hours` : `${Math.round(days)} days`}`
  const top = device.normal.slice(0, 6)
  return `${seen}\n${table(top.map((item) => [`  ${item.view}`, item.value, `${item.days} of ${item.of_days} days`]), 60)}`
}

function surpriseText(alert: AlertRecord): string {
  if (alert.surprise['trained'] === true) return JSON.stringify(alert.surprise)
  return (
    'This model needs no learning: it fires on what is seldom right on any network, from the first minute. ' +
    'Nothing is said about how rare it is on this one.'
  )
}

function deviceText(device: { ip: string; hostname?: string | null | undefined }): string {
  return device.hostname ? `${device.hostname} (${device.ip})` : device.ip
}
