import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { batchOf, rowColumns } from './fixture.ts'
import { NO_DEVICE } from './lake_frames.ts'
import { LakeWriter } from './lake_writer.ts'
import { type Lake, openLake } from './query.ts'
import { QueryFailure, type QueryFailureKind } from './query_failure.ts'

const SERVER = 'aaaaaaaaaaaaaaaa'
const CLIENT = 'bbbbbbbbbbbbbbbb'

let dir: string
let lake: Lake

before(async () => {
  // A directory with characters that a file pattern would take for its own.
  dir = mkdtempSync(join(tmpdir(), "thymus-query [1]* 'x' "))
  const writer = await LakeWriter.open(join(dir, 'lake'), { fresh: true })
  writer.defineDevice(0, SERVER)
  writer.defineDevice(1, CLIENT)
  const conns = batchOf(
    'conn',
    Array.from({ length: 5000 }, (_, i) => ({
      ts: 1_700_000_000 + i,
      uid: `C${i}`,
      'id.resp_p': i % 2 ? 445 : 53,
      proto: i % 2 ? 'tcp' : 'udp',
      conn_state: i % 10 === 1 ? 'REJ' : 'SF',
      orig_bytes: i % 10 === 1 ? null : 100,
      resp_bytes: 7,
      duration: 0.5,
    })),
  )
  const columns = rowColumns(conns, 0, () => 1)
  columns.peer.fill(0)
  columns.peer[0] = NO_DEVICE
  await writer.append(conns, columns)
  const unknown = batchOf('ntp2', [
    {
      ts: 1,
      'id.orig_h': '10.0.0.1',
      extra: { 'peer.name': 'a', stratum: 2, leap: true, offset: 0.5, ts: 'clash', 'quo"te': 'q' },
    },
    { ts: 2, extra: { 'peer.name': 'b', stratum: 16, nested: { deep: [1, 2] } } },
    { ts: 3 },
  ])
  await writer.append(unknown, rowColumns(unknown, 5000))
  const skipped = batchOf('ssh', [
    { ts: 5, client: 'kept' },
    { ts: 6, client: 'duplicate' },
    { ts: 7, client: 'kept too' },
  ])
  await writer.append(skipped, { ...rowColumns(skipped, 5003), skip: Uint8Array.of(0, 1, 0) })
  const named = batchOf('Alerts', [{ ts: 9, extra: { who: 'a log type of the network' } }])
  await writer.append(named, rowColumns(named, 5006))
  const clash = batchOf('CONN', [{ ts: 9, extra: { who: 'not conn' } }])
  await writer.append(clash, rowColumns(clash, 5007))
  await writer.close()
  const alert = {
    id: '0000000000000001',
    time: 1.5,
    model: 'Device/Network Scan',
    score: 60,
    device: { id: CLIENT, ip: '10.0.0.1', hostname: 'ws1' },
    techniques: ['T1046'],
    surprise: {},
    evidence: ['C1', 'C3'],
    summary: 'x',
    revision: 1,
  }
  writeFileSync(
    join(dir, 'alerts.jsonl'),
    `${JSON.stringify(alert)}\n${JSON.stringify({ ...alert, id: '2', evidence: [] })}\n`,
  )
  const device = {
    id: CLIENT,
    ip: '10.0.0.1',
    hostname: null,
    vendor: 'V',
    first_seen: 1,
    last_seen: 2,
    tags: [{ tag: 'Server', since: 1, reason: 'r', source: 'learned' }],
  }
  writeFileSync(
    join(dir, 'devices.jsonl'),
    `${JSON.stringify(device)}\n${JSON.stringify({ ...device, id: SERVER, tags: [] })}\n`,
  )
  lake = await openLake(dir, { memory: '200MB', threads: 2 })
})

after(async () => {
  await lake.close()
  rmSync(dir, { recursive: true, force: true })
})

test('one view a log type, with rows, values and devices', async () => {
  assert.deepEqual(await lake.query('SELECT count(*) AS n, sum(orig_bytes) AS b, min(known) AS k FROM conn'), [
    { n: 5000, b: 450_000, k: 1_700_000_000.5 },
  ])
  assert.deepEqual(await lake.query("SELECT device, peer_device FROM conn WHERE uid IN ('C0', 'C1') ORDER BY seq"), [
    { device: CLIENT, peer_device: null },
    { device: CLIENT, peer_device: SERVER },
  ])
  assert.deepEqual(await lake.query('SELECT count(*) AS n FROM ntlm'), [{ n: 0 }])
})

test('rows that were left out are not stored', async () => {
  assert.deepEqual(await lake.query('SELECT client, seq FROM ssh ORDER BY seq'), [
    { client: 'kept', seq: 5003 },
    { client: 'kept too', seq: 5005 },
  ])
})

test('the hourly roll-up adds up to the connections', async () => {
  const rows = await lake.query(
    'SELECT sum(conns) AS conns, sum(orig_bytes) AS up, sum(resp_bytes) AS down, sum(failures) AS failures FROM rollup_hour',
  )
  assert.deepEqual(rows, [{ conns: 5000, up: 450_000, down: 35_000, failures: 500 }])
  const same = await lake.query(
    `SELECT count(*) AS n FROM (
       SELECT floor(known / 3600) * 3600 AS hour, device, peer_device, proto, service, id_resp_p, count(*) AS conns,
              sum(orig_bytes) AS up, count(*) FILTER (WHERE conn_state IN ('REJ', 'S0')) AS failures FROM conn GROUP BY ALL
     ) c FULL JOIN rollup_hour r ON c.hour = r.hour AND c.device = r.device AND c.peer_device IS NOT DISTINCT FROM r.peer_device
       AND c.proto = r.proto AND c.id_resp_p = r.resp_p AND c.conns = r.conns AND c.up = r.orig_bytes AND c.failures = r.failures
     WHERE c.hour IS NULL OR r.hour IS NULL`,
  )
  assert.deepEqual(same, [{ n: 0 }])
})

test('a log type that nobody knows is asked like any other, its fields being columns', async () => {
  assert.deepEqual(
    await lake.query(
      'SELECT ts, id_orig_h, peer_name, stratum, leap, "offset", extra_ts, "quo""te", nested FROM ntp2 ORDER BY ts',
    ),
    [
      {
        ts: 1,
        id_orig_h: '10.0.0.1',
        peer_name: 'a',
        stratum: 2,
        leap: true,
        offset: 0.5,
        extra_ts: 'clash',
        'quo"te': 'q',
        nested: null,
      },
      {
        ts: 2,
        id_orig_h: null,
        peer_name: 'b',
        stratum: 16,
        leap: null,
        offset: null,
        extra_ts: null,
        'quo"te': null,
        nested: '{"deep":[1,2]}',
      },
      {
        ts: 3,
        id_orig_h: null,
        peer_name: null,
        stratum: null,
        leap: null,
        offset: null,
        extra_ts: null,
        'quo"te': null,
        nested: null,
      },
    ],
  )
  assert.deepEqual(await lake.query('SELECT count(*) AS n FROM ntp2 WHERE stratum = 16'), [{ n: 1 }])
})

test('a log type named like a view of Thymus, or like one it knows, does not take its place', async () => {
  assert.deepEqual(await lake.query('SELECT who FROM alerts_log'), [{ who: 'a log type of the network' }])
  assert.deepEqual(await lake.query('SELECT who FROM conn_log'), [{ who: 'not conn' }])
  assert.deepEqual(await lake.query('SELECT count(*) AS n FROM conn'), [{ n: 5000 }])
})

test('what a run wrote beside its lake can be joined to the events', async () => {
  assert.deepEqual(
    await lake.query('SELECT id, time, device, device_hostname, techniques, evidence FROM alerts ORDER BY id'),
    [
      {
        id: '0000000000000001',
        time: 1.5,
        device: CLIENT,
        device_hostname: 'ws1',
        techniques: ['T1046'],
        evidence: ['C1', 'C3'],
      },
      { id: '2', time: 1.5, device: CLIENT, device_hostname: 'ws1', techniques: ['T1046'], evidence: [] },
    ],
  )
  assert.deepEqual(
    await lake.query('SELECT count(*) AS n FROM conn c, alerts a WHERE list_contains(a.evidence, c.uid)'),
    [{ n: 2 }],
  )
  assert.deepEqual(await lake.query('SELECT device, hostname, tags FROM devices ORDER BY device'), [
    { device: SERVER, hostname: null, tags: [] },
    { device: CLIENT, hostname: null, tags: ['Server'] },
  ])
  assert.deepEqual(await lake.query('SELECT * FROM device_tags'), [
    { device: CLIENT, tag: 'Server', since: 1, reason: 'r', source: 'learned' },
  ])
  for (const view of ['signals', 'incidents', 'actions'])
    assert.deepEqual(await lake.query(`SELECT * FROM ${view}`), [])
})

test('SHOW TABLES and DESCRIBE tell what there is', async () => {
  const tables = (await lake.query('SHOW TABLES')).map((row) => row['name'])
  for (const name of ['conn', 'ntp2', 'rollup_hour', 'alerts', 'dce_rpc']) assert.ok(tables.includes(name), name)
  const columns = (await lake.query('DESCRIBE conn')).map((row) => row['column_name'])
  for (const name of ['id_orig_h', 'device', 'peer_device', 'known', 'seq', 'extra'])
    assert.ok(columns.includes(name), name)
})

async function failsWith(sql: string, kind: QueryFailureKind, message?: RegExp): Promise<void> {
  await assert.rejects(lake.query(sql), (error: unknown) => {
    assert.ok(error instanceof QueryFailure, `${sql}: ${error}`)
    assert.equal(error.kind, kind, `${sql}: ${error.message}`)
    if (message) assert.match(error.message, message)
    return true
  })
}

test('nothing but one SELECT over the views is run', async () => {
  const inLake = join(dir, 'lake', 'conn', readdirSync(join(dir, 'lake', 'conn'))[0]!).replaceAll("'", "''")
  const refused = [
    `COPY conn TO '${dir.replaceAll("'", "''")}/lake/stolen.parquet'`,
    "COPY (SELECT 1) TO '/tmp/thymus-stolen.csv'",
    "ATTACH '/tmp/thymus.db' AS other",
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA database_list',
    'SET threads = 64',
    'RESET lock_configuration',
    'CREATE TABLE mine AS SELECT 1',
    'CREATE MACRO f() AS 1',
    'DROP VIEW conn',
    'INSERT INTO conn SELECT * FROM conn',
    'DELETE FROM conn',
    'CALL pragma_version()',
    "EXPORT DATABASE '/tmp/thymus-stolen'",
    'PREPARE x AS SELECT 1',
    'CHECKPOINT',
    'BEGIN',
    "FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'lake/catalog.db'",
    `SELECT * FROM '${inLake}'`,
    `SELECT * FROM read_parquet('${inLake}')`,
    "SELECT * FROM parquet_metadata('lake/conn/x.parquet')",
    "SELECT * FROM glob('*')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('conn')",
    "SELECT * FROM (SELECT * FROM conn WHERE uid IN (SELECT content FROM read_text('/etc/passwd')))",
    "WITH a AS (SELECT * FROM read_blob('/etc/passwd')) SELECT * FROM a",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP VIEW conn',
    '',
    '-- nothing',
  ]
  for (const sql of refused) await failsWith(sql, 'refused')
  await failsWith("SELECT getenv('HOME')", 'sql')
  assert.ok(!existsSync(join(dir, 'lake', 'stolen.parquet')))
  assert.deepEqual(await lake.query('SELECT count(*) AS n FROM conn'), [{ n: 5000 }], 'and it still answers')
})

test('a wrong query is told with its place', async () => {
  await failsWith(
    'SELECT id_org_h\nFROM conn',
    'sql',
    /"id_org_h" not found[\s\S]*id_orig_h[\s\S]*LINE 1: SELECT id_org_h\n +\^/,
  )
  await failsWith('SELCT 1', 'sql', /syntax error at or near "SELCT"\nLINE 1: SELCT 1\n {8}\^/)
  await failsWith('SELECT 1\nFROM conn WHER x', 'sql', /LINE 2: FROM conn WHER x/)
  await failsWith('SELECT * FROM connn', 'sql', /connn does not exist[\s\S]*Did you mean "conn"/)
})

test('a query ends at its time, when it is cancelled, and when it wants too much memory; the next one is answered', async () => {
  const endless = 'SELECT count(*) FROM range(1000000000000) a WHERE a.range % 7 = 3'
  await assert.rejects(lake.query(endless, { timeoutMs: 200 }), (error: unknown) => {
    assert.ok(error instanceof QueryFailure)
    assert.equal(error.kind, 'timeout')
    assert.match(error.message, /longer than 0.2 s/)
    return true
  })
  await assert.rejects(lake.query(endless, { signal: AbortSignal.timeout(200) }), { kind: 'cancelled' })
  await failsWith('SELECT array_agg(range) FROM range(300000000)', 'memory', /--memory/)
  assert.deepEqual(await lake.query('SELECT 1 AS one'), [{ one: 1 }])
})

test('large answers come page by page, and can be left early', async () => {
  let rows = 0
  let largest = 0
  await lake.run('SELECT range AS i FROM range(100000)', {}, async ({ pages }) => {
    for await (const page of pages) {
      rows += page.length
      largest = Math.max(largest, page.length)
    }
  })
  assert.equal(rows, 100_000)
  assert.ok(largest <= 2048)
  const first = await lake.run('SELECT range AS i FROM range(100000000)', {}, async ({ pages }) => {
    for await (const page of pages) return page[0]
    return undefined
  })
  assert.deepEqual(first, [0])
  const both = await Promise.all([lake.query('SELECT 1 AS a'), lake.query('SELECT 2 AS a')])
  assert.deepEqual(both, [[{ a: 1 }], [{ a: 2 }]])
})

test('numbers that a double cannot hold are text, others are numbers', async () => {
  assert.deepEqual(
    await lake.query(
      "SELECT 9007199254740993::BIGINT AS big, 42::HUGEINT AS small, 1.25::DECIMAL(9,2) AS money, 'nan'::DOUBLE AS nan, [1, NULL] AS list",
    ),
    [{ big: '9007199254740993', small: 42, money: 1.25, nan: 'NaN', list: [1, null] }],
  )
})

test('a query process that is killed is an error, not a silence', async () => {
  const other = await openLake(dir)
  const running = other.query('SELECT count(*) FROM range(1000000000000) a WHERE a.range % 7 = 3')
  setTimeout(() => process.kill(other.pid!, 'SIGKILL'), 100)
  await assert.rejects(running, { kind: 'process' })
  await other.close()
})
