import { presentable } from '../report/presentable.ts'
import type { ReportSource } from '../report/report.ts'
import {
  bitsText,
  clockText,
  confidenceText,
  dayText,
  deviceName,
  fitText,
  INDICATOR_KINDS,
  LINK_KINDS,
  nameOf,
  partText,
  sentenceText,
  spanText,
  techniqueText,
  timeText,
  verdictText,
  weightsText,
} from '../report/wording.ts'
import { paint, table, wrap } from './terminal.ts'

const WIDTH = 110
const ENTRIES_SHOWN = 40
const EVENTS_ASKED = 3
const EXPLANATIONS_SHOWN = 8

/** An incident on one terminal page; a person who reads only that must be able to judge. */
export function incidentPage(source: ReportSource, dir: string): string {
  const { incident, alerts, actions } = presentable(source)
  const { verdict } = incident
  const lines: string[] = []
  const section = (title: string, ...body: readonly string[]): void => {
    const shown = body.filter((line) => line !== '')
    if (shown.length > 0) lines.push('', paint('bold', title), ...shown)
  }
  const name = (id: string): string => nameOf(incident, id)
  lines.push(
    paint('bold', wrap(`${incident.title} · score ${Math.round(incident.score)}`, WIDTH)),
    `${timeText(incident.start)} to ${timeText(incident.end)} (${spanText(incident.end - incident.start)}) · id ${incident.id}`,
    '',
    wrap(incident.summary, WIDTH),
  )
  section(
    'Verdict',
    `  ${paint(verdict.is === 'attack' ? 'red' : verdict.is === 'undecided' ? 'yellow' : 'green', verdictText(verdict))}, ${confidenceText(verdict)}`,
    incident.summary.includes(verdict.text) ? '' : item(verdict.text),
    item(`Story: ${incident.types.join('; ') || incident.type}`),
  )
  section('What to do', ...incident.next_steps.map((step, index) => item(step, `${index + 1}. `)))
  section(
    'Phases',
    ...incident.phases.flatMap((phase) => [
      `  ${paint('bold', phase.name)} · ${timeText(phase.start)} · ${spanText(phase.end - phase.start)}`,
      item(phase.text, '  '),
      phase.techniques.length > 0 ? paint('dim', item(phase.techniques.map(techniqueText).join(' · '), '  ')) : '',
    ]),
  )
  const shown = incident.timeline.slice(0, ENTRIES_SHOWN)
  section(
    'Timeline',
    shown.length === 0
      ? ''
      : columns(
          shown.map((entry, index) => {
            const day = dayText(entry.time)
            const before = shown[index - 1]
            const isNew = before === undefined || dayText(before.time) !== day
            return [isNew ? day : '', clockText(entry.time), name(entry.device), entry.phase, entry.text]
          }),
        ),
    incident.timeline.length > shown.length ? `  and ${incident.timeline.length - shown.length} more: --json` : '',
  )
  section(
    'Devices',
    ...incident.devices.map((device) =>
      item(
        `${deviceName(device)}${device.hostname === '' ? '' : ` (${device.ip})`}, ${device.role}${device.tags.length > 0 ? ` [${device.tags.join(', ')}]` : ''}${partText(device) === '' ? '' : `: ${partText(device)}`}`,
      ),
    ),
  )
  section(
    'How it was joined',
    ...incident.links.map((link) =>
      item(
        `${clockText(link.time)} ${sentenceText(link.text)} (${LINK_KINDS[link.kind]}, ${Math.round(link.bits * 10) / 10} bits)`,
      ),
    ),
    ...incident.related.map(({ id, why }) => item(`Related, not part of it: ${id}. ${why}`)),
    incident.absorbed.length > 0 ? item(`Became part of it: ${incident.absorbed.join(', ')}`) : '',
  )
  section(
    'Investigation',
    ...incident.investigation.flatMap((step, index) => {
      const weights = weightsText(step.weights)
      return [
        item(`${step.question} ${paint('bold', step.answer)}`, `${index + 1}. `),
        paint(
          'dim',
          item(
            `${name(step.device)}, as of ${timeText(step.as_of)}: ${weights === '' ? 'no weight' : `${weights} (${step.basis})`}; lead ${bitsText(step.lead)}`,
            '   ',
          ),
        ),
      ]
    }),
  )
  section(
    'Explanations considered',
    ...incident.hypotheses
      .slice(0, EXPLANATIONS_SHOWN)
      .map((each) => item(`${each.name} (${each.kind}, ${fitText(each, incident.hypotheses)}): ${each.text}`)),
    incident.hypotheses.length > EXPLANATIONS_SHOWN
      ? `  and ${incident.hypotheses.length - EXPLANATIONS_SHOWN} that fit less: --json`
      : '',
  )
  section('What could not be seen', ...incident.unseen.map((text) => item(sentenceText(text))))
  section(
    'Credentials and indicators (defanged)',
    incident.credentials.length > 0 ? item(`Credentials: ${incident.credentials.join(', ')}`) : '',
    incident.indicators.length === 0
      ? ''
      : columns(
          incident.indicators.map(({ kind, defanged, first }) => [
            INDICATOR_KINDS[kind],
            defanged,
            `since ${timeText(first)}`,
          ]),
        ),
  )
  section(
    'Response taken',
    ...(actions.length === 0
      ? ['  none']
      : actions.map((action) =>
          item(`${timeText(action.time)} ${action.kind}, ${action.device.ip} (${action.mode}, ${action.state})`),
        )),
  )
  section(
    'Alerts',
    columns(
      incident.alerts.map((id) => {
        const alert = alerts.find((each) => each.id === id)
        return alert === undefined
          ? [id, '', '', 'not among the alerts of this folder']
          : [id, timeText(alert.time), String(Math.round(alert.score)), alert.model]
      }),
    ),
  )
  section('To look deeper', ...commands(source, dir).map((command) => `  ${command}`))
  return lines.join('\n')
}

/**
 * Commands are made of the source's own ids, and of those only that need no quoting in any shell. Zeek's uids of
 * connections begin with C.
 */
function commands({ incident }: ReportSource, dir: string): string[] {
  const plain = (text: string): boolean => /^[\w]+$/.test(text)
  const from = dir === 'thymus-out' ? '' : ` --from ${/^[\w./-]+$/.test(dir) ? dir : 'DIR'}`
  const alert = incident.alerts.find(plain)
  const uids = [...new Set(incident.phases.flatMap(({ evidence }) => evidence))]
    .filter((uid) => plain(uid) && uid.startsWith('C'))
    .slice(0, EVENTS_ASKED)
  const [device] = incident.devices.map(deviceName).filter((name) => /^\w[\w.-]*$/.test(name))
  const quoted = uids.map((uid) => `'${uid}'`).join(', ')
  return [
    ...(alert === undefined ? [] : [`thymus explain ${alert}${from}`]),
    ...(device === undefined ? [] : [`thymus device ${device}${from}`]),
    ...(uids.length === 0 ? [] : [`thymus query${from} "SELECT * FROM conn WHERE uid IN (${quoted})"`]),
    ...(plain(incident.id) ? [`thymus incident ${incident.id.slice(0, 8)}${from} --report incident.pdf`] : []),
  ]
}

function item(text: string, mark = ''): string {
  const indent = ' '.repeat(2 + mark.length)
  return `  ${mark}${wrap(text, WIDTH - indent.length).replaceAll('\n', `\n${indent}`)}`
}

function columns(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  return table(
    rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]),
    WIDTH,
  )
}
