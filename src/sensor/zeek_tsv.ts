import type { EventBatch } from '../event/batch.ts'
import { logNameOfFile } from './log_names.ts'
import type { ReadReport, Sensor } from './sensor.ts'
import { validUtf8, wholeLines } from './text_lines.ts'
import { ZeekTsvScan } from './zeek_tsv_scan.ts'

const HEADER = /^\s*#(?:separator|set_separator|empty_field|unset_field|path|open|fields|types)[ \t]/
/** A record of a log whose header was lost: time, then values between tabs. */
const HEADERLESS = /^\d{1,10}\.\d{1,6}\t(?:[^\t]+\t){3,}/

/** Zeek's own format: tab-separated values behind a header that says how to read them. */
export const zeekTsv: Sensor = {
  name: 'zeek-tsv',
  // Logs may have been put one behind the other, each with its header.
  manyTypes: true,

  recognises(head) {
    const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '')
    const lines = text.split('\n', 10)
    return lines.some((line) => HEADER.test(line)) || HEADERLESS.test(lines[0]!)
  },

  async *read(file, report) {
    const scan = new ZeekTsvScan(logNameOfFile(file.shown), report)
    const headerless = { first: 0, count: 0 }
    for await (const part of wholeLines(file.open(true))) {
      if (part.kind === 'line-too-long') {
        report.reject('line-too-long', ++scan.line, { value: `${part.length} bytes`, expected: 'at most 1 MiB' })
      } else if (part.kind === 'cut-off') {
        report.reject('truncated-compression', scan.line + 1, { value: part.message })
      } else {
        for (const [bytes, mended] of validUtf8(part.bytes)) {
          scan.open(bytes)
          while (!scan.atEnd) {
            const full = scanOn(scan, mended, headerless, report)
            if (full !== undefined) yield full
          }
        }
      }
    }
    if (headerless.count > 0) {
      report.reject('missing-header', headerless.first, {
        count: headerless.count,
        expected: 'a line #fields before the records',
      })
    }
    for (const rows of scan.allRows()) {
      const batch = rows.builder.takeLast()
      if (batch !== undefined) yield batch
    }
  },
}

/** Scans lines until the bytes are done, or a batch is full. */
function scanOn(
  scan: ZeekTsvScan,
  mended: boolean,
  headerless: { first: number; count: number },
  report: ReadReport,
): EventBatch | undefined {
  while (!scan.atEnd) {
    const outcome = scan.scanLine()
    if (outcome === 'headerless') {
      if (headerless.count++ === 0) headerless.first = scan.line
    } else if (outcome === 'kept') {
      if (mended) report.repair('invalid-utf8', scan.line)
      if (scan.rows?.builder.full) return scan.rows.builder.take()
    }
  }
  return undefined
}
