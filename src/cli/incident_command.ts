import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { safeJson } from '../report/escape.ts'
import { formatOf, REPORT_FORMATS, type ReportAlert, type ReportSource } from '../report/report.ts'
import { deviceName, timeText, verdictText } from '../report/wording.ts'
import { CommandFailure, EXIT } from './failure.ts'
import { incidentPage } from './incident_page.ts'
import {
  type AlertRecord,
  type IncidentRecord,
  needResults,
  readActions,
  readIncidents,
  readRevisions,
} from './results.ts'
import { out, table, visible } from './terminal.ts'

const ENDINGS = REPORT_FORMATS.map(({ ending }) => ending).join(' ')

export function addIncidentCommand(program: Command): void {
  program
    .command('incident')
    .argument('[incident]', 'the id of an incident (its first letters will do); without it the incidents are listed')
    .description('tell an incident: what happened, how sure that is and why, what to do; or write it as a report')
    .option('--from <dir>', 'the --out folder of a replay', 'thymus-out')
    .option('--json', 'the same as JSON')
    .option('--report <file>', `write a report, its format by the ending: ${ENDINGS}`)
    .addHelpText(
      'after',
      '\nExit codes: 0 · 2 no such incident, no such format, or no results · 74 the report cannot be written',
    )
    .action(async (id: string | undefined, options: { from: string; json?: boolean; report?: string }) => {
      needResults(options.from)
      const incidents = byScore(readIncidents(options.from))
      if (id === undefined) {
        if (options.report !== undefined)
          throw new CommandFailure('--report needs the id of an incident; thymus incident lists them')
        list(incidents, options.json === true)
        return
      }
      const incident = pick(incidents, id)
      if (options.json) out(safeJson(incident))
      if (options.report !== undefined) await write(sourceOf(incident, options.from), options.report)
      else if (!options.json) out(incidentPage(sourceOf(incident, options.from), options.from))
    })
}

function byScore(incidents: readonly IncidentRecord[]): IncidentRecord[] {
  return [...incidents].sort((a, b) => b.score - a.score || a.start - b.start || (a.id < b.id ? -1 : 1))
}

function list(incidents: readonly IncidentRecord[], json: boolean): void {
  if (json) {
    out(safeJson(incidents))
    return
  }
  if (incidents.length === 0) {
    out('No incidents. Alerts on their own: thymus explain')
    return
  }
  out(
    table(
      [
        ['score', 'from', 'id', 'verdict', 'devices', 'title'],
        ...incidents.map((incident) => [
          String(Math.round(incident.score)),
          timeText(incident.start),
          incident.id,
          verdictText(incident.verdict),
          devicesText(incident),
          incident.title,
        ]),
      ],
      90,
    ),
  )
}

function devicesText({ devices }: IncidentRecord): string {
  const [first] = devices
  if (first === undefined) return 'none'
  return devices.length === 1 ? deviceName(first) : `${deviceName(first)} and ${devices.length - 1} more`
}

function pick(incidents: readonly IncidentRecord[], id: string): IncidentRecord {
  const wanted = id.toLowerCase()
  const found = incidents.filter((incident) => incident.id.startsWith(wanted))
  if (found.length === 1) return found[0]!
  if (found.length > 1)
    throw new CommandFailure(`${found.length} incidents begin with ${visible(id)}; give more letters`)
  // Someone may hold the id of an incident that has become part of an older one.
  const absorbing = incidents.find(({ absorbed }) => absorbed.some((each) => each.startsWith(wanted)))
  if (absorbing !== undefined) return absorbing
  throw new CommandFailure(`no incident begins with ${visible(id)}; thymus incident lists them`)
}

function sourceOf(incident: IncidentRecord, dir: string): ReportSource {
  const ids = new Set(incident.alerts)
  const revisions = Map.groupBy(
    readRevisions(dir).filter(({ id }) => ids.has(id)),
    ({ id }) => id,
  )
  return {
    incident,
    alerts: [...revisions.values()].map(alertOf),
    actions: readActions(dir).filter((action) => action.incident === incident.id || ids.has(action.alert ?? '')),
  }
}

/** A revision holds what is new: whom the device acted on stands in all of them. */
function alertOf(revisions: readonly AlertRecord[]): ReportAlert {
  const [first] = revisions
  const last = revisions.at(-1)!
  const { id, model, score, summary, device } = last
  const reached = new Map<string, number>()
  for (const { orig, resp, ts } of revisions.flatMap(({ records }) => records)) {
    if (orig !== device.id || resp === undefined || resp === device.id) continue
    reached.set(resp, Math.min(ts, reached.get(resp) ?? ts))
  }
  return {
    id,
    model,
    score,
    summary,
    time: first!.time,
    device: device.id,
    reached: [...reached].map(([to, time]) => ({ device: to, time })),
    evidence: [...new Set(revisions.flatMap(({ evidence }) => evidence))],
  }
}

async function write(source: ReportSource, path: string): Promise<void> {
  const format = formatOf(path)
  if (format === undefined) {
    throw new CommandFailure(`no report is written as ${visible(path)}; the name has to end in one of ${ENDINGS}`)
  }
  const content = await format.render(source)
  try {
    writeFileSync(path, content)
  } catch (error) {
    throw new CommandFailure(`cannot write ${path}`, EXIT.inputOutput, { cause: error })
  }
  process.stderr.write(`${format.name} written to ${visible(path)}\n`)
}
