import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, SECOND } from '../../event/time.ts'
import { ReadReport } from '../sensor.ts'
import { lineOf, type PlainEvent, plainEvents } from './made_capture.ts'
import { Trace } from './trace.ts'

const START = 1_600_000_000 * SECOND
const CLIENT = '10.0.0.1'
const SERVER = '10.0.0.2'

type Fields = Parameters<typeof lineOf>[0]

interface Step {
  /** True: from the server. */
  readonly back?: boolean
  /** Microseconds after the first packet; 1 ms a packet when not given. */
  readonly at?: number
  readonly fields: Fields
}

interface Setting {
  readonly protocols: string
  readonly port: number
  readonly transport?: 'tcp' | 'udp'
}

/** Runs dissected packets of one connection through a trace. */
function traced(
  { protocols, port, transport = 'tcp' }: Setting,
  steps: readonly Step[],
): { events: PlainEvent[]; report: ReadReport } {
  const report = new ReadReport('made')
  const trace = new Trace(report)
  for (const [index, { back = false, at = index * 1000, fields }] of steps.entries()) {
    const time = START + at
    const [from, to] = back ? [SERVER, CLIENT] : [CLIENT, SERVER]
    const [fromPort, toPort] = back ? [port, 40_000] : [40_000, port]
    const ports: Fields =
      transport === 'tcp'
        ? {
            'tcp.srcport': `${fromPort}`,
            'tcp.dstport': `${toPort}`,
            'tcp.flags': '0x0018',
            'tcp.len': '10',
            'tcp.seq_raw': `${1000 + index * 10}`,
            'tcp.ack_raw': '1',
            'tcp.window_size_value': '100',
          }
        : { 'udp.srcport': `${fromPort}`, 'udp.dstport': `${toPort}`, 'udp.length': '18' }
    trace.packet(
      lineOf({
        'frame.number': `${index + 1}`,
        'frame.time_epoch': `${Math.floor(time / SECOND)}.${String(time % SECOND).padStart(6, '0')}000`,
        'frame.len': '64',
        'frame.protocols': `eth:ethertype:ip:${transport}:${protocols}`,
        'ip.src': from,
        'ip.dst': to,
        'ip.len': '50',
        ...ports,
        ...fields,
      }),
      0,
    )
  }
  trace.finish()
  return { events: trace.writer.takeRest().flatMap(plainEvents), report }
}

const ofLog = (events: readonly PlainEvent[], log: string): PlainEvent[] =>
  events.filter((event) => event['_log'] === log)

const SMB: Setting = { protocols: 'nbss:smb2', port: 445 }

function smb(command: number, id: number, more: Fields = {}): Step {
  return {
    fields: {
      'smb2.cmd': `${command}`,
      'smb2.flags.response': '0',
      'smb2.flags.async': '0',
      'smb2.msg_id': `${id}`,
      'smb2.sesid': '0x01',
      'smb2.tid': '0x05',
      ...more,
    },
  }
}

function smbReply(command: number, id: number, status: string, more: Fields = {}): Step {
  const { fields } = smb(command, id, { 'smb2.flags.response': '1', 'smb2.nt_status': status, ...more })
  return { back: true, fields }
}

const OK = '0x00000000'
const CONNECT = [
  smb(3, 1, { 'smb2.tid': '0x00', 'smb2.tree': '\\\\srv\\C$' }),
  smbReply(3, 1, OK, { 'smb2.share_type': '0x01' }),
]

test('an NTLM logon that is refused is told as refused, with the reason', () => {
  const authenticate: Fields = {
    'ntlmssp.messagetype': '0x00000003',
    'ntlmssp.auth.username': 'alice',
    'ntlmssp.auth.domain': 'CORP',
    'ntlmssp.auth.hostname': 'NULL',
  }
  const inSmb = traced({ protocols: 'nbss:smb2:ntlmssp', port: 445 }, [
    smb(1, 1, { 'ntlmssp.messagetype': '0x00000001' }),
    smbReply(1, 1, '0xc0000016', {
      'ntlmssp.messagetype': '0x00000002',
      'ntlmssp.challenge.target_info.nb_computer_name': 'SRV',
    }),
    smb(1, 2, authenticate),
    smbReply(1, 2, '0xc000006d'),
    smb(1, 3, authenticate),
    smbReply(1, 3, OK),
    smb(1, 4, authenticate),
  ]).events
  assert.deepEqual(
    ofLog(inSmb, 'ntlm').map((row) => [
      row['username'],
      row['domainname'],
      row['hostname'],
      row['server_nb_computer_name'],
      row['success'],
      row['status'],
    ]),
    [
      ['alice', 'CORP', undefined, 'SRV', 0, 'LOGON_FAILURE'],
      ['alice', 'CORP', undefined, 'SRV', 1, 'SUCCESS'],
      ['alice', 'CORP', undefined, 'SRV', undefined, undefined],
    ],
  )
  const inHttp = traced({ protocols: 'http:ntlmssp', port: 5985 }, [
    { fields: { 'http.request.method': 'POST', 'http.request.uri': '/wsman', ...authenticate } },
    { back: true, fields: { 'http.response.code': '401' } },
  ]).events
  assert.equal(ofLog(inHttp, 'ntlm')[0]!['success'], 0)
  const inRpc = traced({ protocols: 'dcerpc:ntlmssp', port: 135 }, [
    { fields: { 'dcerpc.pkt_type': '16', 'dcerpc.cn_flags': '0x03', 'dcerpc.cn_call_id': '1', ...authenticate } },
    {
      back: true,
      fields: {
        'dcerpc.pkt_type': '3',
        'dcerpc.cn_flags': '0x03',
        'dcerpc.cn_call_id': '1',
        'dcerpc.cn_ctx_id': '0',
        'dcerpc.cn_status': '0x00000005',
      },
    },
  ]).events
  assert.equal(ofLog(inRpc, 'ntlm')[0]!['success'], 0)
})

test('a file is opened, read, written, renamed and deleted; each is told once a file, and what is refused is not', () => {
  const { events } = traced(SMB, [
    ...CONNECT,
    smb(5, 2, { 'smb2.filename': 'a\\b.txt' }),
    smbReply(5, 2, OK, { 'smb2.fid': 'f1', 'smb2.eof': '12' }),
    smb(8, 3, { 'smb2.fid': 'f1', 'smb2.file_offset': '0' }),
    smbReply(8, 3, OK),
    smb(8, 4, { 'smb2.fid': 'f1', 'smb2.file_offset': '10' }),
    smb(9, 5, { 'smb2.fid': 'f1', 'smb2.file_offset': '20', 'smb2.write_length': '30' }),
    smb(9, 6, { 'smb2.fid': 'f1', 'smb2.file_offset': '50', 'smb2.write_length': '30' }),
    smb(17, 7, {
      'smb2.fid': 'f1',
      'smb2.class': '0x01',
      'smb2.file_info.infolevel': '0x0a',
      'smb2.filename': 'a\\b.locked',
    }),
    smbReply(17, 7, OK),
    smb(17, 8, {
      'smb2.fid': 'f1',
      'smb2.class': '0x01',
      'smb2.file_info.infolevel': '0x0d',
      'smb2.disposition.delete_on_close': '1',
    }),
    smbReply(17, 8, '0xc0000022'),
    smb(5, 9, { 'smb2.filename': 'secret' }),
    smbReply(5, 9, '0x00000103', { 'smb2.flags.async': '1', 'smb2.tid': '' }),
    smbReply(5, 9, '0xc0000022'),
    smb(5, 10, { 'smb2.filename': 'tool.exe', 'smb.nt.create_options.delete_on_close': '1' }),
    smbReply(5, 10, OK, { 'smb2.fid': 'f2', 'smb2.eof': '0' }),
  ])
  assert.deepEqual(
    ofLog(events, 'smb_mapping').map((row) => [row['path'], row['share_type'], row['_line']]),
    [['\\\\srv\\C$', 'DISK', 1]],
  )
  assert.deepEqual(
    ofLog(events, 'smb_files').map((row) => [row['action'], row['name'], row['prev_name'], row['data_len_req']]),
    [
      ['SMB::FILE_OPEN', 'a\\b.txt', undefined, undefined],
      ['SMB::FILE_READ', 'a\\b.txt', undefined, undefined],
      ['SMB::FILE_WRITE', 'a\\b.txt', undefined, 30],
      ['SMB::FILE_RENAME', 'a\\b.locked', 'a\\b.txt', undefined],
      ['SMB::FILE_OPEN', 'tool.exe', undefined, undefined],
      ['SMB::FILE_DELETE', 'tool.exe', undefined, undefined],
    ],
  )
})

test('of SMB seen from the client alone, what it asked for is told', () => {
  const { events } = traced(SMB, [
    CONNECT[0]!,
    smb(5, 2, { 'smb2.filename': 'svcctl' }),
    smb(5, 3, { 'smb2.filename': 'evil.exe' }),
  ])
  assert.deepEqual(
    ofLog(events, 'smb_files').map((row) => [row['action'], row['path'], row['name']]),
    [
      // Its tree connect was not answered, so its tree is not known; a bare name of one of Windows' own pipes speaks.
      ['SMB::PIPE_OPEN', '\\\\10.0.0.2\\IPC$', 'svcctl'],
      ['SMB::FILE_OPEN', undefined, 'evil.exe'],
    ],
  )
  assert.deepEqual(
    ofLog(events, 'smb_mapping').map((row) => row['path']),
    ['\\\\srv\\C$'],
  )
})

const RPC: Setting = { protocols: 'dcerpc', port: 49_700 }
const SVCCTL = '367abb81-9844-35f1-ad32-98f038001003'
const WINREG = '338cd001-2244-31f1-aaaa-900038001003'

function rpc(type: number, call: number, more: Fields = {}): Step {
  const back = type === 2 || type === 3 || type === 12 || type === 15
  return {
    back,
    fields: {
      'dcerpc.pkt_type': `${type}`,
      'dcerpc.cn_flags': '0x03',
      'dcerpc.cn_call_id': `${call}`,
      ...more,
    },
  }
}

test('a call belongs to the interface that its context id was bound to, also later on', () => {
  const { events } = traced(RPC, [
    rpc(11, 1, {
      'dcerpc.cn_num_ctx_items': '2',
      'dcerpc.cn_ctx_id': ['0', '1'],
      'dcerpc.cn_bind_to_uuid': [SVCCTL, SVCCTL],
    }),
    rpc(12, 1, { 'dcerpc.cn_sec_addr': '49700' }),
    rpc(0, 2, { 'dcerpc.cn_ctx_id': '1', 'dcerpc.opnum': '12' }),
    rpc(2, 2, { 'dcerpc.cn_ctx_id': '1', 'dcerpc.opnum': '12' }),
    rpc(14, 3, { 'dcerpc.cn_num_ctx_items': '1', 'dcerpc.cn_ctx_id': '2', 'dcerpc.cn_bind_to_uuid': WINREG }),
    rpc(0, 4, { 'dcerpc.cn_ctx_id': '2', 'dcerpc.opnum': '22', 'dcerpc.cn_flags': '0x01' }),
    rpc(0, 4, { 'dcerpc.cn_ctx_id': '2', 'dcerpc.opnum': '22', 'dcerpc.cn_flags': '0x02' }),
    rpc(3, 4, { 'dcerpc.cn_ctx_id': '2', 'dcerpc.cn_status': '0x00000005' }),
    rpc(0, 5, { 'dcerpc.cn_ctx_id': '9', 'dcerpc.opnum': '3' }),
  ])
  assert.deepEqual(
    ofLog(events, 'dce_rpc').map((row) => [row['uuid'], row['endpoint'], row['operation'], row['opnum'], row['rtt']]),
    [
      [SVCCTL, 'svcctl', 'CreateServiceW', 12, 1000],
      [WINREG, 'winreg', 'BaseRegSetValue', 22, 2000],
      [undefined, undefined, undefined, 3, undefined],
    ],
  )
})

test('a pipe whose bind was not seen speaks what its name says', () => {
  const call: Fields = {
    'dcerpc.pkt_type': '0',
    'dcerpc.cn_flags': '0x03',
    'dcerpc.cn_call_id': '7',
    'dcerpc.cn_ctx_id': '0',
    'dcerpc.opnum': '19',
  }
  const { events } = traced({ protocols: 'nbss:smb2:dcerpc', port: 445 }, [
    smb(5, 2, { 'smb2.filename': 'svcctl' }),
    smbReply(5, 2, OK, { 'smb2.fid': 'p' }),
    smb(11, 3, { 'smb2.fid': 'p', ...call }),
  ])
  assert.deepEqual(
    ofLog(events, 'dce_rpc').map((row) => [row['endpoint'], row['operation'], row['named_pipe']]),
    [['svcctl', 'StartServiceW', '\\pipe\\svcctl']],
  )
})

test('DNS answers keep their order whatever their types', () => {
  const question: Fields = {
    'dns.id': '0x0007',
    'dns.flags.response': '0',
    'dns.qry.name': 'WWW.Example.com',
    'dns.qry.type': '1',
    'dns.qry.class': '0x0001',
    'dns.flags.recdesired': '1',
  }
  const { events } = traced({ protocols: 'dns', port: 53, transport: 'udp' }, [
    { fields: question },
    {
      back: true,
      fields: {
        ...question,
        'dns.flags.response': '1',
        'dns.flags.rcode': '0',
        'dns.count.answers': '4',
        'dns.resp.type': ['5', '1', '16', '1', '2', '1', '41'],
        'dns.resp.ttl': ['60', '61', '62', '63', '64', '65'],
        'dns.cname': 'cdn.example.net',
        'dns.a': ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
        'dns.txt': ['v=1', 'x'],
        'dns.ns': 'ns.example.net',
      },
    },
    { fields: { ...question, 'dns.id': '0x0008' } },
  ])
  const [answered, lost] = ofLog(events, 'dns')
  assert.equal(answered!['query'], 'www.example.com')
  assert.deepEqual(answered!['answers'], ['cdn.example.net', '192.0.2.1', 'TXT 3 v=1 TXT 1 x', '192.0.2.2'])
  assert.deepEqual(answered!['TTLs'], ['60', '61', '62', '63'])
  assert.equal(answered!['rtt'], 1000)
  assert.equal(answered!['rcode_name'], 'NOERROR')
  assert.deepEqual([lost!['trans_id'], lost!['rcode'], lost!['rtt']], [8, undefined, undefined])
})

test('a DHCP exchange is one event with the lease, told with the ACK; a lonely DISCOVER after 30 s', () => {
  const message = (type: number, id: string, more: Fields = {}): Fields => ({
    'dhcp.id': id,
    'dhcp.option.dhcp': `${type}`,
    'dhcp.hw.mac_addr': '02:00:00:00:00:07',
    'ip.src': '0.0.0.0',
    ...more,
  })
  const answer: Fields = {
    'ip.src': '10.0.0.2',
    'dhcp.ip.your': '10.0.0.77',
    'dhcp.option.dhcp_server_id': '10.0.0.2',
    'dhcp.option.ip_address_lease_time': '3600',
    'dhcp.option.domain_name': 'corp.example',
  }
  const { events } = traced({ protocols: 'dhcp', port: 67, transport: 'udp' }, [
    { fields: message(1, '0x01', { 'dhcp.option.hostname': 'PC-7' }) },
    { back: true, fields: message(2, '0x01', answer) },
    { fields: message(3, '0x01', { 'dhcp.option.requested_ip_address': '10.0.0.77' }) },
    { back: true, fields: message(5, '0x01', answer) },
    { fields: message(1, '0x02') },
    { at: 100 * SECOND, fields: message(1, '0x03') },
  ])
  const [lease, lonely, last] = ofLog(events, 'dhcp')
  assert.deepEqual(lease!['msg_types'], ['DISCOVER', 'OFFER', 'REQUEST', 'ACK'])
  assert.deepEqual(
    [lease!['mac'], lease!['host_name'], lease!['assigned_addr'], lease!['requested_addr'], lease!['server_addr']],
    ['02:00:00:00:00:07', 'PC-7', '10.0.0.77', '10.0.0.77', '10.0.0.2'],
  )
  assert.equal(lease!['lease_time'], 3600 * SECOND)
  assert.equal(lease!['_known'], START + 3000)
  assert.equal(lonely!['_known'], START + 4000 + 30 * SECOND)
  assert.equal(last!['_known'], START + 100 * SECOND)
})

test('a TLS 1.3 handshake tells the version of its extension, and a refused one its alert', () => {
  const hello: Fields = {
    'tls.record.content_type': '22',
    'tls.handshake.type': '1',
    'tls.handshake.extensions_server_name': 'example.org',
    'tls.handshake.ja3': 'aa',
  }
  const { events } = traced({ protocols: 'tls', port: 443 }, [
    { fields: hello },
    {
      back: true,
      fields: {
        'tls.record.content_type': ['22', '20', '23'],
        'tls.handshake.type': '2',
        'tls.handshake.version': '0x0303',
        'tls.handshake.extensions.supported_version': '0x0304',
        'tls.handshake.ciphersuite': '0x1301',
        'tls.handshake.ja3s': 'bb',
      },
    },
    { fields: { 'tls.record.content_type': ['20', '23'] } },
  ])
  const [row] = ofLog(events, 'ssl')
  assert.deepEqual(
    [row!['version'], row!['cipher'], row!['server_name'], row!['established'], row!['ja3'], row!['ja3s']],
    ['TLSv13', 'TLS_AES_128_GCM_SHA256', 'example.org', 1, 'aa', 'bb'],
  )
  const refused = traced({ protocols: 'tls', port: 443 }, [
    { fields: hello },
    { back: true, fields: { 'tls.record.content_type': '21', 'tls.alert_message.desc': '40' } },
  ]).events
  assert.deepEqual(
    ofLog(refused, 'ssl').map((event) => [event['established'], event['last_alert']]),
    [[0, 'handshake_failure']],
  )
})

test('SSH shows who is speaking on both sides', () => {
  const { events } = traced({ protocols: 'ssh', port: 22 }, [
    { back: true, fields: { 'ssh.protocol': 'SSH-2.0-OpenSSH_9.2' } },
    { fields: { 'ssh.protocol': 'SSH-2.0-PuTTY' } },
    { fields: { 'ssh.kex.hassh': 'cc' } },
    { back: true, fields: { 'ssh.kex.hasshserver': 'dd' } },
  ])
  const [row] = ofLog(events, 'ssh')
  assert.deepEqual(
    [row!['client'], row!['server'], row!['hassh'], row!['hasshServer'], row!['version'], row!['id.resp_p']],
    ['SSH-2.0-PuTTY', 'SSH-2.0-OpenSSH_9.2', 'cc', 'dd', 2, 22],
  )
})

test('a Kerberos request that nobody answers is told at the end', () => {
  const { events } = traced({ protocols: 'kerberos', port: 88, transport: 'udp' }, [
    {
      fields: {
        'kerberos.msg_type': '10',
        'kerberos.cname_string': '1',
        'kerberos.CNameString': 'bob',
        'kerberos.sname_string': '2',
        'kerberos.SNameString': ['krbtgt', 'CORP.EXAMPLE'],
        'kerberos.realm': 'CORP.EXAMPLE',
        'kerberos.ENCTYPE': ['23', '18'],
        'kerberos.till': 'Sep 13, 2037 02:48:05.000000000 UTC',
      },
    },
  ])
  const [row] = ofLog(events, 'kerberos')
  assert.deepEqual(
    [row!['request_type'], row!['client'], row!['service'], row!['success'], row!['till']],
    ['AS', 'bob/CORP.EXAMPLE', 'krbtgt/CORP.EXAMPLE', undefined, Date.UTC(2037, 8, 13, 2, 48, 5) * 1000],
  )
  assert.deepEqual(row!['request_etypes'], ['rc4-hmac', 'aes256-cts-hmac-sha1-96'])
})

test('the memory of one connection is bounded, and what is given up is told and counted', () => {
  const steps = Array.from({ length: 400 }, (_, index) =>
    rpc(0, index, { 'dcerpc.cn_ctx_id': '0', 'dcerpc.opnum': '1' }),
  )
  const { events, report } = traced(RPC, steps)
  assert.equal(ofLog(events, 'dce_rpc').length, 400)
  assert.deepEqual(report.notes, [
    '144 RPC calls waiting for a response were given up, oldest first, to keep memory within bounds',
  ])
})

test('one absurd time does not move the clock, a hundred that agree do', () => {
  const far = 400 * DAY
  const packet = (at: number): Step => ({
    at,
    fields: { 'dns.id': '1', 'dns.flags.response': '0', 'dns.qry.name': 'x' },
  })
  const setting: Setting = { protocols: 'dns', port: 53, transport: 'udp' }
  const once = traced(setting, [packet(0), packet(far), packet(1000)])
  assert.deepEqual(once.report.notes, [
    "1 packets have times more than a day away from their neighbours; they were given their neighbours' time",
  ])
  assert.deepEqual(
    ofLog(once.events, 'conn').map((row) => [row['orig_pkts'], row['duration'], row['_known']]),
    [[3, 1000, START + 1000]],
  )
  for (const after of [far, -far]) {
    const jumped = traced(setting, [packet(0), ...Array.from({ length: 120 }, (_, index) => packet(after + index))])
    assert.deepEqual(jumped.report.notes, ["the capture's clock jumps by more than a day before packet 2"])
    assert.deepEqual(
      ofLog(jumped.events, 'conn').map((row) => [row['orig_pkts'], row['ts']]),
      [
        [1, START],
        [120, START + after],
      ],
    )
  }
  const sparse = traced(setting, [packet(0), packet(2 * DAY), packet(5 * DAY)])
  assert.deepEqual(
    ofLog(sparse.events, 'conn').map((row) => row['ts']),
    [START, START + 2 * DAY, START + 5 * DAY],
  )
})

test('a broken packet is counted with its place, and its addresses still are', () => {
  const { events, report } = traced({ protocols: 'nbss:smb2', port: 445 }, [
    { fields: { '_ws.malformed': '[Malformed Packet: SMB2]' } },
  ])
  assert.equal(ofLog(events, 'conn').length, 1)
  const found = report.rejected.get('malformed-packet')
  assert.deepEqual([found?.count, found?.first[0]?.line, found?.first[0]?.value], [1, 1, '[Malformed Packet: SMB2]'])
})
