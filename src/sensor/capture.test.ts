import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import {
  eventsOf,
  frameOf,
  type MadePacket,
  memoryFile,
  type PlainEvent,
  pcapOf,
  plainEvents,
  tcpOf,
  udpOf,
} from './capture/made_capture.ts'
import { Trace } from './capture/trace.ts'
import { dissect, findTshark } from './capture/tshark.ts'
import { capture } from './capture.ts'
import { ReadReport, SourceFailure, type SourceFile } from './sensor.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures', 'capture')
const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared', 'data')
const inCi = process.env['CI'] === 'true'
const tshark = await findTshark('').catch(() => undefined)
const withTshark = { skip: tshark === undefined && !inCi && 'tshark is not installed' }
const withShared = { skip: withTshark.skip || (!existsSync(SHARED) && !inCi && '../shared/data is not there') }

const fixture = (name: string): SourceFile => memoryFile(readFileSync(join(FIXTURES, name)))
const ofLog = (events: readonly PlainEvent[], log: string): PlainEvent[] =>
  events.filter((event) => event['_log'] === log)

/** The fields of a row that its packets decide, in the order that is easiest to read beside them. */
function connFacts(row: PlainEvent): readonly unknown[] {
  return [
    `${row['id.orig_h']}:${row['id.orig_p']}`,
    `${row['id.resp_h']}:${row['id.resp_p']}`,
    row['service'],
    row['conn_state'],
    row['history'],
    row['duration'],
    row['orig_bytes'],
    row['resp_bytes'],
    row['orig_pkts'],
    row['orig_ip_bytes'],
    row['resp_pkts'],
    row['resp_ip_bytes'],
  ]
}

// Checked by hand against `tshark -T fields -e tcp.flags.str -e tcp.seq -e tcp.len -e ip.len`, packet by packet.
test('the conn log of a Kerberos ticket request ended by FIN and RST', withTshark, async () => {
  const { events } = await eventsOf(fixture('kerberoast_krb5-kerberoasting.pcap'))
  assert.deepEqual(ofLog(events, 'conn').map(connFacts), [
    ['10.0.0.2:49216', '10.0.0.6:88', 'krb_tcp', 'RSTR', 'ShADadFr', 3038, 1600, 1548, 5, 1812, 6, 1800],
  ])
  const [row] = ofLog(events, 'conn')
  assert.equal(row!['ts'], 1_534_673_004_596_879)
  assert.match(String(row!['uid']), /^C[0-9A-Za-z]{17}$/)
})

test('the conn log of LDAP with its logons over SMB and Kerberos', withTshark, async () => {
  const { events } = await eventsOf(fixture('zeek-ldap-aduser1.pcap'))
  const rows = ofLog(events, 'conn').map(connFacts)
  const server = '192.168.226.136'
  const client = '192.168.226.131'
  assert.deepEqual(rows, [
    [`${client}:32860`, `${server}:445`, 'gssapi,ntlm,smb', 'RSTR', 'ShADdFar', 146_855, 594, 1052, 10, 1122, 8, 1464],
    [
      `${client}:54544`,
      `${server}:389`,
      'gssapi,krb,ldap_tcp',
      'RSTR',
      'ShADdFar',
      132_899,
      1621,
      1065,
      6,
      1941,
      5,
      1321,
    ],
    [`${client}:60772`, `${server}:88`, 'krb_tcp', 'RSTR', 'ShADdFar', 3962, 188, 1626, 6, 508, 5, 1882],
    [`${client}:60784`, `${server}:88`, 'krb_tcp', 'RSTR', 'ShADadFr', 3245, 1513, 1530, 7, 1885, 6, 1838],
  ])
  const [search] = ofLog(events, 'ldap_search')
  assert.equal(search!['filter'], '(&(sAMAccountName=*)(mail=*)(!(UserAccountControl:1.2.840.113556.1.4.803:=2)))')
  assert.equal(search!['result_count'], 3)
})

test('the conn and modbus logs of coils written and read', withTshark, async () => {
  const { events } = await eventsOf(fixture('zeek-modbus-modbusSmall.pcap'))
  const me = '118.189.96.132'
  assert.deepEqual(ofLog(events, 'conn').slice(0, 2).map(connFacts), [
    [`${me}:55480`, `${me}:502`, 'modbus', 'SF', 'ShADadFf', 256, 14, 12, 6, 334, 4, 228],
    [`${me}:55481`, `${me}:502`, 'modbus', 'SF', 'ShADadFf', 393, 12, 10, 6, 332, 4, 226],
  ])
  // Told when it has lingered for 5 s after its last FIN, not with whatever packet comes next.
  assert.equal(ofLog(events, 'conn')[0]!['_known'], 1_400_547_204_329_825)
  const [request, response] = ofLog(events, 'modbus')
  assert.deepEqual(
    [request!['func'], request!['pdu_type'], request!['quantity'], response!['pdu_type']],
    ['WRITE_MULTIPLE_COILS', 'REQ', 3, 'RESP'],
  )
})

test('a share enumeration shows its logon, pipe, interface and operations', withTshark, async () => {
  const { events, report } = await eventsOf(fixture('Discovery_dcerp_srvsvc_NetShareEnum.pcapng'))
  const [logon] = ofLog(events, 'ntlm')
  assert.deepEqual(
    [logon!['username'], logon!['success'], logon!['status'], logon!['server_dns_computer_name']],
    ['lgreen', 1, 'SUCCESS', '01566s-win16-ir.threebeesco.com'],
  )
  assert.deepEqual(
    ofLog(events, 'smb_files').map((row) => [row['action'], row['path'], row['name']]),
    [
      ['SMB::PIPE_OPEN', '\\\\172.16.66.36\\IPC$', 'srvsvc'],
      ['SMB::PIPE_OPEN', '\\\\172.16.66.36\\IPC$', 'srvsvc'],
    ],
  )
  assert.deepEqual(
    ofLog(events, 'dce_rpc').map((row) => [row['endpoint'], row['operation'], row['opnum'], row['rtt']]),
    [
      ['srvsvc', 'NetrShareEnum', 15, 218],
      ['srvsvc', 'NetrServerGetInfo', 21, 1554],
    ],
  )
  assert.equal(report.rejected.get('malformed-packet')?.count, 1)
  assert.equal(report.rejected.get('malformed-packet')?.first[0]?.line, 22)
})

test('a ticket is told with who asked, for what, and in which cipher', withTshark, async () => {
  const { events } = await eventsOf(fixture('lm_mimikazt_skeleton_kerberos_rc4_etype.pcapng'))
  assert.deepEqual(
    ofLog(events, 'kerberos').map((row) => [
      row['request_type'],
      row['client'],
      row['service'],
      row['success'],
      row['error_msg'] ?? row['cipher'],
      row['preauth'],
    ]),
    [
      ['AS', 'backdoor/3b', 'krbtgt/3b', 0, 'KDC_ERR_PREAUTH_REQUIRED', 0],
      ['AS', 'backdoor/3b', 'krbtgt/THREEBEESCO.COM', 1, 'aes256-cts-hmac-sha1-96', 1],
      ['TGS', 'backdoor/THREEBEESCO.COM', 'cifs/01566s-win16-ir', 1, 'rc4-hmac', undefined],
      ['TGS', 'backdoor/THREEBEESCO.COM', 'krbtgt/THREEBEESCO.COM', 1, 'aes256-cts-hmac-sha1-96', undefined],
      ['AP', undefined, 'cifs/01566s-win16-ir', 1, 'rc4-hmac', undefined],
    ],
  )
})

const FactSchema = z.object({ type: z.string() }).catchall(z.union([z.string(), z.number()]))
const ItemSchema = z.object({
  name: z.string(),
  kind: z.string(),
  path: z.string(),
  must_show: z.array(FactSchema),
})

function shows(event: PlainEvent, fact: z.infer<typeof FactSchema>): boolean {
  const isPipe = fact.type === 'pipe'
  if (event['_log'] !== (isPipe ? 'smb_files' : fact.type)) return false
  if (isPipe && !/IPC\$$/.test(String(event['path']))) return false
  return Object.entries(fact).every(([key, expected]) => {
    // The common name of an interface is for people; its UUID decides.
    if (key === 'type' || key === 'interface') return true
    if (key === 'orig_h' || key === 'resp_h') return event[`id.${key}`] === expected
    if (key === 'client') return String(event['client']).split('/')[0] === expected
    return event[key] === expected
  })
}

test('every labelled capture shows what it must show', withShared, async (t) => {
  const labels = z.array(ItemSchema.loose()).parse(JSON.parse(readFileSync(join(SHARED, 'labels.json'), 'utf8')))
  const captures = labels.filter((item) => item.kind === 'pcap')
  assert.ok(captures.length > 40)
  for (const item of captures) {
    await t.test(item.name, async () => {
      const { events } = await eventsOf(memoryFile(readFileSync(join(SHARED, item.path))))
      assert.ok(ofLog(events, 'conn').length > 0)
      for (const fact of item.must_show)
        assert.ok(
          events.some((event) => shows(event, fact)),
          JSON.stringify(fact),
        )
    })
  }
})

test('an answer that repeats its request is no second call', withShared, async () => {
  const { events } = await eventsOf(memoryFile(readFileSync(join(SHARED, 'pcap', 'zeek-smb-smb2.pcap'))))
  assert.deepEqual(
    ofLog(events, 'dce_rpc').map((row) => [row['operation'], row['rtt']]),
    [['NetrShareGetInfo', 184]],
  )
  assert.deepEqual(
    ofLog(events, 'smb_files')
      .filter((row) => row['action'] === 'SMB::FILE_WRITE')
      .map((row) => [row['path'], row['name'], row['data_offset_req'], row['data_len_req']]),
    [['\\\\10.0.0.12\\smb2', 'WP_SMBPlugin.pdf', 0, 65_536]],
  )
})

test('hostile captures end well', withShared, async (t) => {
  const names = readdirSync(join(SHARED, 'hostile')).filter((name) => /\.pcap(ng)?$/.test(name))
  assert.ok(names.length > 5)
  for (const name of names) {
    await t.test(name, async () => {
      const { events } = await eventsOf(memoryFile(readFileSync(join(SHARED, 'hostile', name))))
      assert.ok(ofLog(events, 'conn').length > 0)
    })
  }
})

test('the same capture gives the same events, whatever the chunks', withTshark, async () => {
  const bytes = readFileSync(join(FIXTURES, 'zeek-ldap-aduser1.pcap'))
  const once = await eventsOf(memoryFile(bytes))
  const again = await eventsOf(memoryFile(bytes, 7))
  assert.deepEqual(again.events, once.events)
})

/** Dissected lines of a capture, with what must be added to their packet numbers. */
async function dissected(file: SourceFile, pieceBytes?: number): Promise<[line: string, before: number][]> {
  const lines: [string, number][] = []
  for await (const block of dissect(file, new ReadReport(file.shown), pieceBytes)) {
    for (const line of block.lines) lines.push([line, block.packetsBefore])
  }
  return lines
}

function traced(lines: readonly (readonly [line: string, before: number])[]): PlainEvent[] {
  const trace = new Trace(new ReadReport('traced'))
  for (const [line, before] of lines) trace.packet(line, before)
  trace.finish()
  return trace.writer.takeRest().flatMap(plainEvents)
}

test('cut after any packet, what was known before is the same', withTshark, async () => {
  for (const name of [
    'zeek-ldap-aduser1.pcap',
    'Discovery_dcerp_srvsvc_NetShareEnum.pcapng',
    'zeek-modbus-modbusSmall.pcap',
  ]) {
    const lines = await dissected(fixture(name))
    const whole = traced(lines)
    for (let kept = 1; kept < lines.length; kept++) {
      const cut = traced(lines.slice(0, kept))
      const end = Math.max(...cut.map((event) => Number(event['_known'])))
      const before = (events: readonly PlainEvent[]): string[] =>
        events.filter((event) => Number(event['_known']) < end).map((event) => JSON.stringify(event))
      assert.deepEqual(before(cut).sort(), before(whole).sort(), `${name} after ${kept} packets`)
    }
  }
})

test('every log comes in the order in which it became known', withTshark, async () => {
  const { events } = await eventsOf(fixture('zeek-modbus-modbusSmall.pcap'))
  for (const log of new Set(events.map((event) => event['_log']))) {
    const known = ofLog(events, String(log)).map((event) => Number(event['_known']))
    assert.deepEqual(
      known,
      known.toSorted((a, b) => a - b),
    )
  }
})

test('a capture read in pieces gives the same connections and packet numbers', withTshark, async () => {
  const whole = await dissected(fixture('zeek-modbus-modbusSmall.pcap'))
  const pieces = await dissected(memoryFile(readFileSync(join(FIXTURES, 'zeek-modbus-modbusSmall.pcap')), 1000), 4000)
  assert.ok(new Set(pieces.map(([, before]) => before)).size > 2)
  const conns = (lines: readonly (readonly [string, number])[]): unknown[] =>
    ofLog(traced(lines), 'conn').map((row) => [connFacts(row), row['_line'], row['uid']])
  assert.deepEqual(conns(pieces), conns(whole))
})

const START = 1_600_000_000_000_000

test('IPv6 and VLAN tags are part of a connection', withTshark, async () => {
  const client = '2001:db8:0:0:0:0:0:1'
  const server = '2001:db8:0:0:0:0:0:2'
  const query = Buffer.from('0007010000010000000000000141076578616d706c6503636f6d00001c0001', 'hex')
  const packets: MadePacket[] = [
    { time: START, bytes: frameOf(client, server, 17, udpOf(40_000, 53, query), { vlan: 42 }) },
    { time: START + 1000, bytes: frameOf(client, server, 6, tcpOf(40_001, 445, 2, 100, 0), { vlan: 42 }) },
  ]
  const { events } = await eventsOf(memoryFile(pcapOf(packets)))
  const rows = ofLog(events, 'conn')
  assert.deepEqual(
    rows.map((row) => [
      row['id.orig_h'],
      row['id.resp_h'],
      row['proto'],
      row['conn_state'],
      row['vlan'],
      row['orig_ip_bytes'],
    ]),
    [
      ['2001:db8::1', '2001:db8::2', 'udp', 'S0', 42, 40 + 8 + query.length],
      ['2001:db8::1', '2001:db8::2', 'tcp', 'S0', 42, 60],
    ],
  )
  assert.equal(rows[0]!['orig_l2_addr'], '02:00:00:00:00:01')
  assert.deepEqual(
    ofLog(events, 'dns').map((row) => [row['query'], row['qtype_name']]),
    [['a.example.com', 'AAAA']],
  )
})

test('a name cannot pose as two values, a column or a line', withTshark, async () => {
  const host = Buffer.from('a\tb\x1fc\x0bd\xffe|f,g', 'latin1')
  const request = Buffer.concat([
    Buffer.from('GET /x HTTP/1.1\r\nHost: '),
    host,
    Buffer.from('\r\nUser-Agent: agent\r\n\r\n'),
  ])
  const packets = [{ time: START, bytes: frameOf('10.0.0.1', '10.0.0.2', 6, tcpOf(40_000, 80, 0x18, 1, 1, request)) }]
  const { events } = await eventsOf(memoryFile(pcapOf(packets)))
  assert.equal(events.length, 2)
  const [row] = ofLog(events, 'http')
  assert.equal(row!['uri'], '/x')
  assert.equal(row!['user_agent'], 'agent')
  assert.equal(row!['host'], 'a\\tb\x1fc\x0bd\ufffde|f,g')
})

test('a capture cut in the middle of a packet costs that packet', withTshark, async () => {
  const bytes = readFileSync(join(FIXTURES, 'kerberoast_krb5-kerberoasting.pcap'))
  const { events, report } = await eventsOf(memoryFile(bytes.subarray(0, bytes.length - 5)))
  assert.equal(ofLog(events, 'kerberos').length, 1)
  assert.equal(ofLog(events, 'conn')[0]!['resp_pkts'], 5)
  const cut = report.rejected.get('truncated-capture')
  assert.equal(cut?.count, 1)
  assert.equal(cut?.first[0]?.line, 11)
})

test('a compressed capture that breaks off costs what is missing', withTshark, async () => {
  const bytes = readFileSync(join(FIXTURES, 'kerberoast_krb5-kerberoasting.pcap'))
  const failure = new SourceFailure('truncated-compression', 'the file ends in the middle of its compressed data')
  const { events, report } = await eventsOf(memoryFile(bytes.subarray(0, 2500), 1000, failure))
  assert.equal(ofLog(events, 'kerberos').length, 1)
  assert.equal(report.rejected.get('truncated-compression')?.count, 1)
})

test('a capture of a kind that tshark does not know is a failure of the file, in words', withTshark, async () => {
  const bytes = Buffer.from(readFileSync(join(FIXTURES, 'kerberoast_krb5-kerberoasting.pcap')))
  bytes.writeUInt32LE(0x0fff_fff0, 20)
  await assert.rejects(eventsOf(memoryFile(bytes)), (error) => {
    assert.ok(error instanceof SourceFailure)
    assert.match(error.message, /made\.pcap cannot be dissected by tshark: .+/)
    return true
  })
})

test('an empty capture has no events and is no error', withTshark, async () => {
  const { events, report } = await eventsOf(memoryFile(pcapOf([])))
  assert.deepEqual(events, [])
  assert.equal(report.rejected.size, 0)
})

test('without tshark the reason says what to install', async () => {
  await assert.rejects(findTshark('a.pcap', '/nonexistent'), (error) => {
    assert.ok(error instanceof SourceFailure)
    assert.match(error.message, /a\.pcap .*apt-get install tshark/)
    return true
  })
})

test('who stops reading early is not kept waiting', withTshark, async () => {
  const packets = Array.from({ length: 20_000 }, (_, index) => ({
    time: START + index * 10,
    bytes: frameOf('10.0.0.1', '10.0.0.2', 17, udpOf(1000 + (index % 60_000), 9, Buffer.alloc(400))),
  }))
  for await (const block of dissect(memoryFile(pcapOf(packets)), new ReadReport('made'))) {
    assert.ok(block.lines.length > 0)
    break
  }
})

test('captures are recognised whatever they are called', () => {
  const head = readFileSync(join(FIXTURES, 'kerberoast_krb5-kerberoasting.pcap')).subarray(0, 64)
  assert.ok(capture.recognises(head, 'conn.log'))
  assert.equal(capture.recognises(Buffer.from('{"ts":1}'), 'trace.pcap'), false)
})
