import type { Incident } from '../analyst/incident.ts'
import { attackPath, ROLE_HUES } from './attack_path.ts'
import { escapeHtml as e } from './escape.ts'
import { HTML_STYLE } from './html_style.ts'
import { hueOfPhase, inkStyle, svgOf } from './picture.ts'
import { presentable } from './presentable.ts'
import type { ReportAlert, ReportSource } from './report.ts'
import { timelinePicture } from './timeline_picture.ts'
import {
  bitsText,
  clockText,
  confidenceText,
  dayText,
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
  techniqueUrl,
  timeText,
  toldOf,
  verdictText,
  weightsText,
} from './wording.ts'

const ENTRIES_SHOWN = 300

/** One file that needs nothing else: no script, no font, no picture from outside, and a policy that forbids them. */
export async function htmlReport(source: ReportSource): Promise<string> {
  const shown = presentable(source)
  const { incident, alerts, actions } = shown
  const sections = [
    summary(incident),
    section('Attack path', `<figure>${svgOf(await attackPath(shown))}</figure>`),
    section('Kill chain', phases(incident)),
    section('Timeline', `<figure>${svgOf(timelinePicture(shown))}</figure>${timeline(incident)}`),
    section('Devices', devices(incident)),
    section('Credentials and indicators', indicators(incident)),
    section('Why we think so', explanations(incident)),
    section('Investigation', investigation(incident)),
    section(
      'What could not be seen',
      list(incident.unseen.map(sentenceText), 'Nothing that matters here was hidden from the sensor.'),
    ),
    section('How it was joined', joined(incident)),
    section(
      'Response taken',
      list(
        actions.map(
          (action) =>
            `${timeText(action.time)}: ${action.kind}, ${action.device.ip} (${action.mode}, ${action.state})${action.expires === null ? '' : ` until ${timeText(action.expires)}`}`,
        ),
        'Thymus took no action.',
      ),
    ),
    section('Evidence', evidence(incident, alerts)),
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no, address=no, email=no">
<title>${e(incident.title)}</title>
<style>${inkStyle()}${HTML_STYLE}</style>
</head>
<body>
<main>
${header(incident)}
${sections.join('\n')}
<footer>${e(QUOTED_NOTE)} Incident ${e(incident.id)}, as of ${timeText(incident.updated)}. Written by Thymus.</footer>
</main>
</body>
</html>
`
}

function header(incident: Incident): string {
  const severity = severityText(incident.score)
  const facts: readonly (readonly [string, string])[] = [
    ['From', timeText(incident.start)],
    ['To', timeText(incident.end)],
    ['Lasted', spanText(incident.end - incident.start)],
    ['Devices', String(incident.devices.length)],
    ['Credentials', String(incident.credentials.length)],
    ['Alerts', String(incident.alerts.length)],
  ]
  return `<header class="${severity}">
<p class="kind">Incident report · ${e(incident.types.length > 0 ? incident.types.join(' · ') : incident.type)}</p>
<h1>${e(incident.title)}</h1>
<div class="strip">
<div class="score"><b>${Math.round(incident.score)}</b><span>of 100</span></div>
<div class="verdict"><b>${verdictText(incident.verdict)}</b> <span>${e(confidenceText(incident.verdict))}</span><p>${e(incident.verdict.text)}</p></div>
</div>
<dl class="facts">${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>
</header>`
}

function summary(incident: Incident): string {
  const text = toldOf(incident)
    // The verdict stands above.
    .filter(({ clause }) => clause.text !== incident.verdict.text)
    .map(
      ({ clause, number }) =>
        `<bdi dir="ltr">${e(clause.text)}</bdi>${number === null ? '' : `<sup><a href="#evidence-${number}">${number}</a></sup>`}`,
    )
    .join(' ')
  const next =
    incident.next_steps.length === 0
      ? ''
      : `<div class="next"><h2>What to do now</h2><ol>${incident.next_steps.map((step) => `<li>${e(step)}</li>`).join('')}</ol></div>`
  return `<section class="lead"><div><h2>What happened</h2><p>${text}</p></div>${next}</section>`
}

function phases(incident: Incident): string {
  if (incident.phases.length === 0) return none('No phase could be told.')
  return `<ol class="phases">${incident.phases
    .map(
      (phase) => `<li class="${hueOfPhase(phase.name)}"><h3>${e(phase.name)}</h3>
<p class="when">${timeText(phase.start)} · ${spanText(phase.end - phase.start)}</p>
<p>${e(phase.text)}</p><p class="chips">${phase.techniques.map(technique).join('')}</p></li>`,
    )
    .join('')}</ol>`
}

function technique(id: string): string {
  const url = techniqueUrl(id)
  const text = e(techniqueText(id))
  return url === undefined
    ? `<span class="chip">${text}</span>`
    : `<a class="chip" rel="noreferrer" href="${url}">${text}</a>`
}

function timeline(incident: Incident): string {
  const shown = incident.timeline.slice(0, ENTRIES_SHOWN)
  let day = ''
  const rows = shown.map((entry) => {
    const today = dayText(entry.time)
    const head = today === day ? '' : `<tr class="day"><th colspan="4">${today}</th></tr>`
    day = today
    return `${head}<tr><td class="mono nowrap">${clockText(entry.time)}</td><td><b>${e(nameOf(incident, entry.device))}</b></td><td>${entry.phase === '' ? '' : `<span class="dot ${hueOfPhase(entry.phase)}"></span>${e(entry.phase)}`}</td><td>${e(entry.text)}</td></tr>`
  })
  const rest = incident.timeline.length - shown.length
  return `${table(['Time', 'Device', 'Phase', 'What happened'], rows)}${rest > 0 ? `<p class="note">and ${rest} more entries</p>` : ''}`
}

function devices(incident: Incident): string {
  return table(
    ['Device', 'Part', 'What it did', 'First and last'],
    incident.devices.map(
      (device) =>
        `<tr><td><b>${e(device.hostname === '' ? device.ip : device.hostname)}</b>${device.hostname === '' ? '' : `<br><span class="mono muted">${e(device.ip)}</span>`}</td><td><span class="role ${ROLE_HUES[device.role]}">${device.role}</span>${device.tags.length > 0 ? `<br><span class="muted small">${e(device.tags.join(', '))}</span>` : ''}</td><td>${e(partText(device))}</td><td class="small nowrap">${timeText(device.first)}<br>${timeText(device.last)}</td></tr>`,
    ),
  )
}

function indicators(incident: Incident): string {
  const credentials =
    incident.credentials.length === 0
      ? ''
      : `<p>Credentials: ${incident.credentials.map((name) => `<span class="chip mono">${e(name)}</span>`).join('')}</p>`
  if (incident.indicators.length === 0) return credentials + none('No indicators.')
  return (
    credentials +
    table(
      ['Kind', 'Indicator (defanged)', 'First seen', 'Evidence'],
      incident.indicators.map(
        ({ kind, defanged, first, evidence: uids }) =>
          `<tr><td>${INDICATOR_KINDS[kind]}</td><td class="mono">${e(defanged)}</td><td class="small nowrap">${timeText(first)}</td><td>${uidList(uids)}</td></tr>`,
      ),
    )
  )
}

function explanations(incident: Incident): string {
  const best = Math.max(...incident.hypotheses.map(({ bits }) => bits))
  const least = Math.min(...incident.hypotheses.map(({ bits }) => bits))
  const share = (bits: number): number => Math.round(((bits - least) / (best - least || 1)) * 100)
  return table(
    ['Explanation', 'How well it fits', 'Why it stands or was dropped'],
    incident.hypotheses.map((hypothesis) => {
      const { name, kind, bits, text } = hypothesis
      return `<tr><td><b>${e(name)}</b><br><span class="muted small">${kind}</span></td><td class="fit"><span class="bar"><span class="${kind === 'attack' ? 'red' : 'green'}" style="width:${Math.max(2, share(bits))}%"></span></span><span class="small nowrap">${fitText(hypothesis, incident.hypotheses)}</span></td><td>${e(text)}</td></tr>`
    }),
  )
}

function investigation(incident: Incident): string {
  if (incident.investigation.length === 0) return none('No question was asked.')
  return table(
    ['#', 'Question', 'Answer', 'Weighs', 'Lead'],
    incident.investigation.map((step, index) => {
      const weights = weightsText(step.weights)
      return `<tr><td>${index + 1}</td><td>${e(step.question)}<br><span class="muted small">${e(nameOf(incident, step.device))}, as of ${timeText(step.as_of)}</span></td><td>${step.could_tell || /^cannot tell/i.test(step.answer) ? '' : '<span class="role slate">cannot tell</span> '}${e(step.answer)}${step.evidence.length > 0 ? `<br>${uidList(step.evidence)}` : ''}</td><td class="small">${weights === '' ? '<span class="muted">nothing</span>' : `${e(weights)}<br><span class="muted">${step.basis}</span>`}</td><td class="small nowrap">${bitsText(step.lead)}</td></tr>`
    }),
  )
}

function joined(incident: Incident): string {
  const links =
    incident.links.length === 0
      ? none('One alert: nothing had to be joined.')
      : table(
          ['Time', 'Kind', 'Why', 'Bits'],
          incident.links.map(
            (link) =>
              `<tr><td class="small nowrap">${timeText(link.time)}</td><td class="small">${LINK_KINDS[link.kind]}</td><td>${e(sentenceText(link.text))}</td><td class="nowrap">${Math.round(link.bits * 10) / 10}</td></tr>`,
          ),
        )
  const related = incident.related.map(({ id, why }) => `Related, not part of it: ${id}. ${why}`)
  const absorbed = incident.absorbed.length > 0 ? [`Became part of it: ${incident.absorbed.join(', ')}`] : []
  return links + (related.length + absorbed.length > 0 ? list([...absorbed, ...related], '') : '')
}

function evidence(incident: Incident, alerts: readonly ReportAlert[]): string {
  const clauses = toldOf(incident).flatMap(({ clause, number }) =>
    number === null
      ? []
      : [
          `<tr id="evidence-${number}"><td>${number}</td><td>${e(clause.text)}</td><td>${uidList(clause.alerts)}</td><td>${uidList(clause.evidence)}</td></tr>`,
        ],
  )
  const known = new Map(alerts.map((alert) => [alert.id, alert]))
  const rows = incident.alerts.map((id) => {
    const alert = known.get(id)
    return alert === undefined
      ? `<tr><td class="mono id">${e(id)}</td><td colspan="3" class="muted">not at hand</td></tr>`
      : `<tr><td class="mono id">${e(id)}</td><td class="small nowrap">${timeText(alert.time)}</td><td>${e(alert.model)}<br><span class="muted small">${e(alert.summary)}</span></td><td>${Math.round(alert.score)}</td></tr>`
  })
  return (
    (clauses.length > 0 ? table(['#', 'Sentence', 'Alerts', 'Events (uid)'], clauses) : '') +
    `<h3>Alerts</h3>${table(['Id', 'Raised', 'Model', 'Score'], rows)}`
  )
}

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>${body}</section>`
}

function table(head: readonly string[], rows: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr>${head.map((name) => `<th>${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function list(items: readonly string[], empty: string): string {
  return items.length === 0 ? none(empty) : `<ul>${items.map((item) => `<li>${e(item)}</li>`).join('')}</ul>`
}

function none(text: string): string {
  return `<p class="muted">${text}</p>`
}

function uidList(uids: readonly string[]): string {
  return `<span class="mono small uids">${uids.map(e).join('<br>')}</span>`
}
