import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { knownLogTypes, type LogType, logType } from '../event/log_types.ts'

/**
 * Recorded events, to be written in any packing that a sensor knows: for the tests that say that packing does not
 * matter, and for cutting a recording at a moment.
 */
export interface RecordedEvent {
  /** Zeek's `_path`. */
  readonly log: string
  /** Zeek's names, dotted or underscored; as in a JSON log, without `_path`. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** How a recording is written. */
export interface Packing {
  readonly format: 'json' | 'tsv'
  /** One file with all logs in it, one file a log, or one a log and hour. */
  readonly files: 'combined' | 'log' | 'hour'
  readonly gzip?: boolean
}

/** From the text of a combined JSON log (`@stream` or `_path` names the log of each line). */
export function recordedFromJson(text: string): RecordedEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { _path, '@stream': stream, ...fields } = JSON.parse(line) as Record<string, unknown>
      return { log: String(stream ?? _path), fields }
    })
}

/** Writes a recording into a folder; each log keeps its order. TSV has no combined form. */
export function writeRecording(dir: string, events: readonly RecordedEvent[], packing: Packing): void {
  const files = new Map<string, RecordedEvent[]>()
  const latest = new Map<string, number>()
  for (const event of events) {
    const name = fileName(event, packing, latest)
    const file = files.get(name)
    if (file) file.push(event)
    else files.set(name, [event])
  }
  for (const [name, file] of files) {
    const text = packing.format === 'json' ? jsonText(file, packing.files === 'combined') : tsvText(file)
    const path = join(dir, packing.gzip ? `${name}.gz` : name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, packing.gzip ? gzipSync(text) : text)
  }
}

function fileName(event: RecordedEvent, packing: Packing, latest: Map<string, number>): string {
  const { log } = event
  if (packing.files === 'combined') return 'everything.log'
  if (packing.files === 'log') return `${log}.log`
  // A log is cut by when its lines were written; a later line with an earlier ts must not move to an earlier file.
  const date = new Date(writtenAt(event, latest) * 1000).toISOString()
  return `${date.slice(0, 10)}/${log}.${date.slice(11, 13)}:00:00-00:00:00.log`
}

/** Running maximum a log of when a record was known (epoch seconds): the moment at which Zeek would have rotated. */
function writtenAt({ log, fields }: RecordedEvent, latest: Map<string, number>): number {
  const known = Number(fields['ts']) + (Number(fields['duration']) || 0)
  const at = Math.max(latest.get(log) ?? 0, known)
  latest.set(log, at)
  return at
}

function jsonText(events: readonly RecordedEvent[], combined: boolean): string {
  return events.map(({ log, fields }) => `${JSON.stringify(combined ? { _path: log, ...fields } : fields)}\n`).join('')
}

const ZEEK_TYPE = { uid: 'string', set: 'vector[string]', numbers: 'vector[interval]' } as const

function tsvText(events: readonly RecordedEvent[]): string {
  const type = logType(events[0]!.log)
  const names = [...new Set(events.flatMap(({ fields }) => Object.keys(fields)))]
  const kinds = names.map((name) => zeekTypeOf(type, name, events))
  const head = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${events[0]!.log}`,
    `#fields\t${names.join('\t')}`,
    `#types\t${kinds.join('\t')}`,
  ]
  const rows = events.map(({ fields }) => names.map((name) => tsvValue(fields[name])).join('\t'))
  return `${[...head, ...rows].join('\n')}\n`
}

function zeekTypeOf(type: LogType, name: string, events: readonly RecordedEvent[]): string {
  const slot = knownLogTypes().includes(type) ? type.slots.get(name) : undefined
  const kind = slot === undefined ? undefined : type.fields[slot]!.kind
  if (kind !== undefined) return kind in ZEEK_TYPE ? ZEEK_TYPE[kind as keyof typeof ZEEK_TYPE] : kind
  const value = events.map(({ fields }) => fields[name]).find((each) => each !== undefined && each !== null)
  if (Array.isArray(value)) return 'vector[string]'
  return typeof value === 'number' ? 'double' : typeof value === 'boolean' ? 'bool' : 'string'
}

function tsvValue(value: unknown): string {
  if (value === undefined || value === null) return '-'
  if (Array.isArray(value)) return value.length === 0 ? '(empty)' : value.map((item) => escaped(item, true)).join(',')
  if (typeof value === 'boolean') return value ? 'T' : 'F'
  return value === '' ? '(empty)' : escaped(value, false)
}

function escaped(value: unknown, element: boolean): string {
  const text = String(value)
  if (text === '-') return '\\x2d'
  return text.replace(/[\\\u0000-\u001f]/g, hex).replace(element ? /,/g : /$^/, hex)
}

function hex(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
