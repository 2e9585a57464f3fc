import type { Incident } from '../analyst/incident.ts'
import { attackPath, ROLE_HUES } from './attack_path.ts'
import { type Cell, PdfPage } from './pdf_page.ts'
import { hueOfPhase } from './picture.ts'
import { presentable } from './presentable.ts'
import type { ReportSource } from './report.ts'
import { timelinePicture } from './timeline_picture.ts'
import {
  bitsText,
  confidenceText,
  dateOf,
  deviceName,
  fitText,
  INDICATOR_KINDS,
  LINK_KINDS,
  nameOf,
  partText,
  QUOTED_NOTE,
  sentenceText,
  severityText,
  spanText,
  techniqueText,
  timeText,
  toldOf,
  verdictText,
} from './wording.ts'

const ENTRIES_SHOWN = 120
/** Of the timeline's picture, in its own units: narrower than on a screen, so that print stays legible. */
const TIMELINE_WIDTH = 760
const PATH_WIDTH = 700

/** A4, DejaVu fonts (widest cover of Unicode), the pictures as paths; made when it was updated, so same bytes. */
export async function pdfReport(source: ReportSource): Promise<Uint8Array> {
  const { default: Document } = await import('pdfkit')
  const shown = presentable(source)
  const { incident, alerts, actions } = shown
  const doc = new Document({
    size: 'A4',
    margins: { top: 50, bottom: 54, left: 48, right: 48 },
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: incident.title,
      Author: 'Thymus',
      Subject: `Incident ${incident.id}`,
      CreationDate: dateOf(incident.updated),
      ModDate: dateOf(incident.updated),
    },
  })
  const bytes = collected(doc)
  const page = new PdfPage(doc)
  header(page, incident)
  const told = toldOf(incident)
  page.heading('What happened')
  page.paragraph(
    told
      // The verdict stands above.
      .filter(({ clause }) => clause.text !== incident.verdict.text)
      .map(({ clause, number }) => (number === null ? clause.text : `${clause.text} [${number}]`))
      .join(' '),
    10.5,
  )
  page.heading('What to do now')
  page.list(incident.next_steps, 'Nothing is recommended.', true)
  page.picture('Attack path', await attackPath(shown, PATH_WIDTH))
  page.heading('Kill chain')
  for (const phase of incident.phases) {
    page.phase(
      hueOfPhase(phase.name),
      phase.name,
      `${timeText(phase.start)} · ${spanText(phase.end - phase.start)}`,
      phase.text,
      phase.techniques.map(techniqueText).join(' · '),
    )
  }
  page.picture('Timeline', timelinePicture(shown, TIMELINE_WIDTH))
  page.table(
    ['Time', 'Device', 'Phase', 'What happened'],
    [112, 78, 92, 0],
    incident.timeline
      .slice(0, ENTRIES_SHOWN)
      .map((entry) => [
        timeText(entry.time),
        { text: nameOf(incident, entry.device), bold: true },
        { text: entry.phase, ink: hueOfPhase(entry.phase) },
        entry.text,
      ]),
  )
  if (incident.timeline.length > ENTRIES_SHOWN) {
    page.note(`and ${incident.timeline.length - ENTRIES_SHOWN} more entries`)
  }
  page.heading('Devices')
  page.table(
    ['Device', 'Address', 'Part', 'What it did'],
    [132, 84, 88, 0],
    incident.devices.map((device) => [
      { text: deviceName(device), bold: true },
      { text: device.ip, mono: true },
      { text: device.role, ink: ROLE_HUES[device.role] },
      partText(device),
    ]),
  )
  page.heading('Credentials and indicators')
  if (incident.credentials.length > 0) page.paragraph(`Credentials: ${incident.credentials.join(', ')}`)
  page.table(
    ['Kind', 'Indicator (defanged)', 'First seen'],
    [60, 0, 116],
    incident.indicators.map(({ kind, defanged, first }) => [
      INDICATOR_KINDS[kind],
      { text: defanged, mono: true },
      timeText(first),
    ]),
  )
  page.heading('Why we think so')
  page.table(
    ['Explanation', 'Fit', 'Why it stands or was dropped'],
    [140, 82, 0],
    incident.hypotheses.map((each) => [
      { text: each.name, bold: true, ink: each.kind === 'attack' ? 'red' : 'text' },
      fitText(each, incident.hypotheses),
      each.text,
    ]),
  )
  page.heading('Investigation')
  page.table(
    ['Question', 'Answer', 'Lead'],
    [190, 0, 58],
    incident.investigation.map(({ question, answer, lead }) => [question, answer, bitsText(lead)]),
  )
  page.heading('What could not be seen')
  page.list(incident.unseen.map(sentenceText), 'Nothing that matters here was hidden from the sensor.')
  page.heading('How it was joined')
  page.table(
    ['Time', 'Kind', 'Why', 'Bits'],
    [112, 84, 0, 32],
    incident.links.map((link) => [
      timeText(link.time),
      LINK_KINDS[link.kind],
      sentenceText(link.text),
      String(Math.round(link.bits * 10) / 10),
    ]),
  )
  page.list(
    incident.related.map(({ id, why }) => `Related, not part of it: ${id}. ${why}`),
    '',
  )
  page.heading('Response taken')
  page.list(
    actions.map(
      (action) => `${timeText(action.time)}: ${action.kind}, ${action.device.ip} (${action.mode}, ${action.state})`,
    ),
    'Thymus took no action.',
  )
  page.heading('Evidence')
  page.table(
    ['#', 'Sentence', 'Events (uid)'],
    [20, 0, 150],
    told.flatMap(({ clause, number }): Cell[][] =>
      number === null ? [] : [[String(number), clause.text, { text: clause.evidence.join('\n'), mono: true }]],
    ),
  )
  const known = new Map(alerts.map((alert) => [alert.id, alert]))
  page.table(
    ['Alert', 'Raised', 'Model', 'Score'],
    [124, 112, 0, 36],
    incident.alerts.map((id) => {
      const alert = known.get(id)
      return alert === undefined
        ? [{ text: id, mono: true }, '', 'not at hand', '']
        : [{ text: id, mono: true }, timeText(alert.time), alert.model, String(Math.round(alert.score))]
    }),
  )
  page.note(QUOTED_NOTE)
  page.footers(`Thymus · incident ${incident.id} · as of ${timeText(incident.updated)}`)
  doc.end()
  return bytes
}

function header(page: PdfPage, incident: Incident): void {
  const severity = severityText(incident.score)
  const hue = severity === 'medium' ? 'orange' : severity === 'low' ? 'slate' : 'red'
  page.title(
    hue,
    `Incident report · ${incident.types.join(' · ') || incident.type}`,
    incident.title,
    String(Math.round(incident.score)),
    verdictText(incident.verdict),
    confidenceText(incident.verdict),
    incident.verdict.text,
  )
  page.facts([
    ['From', timeText(incident.start)],
    ['To', timeText(incident.end)],
    ['Lasted', spanText(incident.end - incident.start)],
    ['Devices', String(incident.devices.length)],
    ['Credentials', String(incident.credentials.length)],
    ['Alerts', String(incident.alerts.length)],
  ])
}

function collected(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    doc.on('error', reject)
  })
}
