import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type EventBatch, elementsAt, textAt } from '../event/batch.ts'
import { slotOf } from '../event/log_types.ts'
import { fileOf, itIsASensorOfLines } from './sensor.contract.ts'
import { ReadReport, SourceFailure } from './sensor.ts'
import { zeekJson } from './zeek_json.ts'

const fixtures = join(import.meta.dirname, 'fixtures', 'zeek')

for (const name of ['combined.log', 'conn.log', 'smb_files.log']) {
  const bytes = readFileSync(join(fixtures, 'json', name))
  itIsASensorOfLines(zeekJson, { name, bytes, records: bytes.toString().trimEnd().split('\n').length })
}

async function read(text: string | Buffer, name = 'conn.log'): Promise<{ batches: EventBatch[]; report: ReadReport }> {
  const report = new ReadReport(name)
  const batches: EventBatch[] = []
  for await (const batch of zeekJson.read(fileOf(name, Buffer.from(text)), report)) batches.push(batch)
  return { batches, report }
}

const GOOD = '{"ts":1.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2}'

function reasons(report: ReadReport): Record<string, number> {
  return Object.fromEntries([...report.rejected].map(([reason, { count }]) => [reason, count]))
}

test('a record may name its log first, last or not at all, and logs may alternate line by line', async () => {
  const { batches, report } = await read(
    [
      '{"_path":"dns","ts":1,"query":"a.example"}',
      '{"ts":2,"uid":"C2","conn_state":"SF","_path":"conn"}',
      '{"ts":3,"uid":"C3","conn_state":"S0"}',
      '{"@stream":"dns","@system":"s1","@proc":"zeek","ts":4,"query":"b.example"}',
      '{"ts":5,"query":"c.example","_path":"dns"}',
      '',
    ].join('\n'),
  )
  assert.equal(report.rejected.size, 0)
  const rows = batches.flatMap((batch) =>
    [...batch.line.subarray(0, batch.rows)].map((line) => `${line} ${batch.type.name}`),
  )
  assert.deepEqual(rows.sort(), ['1 dns', '2 conn', '3 conn', '4 dns', '5 dns'])
  const dns = batches.find((batch) => batch.type.name === 'dns')!
  assert.equal(textAt(dns, slotOf(dns.type, 'query'), 2), 'c.example')
  assert.equal(textAt(dns, slotOf(dns.type, '_system_name'), 1), 's1')
  assert.equal(dns.extra[1], 0, 'the names of log and shipper are not carried')
})

test('records without a name in a file without one are told by their fields', async () => {
  const line =
    '{"ts":1,"uid":"C1","query":"x.example","qclass":1,"qtype_name":"A","rcode":0,"AA":false,"TTLs":[60.0]}\n'
  const { batches } = await read(line, 'ORIGINALdns.log')
  assert.deepEqual(
    batches.map((batch) => batch.type.name),
    ['dns'],
  )
  const unknown = await read('{"ts":1,"colour":"red"}\n', 'paint.log')
  assert.equal(unknown.batches[0]!.type.name, 'paint')
  assert.equal(unknown.batches[0]!.dictionary.text(unknown.batches[0]!.extra[0]!), '{"colour":"red"}')
})

test('a log without times keeps its rows', async () => {
  const { batches, report } = await read(
    '{"name":"init-bare.zeek"}\n{"name":"  const.bif.zeek"}\n',
    'loaded_scripts.log',
  )
  assert.equal(report.rejected.size, 0)
  assert.deepEqual([...batches[0]!.known.subarray(0, 2)], [Number.NaN, Number.NaN])
})

test('an open_conn file whose records say conn holds open_conn', async () => {
  const { batches } = await read(
    '{"ts":1,"uid":"C1","_path":"conn"}\n{"ts":2,"uid":"C2","_path":"conn"}\n',
    'open_conn.log',
  )
  assert.deepEqual(
    batches.map((batch) => [batch.type.name, batch.rows]),
    [['open_conn', 2]],
  )
})

test('times are seconds, ISO 8601 or either in quotes, and are the same µs', async () => {
  const forms = [
    '1588205199.82437',
    '1588205199.824370',
    '"1588205199.82437"',
    '"2020-04-30T00:06:39.824370Z"',
    '"2020-04-30T02:06:39.82437+0200"',
    '1.58820519982437e9',
  ]
  const { batches, report } = await read(`${forms.map((form) => `{"ts":${form}}`).join('\n')}\n`)
  assert.deepEqual(reasons(report), {})
  assert.deepEqual(
    [...batches[0]!.known.subarray(0, forms.length)],
    forms.map(() => 1588205199824370),
  )
})

test('each kind of broken record costs itself, under its own reason, with its line', async () => {
  const broken: readonly [reason: string, line: string][] = [
    ['malformed-json', '{"ts":1,"uid":"C'],
    ['malformed-json', '{"ts":1,"duration":NaN}'],
    ['malformed-json', '[{"ts":1}]'],
    ['malformed-json', '"text"'],
    ['malformed-json', '{"ts":01}'],
    ['malformed-json', '{"ts":1,}'],
    ['malformed-json', `{"ts":1} {"ts":2}`],
    ['malformed-json', '{"ts":1,"uid":"a\tb"}'],
    ['nul-bytes', '{"ts":1,"uid":"\0"}'],
    ['nested-too-deep', `{"ts":1,"x":${'['.repeat(40)}${']'.repeat(40)}}`],
    ['nested-too-deep', `{"ts":1,"x":${'['.repeat(500_000)}`],
    ['ts-missing', '{"uid":"C1"}'],
    ['ts-missing', '{"ts":null,"uid":"C1"}'],
    ['ts-missing', '{}'],
    ['ts-out-of-range', '{"ts":-5}'],
    ['ts-out-of-range', '{"ts":1e300}'],
    ['ts-out-of-range', '{"ts":99999999999999}'],
    ['malformed-value', '{"ts":"yesterday"}'],
    ['malformed-value', '{"ts":1,"id.orig_h":"a host"}'],
    ['malformed-value', '{"ts":1,"id.orig_h":"10.0.0.256"}'],
    ['malformed-value', '{"ts":1,"id_resp_p":70000}'],
    ['malformed-value', '{"ts":1,"id_resp_p":[1]}'],
    ['line-too-long', `{"ts":1,"uid":"${'x'.repeat(1 << 20)}"}`],
  ]
  for (const [reason, line] of broken) {
    const { batches, report } = await read(`${GOOD}\n${line}\n${GOOD}\n`)
    assert.equal(batches[0]?.rows, 2, line.slice(0, 60))
    assert.deepEqual(reasons(report), { [reason]: 1 }, line.slice(0, 60))
    const first = [...report.rejected.values()][0]!.first[0]!
    assert.equal(first.line, 2)
    assert.ok((first.value?.length ?? 0) <= 80)
    assert.ok(first.expected)
  }
})

test('a value that does not fit a field that is not vital is carried, and the record is kept', async () => {
  const { batches, report } = await read(
    '{"ts":1,"orig_bytes":"many","history":["S","h"],"service":"","local_orig":"T","x.y":[1.50,{"b":1,"a":null}]}\n',
  )
  assert.equal(report.rejected.size, 0)
  const batch = batches[0]!
  assert.equal(batch.dictionary.text(batch.extra[0]!), '{"orig_bytes":"many","x_y":[1.5,{"a":null,"b":1}]}')
  assert.equal(textAt(batch, slotOf(batch.type, 'history'), 0), 'S,h')
  assert.equal(batch.numbers[slotOf(batch.type, 'local_orig')]![0], 1)
  assert.notEqual(batch.strings[slotOf(batch.type, 'service')]![0], 0, 'an empty text is there')
})

test('invalid UTF-8 is mended and counted, a key that stands twice counts once, and both records are kept', async () => {
  const hurt = Buffer.concat([
    Buffer.from('{"ts":1,"uid":"C\xff1","service":"a"}\n', 'latin1'),
    Buffer.from('{"ts":1,"service":"a","ts":2}\n{"ts":3,"service":"käse"}\n'),
  ])
  const { batches, report } = await read(hurt)
  assert.equal(report.rejected.size, 0)
  assert.deepEqual(
    [...report.repaired].map(([reason, { count, first }]) => [reason, count, first[0]!.line]),
    [
      ['invalid-utf8', 1, 1],
      ['duplicate-key', 1, 2],
    ],
  )
  assert.equal(textAt(batches[0]!, slotOf(batches[0]!.type, 'uid'), 0), 'C\ufffd1')
  assert.equal(textAt(batches[0]!, slotOf(batches[0]!.type, 'service'), 2), 'käse')
  assert.deepEqual([...batches[0]!.known.subarray(0, 3)], [1e6, 2e6, 3e6])
})

test('a compressed file that breaks gives its whole records and one reject', async () => {
  const report = new ReadReport('conn.log.gz')
  const failure = new SourceFailure('truncated-compression', 'unexpected end of file')
  const rows: number[] = []
  const text = Buffer.from(`${GOOD}\n${GOOD}\n{"ts":1`)
  for await (const batch of zeekJson.read(fileOf('conn.log', text, [10], failure), report)) rows.push(batch.rows)
  assert.deepEqual(rows, [2])
  assert.deepEqual(reasons(report), { 'truncated-compression': 1 })
})

test('the operation of a DCE-RPC record leads to its interface and number', async () => {
  const { batches } = await read('{"ts":1,"endpoint":"svcctl","operation":"CreateServiceW"}\n', 'dce_rpc.log')
  const batch = batches[0]!
  assert.equal(textAt(batch, slotOf(batch.type, 'uuid'), 0), '367abb81-9844-35f1-ad32-98f038001003')
  assert.equal(batch.numbers[slotOf(batch.type, 'opnum')]![0], 12)
})

test('EVE and other JSON is left to others', () => {
  const eve = Buffer.from('{"timestamp":"2020-01-01T00:00:00.000000+0000","event_type":"flow","src_ip":"10.0.0.1"}\n')
  assert.equal(zeekJson.recognises(eve, 'eve.json'), false)
  assert.equal(zeekJson.recognises(Buffer.from('{"name":"package","version":"1"}\n'), 'package.json'), false)
  assert.equal(zeekJson.recognises(Buffer.from('Lorem ipsum {"ts":1}'), 'conn.log'), false)
  assert.equal(zeekJson.recognises(Buffer.from('{"ts":1'), 'conn.log'), true)
})

test('keys without end are carried, and none is remembered beyond a bound', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `{"ts":${i},"key_${i}":${i},"uid":"C${i}"}`)
  const { batches, report } = await read(`${lines.join('\n')}\n`)
  assert.equal(report.rejected.size, 0)
  const last = batches.at(-1)!
  assert.equal(last.dictionary.text(last.extra[last.rows - 1]!), '{"key_19999":19999}')
  assert.equal(
    batches.reduce((sum, batch) => sum + batch.rows, 0),
    20_000,
  )
})

/** What JSON.parse takes as an object, read the slow way; used as the oracle of the scanner. */
const key = fc.constantFrom(
  'ts',
  'uid',
  'id.orig_h',
  'id_orig_p',
  'duration',
  'orig_bytes',
  'service',
  'local_orig',
  'tunnel_parents',
  'extra_1',
  '_path',
)
const token = fc.oneof(
  fc.constantFrom(
    '1',
    '0',
    '-1',
    '1.5',
    '1.5e3',
    '01',
    '.5',
    '5.',
    '-',
    'NaN',
    'true',
    'fals',
    'null',
    '"',
    '""',
    '"C1"',
    '"a\\"b"',
    '"\\ud800"',
    '"\\x"',
    '[]',
    '["a","b"]',
    '["a",]',
    '[1,2]',
    '{}',
    '{"a":1}',
    '{"a"}',
    '123456789012345678',
    '"10.0.0.1"',
    '"ä"',
    '1588205199.82437',
    '0.09628199999999865',
    '"conn"',
    '"dns"',
    '80',
  ),
  fc.stringMatching(/^[-0-9.eE+]{0,8}$/),
)
const punctuation = fc.constantFrom(',', ',', ',', ',', ', ', ' ,', '', ',,', ':')
const colon = fc.constantFrom(':', ':', ':', ':', ': ', ' :', '', '::')
const member = fc.tuple(key, colon, token).map(([name, between, value]) => `"${name}"${between}${value}`)
const line = fc
  .tuple(
    fc.constantFrom('{', '{', '{', '{ ', '', '[', '{{'),
    fc.array(fc.tuple(member, punctuation), { maxLength: 6 }),
    fc.constantFrom('}', '}', '}', ' }', '', ']', '},', '}\r'),
  )
  .map(
    ([open, members, close]) =>
      `${open}${members.map(([text, after], i) => text + (i + 1 < members.length ? after : '')).join('')}${close}`,
  )

test('exactly the lines that JSON.parse takes as objects are taken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      const { batches, report } = await read(`${lines.join('\n')}\n`)
      const kept = batches.reduce((sum, batch) => sum + batch.rows, 0)
      const { 'malformed-json': malformed = 0, ...others } = reasons(report)
      const records = lines.filter((text) => text.trim() !== '')
      const objects = records.filter((text) => {
        try {
          const value: unknown = JSON.parse(text)
          return typeof value === 'object' && value !== null && !Array.isArray(value)
        } catch {
          return false
        }
      })
      assert.equal(malformed, records.length - objects.length)
      assert.equal(kept + Object.values(others).reduce((sum, count) => sum + count, 0), objects.length)
    }),
    { seed: 1, numRuns: 800 },
  )
})

test('a line says the same after others as it does alone: guesses change nothing', async () => {
  const valid = fc.dictionary(
    key,
    fc.oneof(
      fc.constant(1.5),
      fc.string(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    { maxKeys: 8 },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(valid, { minLength: 2, maxLength: 8 }), async (records) => {
      const lines = records.map((record) => JSON.stringify({ ...record, ts: 7 }))
      const together = await read(`${lines.join('\n')}\n`)
      const alone: string[] = []
      for (const each of lines) alone.push(...keysOf((await read(`${each}\n`)).batches))
      assert.deepEqual(keysOf(together.batches).sort(), alone.sort())
    }),
    { seed: 1, numRuns: 100 },
  )
})

function keysOf(batches: readonly EventBatch[]): string[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.rows }, (_, row) => `${batch.type.name} ${batch.keyHigh[row]} ${batch.keyLow[row]}`),
  )
}

test('sets keep their elements, whatever stands in them', async () => {
  const { batches } = await read('{"ts":1,"tunnel_parents":["a","b,c","d\\u001fe",""]}\n')
  const batch = batches[0]!
  assert.deepEqual(elementsAt(batch, slotOf(batch.type, 'tunnel_parents'), 0), ['a', 'b,c', 'd\\x1fe', ''])
})
