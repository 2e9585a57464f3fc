import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { Event } from '../event/event.ts'
import { type LogType, logType } from '../event/log_types.ts'
import { lakeColumns, sqlTypeOf } from '../store/lake_columns.ts'
import { modelsFrom } from './catalogue.ts'
import { ConditionContext, compileTest } from './compile.ts'
import { checkExpression } from './expression.ts'
import { conditionSql, quoted } from './sql.ts'
import { UNTRAINED } from './surprise.ts'
import { batchesOf, conn, runRecords, TestDevices, type TestRecord } from './test_events.ts'

/** Puts records into a table as the lake would, `seq` being their place. */
async function load(
  connection: DuckDBConnection,
  type: LogType,
  records: readonly TestRecord[],
  devices: TestDevices,
): Promise<void> {
  const columns = lakeColumns(type)
  await connection.run(
    `CREATE OR REPLACE TABLE ${type.name} (${columns.map(({ name, shape }) => `${name} ${sqlTypeOf(shape)}`).join(', ')})`,
  )
  const rows = records.flatMap((record, seq) => {
    if (record['_path'] !== type.name) return []
    const orig = devices.of(String(record['id.orig_h'] ?? ''))
    const resp = devices.of(String(record['id.resp_h'] ?? ''))
    const cells = columns.map(({ source }): string => {
      if (source.is === 'sequence') return String(seq)
      if (source.is === 'device')
        return orig >= 0 ? quoted(devices.id(orig)) : resp >= 0 ? quoted(devices.id(resp)) : 'NULL'
      if (source.is === 'peer') return orig >= 0 && resp >= 0 ? quoted(devices.id(resp)) : 'NULL'
      if (source.is !== 'field') return 'NULL'
      const value = record[type.fields[source.slot]!.name]
      if (value === undefined) return 'NULL'
      if (Array.isArray(value)) return `[${value.map((one: string) => quoted(one)).join(', ')}]`
      return typeof value === 'string' ? quoted(value) : String(value)
    })
    return [`(${cells.join(', ')})`]
  })
  if (rows.length > 0) await connection.run(`INSERT INTO ${type.name} VALUES ${rows.join(', ')}`)
}

async function count(connection: DuckDBConnection, sql: string): Promise<number> {
  const rows = (await connection.runAndReadAll(sql)).getRows()
  return Number(rows[0]![0])
}

const SCAN = modelsFrom({
  'Test/Scan': `
description: test
severity: 60
techniques: [T1046]
parts:
  attempt: { log: conn, when: "proto == 'tcp'" }
  failed: { log: conn, within: attempt, when: "conn_state in ['S0', 'REJ']" }
windows:
  addresses: { distinct: id.resp_h, of: attempt, over: 2 minutes, by: [device, id.resp_p] }
  failures: { count: failed, over: 2 minutes, by: [device, id.resp_p] }
  bytes: { sum: orig_bytes, of: attempt, over: 10 minutes, by: [device, peer] }
fires:
  - { when: addresses >= 3, summary: "{device}: {addresses|address|addresses}, {failures} failed, {bytes} bytes", grows: addresses }
cooldown: 1 minute
response: none
earliest_evidence: conn
`,
})

test('every number an alert states is what its SQL counts, whatever came in between', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const event = fc.record({
    gap: fc.integer({ min: 0, max: 25 }),
    orig: fc.constantFrom('10.0.0.1', '10.0.0.2', '8.8.8.8'),
    resp: fc.integer({ min: 1, max: 30 }),
    port: fc.constantFrom(80, 445),
    state: fc.constantFrom('S0', 'REJ', 'SF'),
    late: fc.boolean(),
  })
  let facts = 0
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 30, maxLength: 120 }), async (steps) => {
      let at = 1_700_000_000
      const lateOnes = new Set<unknown>()
      const records = steps.map(({ gap, orig, resp, port, state, late }) => {
        at += gap
        const record = conn(at, orig, resp % 9 === 0 ? `1.1.1.${resp}` : `10.1.0.${resp}`, port, state)
        if (late && resp % 4 === 0) lateOnes.add(record)
        return record
      })
      const devices = new TestDevices()
      const station = { alertsPerThousandDevices: 1_000_000 }
      const { alerts } = runRecords(SCAN, records, { devices, station, late: (record) => lateOnes.has(record) })
      await load(connection, logType('conn'), records, devices)
      for (const alert of alerts) {
        for (const fact of alert.facts) {
          assert.equal(await count(connection, fact.sql!), fact.value, `${fact.text}: ${fact.sql}`)
          facts++
        }
      }
    }),
    { seed: 7, numRuns: 25 },
  )
  assert.ok(facts > 100, `only ${facts} facts were counted again`)
})

const CONDITIONS = [
  "id.resp_p == 445 && conn_state in ['S0', 'REJ']",
  '!(orig_bytes > 0)',
  'orig_bytes != resp_bytes',
  "!(service == 'smb')",
  "service != 'smb'",
  'duration * 2.0 >= 1.0 || has(service)',
  'resp_bytes / orig_bytes > 3.0',
  'resp_bytes % orig_bytes == 0',
  "history.lowerAscii().contains('s') && !history.endsWith('f')",
  "service.matches(r'^(smb|gssapi),?') || size(history) > 4",
  'private(id.resp_h)',
  "'T1' in tunnel_parents || size(tunnel_parents) == 0",
  'local_resp || local_orig == false',
  "'Server' in resp.tags",
  "!('Server' in resp.tags) && resp.internal",
  "'Printer' in orig.tags",
  "history.baseName() == 'x.exe'",
  'id.resp_p in [80, 445] && -1 < orig_bytes - 400',
  'ts > 1700000000.0 && duration < 0.6',
  "service.registeredDomain() in ['example.com', 'example.co.uk']",
  "service.registeredDomain() == ''",
  "service.registeredDomain() != 'example.com'",
]

test('a condition and its SQL agree on every event, absent fields included', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const type = logType('conn')
  const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined, freq: 3 })
  const row = fc.record({
    resp: fc.constantFrom('10.0.0.9', '10.0.0.8', '172.20.1.1', '172.32.1.1', '8.8.8.8', 'fe80::1', '2001:db8::1'),
    port: fc.constantFrom(80, 445, 3389),
    state: optional(fc.constantFrom('S0', 'SF', 'REJ')),
    service: optional(
      fc.constantFrom('smb', 'gssapi,smb', 'http', "o'hara", 'A.b.Example.CO.uk', 'x.example.com', '.com'),
    ),
    history: optional(fc.constantFrom('S', 'ShADadFf', 'a\\b/x.exe', 'K\u212a', '')),
    duration: optional(fc.constantFrom(0, 0.25, 0.5, 1.75)),
    sent: optional(fc.constantFrom(0, 1, 400, 1200)),
    received: optional(fc.constantFrom(0, 1, 1200, 4000)),
    local: optional(fc.boolean()),
    parents: optional(fc.constantFrom<string[]>(['T1'], ['T2', 'T1'], [])),
  })
  const devices = new TestDevices({ '10.0.0.9': ['Server'], '10.0.0.1': ['Printer'] })
  devices.of('10.0.0.1')
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 20, maxLength: 60 }), async (rows) => {
      const records = rows.map((one, at): TestRecord => {
        const fields: Record<string, string | number | boolean | string[] | undefined> = {
          _path: 'conn',
          ts: 1_700_000_000 + at,
          'id.orig_h': '10.0.0.1',
          'id.resp_h': one.resp,
          'id.resp_p': one.port,
          conn_state: one.state,
          service: one.service,
          history: one.history,
          duration: one.duration,
          orig_bytes: one.sent,
          resp_bytes: one.received,
          local_resp: one.local,
          local_orig: one.local,
          tunnel_parents: one.parents,
        }
        return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as TestRecord
      })
      for (const { resp } of rows) devices.of(resp)
      await load(connection, type, records, devices)
      const context = new ConditionContext(devices, UNTRAINED)
      const frame = { side: 'orig' as const, device: 0, directory: devices, oneDevice: true }
      for (const text of CONDITIONS) {
        const checked = checkExpression(text, { log: type, variables: new Map() }, 'bool')
        assert.ok(checked.ok, JSON.stringify(checked))
        const holds = compileTest(checked.expression, context)
        const event = new Event()
        const expected = batchesOf(records).flatMap(({ batch, row: place }, at) => {
          event.batch = batch
          event.row = place
          event.orig = 0
          event.resp = devices.of(String(records[at]!['id.resp_h']))
          context.use(batch)
          return holds(event) ? [at] : []
        })
        const found = await connection.runAndReadAll(
          `SELECT seq FROM conn WHERE ${conditionSql(checked.expression, frame)} ORDER BY seq`,
        )
        assert.deepEqual(
          found.getRows().map(([seq]) => Number(seq)),
          expected,
          text,
        )
      }
    }),
    { seed: 11, numRuns: 8 },
  )
})
