import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Discovery, discover } from './discover.ts'
import { readAll } from './sensor.contract.ts'
import { ReadReport, SourceFailure } from './sensor.ts'
import { survey } from './survey.ts'

const recordings = join(import.meta.dirname, '..', '..', '..', 'shared', 'data')
const missing = existsSync(recordings) ? false : 'the recordings in ../shared/data are not here'
assert.ok(missing === false || process.env['CI'] !== 'true', `CI: ${missing}`)

/** Lines that are records: neither blank nor part of a TSV header. */
async function recordLines(open: () => AsyncIterable<Uint8Array>, isTsv: boolean): Promise<number> {
  const pieces: Uint8Array[] = []
  for await (const chunk of open()) pieces.push(chunk)
  const lines = Buffer.concat(pieces).toString('latin1').split('\n')
  return lines.filter((line) => line.trim() !== '' && !(isTsv && line.trimStart().startsWith('#'))).length
}

interface Counts {
  readonly rows: ReadonlyMap<string, number>
  readonly reports: readonly ReadReport[]
  readonly skipped: Discovery['skipped']
}

async function countsOf(folder: string): Promise<Counts> {
  const rows = new Map<string, number>()
  const reports: ReadReport[] = []
  const { files, problems, skipped } = await discover(join(recordings, folder))
  assert.deepEqual(problems, [])
  for (const file of files.filter(({ shown }) => !/\.pcap/.test(shown))) {
    const report = new ReadReport(file.shown)
    reports.push(report)
    try {
      const { sensor } = await survey(file)
      const read = await readAll(sensor, file)
      report.add(read.report)
      const lines = await recordLines(() => file.open(), sensor.name === 'zeek-tsv')
      assert.equal(read.rows.length + read.rejected, lines, file.shown)
      for (const row of read.rows) {
        const type = row.slice(0, row.indexOf(' '))
        rows.set(type, (rows.get(type) ?? 0) + 1)
      }
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error
      report.reject(error.reason, 0)
    }
  }
  return { rows, reports, skipped }
}

function rejectsOf(reports: readonly ReadReport[]): string[] {
  return reports
    .flatMap((report) =>
      [...report.rejected].map(([reason, { count, first }]) => `${report.file}:${first[0]!.line} ${reason} ${count}`),
    )
    .sort()
}

test('every record of every Zeek recording is accounted for', { skip: missing }, async () => {
  const { rows, reports, skipped } = await countsOf('zeek')
  assert.equal(skipped.length, 48)
  assert.ok(
    skipped.every(({ shown }) => shown.includes('conn-summary')),
    'texts that zeekctl writes for people',
  )
  assert.deepEqual(rejectsOf(reports), ['slips-test10-mixed-zeek-dir/notice.log:21 wrong-column-count 1'])
  assert.equal(rows.get('conn'), 79_530)
  assert.equal(rows.get('http'), 43_880)
  assert.equal(rows.get('dns'), 7357)
  assert.equal(rows.get('open_conn'), 190)
  assert.equal(rows.get('dce_rpc'), 123)
  assert.equal(rows.get('smb_files'), 12)
  assert.equal(rows.get('loaded_scripts'), 805)
})

test('hostile text files cost what is broken and no more', { skip: missing }, async () => {
  const { rows, reports } = await countsOf('hostile')
  assert.deepEqual(rejectsOf(reports), [
    'rita-has_unknown_field/http.log:9 wrong-column-count 1',
    'rita-text_file/conn.log:0 unrecognised-format 1',
    'rita-truncated/conn.log:67 wrong-column-count 1',
    'rita-truncated/conn_json.log:3 malformed-value 1',
    'rita-truncated/conn_json.log:4 malformed-json 1',
    'rita-truncated/conn_top.log:1 missing-header 59',
  ])
  assert.equal(rows.get('conn'), 60)
  assert.equal(rows.get('http'), 4)
})
