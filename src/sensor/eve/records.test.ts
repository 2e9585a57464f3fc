import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOON, type ReadRow, rowsOf } from './read_for_test.ts'

const AT = (milliseconds: number): string => new Date(NOON / 1000 + milliseconds).toISOString().replace('Z', '000+0000')
function pick(row: ReadRow | undefined, ...names: string[]): unknown[] {
  assert.ok(row)
  return [row.type, ...names.map((name) => row.fields[name])]
}

test('an HTTP transaction', async () => {
  const [row] = await rowsOf({
    event_type: 'http',
    tx_id: 2,
    http: {
      hostname: 'files.example',
      url: '/a.exe',
      http_user_agent: 'curl/8',
      http_refer: 'http://x/',
      http_method: 'GET',
      protocol: 'HTTP/1.1',
      status: 200,
      length: 4096,
      http_content_type: 'application/x-dosexec; charset=binary',
      xff: '203.0.113.9',
      redirect: '/b',
      request_headers: [
        { name: 'Content-Length', value: '17' },
        { name: 'Origin', value: 'https://x' },
      ],
    },
  })
  assert.deepEqual(
    pick(
      row,
      'trans_depth',
      'host',
      'uri',
      'user_agent',
      'referrer',
      'method',
      'version',
      'status_code',
      'response_body_len',
      'request_body_len',
      'origin',
      'resp_mime_types',
      'proxied',
    ),
    [
      'http',
      3,
      'files.example',
      '/a.exe',
      'curl/8',
      'http://x/',
      'GET',
      '1.1',
      200,
      4096,
      17,
      'https://x',
      ['application/x-dosexec'],
      ['X-FORWARDED-FOR -> 203.0.113.9'],
    ],
  )
  assert.equal(row!.extra?.['redirect'], '/b')
})

test('a TLS handshake and its certificate; TLS 1.3 shows none; QUIC is TLS as well', async () => {
  const rows = await rowsOf(
    {
      event_type: 'tls',
      tls: {
        version: 'TLS 1.2',
        sni: 'www.example',
        subject: 'CN=www.example',
        issuerdn: 'CN=CA',
        serial: '0A:0B',
        fingerprint: 'AA:bb',
        session_resumed: false,
        notbefore: '2024-01-01T00:00:00',
        notafter: '2025-01-01T00:00:00',
        ja3: { hash: 'j' },
        ja3s: { hash: 's' },
        ja4: 't13d',
        subjectaltname: ['www.example'],
      },
    },
    { event_type: 'tls', tls: { version: 'TLS 1.3', sni: 'b.example', server_alpns: ['h2'] } },
    { event_type: 'quic', quic: { version: '1', sni: 'q.example' } },
  )
  const [first, ...others] = rows.filter(({ type }) => type === 'ssl')
  assert.deepEqual(
    pick(
      first,
      'version',
      'server_name',
      'subject',
      'issuer',
      'ja3',
      'ja3s',
      'ja4',
      'established',
      'resumed',
      'cert_chain_fps',
    ),
    ['ssl', 'TLSv12', 'www.example', 'CN=www.example', 'CN=CA', 'j', 's', 't13d', 1, 0, ['aabb']],
  )
  assert.deepEqual(
    others.map((row) => pick(row, 'version', 'server_name', 'next_protocol', 'established')),
    [
      ['ssl', 'TLSv13', 'b.example', 'h2', undefined],
      ['ssl', 'TLSv13', 'q.example', undefined, undefined],
    ],
  )
  assert.deepEqual(
    pick(
      rows.find(({ type }) => type === 'x509'),
      'fingerprint',
      'certificate.serial',
      'certificate.not_valid_before',
      'san.dns',
    ),
    ['x509', 'aabb', '0A0B', Date.UTC(2024, 0, 1) * 1000, ['www.example']],
  )
})

test('Kerberos: a ticket, a wrong password, and the ordinary first refusal, which is no failure', async () => {
  const krb = (content: Record<string, unknown>): Record<string, unknown> => ({
    event_type: 'krb5',
    dest_port: 88,
    krb5: { cname: 'alice', realm: 'CORP.LOCAL', sname: 'krbtgt/CORP.LOCAL', encryption: '<none>', ...content },
  })
  const rows = await rowsOf(
    krb({
      msg_type: 'KRB_TGS_REP',
      sname: 'MSSQLSvc/db1',
      encryption: 'AES256_CTS_HMAC_SHA1_96',
      ticket_encryption: 'RC4_HMAC',
      weak_encryption: false,
    }),
    krb({ msg_type: 'KRB_ERROR', failed_request: 'KRB_AS_REQ', error_code: 'KDC_ERR_PREAUTH_FAILED' }),
    krb({
      msg_type: 'KRB_ERROR',
      failed_request: 'KRB_AS_REQ',
      error_code: 'KDC_ERR_PREAUTH_REQUIRED',
      cname: '<empty>',
    }),
  )
  assert.deepEqual(
    rows.map((row) => pick(row, 'request_type', 'client', 'service', 'success', 'error_code', 'error_msg', 'cipher')),
    [
      ['kerberos', 'TGS', 'alice/CORP.LOCAL', 'MSSQLSvc/db1', 1, undefined, undefined, 'rc4-hmac'],
      ['kerberos', 'AS', 'alice/CORP.LOCAL', 'krbtgt/CORP.LOCAL', 0, 24, 'KDC_ERR_PREAUTH_FAILED', undefined],
      ['kerberos', 'AS', undefined, 'krbtgt/CORP.LOCAL', undefined, 25, 'KDC_ERR_PREAUTH_REQUIRED', undefined],
    ],
  )
})

test('the steps of an RDP negotiation are one line; a refused one and a begun one as well', async () => {
  const step = (ms: number, flow_id: number, rdp: Record<string, unknown>): Record<string, unknown> => ({
    event_type: 'rdp',
    timestamp: AT(ms),
    flow_id,
    dest_port: 3389,
    rdp,
  })
  const rows = await rowsOf(
    step(0, 1, { tx_id: 0, event_type: 'initial_request', cookie: 'A70067' }),
    step(5, 2, { tx_id: 0, event_type: 'initial_request', cookie: 'bob' }),
    step(10, 1, { tx_id: 1, event_type: 'initial_response', protocol: 'hybrid', server_supports: ['x'] }),
    step(20, 1, {
      tx_id: 2,
      event_type: 'connect_request',
      client: {
        client_name: 'WS5',
        build: 'Windows XP',
        color_depth: 15,
        desktop_width: 1152,
        keyboard_layout: 'en-US',
      },
      channels: ['rdpdr'],
    }),
    step(25, 2, { tx_id: 1, event_type: 'initial_response', error_code: 5, reason: 'hybrid required by server' }),
    step(30, 1, { tx_id: 3, event_type: 'tls_handshake', x509_serials: ['16ed'] }),
    step(40, 3, { tx_id: 0, event_type: 'initial_request', cookie: 'eve' }),
  )
  const seen = rows.map((row) => [
    ...pick(
      row,
      'cookie',
      'security_protocol',
      'result',
      'client_name',
      'requested_color_depth',
      'client_channels',
      'cert_count',
    ),
    row.known - NOON,
  ])
  assert.deepEqual(seen, [
    ['rdp', 'bob', undefined, 'HYBRID_REQUIRED_BY_SERVER', undefined, undefined, undefined, undefined, 25_000],
    ['rdp', 'A70067', 'HYBRID', 'encrypted', 'WS5', '15bit', ['rdpdr'], 1, 30_000],
    ['rdp', 'eve', undefined, undefined, undefined, undefined, undefined, undefined, 10_040_000],
  ])
})

test('DHCP: four messages are one exchange; an acknowledgement alone is one too', async () => {
  const message = (
    ms: number,
    dhcp_type: string,
    more: Record<string, unknown> = {},
    dhcp: Record<string, unknown> = {},
  ): Record<string, unknown> => ({
    event_type: 'dhcp',
    timestamp: AT(ms),
    proto: 'UDP',
    src_ip: '0.0.0.0',
    src_port: 68,
    dest_ip: '255.255.255.255',
    dest_port: 67,
    ...more,
    dhcp: { type: 'request', id: 77, client_mac: 'AA:BB:CC:00:00:01', assigned_ip: '0.0.0.0', dhcp_type, ...dhcp },
  })
  const server = { src_ip: '10.0.0.1', src_port: 67, dest_ip: '10.0.0.77', dest_port: 68, flow_id: 2 }
  const reply = { type: 'reply', assigned_ip: '10.0.0.77', lease_time: 3600 }
  const rows = await rowsOf(
    message(0, 'discover', {}, { hostname: 'ws5' }),
    message(10, 'offer', server, reply),
    message(20, 'request', {}, { requested_ip: '10.0.0.77', hostname: 'ws5' }),
    message(30, 'ack', server, { ...reply, hostname: 'ws5.corp.local' }),
    message(99, 'ack', server, { ...reply, id: 78, assigned_ip: '10.0.0.78', hostname: 'ws6' }),
  )
  assert.deepEqual(
    rows.map((row) =>
      pick(
        row,
        'mac',
        'host_name',
        'assigned_addr',
        'client_addr',
        'server_addr',
        'requested_addr',
        'lease_time',
        'msg_types',
        'duration',
      ),
    ),
    [
      [
        'dhcp',
        'aa:bb:cc:00:00:01',
        'ws5',
        '10.0.0.77',
        '10.0.0.77',
        '10.0.0.1',
        '10.0.0.77',
        3_600_000_000,
        ['DISCOVER', 'OFFER', 'REQUEST', 'ACK'],
        30_000,
      ],
      [
        'dhcp',
        'aa:bb:cc:00:00:01',
        'ws6',
        '10.0.0.78',
        '10.0.0.78',
        '10.0.0.1',
        undefined,
        3_600_000_000,
        ['ACK'],
        undefined,
      ],
    ],
  )
  assert.deepEqual(
    rows.map(({ known }) => known - NOON),
    [30_000, 99_000],
  )
})

test('SSH, FTP without its password, SMTP with its mail, SNMP, SIP', async () => {
  const rows = await rowsOf(
    {
      event_type: 'ssh',
      ssh: {
        client: { proto_version: '2.0', software_version: 'OpenSSH_9', hassh: { hash: 'c' } },
        server: { proto_version: '2.0', software_version: 'dropbear', hassh: { hash: 's' } },
      },
    },
    {
      event_type: 'ftp',
      ftp: { command: 'USER', command_data: 'bob', completion_code: ['331'], reply: ['need a password'] },
    },
    { event_type: 'ftp', ftp: { command: 'PASS', command_data: 'hunter2', completion_code: ['230'], reply: ['ok'] } },
    {
      event_type: 'smtp',
      tx_id: 0,
      smtp: { helo: 'x', mail_from: '<a@b>', rcpt_to: ['<c@d>'] },
      email: { from: 'A <a@b>', to: ['c@d'], subject: 'hi', attachment: ['x.zip'] },
    },
    { event_type: 'snmp', proto: 'UDP', snmp: { version: 2, pdu_type: 'set_request', community: 'private' } },
    { event_type: 'sip', proto: 'UDP', sip: { method: 'REGISTER', uri: 'sip:x', code: '401', reason: 'Unauthorized' } },
  )
  assert.deepEqual(
    pick(
      rows.find(({ type }) => type === 'ssh'),
      'version',
      'client',
      'server',
      'hassh',
      'hasshServer',
    ),
    ['ssh', 2, 'SSH-2.0-OpenSSH_9', 'SSH-2.0-dropbear', 'c', 's'],
  )
  const ftp = rows.filter(({ type }) => type === 'ftp')
  assert.deepEqual(
    ftp.map((row) => pick(row, 'user', 'command', 'arg', 'reply_code')),
    [
      ['ftp', 'bob', 'USER', 'bob', 331],
      ['ftp', 'bob', 'PASS', undefined, 230],
    ],
  )
  assert.doesNotMatch(JSON.stringify(rows), /hunter2/)
  assert.deepEqual(
    pick(
      rows.find(({ type }) => type === 'smtp'),
      'mailfrom',
      'rcptto',
      'from',
      'to',
      'subject',
      'trans_depth',
    ),
    ['smtp', 'a@b', ['c@d'], 'A <a@b>', ['c@d'], 'hi', 1],
  )
  assert.deepEqual(
    pick(
      rows.find(({ type }) => type === 'snmp'),
      'version',
      'community',
      'set_requests',
      'get_requests',
    ),
    ['snmp', '2c', 'private', 1, 0],
  )
  assert.deepEqual(
    pick(
      rows.find(({ type }) => type === 'sip'),
      'method',
      'uri',
      'status_code',
      'status_msg',
    ),
    ['sip', 'REGISTER', 'sip:x', 401, 'Unauthorized'],
  )
})

test("LDAP binds and searches have Zeek's words", async () => {
  const rows = await rowsOf(
    {
      event_type: 'ldap',
      ldap: {
        request: { message_id: 1, operation: 'bind_request', bind_request: { version: 3, name: 'CN=x' } },
        responses: [
          { operation: 'bind_response', bind_response: { result_code: 'invalid_credentials', message: '80090308' } },
        ],
      },
    },
    {
      event_type: 'ldap',
      ldap: {
        request: {
          message_id: 2,
          operation: 'search_request',
          search_request: {
            base_object: 'DC=corp',
            scope: 2,
            deref_alias: 0,
            filter: { type: 'present', value: 'objectClass' },
            attributes: ['cn'],
          },
        },
        responses: [
          { operation: 'search_result_entry', search_result_entry: { base_object: 'CN=a' } },
          { operation: 'search_result_done', search_result_done: { result_code: 'success' } },
        ],
      },
    },
  )
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['ldap', 'ldap_search'],
  )
  assert.deepEqual(pick(rows[0], 'opcode', 'object', 'version', 'result', 'diagnostic_message'), [
    'ldap',
    'bind simple',
    'CN=x',
    3,
    'invalid credentials',
    '80090308',
  ])
  assert.deepEqual(
    pick(rows[1], 'scope', 'deref_aliases', 'base_object', 'filter', 'result_count', 'result', 'attributes'),
    ['ldap_search', 'tree', 'never', 'DC=corp', '(objectClass=*)', 1, 'success', ['cn']],
  )
})

test('Modbus writes and exceptions, DNP3 requests and answers', async () => {
  const rows = await rowsOf(
    {
      event_type: 'modbus',
      modbus: {
        id: 1,
        request: {
          transaction_id: 4,
          unit_id: 1,
          function_raw: 16,
          function_code: 'WrMultRegs',
          write: { address: 100, quantity: 2 },
        },
        response: { transaction_id: 4, unit_id: 1, function_raw: 144, exception: { raw: 2 } },
      },
    },
    { event_type: 'dnp3', dnp3: { type: 'request', src: 1, dst: 2, application: { function_code: 5 } } },
    { event_type: 'dnp3', dnp3: { type: 'response', application: { function_code: 129 } } },
  )
  assert.deepEqual(
    rows
      .filter(({ type }) => type === 'modbus')
      .map((row) => pick(row, 'func', 'pdu_type', 'address', 'quantity', 'exception', 'tid')),
    [
      ['modbus', 'WRITE_MULTIPLE_REGISTERS', 'REQ', 100, 2, undefined, 4],
      ['modbus', 'WRITE_MULTIPLE_REGISTERS', 'RESP', undefined, undefined, 'ILLEGAL_DATA_ADDRESS', 4],
    ],
  )
  assert.deepEqual(
    rows.filter(({ type }) => type === 'dnp3').map((row) => pick(row, 'fc_request', 'fc_reply')),
    [
      ['dnp3', 'DIRECT_OPERATE', undefined],
      ['dnp3', undefined, 'RESPONSE'],
    ],
  )
})

test("an alert's originator is who opened the flow: said by its flow object, its direction, or an earlier record", async () => {
  const back = {
    event_type: 'alert',
    src_ip: '10.0.0.10',
    src_port: 445,
    dest_ip: '10.0.0.5',
    dest_port: 50_000,
    alert: {
      signature_id: 9,
      gid: 1,
      rev: 2,
      signature: 'S',
      category: 'C',
      severity: 1,
      action: 'allowed',
      metadata: { tag: ['x'] },
    },
  }
  const orig = async (...records: Record<string, unknown>[]): Promise<unknown> =>
    (await rowsOf(...records)).filter(({ type }) => type === 'suricata_alert')[0]!.fields['id.orig_h']
  assert.equal(await orig(back), '10.0.0.10', 'nothing is known: as it stands')
  assert.equal(await orig({ ...back, direction: 'to_client' }), '10.0.0.5')
  assert.equal(
    await orig({ ...back, flow: { src_ip: '10.0.0.5', src_port: 50_000, dest_ip: '10.0.0.10', dest_port: 445 } }),
    '10.0.0.5',
  )
  assert.equal(await orig({ event_type: 'http', http: {} }, back), '10.0.0.5')
  const [row] = await rowsOf({ ...back, app_proto: 'tls' })
  assert.deepEqual(
    pick(row, 'signature_id', 'gid', 'rev', 'signature', 'category', 'severity', 'action', 'app_proto', 'proto'),
    ['suricata_alert', 9, 1, 2, 'S', 'C', 1, 'allowed', 'ssl', 'tcp'],
  )
})

test('engine counters become differences; a restart begins anew; the kernel’s drops are a loss', async () => {
  const stats = (uptime: number, pkts: number, kernel: number, drops: number): Record<string, unknown> => ({
    event_type: 'stats',
    flow_id: undefined,
    src_ip: undefined,
    dest_ip: undefined,
    host: 's1',
    stats: { uptime, decoder: { pkts, bytes: pkts * 100 }, capture: { kernel_packets: kernel, kernel_drops: drops } },
  })
  const rows = await rowsOf(stats(8, 1000, 1000, 0), stats(16, 1900, 2000, 100), stats(3, 50, 50, 0))
  assert.deepEqual(
    rows
      .filter(({ type }) => type === 'stats')
      .map((row) => pick(row, 'peer', 'pkts_proc', 'bytes_recv', 'pkts_link', 'pkts_dropped')),
    [
      ['stats', 's1', 1000, 100_000, 1000, 0],
      ['stats', 's1', 900, 90_000, 1000, 100],
      ['stats', 's1', 50, 5000, 50, 0],
    ],
  )
  assert.deepEqual(
    rows.filter(({ type }) => type === 'capture_loss').map((row) => pick(row, 'percent_lost', 'ts_delta')),
    [
      ['capture_loss', 0, 8_000_000],
      ['capture_loss', 10, 8_000_000],
      ['capture_loss', 0, 3_000_000],
    ],
  )
})

test('ARP and anomalies', async () => {
  const rows = await rowsOf(
    {
      event_type: 'arp',
      arp: { opcode: 'reply', src_mac: 'AA:00', dest_mac: 'bb:00', src_ip: '10.0.0.1', dest_ip: '10.0.0.2' },
    },
    {
      event_type: 'anomaly',
      host: 's1',
      anomaly: { type: 'applayer', event: 'INVALID_RECORD_TYPE', layer: 'proto_parser', app_proto: 'tls' },
    },
  )
  assert.deepEqual(pick(rows[0], 'operation', 'src_mac', 'orig_h', 'resp_h'), [
    'arp',
    'reply',
    'aa:00',
    '10.0.0.1',
    '10.0.0.2',
  ])
  assert.deepEqual(pick(rows[1], 'name', 'addl', 'peer', 'source'), [
    'weird',
    'INVALID_RECORD_TYPE',
    'proto_parser',
    's1',
    'TLS',
  ])
})
