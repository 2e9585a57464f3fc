import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Packing, writeRecording } from './recorded.ts'
import { recordingWithAttack } from './story.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'thymus-packing-'))
after(() => rmSync(folder, { recursive: true }))

const recording = recordingWithAttack()

/** What a run says, without what it cost and where in which file something stood. */
function said(name: string, packing: Packing, args: readonly string[] = [], env: Record<string, string> = {}): string {
  const input = join(folder, `${name}-input`)
  const out = join(folder, `${name}-out`)
  writeRecording(input, recording, packing)
  const run = [join(root, 'src/cli/main.ts'), 'replay', input, '--out', out, '--no-lake', ...args]
  execFileSync(process.execPath, run, { env: { ...process.env, ...env }, cwd: folder, stdio: 'pipe' })
  const files = ['signals', 'alerts', 'incidents', 'actions', 'devices'].map((file) =>
    readFileSync(join(out, `${file}.jsonl`), 'utf8'),
  )
  const {
    files: _,
    bytes,
    notes,
    wall_seconds,
    cpu_seconds,
    events_per_second,
    peak_memory_bytes,
    ...summary
  } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))
  return [...files, JSON.stringify(summary)].join('\n')
}

const whole = said('combined', { format: 'json', files: 'combined' })

test('the recording makes the models speak, or the other tests would compare nothing', () => {
  assert.match(whole, /Suspicious SMB Scanning Activity/)
  assert.ok(whole.split('\n').length > 12)
})

test('one JSON file a log says the same as one with all logs in it', () => {
  assert.equal(said('logs', { format: 'json', files: 'log' }), whole)
})

test('hourly gzipped TSV says the same as JSON', () => {
  assert.equal(said('hourly', { format: 'tsv', files: 'hour', gzip: true }), whole)
})

test('two and three threads say the same as one', () => {
  assert.equal(said('two', { format: 'json', files: 'log' }, ['--workers', '2']), whole)
  assert.equal(said('three', { format: 'tsv', files: 'hour' }, ['--workers', '3']), whole)
})

test('another time zone and locale say the same', () => {
  const env = { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }
  assert.equal(said('elsewhere', { format: 'tsv', files: 'log', gzip: true }, [], env), whole)
})
