import { captureFindings, clockSkew, timeFindings } from './doctor/capture_findings.ts'
import { deviceFindings } from './doctor/device_findings.ts'
import { dialectFindings } from './doctor/dialect_findings.ts'
import { type Finding, type Grade, many, percent, whole } from './doctor/finding.ts'
import { missingLogs } from './doctor/missing_logs.ts'
import type { Observation } from './doctor/observation.ts'
import type { RejectReason } from './sensor.ts'

/** What `thymus doctor` has to say about one source. */
export interface SourceDiagnosis {
  readonly source: string
  readonly files: number
  readonly unreadableFiles: number
  readonly records: number
  /** Rows by log type, in order of name. */
  readonly recordsByType: Readonly<Record<string, number>>
  readonly sections: readonly Section[]
}

export interface Section {
  readonly title: string
  readonly findings: readonly Finding[]
}

export interface Diagnosis {
  readonly sources: readonly SourceDiagnosis[]
  /** What two or more sources tell of each other. */
  readonly together: readonly Finding[]
  /** Worst of all findings; `unreadable` when no source had a single record. */
  readonly verdict: 'fine' | 'could-be-better' | 'blind' | 'unreadable'
}

/** Says what sensors can and cannot see, from what was observed of each. Pure: the same observations, the same words. */
export function diagnose(observations: readonly Observation[]): Diagnosis {
  const sources = observations.map(diagnoseOne)
  const together: Finding[] = []
  for (let i = 0; i < observations.length; i++) {
    for (let j = i + 1; j < observations.length; j++) {
      const skew = clockSkew(observations[i]!, observations[j]!)
      if (skew) together.push(skew)
    }
  }
  const grades = new Set<Grade>(
    [...sources.flatMap(({ sections }) => sections.flatMap(({ findings }) => findings)), ...together].map(
      ({ grade }) => grade,
    ),
  )
  const verdict = observations.every(({ rows }) => rows === 0)
    ? 'unreadable'
    : grades.has('blind')
      ? 'blind'
      : grades.has('weak')
        ? 'could-be-better'
        : 'fine'
  return { sources, together, verdict }
}

function diagnoseOne(seen: Observation): SourceDiagnosis {
  const sections: Section[] =
    seen.rows === 0
      ? [{ title: 'Files', findings: [nothingThere(seen), ...rejects(seen)] }]
      : [
          { title: 'Logs', findings: missingLogs(seen) },
          { title: 'Settings', findings: dialectFindings(seen) },
          { title: 'Packets', findings: captureFindings(seen) },
          { title: 'Time', findings: timeFindings(seen) },
          { title: 'Devices', findings: deviceFindings(seen) },
          { title: 'Files', findings: rejects(seen) },
        ]
  return {
    source: seen.name,
    files: seen.files,
    unreadableFiles: seen.unreadable,
    records: seen.rows,
    recordsByType: Object.fromEntries(
      [...seen.types].map(([name, { count }]): [string, number] => [name, count]).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    sections: sections.filter(({ findings }) => findings.length > 0),
  }
}

function nothingThere(seen: Observation): Finding {
  return {
    id: 'nothing-readable',
    grade: 'blind',
    title:
      seen.files === 0 ? 'no file of telemetry was found' : `no record could be read from ${many(seen.files, 'file')}`,
    advice: 'give a folder of Zeek logs (TSV or JSON, plain or .gz), a Suricata eve.json, or a capture (pcap, pcapng)',
  }
}

const REASON: Readonly<Record<RejectReason, string>> = {
  'malformed-json': 'are no JSON object',
  'wrong-column-count': 'have more or fewer columns than their header',
  'missing-header': 'stand in a TSV file without #fields',
  'malformed-header': 'stand under a header that cannot be read',
  'malformed-value': 'hold a value that is not of its field’s type',
  'line-too-long': 'are longer than 1 MiB',
  'nul-bytes': 'hold NUL bytes',
  'nested-too-deep': 'are nested too deep',
  'ts-missing': 'have no time',
  'ts-out-of-range': 'have a time before 1970 or after 2100',
  'ts-far-ahead': 'lie more than a day ahead of their log',
  'unknown-log-type': 'do not tell what log they belong to',
  'unrecognised-format': 'are in no format that Thymus reads',
  'truncated-compression': 'were cut off with the end of a compressed file',
  'truncated-capture': 'were cut off with the end of a capture',
  'malformed-packet': 'could not be dissected',
  unreadable: 'could not be read from the disk',
  'empty-file': 'are empty',
}

/** Reasons that cost a file rather than a record. */
const OF_FILES = new Set<RejectReason>(['unrecognised-format', 'unreadable', 'empty-file'])

function rejects(seen: Observation): Finding[] {
  const findings: Finding[] = []
  const rejected = [...seen.rejected].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [reason, { count, first }] of rejected) {
    const all = seen.rows + count
    const ofFiles = OF_FILES.has(reason)
    const share = ofFiles ? (reason === 'empty-file' ? 0 : 1) : count / all
    findings.push({
      id: `rejected/${reason}`,
      grade: share > 0.01 ? 'weak' : 'good',
      title: `${many(count, ofFiles ? 'file' : 'record')}${ofFiles ? '' : ` (${percent(count, all)})`} ${singular(count, REASON[reason])}: left out`,
      details: first.map(({ file, line, field, value, expected }) =>
        [
          line > 0 ? `${file}:${line}` : file,
          field === undefined ? '' : ` ${field}`,
          value === undefined ? '' : ` ${JSON.stringify(value)}`,
          expected === undefined ? '' : ofFiles ? `: ${expected}` : ` (expected ${expected})`,
        ].join(''),
      ),
    })
  }
  if (findings.length === 0)
    findings.push({ id: 'rejected', grade: 'good', title: `all of ${whole(seen.rows)} records could be read` })
  if (seen.notes.length > 0)
    findings.push({ id: 'notes', grade: 'good', title: 'noted while reading', details: seen.notes })
  return findings
}

function singular(count: number, verb: string): string {
  if (count !== 1) return verb
  return verb
    .replace(/^are\b/, 'is')
    .replace(/^have\b/, 'has')
    .replace(/^hold\b/, 'holds')
    .replace(/^stand\b/, 'stands')
    .replace(/^lie\b/, 'lies')
    .replace(/^do\b/, 'does')
    .replace(/^were\b/, 'was')
}
