import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { addName, bestName, type NameEvidence, nameConfidence, normaliseName } from './host_name.ts'
import { play, type Row } from './play.ts'

const T = 1_700_000_000
const station = (): DeviceStation => new DeviceStation(defaultDeviceConfig())
const DC = '10.0.0.1'

const talk = (at: number, ip: string): Row => ({
  log: 'conn',
  ts: T + at,
  'id.orig_h': ip,
  'id.resp_h': DC,
  'id.resp_p': 389,
  proto: 'tcp',
  conn_state: 'SF',
  orig_bytes: 100,
  resp_bytes: 100,
})
const ticket = (at: number, ip: string, client: string, success = true): Row => ({
  log: 'kerberos',
  ts: T + at,
  'id.orig_h': ip,
  'id.resp_h': DC,
  'id.resp_p': 88,
  request_type: 'AS',
  client,
  service: 'krbtgt/CORP.EXAMPLE',
  success,
  error_msg: success ? undefined : 'KDC_ERR_PREAUTH_FAILED',
})

test('a machine account that logs on from a young, nameless address is the machine, once its old address is silent', () => {
  const devices = station()
  const rows: Row[] = [ticket(0, '10.0.0.5', 'WS07$/CORP.EXAMPLE')]
  for (let at = 10; at < 600; at += 20) rows.push(talk(at, '10.0.0.5'))
  rows.push(talk(9_000, '10.0.3.9'), ticket(9_010, '10.0.3.9', 'WS07$/CORP.EXAMPLE'), talk(9_020, '10.0.3.9'))
  const seen = play(devices, rows)
  assert.equal(seen.at(-1)!.orig, seen[0]!.orig)
  assert.equal(devices.hostname(seen[0]!.orig), 'ws07')
  assert.equal(devices.ip(seen[0]!.orig), '10.0.3.9')
})

test('it is not while the old address speaks, when the ticket was refused, or when the address has a past', () => {
  const base: Row[] = [ticket(0, '10.0.0.5', 'WS07$/CORP.EXAMPLE')]
  for (let at = 10; at < 600; at += 20) base.push(talk(at, '10.0.0.5'))
  const ends: Row[][] = [
    [talk(610, '10.0.3.9'), ticket(611, '10.0.3.9', 'WS07$/CORP.EXAMPLE'), talk(612, '10.0.3.9')],
    [talk(9_000, '10.0.3.9'), ticket(9_010, '10.0.3.9', 'WS07$/CORP.EXAMPLE', false), talk(9_020, '10.0.3.9')],
    [talk(100, '10.0.3.9'), ticket(9_010, '10.0.3.9', 'WS07$/CORP.EXAMPLE'), talk(9_020, '10.0.3.9')],
  ]
  for (const end of ends) {
    const seen = play(station(), [...base, ...end])
    assert.notEqual(seen.at(-1)!.orig, seen[0]!.orig)
  }
})

test('machines behind one NAT address do not move with it, and do not melt', () => {
  const devices = station()
  const rows: Row[] = ['A', 'B', 'C'].map((name, n) => ticket(n, '10.0.9.9', `${name}01$/CORP.EXAMPLE`))
  rows.push(talk(90_000, '10.0.3.9'), ticket(90_010, '10.0.3.9', 'C01$/CORP.EXAMPLE'), talk(90_020, '10.0.3.9'))
  const seen = play(devices, rows)
  assert.notEqual(seen.at(-1)!.orig, seen[0]!.orig)
})

test('names come with their sources, and two that agree are believed more than one', () => {
  const devices = station()
  const seen = play(devices, [
    talk(0, '10.0.0.5'),
    {
      log: 'ntlm',
      ts: T + 1,
      'id.orig_h': '10.0.0.5',
      'id.resp_h': DC,
      username: 'anna',
      domainname: 'CORP',
      hostname: 'WS07',
      success: true,
      server_dns_computer_name: 'dc01.corp.example',
    },
    { log: 'rdp', ts: T + 2, 'id.orig_h': '10.0.0.5', 'id.resp_h': DC, client_name: 'other' },
    {
      log: 'dns',
      ts: T + 3,
      'id.orig_h': DC,
      'id.resp_h': DC,
      'id.resp_p': 53,
      query: 'ws07.corp.example',
      qtype: 1,
      rcode: 0,
      answers: ['10.0.0.5'],
    },
  ])
  const { names, hostname } = devices.describe(seen[0]!.orig)!
  assert.deepEqual(
    names.map(({ name, confidence }) => [name, confidence]),
    [
      ['ws07', 78],
      ['other', 45],
    ],
  )
  assert.equal(hostname, 'ws07.corp.example')
  assert.equal(devices.hostname(seen[1]!.resp), 'dc01.corp.example')
})

test('hostile names are dropped or brought to one form', () => {
  for (const text of [
    '',
    ' ',
    '10.0.0.1',
    'localhost',
    '*',
    'a b',
    '<script>',
    'x'.repeat(300),
    '\u202eevil',
    '..',
    'wpad',
    '-',
  ]) {
    assert.equal(normaliseName(text).name, '', JSON.stringify(text))
  }
  assert.deepEqual(normaliseName('DC01.Corp.Example.'), { name: 'dc01', full: 'dc01.corp.example' })
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { name } = normaliseName(text)
      assert.ok(name.length <= 63 && normaliseName(name).name === name)
    }),
    { seed: 11 },
  )
})

test('what was said, not how often or again, decides the names of a device', () => {
  const sources = fc.constantFrom(
    'dhcp-host-name',
    'ntlm-client',
    'kerberos-account',
    'dns-answer',
  ) as fc.Arbitrary<'dns-answer'>
  const said = fc.array(fc.tuple(fc.nat(14), sources), { maxLength: 40 })
  fc.assert(
    fc.property(said, (all) => {
      const once: NameEvidence[] = []
      const twice: NameEvidence[] = []
      const before: (readonly [number, 'dns-answer'])[] = []
      for (const [n, source] of all) {
        addName(once, `n${n}`, '', source, 0)
        before.push([n, source])
        // A batch that repeats everything it has said so far.
        for (const [m, again] of before) {
          if (before.slice(0, -1).some(([x, s]) => x === m && s === again) || (m === n && again === source))
            addName(twice, `n${m}`, '', again, 0)
        }
      }
      assert.ok(once.length <= 8)
      assert.equal(bestName(twice), bestName(once))
      assert.deepEqual(twice.map(nameConfidence), once.map(nameConfidence))
    }),
    { seed: 5, numRuns: 300 },
  )
})
