import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventBatch } from '../event/batch.ts'
import { type FieldKind, knownLogTypes, type LogType, logType } from '../event/log_types.ts'
import { fileOf } from './sensor.contract.ts'
import { ReadReport, type Sensor } from './sensor.ts'
import { zeekJson } from './zeek_json.ts'
import { zeekTsv } from './zeek_tsv.ts'

/** A value, and how Zeek's two writers write it. */
interface Written {
  readonly json: string
  readonly tsv: string
}

/** Zeek's TSV writer: backslashes doubled, bytes that are not printable, and separators, as \xNN. */
function escaped(text: string, inSet = false): string {
  if (text === '') return '(empty)'
  if (text === '-') return '\\x2d'
  let out = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte === 0x5c) out += '\\\\'
    else if (byte < 0x20 || byte > 0x7e || (inSet && byte === 0x2c)) out += `\\x${byte.toString(16).padStart(2, '0')}`
    else out += String.fromCharCode(byte)
  }
  return out
}

const text = fc.oneof(
  fc.stringMatching(/^[ -~]{0,20}$/),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('-', '', '\\\\server\\share', 'C:\\x41\\new', '"quoted"', 'tab\there', 'käse', '\\', '\u0000', '#x'),
)
const seconds = fc.oneof(
  fc.tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999_999 })),
  fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 999_999 })),
)
const address = fc.oneof(fc.ipV4(), fc.ipV6())

/** `1.5`, `1.500000`; JSON as any program prints it. */
function decimal(whole: number, micros: number): Written {
  const fraction = String(micros).padStart(6, '0')
  const short = fraction.replace(/0+$/, '')
  return { json: short === '' ? `${whole}.0` : `${whole}.${short}`, tsv: `${whole}.${fraction}` }
}

const textWritten = text.map((value): Written => ({ json: JSON.stringify(value), tsv: escaped(value) }))
const decimalWritten = seconds.map(([whole, micros]) => decimal(whole, micros))
const countWritten = fc
  .oneof(fc.integer({ min: 0, max: 70_000 }), fc.maxSafeInteger().map(Math.abs))
  .map((value): Written => ({ json: String(value), tsv: String(value) }))
const boolWritten = fc.boolean().map((value): Written => ({ json: String(value), tsv: value ? 'T' : 'F' }))

function list(element: fc.Arbitrary<string>): fc.Arbitrary<Written> {
  return (
    fc
      .array(element, { maxLength: 4 })
      // One empty text is written like an empty set: the two are the same in TSV, and so here.
      .filter((values) => values.length !== 1 || values[0] !== '')
      .map((values) => ({
        json: JSON.stringify(values),
        tsv: values.length === 0 ? '(empty)' : values.map((value) => escaped(value, true)).join(','),
      }))
  )
}

const VALUES: Readonly<Record<FieldKind, readonly [type: string, value: fc.Arbitrary<Written>]>> = {
  time: ['time', decimalWritten],
  interval: ['interval', decimalWritten],
  count: ['count', countWritten],
  int: ['int', countWritten],
  double: ['double', decimalWritten],
  port: ['port', fc.integer({ min: 0, max: 65535 }).map((port) => ({ json: String(port), tsv: String(port) }))],
  bool: ['bool', boolWritten],
  string: ['string', textWritten],
  uid: ['string', fc.stringMatching(/^C[A-Za-z0-9]{17}$/).map((uid) => ({ json: `"${uid}"`, tsv: uid }))],
  addr: ['addr', address.map((value) => ({ json: `"${value}"`, tsv: value }))],
  set: ['set[string]', list(text)],
  numbers: [
    'vector[interval]',
    fc.array(seconds, { minLength: 1, maxLength: 3 }).map((values) => {
      const written = values.map(([whole, micros]) => decimal(whole, micros))
      return { json: `[${written.map(({ json }) => json)}]`, tsv: written.map(({ tsv }) => tsv).join(',') }
    }),
  ],
}

const UNKNOWN: readonly (readonly [name: string, type: string, value: fc.Arbitrary<Written>])[] = [
  ['my_text', 'string', textWritten],
  ['my.count', 'count', countWritten],
  ['my.double', 'double', decimalWritten],
  ['my_bool', 'bool', boolWritten],
  ['my_set', 'set[string]', list(text)],
]

type Cells = readonly (Written | undefined)[]

function logOf(type: LogType): { columns: readonly [string, string][]; rows: fc.Arbitrary<Cells[]> } {
  const fields = type.fields.map((field) => [field.name, ...VALUES[field.kind]] as const)
  const all = [...fields, ...UNKNOWN]
  const cells = all.map(([name, , value], index) =>
    name === 'ts' && index === 0 ? value : fc.option(value, { nil: undefined }),
  )
  return {
    columns: all.map(([name, zeekType]) => [name, zeekType]),
    rows: fc.array(fc.tuple(...cells), { minLength: 1, maxLength: 6 }),
  }
}

function asJson(columns: readonly [string, string][], rows: readonly Cells[], underscored: boolean): Buffer {
  const lines = rows.map((cells) => {
    const members = columns.map(([name], i) => {
      const key = underscored ? name.replaceAll('.', '_') : name
      return cells[i] === undefined ? '' : `"${key}":${underscored ? ' ' : ''}${cells[i].json}`
    })
    return `{${members.filter((member) => member !== '').join(underscored ? ', ' : ',')}}\n`
  })
  return Buffer.from(lines.join(''))
}

function asTsv(path: string, columns: readonly [string, string][], rows: readonly Cells[]): Buffer {
  const header = [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${path}`,
    `#fields\t${columns.map(([name]) => name).join('\t')}`,
    `#types\t${columns.map(([, zeekType]) => zeekType).join('\t')}`,
  ]
  const lines = rows.map((cells) => cells.map((cell) => cell?.tsv ?? '-').join('\t'))
  return Buffer.from(`${[...header, ...lines].join('\n')}\n`)
}

/** All that a batch says, readable. */
async function recordsOf(sensor: Sensor, name: string, bytes: Buffer): Promise<unknown[]> {
  const report = new ReadReport(name)
  const records: unknown[] = []
  const add = (batch: EventBatch): void => {
    for (let row = 0; row < batch.rows; row++) {
      const record: Record<string, unknown> = {
        type: batch.type.name,
        key: `${batch.keyHigh[row]}-${batch.keyLow[row]}`,
        known: batch.known[row],
        extra: batch.dictionary.text(batch.extra[row]!),
      }
      for (const { name: field, slot, numeric } of batch.type.fields) {
        if (numeric) record[field] = batch.numbers[slot]![row]
        else if (batch.strings[slot]![row] !== 0) record[field] = batch.dictionary.text(batch.strings[slot]![row]!)
      }
      records.push(record)
    }
  }
  for await (const batch of sensor.read(fileOf(name, bytes), report)) add(batch)
  for (const [reason, { count, first }] of report.rejected) records.push({ reason, count, field: first[0]?.field })
  return records
}

test('the same record is the same event from JSON and from TSV, in every log type, dotted or underscored', async () => {
  const types = [...knownLogTypes(), logType('unheard_of')].filter((type) => type.name !== 'suricata_alert')
  for (const type of types) {
    const { columns, rows } = logOf(type)
    await fc.assert(
      fc.asyncProperty(rows, async (records) => {
        const name = `${type.name}.log`
        const tsv = await recordsOf(zeekTsv, name, asTsv(type.name, columns, records))
        assert.equal(tsv.length >= 1, true)
        assert.deepEqual(await recordsOf(zeekJson, name, asJson(columns, records, false)), tsv)
        assert.deepEqual(await recordsOf(zeekJson, name, asJson(columns, records, true)), tsv)
      }),
      { seed: 1, numRuns: 3 },
    )
  }
})

test('values that do not fit their field are the same event too', async () => {
  const columns: readonly [string, string][] = [
    ['ts', 'time'],
    ['uid', 'string'],
    ['orig_bytes', 'string'],
    ['service', 'set[string]'],
    ['local_orig', 'string'],
    ['duration', 'string'],
    ['history', 'count'],
  ]
  const rows: Cells[] = [
    [
      { json: '5.5', tsv: '5.500000' },
      { json: '"C1"', tsv: 'C1' },
      { json: '"many"', tsv: 'many' },
      { json: '["b","a"]', tsv: 'b,a' },
      { json: '"maybe"', tsv: 'maybe' },
      { json: '"1.5"', tsv: '1.5' },
      { json: '7', tsv: '7' },
    ],
  ]
  const [record] = (await recordsOf(zeekTsv, 'conn.log', asTsv('conn', columns, rows))) as Record<string, unknown>[]
  assert.equal(record?.['extra'], '{"local_orig":"maybe","orig_bytes":"many"}')
  assert.equal(record?.['service'], 'b,a')
  assert.equal(record?.['duration'], 1_500_000)
  assert.equal(record?.['history'], '7')
  assert.deepEqual(await recordsOf(zeekJson, 'conn.log', asJson(columns, rows, false)), [record])
})
