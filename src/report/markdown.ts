import type { Incident } from '../analyst/incident.ts'
import { graphOf } from './attack_graph.ts'
import { escapeMarkdown as e } from './escape.ts'
import { presentable } from './presentable.ts'
import type { ReportAlert, ReportSource } from './report.ts'
import {
  bitsText,
  confidenceText,
  deviceName,
  fitText,
  INDICATOR_KINDS,
  LINK_KINDS,
  nameOf,
  partText,
  QUOTED_NOTE,
  sentenceText,
  spanText,
  techniqueText,
  techniqueUrl,
  timeText,
  toldOf,
  verdictText,
  weightsText,
} from './wording.ts'

const ENTRIES_SHOWN = 300

/** For tickets, wikis and mail: no picture, tables in GitHub's form. */
export function markdownReport(source: ReportSource): string {
  const { incident, alerts, actions } = presentable(source)
  const { verdict } = incident
  const parts = [
    `# ${e(incident.title)}`,
    `**${verdictText(verdict)}**, ${e(confidenceText(verdict))} · score **${Math.round(incident.score)}** of 100 · ${timeText(incident.start)} to ${timeText(incident.end)} (${spanText(incident.end - incident.start)}) · incident ${e(incident.id)}`,
    heading('What happened'),
    summary(incident),
    heading('What to do now'),
    numbered(incident.next_steps),
    heading('How it moved'),
    moves(incident, alerts),
    heading('Kill chain'),
    ...incident.phases.map(
      (phase) =>
        `- **${e(phase.name)}** (${timeText(phase.start)}, ${spanText(phase.end - phase.start)}): ${e(phase.text)}${phase.techniques.length > 0 ? ` (${phase.techniques.map(technique).join(' · ')})` : ''}`,
    ),
    heading('Timeline'),
    table(
      ['Time', 'Device', 'Phase', 'What happened'],
      incident.timeline
        .slice(0, ENTRIES_SHOWN)
        .map((entry) => [timeText(entry.time), e(nameOf(incident, entry.device)), e(entry.phase), e(entry.text)]),
    ),
    rest(incident.timeline.length - ENTRIES_SHOWN),
    heading('Devices'),
    table(
      ['Device', 'Address', 'Part', 'What it did', 'Tags'],
      incident.devices.map((device) => [
        e(deviceName(device)),
        e(device.ip),
        device.role,
        e(partText(device)),
        e(device.tags.join(', ')),
      ]),
    ),
    heading('Credentials and indicators'),
    incident.credentials.length > 0 ? `Credentials: ${incident.credentials.map(e).join(', ')}` : '',
    table(
      ['Kind', 'Indicator (defanged)', 'First seen', 'Evidence'],
      incident.indicators.map(({ kind, defanged, first, evidence }) => [
        INDICATOR_KINDS[kind],
        e(defanged),
        timeText(first),
        evidence.map(e).join(' '),
      ]),
    ),
    heading('Why we think so'),
    e(verdict.text),
    table(
      ['Explanation', 'Kind', 'Fit', 'Why it stands or was dropped'],
      incident.hypotheses.map((each) => [e(each.name), each.kind, fitText(each, incident.hypotheses), e(each.text)]),
    ),
    heading('Investigation'),
    table(
      ['#', 'Question', 'Answer', 'Weighs', 'Lead'],
      incident.investigation.map((step, index) => [
        String(index + 1),
        e(step.question),
        e(step.answer),
        e(weightsText(step.weights)) || (step.could_tell ? 'nothing' : 'nothing: cannot tell'),
        bitsText(step.lead),
      ]),
    ),
    heading('What could not be seen'),
    list(incident.unseen.map(sentenceText), 'Nothing that matters here was hidden from the sensor.'),
    heading('How it was joined'),
    table(
      ['Time', 'Kind', 'Why', 'Bits'],
      incident.links.map((link) => [
        timeText(link.time),
        LINK_KINDS[link.kind],
        e(sentenceText(link.text)),
        String(Math.round(link.bits * 10) / 10),
      ]),
    ),
    list(
      [
        ...(incident.absorbed.length > 0 ? [`Became part of it: ${incident.absorbed.join(', ')}`] : []),
        ...incident.related.map(({ id, why }) => `Related, not part of it: ${id}. ${why}`),
      ],
      '',
    ),
    heading('Response taken'),
    list(
      actions.map(
        (action) =>
          `${timeText(action.time)}: ${action.kind}, ${action.device.ip} (${action.mode}, ${action.state})${action.expires === null ? '' : ` until ${timeText(action.expires)}`}`,
      ),
      'Thymus took no action.',
    ),
    heading('Evidence'),
    evidence(incident, alerts),
    '---',
    `${QUOTED_NOTE} As of ${timeText(incident.updated)}. Written by Thymus.`,
  ]
  return `${blocks(parts)}\n`
}

/** Blocks parted by an empty line; items of one list stay together. */
function blocks(parts: readonly string[]): string {
  let text = ''
  let before = ''
  for (const part of parts) {
    if (part === '') continue
    text += text === '' ? part : before.startsWith('- ') && part.startsWith('- ') ? `\n${part}` : `\n\n${part}`
    before = part
  }
  return text
}

function heading(text: string): string {
  return `## ${text}`
}

function summary(incident: Incident): string {
  return toldOf(incident)
    .map(({ clause, number }) => e(clause.text) + (number === null ? '' : ` \\[${number}\\]`))
    .join(' ')
}

function moves(incident: Incident, alerts: readonly ReportAlert[]): string {
  const { nodes, edges } = graphOf({ incident, alerts })
  const steps = edges.filter(({ step }) => step !== null)
  if (steps.length === 0) return 'From one device to another: nothing was seen.'
  return numberedLines(
    steps.map(
      ({ from, to, time, kind }) =>
        `${timeText(time)} ${e(nodes[from]!.name)} → ${e(nodes[to]!.name)} (${kind === 'movement' ? 'moved to' : 'acted on'})`,
    ),
  )
}

function technique(id: string): string {
  const url = techniqueUrl(id)
  return url === undefined ? e(techniqueText(id)) : `[${e(techniqueText(id))}](${url})`
}

function evidence(incident: Incident, alerts: readonly ReportAlert[]): string {
  const known = new Map(alerts.map((alert) => [alert.id, alert]))
  const clauses = table(
    ['#', 'Sentence', 'Alerts', 'Events (uid)'],
    toldOf(incident).flatMap(({ clause, number }) =>
      number === null
        ? []
        : [[String(number), e(clause.text), clause.alerts.map(e).join(' '), clause.evidence.map(e).join(' ')]],
    ),
  )
  const rows = table(
    ['Alert', 'Raised', 'Model', 'Score'],
    incident.alerts.map((id) => {
      const alert = known.get(id)
      return alert === undefined
        ? [e(id), '', 'not at hand', '']
        : [e(id), timeText(alert.time), e(alert.model), String(Math.round(alert.score))]
    }),
  )
  return blocks([clauses, rows])
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function list(items: readonly string[], empty: string): string {
  return items.length === 0 ? empty : items.map((item) => `- ${e(item)}`).join('\n')
}

function numbered(items: readonly string[]): string {
  return numberedLines(items.map(e))
}

function numberedLines(lines: readonly string[]): string {
  return lines.map((line, index) => `${index + 1}. ${line}`).join('\n')
}

function rest(more: number): string {
  return more > 0 ? `and ${more} more entries` : ''
}
