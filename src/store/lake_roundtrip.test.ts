import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { type FieldKind, knownLogTypes, type LogType, logType, SET_SEPARATOR } from '../event/log_types.ts'
import { microsOf } from '../event/time.ts'
import { batchOf, type FieldValues, rowColumns, temporaryFolder } from './fixture.ts'
import { lakeColumns } from './lake_columns.ts'
import { LakeWriter } from './lake_writer.ts'
import { type AnswerRow, openLake } from './query.ts'

const DEVICE_IDS = ['00000000000000aa', 'ffffffffffffffff', '0123456789abcdef']

/** Text that breaks things: empty, long, beyond the basic plane, control characters, quotes; never the set separator. */
const hostileText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', '-', '(empty)', "'; DROP TABLE conn; --", '\u0000x', '🦠'.repeat(20), 'x'.repeat(3000)),
  )
  // A lone surrogate cannot stand in UTF-8: it is mended before it reaches a batch.
  .map((text) => text.toWellFormed().replaceAll(SET_SEPARATOR, ' '))

/** Values of a kind, as `batchOf` takes them, all of which the lake must give back as they are. */
const VALUES: Readonly<Record<FieldKind, fc.Arbitrary<unknown>>> = {
  time: fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((micros) => micros / 1e6),
  interval: fc.integer({ min: 0, max: 1_000_000_000_000 }).map((micros) => micros / 1e6),
  count: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  int: fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  port: fc.nat(65_535),
  bool: fc.boolean(),
  string: hostileText,
  addr: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('2001:0db8:85a3:0000:0000:8a2e:0370:7334')),
  uid: hostileText,
  set: fc.array(
    hostileText.filter((text) => text !== ''),
    { maxLength: 5 },
  ),
  numbers: fc.array(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    { maxLength: 5 },
  ),
}

function recordOf(type: LogType): fc.Arbitrary<FieldValues> {
  const fields = type.fields.filter((field) => field.name !== 'ts' && !field.name.startsWith('_'))
  const optional = Object.fromEntries(fields.map((field) => [field.name, fc.option(VALUES[field.kind])]))
  return fc.record({ ts: VALUES.time, ...optional })
}

/** What the lake should answer for a value that went in. */
function expected(kind: FieldKind, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (kind === 'time' || kind === 'interval') return microsOf(Number(value)) / 1e6
  return value
}

async function writeLake(dir: string, type: LogType, rows: readonly FieldValues[]): Promise<void> {
  const batch = batchOf(type, rows)
  const lake = await LakeWriter.open(dir, { fresh: true })
  DEVICE_IDS.forEach((id, index) => {
    lake.defineDevice(index, id)
  })
  await lake.append(
    batch,
    rowColumns(batch, 0, (row) => row % DEVICE_IDS.length),
  )
  await lake.close()
}

/** Reads all files of a log type with a reader that knows nothing of Thymus or DuckDB. */
async function independentRows(lakeDir: string, type: string): Promise<Record<string, unknown>[]> {
  const seq = sequenceColumn(type)
  const rows: Record<string, unknown>[] = []
  for (const name of readdirSync(join(lakeDir, type))) {
    const bytes = readFileSync(join(lakeDir, type, name))
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    rows.push(...(await parquetReadObjects({ file, compressors })))
  }
  return rows.sort((a, b) => Number(a[seq]) - Number(b[seq]))
}

function sequenceColumn(type: string): string {
  return lakeColumns(logType(type)).find((column) => column.source.is === 'sequence')!.name
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  return value ?? null
}

async function checkRoundTrip(t: TestContext, type: LogType, rows: readonly FieldValues[]): Promise<void> {
  const dir = temporaryFolder(t)
  await writeLake(join(dir, 'lake'), type, rows)
  const lake = await openLake(dir)
  let answered: AnswerRow[]
  try {
    answered = await lake.query(`SELECT * FROM "${type.name}" ORDER BY ${sequenceColumn(type.name)}`)
  } finally {
    await lake.close()
  }
  const independent = await independentRows(join(dir, 'lake'), type.name)
  assert.equal(answered.length, rows.length)
  assert.equal(independent.length, rows.length)
  rows.forEach((row, index) => {
    for (const field of type.fields) {
      const want = expected(field.kind, row[field.name])
      assert.deepEqual(answered[index]![field.column], want, `DuckDB: ${field.name} of row ${index}`)
      assert.deepEqual(plain(independent[index]![field.column]), want, `hyparquet: ${field.name} of row ${index}`)
    }
    assert.equal(answered[index]!['device'], DEVICE_IDS[index % DEVICE_IDS.length])
    assert.equal(answered[index]!['peer_device'], null)
  })
}

/** Between them these have every kind of field; sip has a field of the lake's own name. */
for (const name of ['conn', 'dns', 'notice', 'sip', 'dhcp', 'smb_files']) {
  test(`every value of ${name} comes back as it went in, from DuckDB and from another reader`, async (t) => {
    const type = logType(name)
    const samples = fc.sample(fc.array(recordOf(type), { minLength: 1, maxLength: 60 }), { seed: 11, numRuns: 3 })
    for (const rows of samples) await checkRoundTrip(t, type, rows)
  })
}

test('row groups, pages and dictionaries: 50,000 rows come back as they went in', async (t) => {
  const dir = temporaryFolder(t)
  const lake = await LakeWriter.open(join(dir, 'lake'), { fresh: true })
  lake.defineDevice(0, DEVICE_IDS[0]!)
  const rows = 50_000
  const answersOf = (i: number): string[] =>
    Array.from({ length: i % 4 }, (_, k) => `host-${(i * 7 + k) % 300}.example`)
  for (let from = 0; from < rows; from += 5000) {
    const records = Array.from({ length: 5000 }, (_, k): FieldValues => {
      const i = from + k
      return {
        ts: 1_700_000_000 + ((i * 7919) % rows),
        uid: `C${i.toString(36).padStart(17, '0')}`,
        // Repeats, seldom repeats, and is long enough to fill pages.
        query: i % 3 === 0 ? `name-${i}-${'y'.repeat(200)}` : 'www.example.com',
        qtype: i % 9,
        trans_id: i,
        answers: i % 5 === 0 ? null : answersOf(i),
        TTLs: i % 2 ? [i, i / 8] : null,
      }
    })
    const batch = batchOf('dns', records)
    await lake.append(
      batch,
      rowColumns(batch, from, (row) => (row % 2 ? 0 : 0xffffffff)),
    )
  }
  await lake.close()
  const answers = await openLake(dir)
  try {
    const [sums] = await answers.query(
      `SELECT count(*) AS n, count(DISTINCT uid) AS uids, sum(trans_id) AS ids, sum(length(query)) AS letters,
              sum(len(answers)) AS answers, count(answers) AS lists, sum(list_sum(TTLs)) AS ttls, sum(qtype) AS types,
              count(device) AS devices, sum(seq) AS seqs FROM dns`,
    )
    const all = Array.from({ length: rows }, (_, i) => i)
    const total = (of: (i: number) => number): number => all.reduce((sum, i) => sum + of(i), 0)
    assert.deepEqual(sums, {
      n: rows,
      uids: rows,
      ids: total((i) => i),
      letters: total((i) => (i % 3 === 0 ? `name-${i}-`.length + 200 : 15)),
      answers: total((i) => (i % 5 === 0 ? 0 : i % 4)),
      lists: total((i) => (i % 5 === 0 ? 0 : 1)),
      ttls: total((i) => (i % 2 ? i + i / 8 : 0)),
      types: total((i) => i % 9),
      devices: rows / 2,
      seqs: total((i) => i),
    })
    const [one] = await answers.query(
      `SELECT seq, answers, TTLs FROM dns WHERE uid = 'C${(31_337).toString(36).padStart(17, '0')}'`,
    )
    assert.deepEqual(one, { seq: 31_337, answers: answersOf(31_337), TTLs: [31_337, 31_337 / 8] })
  } finally {
    await answers.close()
  }
  const independent = await independentRows(join(dir, 'lake'), 'dns')
  for (const i of [0, 1, 20_479, 20_480, 33_333, 49_999]) {
    assert.equal(independent[i]!['uid'], `C${i.toString(36).padStart(17, '0')}`)
    assert.deepEqual(plain(independent[i]!['answers']), i % 5 === 0 ? null : answersOf(i))
  }
})

test('files are sorted by device and time, and a Bloom filter knows where a uid is', async (t) => {
  const dir = temporaryFolder(t)
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const lake = await LakeWriter.open(join(dir, 'lake'), { fresh: true })
  DEVICE_IDS.forEach((id, index) => {
    lake.defineDevice(index, id)
  })
  for (let from = 0; from < 48_000; from += 8000) {
    const records = Array.from({ length: 8000 }, (_, k) => ({
      ts: 1_700_000_000 + (((from + k) * 31) % 1000),
      uid: `C${from + k}`,
    }))
    const batch = batchOf('conn', records)
    await lake.append(
      batch,
      rowColumns(batch, from, (row) => row % 3),
    )
  }
  await lake.close()
  const [name] = readdirSync(join(dir, 'lake', 'conn'))
  const path = join(dir, 'lake', 'conn', name!)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson()
  const order = await rows(
    `SELECT count(*) FILTER (WHERE before IS NOT NULL AND (device, ts) < (before, ts_before)) AS disorder FROM (
       SELECT device, ts, lag(device) OVER (ORDER BY file_row_number) AS before, lag(ts) OVER (ORDER BY file_row_number) AS ts_before
       FROM read_parquet('${path}', file_row_number=true))`,
  )
  assert.equal(Number(order[0]!['disorder']), 0)
  const bounds = await rows(
    `SELECT stats_min_value AS least, stats_max_value AS most FROM parquet_metadata('${path}') WHERE path_in_schema = 'device' ORDER BY row_group_id`,
  )
  assert.deepEqual(bounds[0], { least: DEVICE_IDS[0], most: DEVICE_IDS[2] })
  for (const uid of ['C0', 'C20000', 'C47999']) {
    const probe = await rows(
      `SELECT count(*) FILTER (WHERE bloom_filter_excludes) AS n FROM parquet_bloom_probe('${path}', 'uid', '${uid}')`,
    )
    assert.ok(Number(probe[0]!['n']) >= 1, 'some row group is ruled out')
    const found = await rows(`SELECT count(*) AS n FROM read_parquet('${path}') WHERE uid = '${uid}'`)
    assert.equal(Number(found[0]!['n']), 1, 'and none that holds it')
  }
})

test('every log type that Thymus knows has a view with its columns, also without a row', async (t) => {
  const dir = temporaryFolder(t)
  await writeLake(join(dir, 'lake'), logType('conn'), [{ ts: 1 }])
  const lake = await openLake(dir)
  try {
    for (const type of knownLogTypes()) {
      const query = `SELECT ${lakeColumns(type)
        .map(({ name }) => `"${name}"`)
        .join(', ')} FROM "${type.name}"`
      assert.equal((await lake.query(query)).length, type.name === 'conn' ? 1 : 0, type.name)
    }
  } finally {
    await lake.close()
  }
})
