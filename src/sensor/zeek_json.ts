import type { EventBatch } from '../event/batch.ts'
import { type LogType, logType } from '../event/log_types.ts'
import { isKnown, logNameOfFile, logTypeOfFields } from './log_names.ts'
import type { ReadReport, Sensor, SourceFile } from './sensor.ts'
import { validUtf8, wholeLines } from './text_lines.ts'
import { ZeekJsonScan } from './zeek_json_scan.ts'
import { DEEPEST, type JsonValue, NestedTooDeep, parseJson } from './zeek_values.ts'

/** So much of a file (bytes) is looked at to tell its log from its fields. */
const HEAD_FOR_FIELDS = 1 << 16
/** So many lines of a head are looked at to recognise the format: the first may be cut. */
const HEAD_LINES = 20

/** Zeek's logs as JSON Lines: one log a file, or all of them in one (`_path`, `@stream`). */
export const zeekJson: Sensor = {
  name: 'zeek-json',
  manyTypes: true,

  recognises(head, fileName) {
    const lines = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8').split('\n', HEAD_LINES)
    for (const line of lines) {
      const record = recordOf(line)
      if (record === undefined) continue
      if ('event_type' in record && 'timestamp' in record && !('ts' in record)) return false
      return ['ts', '_path', '@stream', 'uid'].some((key) => key in record) || /\.log\b/.test(fileName)
    }
    // Not one whole record: a head that is cut, or broken lines in a file that is named as a log.
    return lines.some((line) => /^\s*\{\s*"[\w@.]+"\s*:/.test(line)) && /\.(?:log|json)\b/.test(fileName)
  },

  async *read(file, report) {
    const stem = logNameOfFile(file.shown)
    const scan = new ZeekJsonScan(stem, isKnown(stem) ? logType(stem) : undefined, report)
    for await (const part of wholeLines(file.open(true))) {
      if (part.kind === 'line-too-long') {
        report.reject('line-too-long', ++scan.line, { value: `${part.length} bytes`, expected: 'at most 1 MiB' })
      } else if (part.kind === 'cut-off') {
        report.reject('truncated-compression', scan.line + 1, { value: part.message })
      } else {
        for (const [bytes, mended] of validUtf8(part.bytes)) {
          scan.open(bytes)
          while (!scan.atEnd) {
            const full = await scanOn(scan, mended, file, stem, report)
            if (full !== undefined) yield full
          }
        }
      }
    }
    for (const rows of scan.allRows()) {
      const batch = rows.builder.takeLast()
      if (batch !== undefined) yield batch
    }
  },
}

/** True when the records of a head say which log they belong to. */
export function namesItsLog(head: Buffer): boolean {
  return /"(?:_path|@stream|_stream)"\s*:/.test(head.latin1Slice(0, head.length))
}

/** Scans lines until the bytes are done, or a batch is full. */
async function scanOn(
  scan: ZeekJsonScan,
  mended: boolean,
  file: SourceFile,
  stem: string,
  report: ReadReport,
): Promise<EventBatch | undefined> {
  while (!scan.atEnd) {
    let outcome = scan.scanLine()
    if (outcome === 'unscanned') outcome = await placeUnscanned(scan, file, stem, report)
    if (outcome !== 'kept') continue
    if (mended) report.repair('invalid-utf8', scan.line)
    if (scan.rows?.builder.full) return scan.rows.builder.take()
  }
  return undefined
}

/** A line that the scanner left alone: JSON.parse decides. */
async function placeUnscanned(
  scan: ZeekJsonScan,
  file: SourceFile,
  stem: string,
  report: ReadReport,
): Promise<'kept' | 'rejected'> {
  const bytes = scan.lineBytes
  const text = bytes.toString('utf8')
  const reject = (reason: 'nul-bytes' | 'malformed-json' | 'nested-too-deep', expected: string): 'rejected' => {
    report.reject(reason, scan.line, { value: text, expected })
    return 'rejected'
  }
  if (bytes.includes(0)) return reject('nul-bytes', 'text')
  let record: JsonValue
  try {
    record = parseJson(text)
  } catch (error) {
    if (error instanceof NestedTooDeep) return reject('nested-too-deep', `at most ${DEEPEST} levels`)
    return reject('malformed-json', 'a JSON object on one line')
  }
  if (!isObject(record)) return reject('malformed-json', 'a JSON object')
  let placed = scan.placeRecord(record)
  if (placed === 'nameless') {
    scan.defaultType = (await typeFromHead(file)) ?? logType(stem)
    placed = scan.placeRecord(record)
  }
  if (placed === 'nameless') throw new Error('a record found no log type although there is a default')
  if (placed === 'kept' && scan.repeatedKey !== '') {
    report.repair('duplicate-key', scan.line, {
      field: scan.repeatedKey,
      expected: 'each key once; the last one counts',
    })
  }
  return placed
}

/** The log type that the fields of the file's first records tell. */
async function typeFromHead(file: SourceFile): Promise<LogType | undefined> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const chunk of file.open()) {
    pieces.push(chunk)
    length += chunk.length
    if (length >= HEAD_FOR_FIELDS) break
  }
  const names = new Set<string>()
  const text = Buffer.concat(pieces).subarray(0, HEAD_FOR_FIELDS).toString('utf8')
  for (const line of text.split('\n')) for (const name of Object.keys(recordOf(line) ?? {})) names.add(name)
  return logTypeOfFields(names)
}

function recordOf(line: string): { [key: string]: JsonValue } | undefined {
  try {
    const record = parseJson(line)
    return isObject(record) ? record : undefined
  } catch {
    return undefined
  }
}

function isObject(value: JsonValue): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
