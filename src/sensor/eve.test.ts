import assert from 'node:assert/strict'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createGunzip } from 'node:zlib'
import fc from 'fast-check'
import { type ReadRow, readRows, rowsOf, textFile } from './eve/read_for_test.ts'
import { eve } from './eve.ts'

const SAMPLE = new URL('./fixtures/eve/slips-test6-sample.json', import.meta.url)
const sample = readFileSync(SAMPLE)

function countByType(rows: readonly ReadRow[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { type } of rows) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

test('EVE is recognised by its records, also when the first line is only the rest of one', () => {
  assert.equal(eve.recognises(sample, 'anything'), true)
  assert.equal(eve.recognises(sample.subarray(200), 'x'), true)
  assert.equal(eve.recognises(sample.subarray(0, 300), 'x'), true, 'the head ends inside the first record')
  assert.equal(
    eve.recognises(Buffer.from('{"ts":1,"uid":"C1","msg":"\\"event_type\\":\\"flow\\""}\n'), 'eve.json'),
    false,
  )
  assert.equal(eve.recognises(Buffer.from('#separator \\x09\n#path\tconn\n'), 'eve.json'), false)
  assert.equal(eve.recognises(Buffer.alloc(0), 'eve.json'), false)
})

test('a real file gives the same rows whatever the size of the chunks', async () => {
  const whole = await readRows(textFile(sample))
  assert.equal(whole.report.rejected.size, 0)
  assert.deepEqual(countByType(whole.rows), {
    conn: 6,
    dns: 2,
    files: 1,
    http: 2,
    ssl: 1,
    suricata_alert: 2,
    weird: 1,
    x509: 1,
  })
  assert.deepEqual((await readRows(textFile(sample, 7))).rows, whole.rows)
})

test('cut off at any byte, a file loses the record that was cut and says so; what was known by then is the same', async () => {
  const whole = (await readRows(textFile(sample))).rows
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: sample.length - 1 }), async (length) => {
      const { rows, report } = await readRows(textFile(sample.subarray(0, length)))
      const ended = sample[length - 1] === 0x0a || sample[length] === 0x0a
      assert.equal(report.rejected.get('malformed-json')?.count ?? 0, ended ? 0 : 1)
      const lines =
        sample.subarray(0, length).toString('latin1').split('\n').length -
        (ended && sample[length - 1] !== 0x0a ? 0 : 1)
      for (const row of whole) {
        // A lookup whose answer was cut off is told as unanswered; everything else is there word for word.
        if (row.line <= lines && row.type !== 'dns')
          assert.ok(rows.some((other) => JSON.stringify(other) === JSON.stringify(row)))
      }
    }),
    { seed: 7, numRuns: 60 },
  )
})

test('each broken line costs itself and is named with its reason and line', async () => {
  const good =
    '{"timestamp":"2024-04-20T12:00:00.000000+0000","event_type":"tls","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","tls":{"sni":"a.example"}}'
  const lines = [
    good,
    '{"timestamp": 1,',
    '[1,2]',
    '{"timestamp":"2024-04-20T12:00:00Z"}',
    '{"event_type":"tls"}',
    '{"event_type":"tls","timestamp":"yesterday"}',
    '{"event_type":"tls","timestamp":"2024-02-30T12:00:00Z"}',
    '{"event_type":"tls","timestamp":"1969-12-31T23:59:59.000000+0000","tls":{}}',
    `{"event_type":"tls","timestamp":"2024-04-20T12:00:00Z","tls":${'['.repeat(40)}${']'.repeat(40)}}`,
    '{"event_type":"tls"\u0000}',
    '{"event_type":"../../etc","timestamp":"2024-04-20T12:00:00Z"}',
    '',
    'x'.repeat(1_100_000),
    good,
  ]
  const { rows, report } = await readRows(textFile(lines.join('\n')))
  assert.equal(rows.length, 2)
  assert.deepEqual(
    rows.map(({ line }) => line),
    [1, 14],
  )
  const found = [...report.rejected].map(([reason, { first }]) => [reason, first.map(({ line }) => line)])
  assert.deepEqual(Object.fromEntries(found), {
    'malformed-json': [2, 3],
    'unknown-log-type': [4, 11],
    'ts-missing': [5],
    'malformed-value': [6, 7],
    'ts-out-of-range': [8],
    'nested-too-deep': [9],
    'nul-bytes': [10],
    'line-too-long': [13],
  })
})

test('invalid UTF-8 is mended and counted, the record stays', async () => {
  const bytes = Buffer.concat([
    Buffer.from('{"timestamp":"2024-04-20T12:00:00Z","event_type":"http","http":{"hostname":"a'),
    Buffer.of(0xff),
    Buffer.from('b"}}\n'),
  ])
  const { rows, report } = await readRows(textFile(bytes))
  assert.equal(rows[0]!.fields['host'], 'a\ufffdb')
  assert.equal(report.repaired.get('invalid-utf8')?.count, 1)
})

test('an empty file is said to be empty', async () => {
  const { rows, report } = await readRows(textFile(''))
  assert.deepEqual([rows.length, report.rejected.get('empty-file')?.count], [0, 1])
})

const EVENT_TYPES =
  'flow netflow alert dns llmnr http tls quic smb dcerpc krb5 rdp dhcp fileinfo ssh ftp smtp snmp sip ldap modbus dnp3 anomaly arp stats ike mqtt'.split(
    ' ',
  )
const KEYS =
  'flow tcp alert dns http tls smb dcerpc krb5 rdp dhcp fileinfo ssh ftp smtp email snmp sip ldap modbus dnp3 anomaly arp stats capture decoder ntlmssp kerberos rename service interfaces request response responses answers grouped queries rrname type id version command filename share status tree_id session_id src_ip dest_ip src_port dest_port flow_id vlan ether app_proto start end cookie event_type client channels client_mac completion_code reply hostname constructor __proto__'.split(
    ' ',
  )

test('values of any type in any place never throw, and every record is an event or a reject', async () => {
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        null,
        true,
        -1,
        1e300,
        0.5,
        '',
        'SMB2_COMMAND_CREATE',
        'answer',
        'REQUEST',
        '10.0.0.1',
        '1.2.3',
        'fe80::1%eth0',
        '2024-04-20T12:00:00Z',
      ),
      fc.string({ maxLength: 8 }),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...KEYS), tie('any'), { maxKeys: 6 }),
    ),
  })).any
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.constantFrom(...EVENT_TYPES), fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 12 })),
        { minLength: 1, maxLength: 6 },
      ),
      async (records) => {
        const text = records
          .map(([eventType, content]) =>
            JSON.stringify({ ...content, timestamp: '2024-04-20T12:00:00Z', event_type: eventType }),
          )
          .join('\n')
        const { rows, report } = await readRows(textFile(text))
        const rejected = [...report.rejected.values()].reduce((sum, { count }) => sum + count, 0)
        assert.ok(rows.length + rejected > 0)
        for (const { fields } of rows) assert.equal(typeof fields['ts'], 'number')
      },
    ),
    { seed: 11, numRuns: 400 },
  )
})

test('a record type that Zeek has no log for is carried as itself', async () => {
  const [row] = await rowsOf({ event_type: 'mqtt', mqtt: { connect: { client_id: 'x' } }, app_proto: 'mqtt' })
  assert.equal(row!.type, 'suricata_mqtt')
  assert.equal(row!.fields['id.resp_h'], '10.0.0.10')
  assert.deepEqual(row!.extra, { app_proto: 'mqtt', mqtt: { connect: { client_id: 'x' } }, proto: 'tcp' })
})

test('the order of keys in a record does not change its event', async () => {
  const record = { event_type: 'mqtt', mqtt: { b: 1, a: { d: 2, c: 3 } } }
  const turned = { mqtt: { a: { c: 3, d: 2 }, b: 1 }, event_type: 'mqtt' }
  assert.deepEqual((await rowsOf(record))[0], (await rowsOf(turned))[0])
})

const RECORDING = new URL('../../../shared/data/eve/slips-test6/eve.json.gz', import.meta.url)
const missing = existsSync(RECORDING) ? false : '../shared/data is not beside this repository'
if (missing && process.env['CI'] === 'true') throw new Error(missing)

test('the whole recording: every record, no reject, each answer with its query', { skip: missing }, async () => {
  const file = {
    path: '',
    shown: 'eve.json.gz',
    bytes: 0,
    open: () => createReadStream(RECORDING).pipe(createGunzip()),
  }
  const { rows, report } = await readRows(file)
  assert.equal(report.rejected.size, 0)
  // 680 dns records are 340 queries and their answers; the one certificate makes an x509 row.
  assert.deepEqual(countByType(rows), {
    conn: 3512,
    dns: 340,
    files: 3,
    http: 56,
    ssl: 1,
    suricata_alert: 745,
    weird: 3,
    x509: 1,
  })
  assert.ok(rows.filter(({ type }) => type === 'dns').every(({ fields }) => fields['rcode_name'] === 'NOERROR'))
  // The flows stand in the file in the order of a hash table, a day after the rest.
  const ends = rows.filter(({ type }) => type === 'conn').map(({ known }) => known)
  assert.deepEqual(
    ends,
    [...ends].sort((a, b) => a - b),
  )
  const states: Record<string, number> = {}
  for (const { type, fields } of rows)
    if (type === 'conn') states[String(fields['conn_state'])] = (states[String(fields['conn_state'])] ?? 0) + 1
  assert.deepEqual(states, { S0: 977, REJ: 1939, SF: 215, S2: 334, OTH: 15, RSTR: 4, RSTO: 25, S1: 3 })
})
