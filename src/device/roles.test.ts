import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'
import { EVIDENCE_KINDS } from './roles/role_evidence.ts'
import { ROLE_RULES, RULES_BY_KIND } from './roles/rules.ts'
import type { Tag } from './tags.ts'

const T = 1_700_000_000
const SERVER = '10.0.0.1'
const client = (n: number): string => `10.0.1.${n + 1}`

/** What one log says of `client n` and the server. */
const row = (log: string, n: number, fields: Partial<Row>): Row => ({
  log,
  ts: T + n,
  'id.orig_h': client(n),
  'id.resp_h': SERVER,
  ...fields,
})
const conn = (n: number, port: number, extra: Partial<Row> = {}): Row =>
  row('conn', n, { 'id.resp_p': port, proto: 'tcp', conn_state: 'SF', orig_bytes: 9_000, resp_bytes: 90_000, ...extra })

function tagsAfter(rows: readonly Row[], ip = SERVER): Tag[] {
  const devices = new DeviceStation(defaultDeviceConfig())
  play(devices, rows)
  const device = devices.deviceAt(ip)
  return device < 0 ? [] : devices.tags(device).map(({ tag }) => tag)
}
const times = (count: number, make: (n: number) => Row): Row[] => Array.from({ length: count }, (_, n) => make(n))

const ticket = (n: number): Row =>
  row('kerberos', n, { request_type: 'TGS', client: 'a/CORP', service: 'cifs/fs', success: true })
const search = (n: number): Row => row('ldap_search', n, { base_object: 'DC=corp', result: 'success' })
const rpc = (n: number, endpoint: string, operation: string): Row => row('dce_rpc', n, { endpoint, operation })
const share = (n: number, path: string): Row => row('smb_mapping', n, { path, share_type: 'DISK' })

test('a domain controller is told by two kinds of evidence from one client', () => {
  assert.deepEqual(tagsAfter([ticket(0)]), [])
  assert.deepEqual(tagsAfter([search(0)]), [])
  assert.deepEqual(tagsAfter([ticket(0), search(0)]), ['Domain Controller'])
  assert.deepEqual(tagsAfter([ticket(0), share(0, '\\\\dc\\SYSVOL')]), ['Domain Controller'])
})

test('a secure channel or directory replication that was served is enough, and one kind from three clients', () => {
  assert.deepEqual(tagsAfter([rpc(0, 'netlogon', 'NetrServerAuthenticate2')]), ['Domain Controller'])
  assert.deepEqual(tagsAfter([rpc(0, 'drsuapi', 'DRSGetNCChanges')]), ['Domain Controller'])
  assert.deepEqual(tagsAfter(times(3, ticket)), ['Domain Controller'])
})

test('what every Windows machine answers, LDAP of any kind, and ports alone make no domain controller', () => {
  for (const rows of [
    times(2, (n) => rpc(n, 'samr', 'SamrEnumerateDomainsInSamServer')),
    times(9, search),
    times(9, (n) => rpc(n, 'netlogon', 'DsrGetDcNameEx2')),
    [88, 389, 445, 464, 3268].flatMap((port) => times(2, (n) => conn(n, port))),
    [row('kerberos', 0, { request_type: 'TGS', client: 'a/CORP' }), row('ldap_search', 0, { base_object: 'DC=corp' })],
  ]) {
    assert.ok(!tagsAfter(rows).includes('Domain Controller'))
  }
})

test('DNS names a domain controller, once its name is known', () => {
  const named = row('dns', 0, {
    'id.resp_h': '10.0.0.9',
    'id.resp_p': 53,
    query: 'dc01.corp.example',
    qtype: 1,
    rcode: 0,
    answers: [SERVER],
  })
  const record = (n: number): Row =>
    row('dns', n, {
      'id.resp_h': '10.0.0.9',
      'id.resp_p': 53,
      query: '_ldap._tcp.dc._msdcs.corp.example',
      qtype: 33,
      rcode: 0,
      answers: ['dc01.corp.example'],
    })
  assert.deepEqual(tagsAfter([search(0), named, record(0)]), ['Domain Controller'])
  assert.deepEqual(tagsAfter([search(0), record(0)]), [])
})

test("a device that calls itself by the controller's name does not become one", () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const record = row('dns', 3, {
    'id.resp_h': '10.0.0.9',
    'id.resp_p': 53,
    query: '_ldap._tcp.dc._msdcs.corp.example',
    qtype: 33,
    rcode: 0,
    answers: ['dc01.corp.example'],
  })
  play(devices, [
    search(0),
    row('ntlm', 1, { username: 'a', success: true, server_nb_computer_name: 'DC01' }),
    row('rdp', 2, { 'id.orig_h': '10.0.1.77', client_name: 'DC01' }),
    { ...search(2), 'id.resp_h': '10.0.1.77' },
    record,
  ])
  assert.ok(devices.has(devices.deviceAt(SERVER), 'Domain Controller'))
  assert.ok(!devices.has(devices.deviceAt('10.0.1.77'), 'Domain Controller'))
})

test('a server is what several devices are served by, not what workstations offer each other or what was refused', () => {
  assert.ok(tagsAfter(times(3, (n) => conn(n, 8080))).includes('Server'))
  assert.ok(!tagsAfter(times(2, (n) => conn(n, 8080))).includes('Server'))
  for (const port of [135, 445, 3389, 5985, 7680, 5353, 50_123]) {
    assert.ok(!tagsAfter(times(20, (n) => conn(n, port))).includes('Server'), String(port))
  }
  for (const state of ['S0', 'REJ', 'RSTOS0', 'SH', 'OTH']) {
    assert.ok(!tagsAfter(times(20, (n) => conn(n, 8080, { conn_state: state }))).includes('Server'), state)
  }
  assert.ok(!tagsAfter(times(20, (n) => conn(n, 8080, { resp_bytes: 0 }))).includes('Server'))
})

test('among many devices it takes 5 % of them, at most fifteen', () => {
  const others = Array.from(
    { length: 200 },
    (_, n): Row => ({
      log: 'conn',
      ts: T,
      'id.orig_h': `10.0.2.${n}`,
      'id.resp_h': '8.8.8.8',
      'id.resp_p': 53,
      proto: 'udp',
      conn_state: 'SF',
    }),
  )
  assert.ok(!tagsAfter([...others, ...times(10, (n) => conn(n, 8080))]).includes('Server'))
  assert.ok(tagsAfter([...others, ...times(11, (n) => conn(n, 8080))]).includes('Server'))
})

test('an internet facing system accepts connections with data both ways from two outside sources', () => {
  const from = (n: number, extra: Partial<Row> = {}): Row =>
    conn(n, 22, { 'id.orig_h': `93.184.216.${n + 1}`, ...extra })
  assert.deepEqual(tagsAfter([from(0), from(1)]), ['Internet Facing System'])
  assert.deepEqual(tagsAfter([from(0), from(0)]), [])
  assert.deepEqual(tagsAfter([from(0, { orig_bytes: 0 }), from(1, { orig_bytes: 0 })]), [])
  assert.deepEqual(tagsAfter([from(0, { conn_state: 'S0' }), from(1, { conn_state: 'REJ' })]), [])
  assert.deepEqual(tagsAfter([from(0, { proto: 'udp' }), from(1, { proto: 'udp' })]), [])
})

test('a file server offers shares that people made', () => {
  assert.ok(tagsAfter(times(3, (n) => share(n, '\\\\fs\\Projects'))).includes('File Server'))
  for (const name of ['C$', 'ADMIN$', 'IPC$', 'print$', 'SYSVOL']) {
    assert.ok(!tagsAfter(times(5, (n) => share(n, `\\\\fs\\${name}`))).includes('File Server'), name)
  }
})

test('DNS, web, mail and database servers answered several clients', () => {
  const dns = (n: number): Row => row('dns', n, { 'id.resp_p': 53, query: 'a.example', qtype: 1, rcode: 3 })
  const http = (n: number, port = 80): Row => row('http', n, { 'id.resp_p': port, status_code: 200 })
  assert.deepEqual(tagsAfter(times(3, dns)), ['DNS Server'])
  assert.deepEqual(tagsAfter(times(3, (n) => ({ ...dns(n), 'id.resp_p': 5355 }))), [])
  assert.deepEqual(tagsAfter(times(3, (n) => ({ ...dns(n), rcode: undefined }))), [])
  assert.deepEqual(tagsAfter(times(3, (n) => http(n))), ['Web Server'])
  assert.deepEqual(tagsAfter(times(3, (n) => http(n, 5985))), [])
  assert.ok(tagsAfter(times(3, (n) => conn(n, 25))).includes('Mail Server'))
  assert.ok(tagsAfter(times(3, (n) => conn(n, 1433))).includes('Database Server'))
  assert.ok(!tagsAfter(times(3, (n) => conn(n, 1433, { orig_bytes: 0 }))).includes('Database Server'))
})

test('things of one purpose are told by two signs', () => {
  const named = (vendorClass: string, mac = '02:00:00:00:00:01'): Row => ({
    log: 'dhcp',
    ts: T,
    mac,
    assigned_addr: SERVER,
    lease_time: 600,
    msg_types: ['DISCOVER', 'ACK'],
    vendor_class: vendorClass,
  })
  assert.ok(!tagsAfter([conn(0, 9100)]).includes('Printer'))
  assert.ok(tagsAfter([named('HP LaserJet'), conn(0, 9100)]).includes('Printer'))
  assert.ok(tagsAfter(times(3, (n) => conn(n, 9100))).includes('Printer'))
  // 00:80:77 is Brother's, 00:04:13 snom's, ac:cc:8e Axis's.
  assert.ok(tagsAfter([named('', '00:80:77:00:00:01'), conn(0, 9100)]).includes('Printer'))
  assert.ok(!tagsAfter([named('', '00:80:77:00:00:01')]).includes('Printer'))
  const register: Row = {
    log: 'sip',
    ts: T,
    'id.orig_h': SERVER,
    'id.resp_h': client(0),
    method: 'REGISTER',
    status_code: 200,
  }
  assert.ok(tagsAfter([named('', '00:04:13:00:00:01'), register]).includes('Phone'))
  assert.ok(!tagsAfter([register]).includes('Phone'))
  assert.ok(tagsAfter([named('', 'ac:cc:8e:00:00:01'), conn(0, 554)]).includes('Camera'))
  assert.ok(!tagsAfter(times(9, (n) => conn(n, 554))).includes('Camera'))
})

test('industrial controllers answer in their protocol', () => {
  assert.ok(tagsAfter([row('modbus', 0, { func: 'READ_COILS', pdu_type: 'RESP' })]).includes('Industrial Controller'))
  assert.ok(
    !tagsAfter([row('modbus', 0, { func: 'READ_COILS', pdu_type: 'REQ' }), conn(0, 502)]).includes(
      'Industrial Controller',
    ),
  )
  assert.ok(tagsAfter([row('dnp3', 0, { fc_request: 'READ', fc_reply: 'RESPONSE' })]).includes('Industrial Controller'))
})

test('a reason says what was seen, of how many', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  play(devices, [ticket(0), ticket(1), search(0)])
  const [record] = devices.tags(devices.deviceAt(SERVER))
  assert.equal(record!.reason, 'answered ticket requests (Kerberos) for 2 devices and answered LDAP for 1 device')
  assert.equal(record!.since, (T + 1) * 1e6)
})

test('every rule of the folder is registered, and every kind of evidence decides something', () => {
  const folder = new URL('roles/', import.meta.url)
  const source = readFileSync(new URL('rules.ts', folder), 'utf8')
  for (const file of readdirSync(folder)) {
    if (
      /RoleRule(\[\])? = |readonly RoleRule\[\] = TABLE/.test(readFileSync(new URL(file, folder), 'utf8')) &&
      file !== 'rules.ts'
    ) {
      assert.ok(source.includes(`'./${file}'`), file)
    }
  }
  for (const kind of EVIDENCE_KINDS) assert.ok((RULES_BY_KIND.get(kind)?.length ?? 0) > 0, kind)
  assert.equal(new Set(ROLE_RULES.map(({ tag }) => tag)).size, ROLE_RULES.length)
})
