import { csvCell } from './escape.ts'
import type { ReportSource } from './report.ts'
import { isoText } from './wording.ts'

/**
 * The indicators as CSV (RFC 4180, every cell quoted) for lists that other tools read: values are not defanged. A value
 * that a spreadsheet would compute begins with an apostrophe.
 */
export function csvReport({ incident }: ReportSource): string {
  const head = ['kind', 'value', 'defanged', 'first_seen', 'incident', 'verdict', 'evidence']
  const rows = incident.indicators.map(({ kind, value, defanged, first, evidence }) => [
    kind,
    value,
    defanged,
    isoText(first),
    incident.id,
    incident.verdict.is,
    evidence.join(' '),
  ])
  return `${[head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`
}
