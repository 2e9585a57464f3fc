import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOON, type ReadRow, readRows, rowsOf, textFile } from './read_for_test.ts'

const AT = (milliseconds: number): string => new Date(NOON / 1000 + milliseconds).toISOString().replace('Z', '000+0000')
const asked = (dns: Record<string, unknown>, ms = 0): Record<string, unknown> => ({
  event_type: 'dns',
  timestamp: AT(ms),
  proto: 'UDP',
  dest_port: 53,
  dns,
})
/** Up to Suricata 5 an answer names the server as its source. */
const answeredFromServer = (dns: Record<string, unknown>, ms: number): Record<string, unknown> => ({
  event_type: 'dns',
  timestamp: AT(ms),
  proto: 'UDP',
  src_ip: '10.0.0.10',
  src_port: 53,
  dest_ip: '10.0.0.5',
  dest_port: 50_000,
  dns,
})
function pick({ fields, known }: ReadRow): unknown[] {
  return [
    fields['id.orig_h'],
    fields['query'],
    fields['qtype_name'],
    fields['rcode_name'],
    fields['answers'],
    fields['rtt'],
    known - NOON,
  ]
}

test('version 1: a record a query and a record an answer make one lookup', async () => {
  const rows = await rowsOf(
    asked({ type: 'query', id: 7, rrname: 'www.example.com', rrtype: 'A', tx_id: 0 }),
    answeredFromServer(
      {
        type: 'answer',
        id: 7,
        rcode: 'NOERROR',
        rrname: 'www.example.com',
        rrtype: 'CNAME',
        ttl: 60,
        rdata: 'example.com',
      },
      20,
    ),
    answeredFromServer(
      { type: 'answer', id: 7, rcode: 'NOERROR', rrname: 'example.com', rrtype: 'A', ttl: 30, rdata: '192.0.2.1' },
      20,
    ),
  )
  assert.deepEqual(rows.map(pick), [
    ['10.0.0.5', 'www.example.com', 'A', 'NOERROR', ['example.com', '192.0.2.1'], 20_000, 20_000],
  ])
  assert.deepEqual(rows[0]!.fields['TTLs'], ['60.000000', '30.000000'])
})

test('version 2: detailed answers; grouped ones; none', async () => {
  const query = { type: 'query', id: 7, rrname: 'a.example', rrtype: 'TXT', tx_id: 0 }
  const answer = {
    version: 2,
    type: 'answer',
    id: 7,
    flags: '8180',
    qr: true,
    rd: true,
    ra: true,
    rrname: 'a.example',
    rrtype: 'TXT',
    rcode: 'NOERROR',
  }
  const only = async (content: Record<string, unknown>): Promise<unknown> =>
    (await rowsOf(asked(query), asked({ ...answer, ...content }, 5))).map(({ fields }) => [
      fields['answers'],
      fields['rcode'],
      fields['RD'],
      fields['AA'],
      fields['qtype'],
    ])
  assert.deepEqual(await only({ answers: [{ rrname: 'a.example', rrtype: 'TXT', ttl: 9, rdata: 'v=spf1' }] }), [
    [['TXT 6 v=spf1'], 0, 1, 0, 16],
  ])
  assert.deepEqual(await only({ grouped: { A: ['192.0.2.1'], CNAME: ['b.example'] } }), [
    [['b.example', '192.0.2.1'], 0, 1, 0, 16],
  ])
  assert.deepEqual(await only({ rcode: 'NXDOMAIN' }), [[undefined, 3, 1, 0, 16]])
})

test('version 3: requests and responses with queries; SRV and SOA answers', async () => {
  const rows = await rowsOf(
    asked({
      version: 3,
      type: 'request',
      tx_id: 0,
      id: 9,
      opcode: 0,
      queries: [{ rrname: '_ldap._tcp.corp.local', rrtype: 'SRV' }],
    }),
    asked(
      {
        version: 3,
        type: 'response',
        id: 9,
        qr: true,
        aa: true,
        rcode: 'NOERROR',
        queries: [{ rrname: '_ldap._tcp.corp.local', rrtype: 'SRV' }],
        answers: [
          {
            rrname: '_ldap._tcp.corp.local',
            rrtype: 'SRV',
            ttl: 600,
            srv: { name: 'dc1.corp.local', port: 389, priority: 0, weight: 100 },
          },
          { rrname: 'corp.local', rrtype: 'SOA', ttl: 60, soa: { mname: 'ns.corp.local' } },
        ],
      },
      3,
    ),
  )
  assert.deepEqual(rows.map(pick), [
    ['10.0.0.5', '_ldap._tcp.corp.local', 'SRV', 'NOERROR', ['dc1.corp.local', 'ns.corp.local'], 3000, 3000],
  ])
})

test('a query without an answer is told when its minute is over; an answer without a query stands alone', async () => {
  const rows = await rowsOf(
    asked({ type: 'query', id: 1, rrname: 'lost.example', rrtype: 'A' }),
    asked({ version: 2, type: 'answer', id: 2, rrname: 'late.example', rrtype: 'A', rcode: 'SERVFAIL' }, 10),
  )
  assert.deepEqual(rows.map(pick), [
    ['10.0.0.5', 'late.example', 'A', 'SERVFAIL', undefined, undefined, 10_000],
    ['10.0.0.5', 'lost.example', 'A', undefined, undefined, undefined, 60_000_000],
  ])
})

test('a query that is seen twice, each with its answer, makes two lookups', async () => {
  const query = { type: 'query', id: 7, rrname: 'a.example', rrtype: 'A', tx_id: 0 }
  const answer = {
    version: 2,
    type: 'answer',
    id: 7,
    rrname: 'a.example',
    rrtype: 'A',
    rcode: 'NOERROR',
    answers: [{ rrtype: 'A', rdata: '192.0.2.1' }],
  }
  const rows = await rowsOf(asked(query), asked(query, 1), asked(answer, 5), asked(answer, 7))
  assert.deepEqual(
    rows.map(({ fields }) => fields['rtt']),
    [5000, 6000],
  )
})

test('queries without an answer do not pile up: beyond a bound the oldest are given up and counted', async () => {
  const lines: string[] = []
  for (let i = 0; i < 21_000; i++) {
    lines.push(
      JSON.stringify({
        ...asked({ type: 'query', id: i % 65_536, rrname: `${i}.example`, rrtype: 'A' }),
        flow_id: i,
        src_ip: '10.0.0.5',
        src_port: 50_000,
        dest_ip: '10.0.0.10',
      }),
    )
  }
  const { rows, report } = await readRows(textFile(lines.join('\n')))
  assert.equal(rows.length, 21_000)
  assert.match(report.notes.join(), /1000 DNS lookups/)
})

test('names asked over multicast are lookups too', async () => {
  const rows = await rowsOf({
    event_type: 'llmnr',
    proto: 'UDP',
    dest_ip: '224.0.0.252',
    dest_port: 5355,
    llmnr: { type: 'request', id: 5, queries: [{ rrname: 'hs2011', rrtype: 'a' }] },
  })
  assert.deepEqual(rows.map(pick), [['10.0.0.5', 'hs2011', 'A', undefined, undefined, undefined, 60_000_000]])
})
