import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { defaultConfig } from './config.ts'
import { replay } from './replay.ts'

const root = join(import.meta.dirname, '..', '..')
const models = join(root, 'models')
const folder = mkdtempSync(join(tmpdir(), 'thymus-bad-'))
after(() => rmSync(folder, { recursive: true }))

interface Summary {
  readonly events: { total: number; by_type: Record<string, number> }
  readonly rejected: {
    total: number
    by_reason: Record<string, { count: number; first: { file: string; line: number }[] }>
  }
  readonly repaired: { by_reason: Record<string, { count: number }> }
  readonly late: { total: number }
  readonly duplicates: { total: number }
  readonly peak_memory_bytes: number
}

async function summaryOf(path: string): Promise<Summary> {
  const { summary } = await replay({ paths: [path], config: defaultConfig(), models })
  return summary as unknown as Summary
}

function conn(index: number, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    ts: 1700000000 + index,
    uid: `C${index}`,
    'id.orig_h': '10.0.0.1',
    'id.orig_p': 1000,
    'id.resp_h': '10.0.0.2',
    'id.resp_p': 443,
    proto: 'tcp',
    conn_state: 'SF',
    ...changes,
  })
}

const good = Array.from({ length: 200 }, (_, index) => conn(index))

test('each kind of broken record costs itself, is counted by reason and named with file and line', async () => {
  const dir = join(folder, 'records')
  mkdirSync(dir)
  const broken: Record<string, string> = {
    'malformed-json': '{"ts": 1700000100.5, "uid": ',
    'ts-missing': JSON.stringify({ uid: 'Cx', proto: 'tcp' }),
    'ts-out-of-range': conn(500, { ts: -5 }),
    'ts-far-ahead': conn(501, { ts: 1900000000 }),
    'line-too-long': conn(502, { history: 'x'.repeat(10 * 1024 * 1024) }),
    'nested-too-deep': `{"ts":1700000100,"x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    'nul-bytes': `${'\0'.repeat(60)}`,
  }
  const lines = [...good]
  for (const [index, line] of Object.values(broken).entries()) lines.splice(20 * (index + 1), 0, line)
  writeFileSync(join(dir, 'conn.log'), `${lines.join('\n')}\n`)
  const summary = await summaryOf(dir)
  assert.equal(summary.events.total, good.length)
  assert.deepEqual(Object.keys(summary.rejected.by_reason), Object.keys(broken).sort())
  for (const [index, reason] of Object.keys(broken).entries()) {
    const { count, first } = summary.rejected.by_reason[reason]!
    assert.equal(count, 1, reason)
    assert.deepEqual([first[0]!.file, first[0]!.line], ['conn.log', 20 * (index + 1) + 1], reason)
  }
  assert.equal(summary.late.total, 0)
})

test('an array where an object belongs, NaN and a number too large are rejected; bytes that are no UTF-8 are mended', async () => {
  const dir = join(folder, 'values')
  mkdirSync(dir)
  const text = Buffer.from(
    `${[conn(1), '[1,2,3]', '{"ts": NaN}', '{"ts": 1e400}', conn(2, { history: 'Sh??' })].join('\n')}\n`,
  )
  text[text.indexOf('??')] = 0xff
  writeFileSync(join(dir, 'conn.log'), text)
  const summary = await summaryOf(dir)
  assert.equal(summary.events.total, 2)
  assert.equal(summary.rejected.total, 3)
  assert.equal(summary.repaired.by_reason['invalid-utf8']?.count, 1)
})

test('whole files that are broken cost themselves; loops of links end; the rest is read', async () => {
  const dir = join(folder, 'files')
  mkdirSync(join(dir, 'sub'), { recursive: true })
  const body = `${good.join('\n')}\n`
  writeFileSync(join(dir, 'conn.log'), body)
  writeFileSync(join(dir, 'dns.log'), '')
  writeFileSync(join(dir, 'binary.log'), Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256)))
  writeFileSync(join(dir, 'ssl.log'), '1700000000.5\tC1\t10.0.0.1\t1000\t10.0.0.2\t443\n')
  const other = Array.from({ length: 500 }, (_, index) => conn(index, { uid: `D${index}`, 'id.orig_h': '10.0.0.9' }))
  const packed = gzipSync(`${other.join('\n')}\n`)
  writeFileSync(join(dir, 'sub', 'conn.log.gz'), packed.subarray(0, packed.length - 40))
  symlinkSync('..', join(dir, 'sub', 'loop'))
  const summary = await summaryOf(dir)
  assert.ok(summary.events.total > 200 && summary.events.total < 700, `${summary.events.total}`)
  const reasons = summary.rejected.by_reason
  for (const [reason, file] of Object.entries({
    'empty-file': 'dns.log',
    'unrecognised-format': 'binary.log',
    'missing-header': 'ssl.log',
    'truncated-compression': 'sub/conn.log.gz',
  })) {
    const named = Object.values(reasons).flatMap(({ first }) => first.map((each) => each.file))
    assert.ok(named.includes(file), `${file} is not named (${reason}): ${JSON.stringify(reasons)}`)
  }
})

test('lines written twice are counted once, records hours late are stored and said to be late', async () => {
  const dir = join(folder, 'again')
  mkdirSync(dir)
  const late = Array.from({ length: 5 }, (_, index) => conn(index - 7200, { uid: `L${index}` }))
  writeFileSync(join(dir, 'conn.log'), `${[...good, ...good.slice(50, 60), ...late].join('\n')}\n`)
  const summary = await summaryOf(dir)
  assert.equal(summary.events.total, good.length + late.length)
  assert.equal(summary.duplicates.total, 10)
  assert.equal(summary.late.total, 5)
})

test('a type that nobody knows passes through as itself', async () => {
  const dir = join(folder, 'unknown')
  mkdirSync(dir)
  writeFileSync(join(dir, 'quantum.log'), `${JSON.stringify({ ts: 1700000000, uid: 'C1', spin: 'up' })}\n`)
  assert.deepEqual((await summaryOf(dir)).events.by_type, { quantum: 1 })
})

test('a log without times is stored, and makes no device look new', async () => {
  const dir = join(folder, 'timeless')
  const out = join(folder, 'timeless-out')
  mkdirSync(dir)
  const scripts = ['#separator \\x09', '#path\tloaded_scripts', '#fields\tname', '#types\tstring', 'base/init.zeek', '']
  writeFileSync(join(dir, 'loaded_scripts.log'), scripts.join('\n'))
  writeFileSync(join(dir, 'conn.log'), `${good.join('\n')}\n`)
  const { summary } = await replay({ paths: [dir], out, lake: false, config: defaultConfig(), models })
  assert.equal(summary['start'], 1700000000)
  assert.deepEqual((summary['events'] as Summary['events']).by_type, { conn: 200, loaded_scripts: 1 })
  assert.doesNotMatch(readFileSync(join(out, 'devices.jsonl'), 'utf8'), /New Device/)
})

const hostile = join(root, '..', 'shared', 'data', 'hostile')
const there = existsSync(hostile)
assert.ok(there || process.env['CI'] !== 'true', 'the shared recordings are missing, and CI must have them')

test('the hostile recordings end well', { skip: !there && 'no shared recordings beside the repository' }, async () => {
  const dir = join(folder, 'hostile')
  cpSync(hostile, dir, { recursive: true })
  const summary = await summaryOf(dir)
  assert.ok(summary.events.total > 0 && summary.rejected.total > 0)
})
