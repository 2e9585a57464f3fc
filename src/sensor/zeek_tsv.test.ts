import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type EventBatch, elementsAt, textAt } from '../event/batch.ts'
import { slotOf } from '../event/log_types.ts'
import { fileOf, itIsASensorOfLines } from './sensor.contract.ts'
import { ReadReport } from './sensor.ts'
import { zeekTsv } from './zeek_tsv.ts'

const fixtures = join(import.meta.dirname, 'fixtures', 'zeek', 'tsv')

for (const name of ['http.log', 'joined.log', 'http_agent.log']) {
  const bytes = readFileSync(join(fixtures, name))
  const records = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length
  itIsASensorOfLines(zeekTsv, { name, bytes, records })
}

async function read(text: string | Buffer, name = 'conn.log'): Promise<{ batches: EventBatch[]; report: ReadReport }> {
  const report = new ReadReport(name)
  const batches: EventBatch[] = []
  for await (const batch of zeekTsv.read(fileOf(name, Buffer.from(text)), report)) batches.push(batch)
  return { batches, report }
}

function reasons(report: ReadReport): Record<string, number> {
  return Object.fromEntries([...report.rejected].map(([reason, { count }]) => [reason, count]))
}

/** A header for these fields; their types in the order of the fields. */
function header(fields: string, types: string, path = 'conn'): string {
  const lines = ['#separator \\x09', '#set_separator\t,', '#empty_field\t(empty)', '#unset_field\t-', `#path\t${path}`]
  return `${[...lines, `#fields\t${fields.replaceAll(' ', '\t')}`, `#types\t${types.replaceAll(' ', '\t')}`].join('\n')}\n`
}

function textOf(batch: EventBatch, field: string, row = 0): string {
  return textAt(batch, slotOf(batch.type, field), row)
}

test('a row of a made log comes out as it was put in, in any order of fields', async () => {
  const { batches, report } = await read(
    `${header('history local_orig id.resp_p duration uid ts id.orig_h tunnel_parents orig_bytes', 'string bool port interval string time addr set[string] count')}ShADad\tT\t445\t0.000070\tC1\t1713567603.318246\tfe80::1\tC2,C3\t12\n`,
  )
  assert.deepEqual(reasons(report), {})
  const batch = batches[0]!
  const number = (field: string): number => batch.numbers[slotOf(batch.type, field)]![0]!
  assert.equal(number('ts'), 1713567603318246)
  assert.equal(number('duration'), 70)
  assert.equal(number('id.resp_p'), 445)
  assert.equal(number('local_orig'), 1)
  assert.equal(number('orig_bytes'), 12)
  assert.equal(textOf(batch, 'history'), 'ShADad')
  assert.equal(textOf(batch, 'id.orig_h'), 'fe80::1')
  assert.deepEqual(elementsAt(batch, slotOf(batch.type, 'tunnel_parents'), 0), ['C2', 'C3'])
  assert.equal(batch.known[0], 1713567603318316)
})

test('separators, set separators, empty and unset fields are those of the header', async () => {
  const text = [
    '#separator \\x7c',
    '#set_separator|;',
    '#empty_field|EMPTY',
    '#unset_field|NONE',
    '#path|conn',
    '#fields|ts|uid|service|history|tunnel_parents|orig_bytes|vlan',
    '#types|time|string|string|string|set[string]|count|int',
    '5.5|C1|EMPTY|NONE|a;b|NONE|7',
    '6.5|C2|-|(empty)|EMPTY|9|NONE',
    '',
  ].join('\n')
  const { batches, report } = await read(text)
  assert.deepEqual(reasons(report), {})
  const batch = batches[0]!
  const { strings } = batch
  assert.notEqual(strings[slotOf(batch.type, 'service')]![0], 0)
  assert.equal(textOf(batch, 'service'), '')
  assert.equal(strings[slotOf(batch.type, 'history')]![0], 0)
  assert.deepEqual(elementsAt(batch, slotOf(batch.type, 'tunnel_parents'), 0), ['a', 'b'])
  assert.equal(textOf(batch, 'service', 1), '-')
  assert.equal(textOf(batch, 'history', 1), '(empty)')
  assert.ok(Number.isNaN(batch.numbers[slotOf(batch.type, 'orig_bytes')]![0]!))
  assert.equal(batch.numbers[slotOf(batch.type, 'orig_bytes')]![1], 9)
})

test('a separator of two bytes separates', async () => {
  const text =
    '#separator \\x7c\\x7c\n#path||conn\n#fields||ts||uid||orig_bytes\n#types||time||string||count\n5.5||C|1||12\n'
  const { batches, report } = await read(text)
  assert.deepEqual(reasons(report), {})
  assert.equal(textOf(batches[0]!, 'uid'), 'C|1')
  assert.equal(batches[0]!.numbers[slotOf(batches[0]!.type, 'orig_bytes')]![0], 12)
})

test('escapes are undone, as far as the text stays printable; a log that doubles no backslash keeps them', async () => {
  const { batches } = await read(
    `${header('ts uid service history conn_state', 'time string string string string')}1.0\tC1\ta\\x09b\\x2c\\\\x\tk\\xc3\\xa4se\\xff\\x00\t\\\\host\\C$\n`,
  )
  assert.equal(textOf(batches[0]!, 'service'), 'a\tb,\\x')
  assert.equal(textOf(batches[0]!, 'history'), 'käse\\xff\\x00')
  assert.equal(textOf(batches[0]!, 'conn_state'), '\\\\host\\C$')
})

test('a header may come again and change: the records behind it follow it, as another log if it says so', async () => {
  const text =
    header('ts uid service', 'time string string') +
    '1.0\tC1\tdns\n#close\t2024-01-01-00-00-00\n' +
    header('uid ts orig_bytes', 'string time count') +
    'C2\t2.0\t9\n' +
    header('ts query', 'time string', 'dns') +
    '3.0\ta.example\n'
  const { batches, report } = await read(text, 'all.log')
  assert.deepEqual(reasons(report), {})
  assert.deepEqual(
    batches.map((batch) => `${batch.type.name} ${batch.rows}`),
    ['conn 2', 'dns 1'],
  )
  assert.equal(textOf(batches[0]!, 'uid', 1), 'C2')
  assert.equal(textOf(batches[0]!, 'service', 1), '')
})

test('unknown fields are carried with the JSON type of their header', async () => {
  const { batches } = await read(
    `${header('ts my.count my_big my_double my_bool my_set my_numbers my_empty my_unset my_odd', 'time count count double bool set[string] vector[double] string string count')}1.0\t7\t18446744073709551615\t1.500000\tF\ta,b\\x2c\t1.000000,-\t(empty)\t-\tmany\n`,
  )
  assert.equal(
    batches[0]!.dictionary.text(batches[0]!.extra[0]!),
    '{"my_big":18446744073709551615,"my_bool":false,"my_count":7,"my_double":1.5,"my_empty":"","my_numbers":[1,null],"my_odd":"many","my_set":["a","b,"]}',
  )
})

test('each kind of broken record costs itself, under its own reason, with its line', async () => {
  const head = header('ts uid id.orig_h id.orig_p service', 'time string addr port string')
  const good = '1.0\tC1\t10.0.0.1\t1\tdns\n'
  const broken: readonly [reason: string, line: string][] = [
    ['wrong-column-count', '1.0\tC1\t10.0.0.1'],
    ['wrong-column-count', '1.0\tC1\t10.0.0.1\t1\tdns\tmore'],
    ['malformed-value', 'nan\tC1\t10.0.0.1\t1\tdns'],
    ['malformed-value', '1.0\tC1\tnohost\t1\tdns'],
    ['malformed-value', '1.0\tC1\t10.0.0.1\t70000\tdns'],
    ['malformed-value', '1.0\tC1\t10.0.0.1\tssh\tdns'],
    ['ts-missing', '-\tC1\t10.0.0.1\t1\tdns'],
    ['ts-out-of-range', '-1.0\tC1\t10.0.0.1\t1\tdns'],
    ['ts-out-of-range', '99999999999.0\tC1\t10.0.0.1\t1\tdns'],
    ['nul-bytes', '1.0\tC1\t10.0.0.1\t1\td\0s'],
  ]
  for (const [reason, line] of broken) {
    const { batches, report } = await read(`${head}${good}${line}\n${good}`)
    assert.equal(batches[0]?.rows, 2, line)
    assert.deepEqual(reasons(report), { [reason]: 1 }, line)
    assert.equal([...report.rejected.values()][0]!.first[0]!.line, 9)
  }
})

test('records before any header are counted together, with the line of the first', async () => {
  const { batches, report } = await read('1.0\tC1\ta\tb\n2.0\tC2\ta\tb\n')
  assert.deepEqual(batches, [])
  assert.deepEqual(reasons(report), { 'missing-header': 2 })
  assert.equal(report.rejected.get('missing-header')!.first[0]!.line, 1)
})

test('carriage returns, blank lines, a blank before the header and a separator at the end of lines do no harm', async () => {
  const text = `\t${header('ts uid', 'time string')}1.0\tC1\n\n2.0\tC2\t\n`.replaceAll('\n', '\r\n')
  const { batches, report } = await read(text)
  assert.deepEqual(reasons(report), {})
  assert.equal(batches[0]!.rows, 2)
  assert.equal(textOf(batches[0]!, 'uid', 1), 'C2')
})

test('invalid UTF-8 is mended and counted', async () => {
  const text = Buffer.from(`${header('ts uid service', 'time string string')}1.0\tC1\td\xffs\n`, 'latin1')
  const { batches, report } = await read(text)
  assert.equal(textOf(batches[0]!, 'service'), 'd\ufffds')
  assert.equal(report.repaired.get('invalid-utf8')?.count, 1)
})

test('without #types the fields say what their values are; without #path the name of the file or the fields say the log', async () => {
  const { batches, report } = await read(
    '#fields\tts\tuid\tduration\ttunnel_parents\tconn_state\thistory\torig_bytes\n1.0\tC1\t2.5\ta,b\tSF\tDd\t9\n',
    'capture.log',
  )
  assert.deepEqual(reasons(report), {})
  assert.equal(batches[0]!.type.name, 'conn')
  assert.equal(batches[0]!.numbers[slotOf(batches[0]!.type, 'duration')]![0], 2_500_000)
  assert.deepEqual(elementsAt(batches[0]!, slotOf(batches[0]!.type, 'tunnel_parents'), 0), ['a', 'b'])
})

test('what is no TSV log of Zeek is left to others', () => {
  const recognises = (text: string): boolean => zeekTsv.recognises(Buffer.from(text), 'conn.log')
  assert.equal(recognises('Lorem ipsum\tdolor\tsit\tamet\n'), false)
  assert.equal(recognises('>== Total === 2024-04-19-00-00-07 - 2024-04-19-00-59-41\n   - Connections 1.9k\n'), false)
  assert.equal(recognises('{"ts":1}\n'), false)
  assert.equal(recognises('#!/bin/sh\n'), false)
  assert.equal(recognises('\t#separator \\x09\n'), true)
  assert.equal(recognises('1517336042.090842\tCi85\t10.55.182.100\t14291\t10.233.233.5\t80\n'), true)
})
