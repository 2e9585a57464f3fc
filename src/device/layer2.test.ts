import assert from 'node:assert/strict'
import test from 'node:test'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'

const T = 1_700_000_000
const HOST = '3c:22:fb:00:00:01'
const ROUTER = '00:1b:17:00:01:20'
const station = (): DeviceStation => new DeviceStation(defaultDeviceConfig())

function talk(at: number, from: string, mac: string, to = '10.0.0.1', toMac?: string): Row {
  return {
    log: 'conn',
    ts: T + at,
    'id.orig_h': from,
    'id.resp_h': to,
    'id.resp_p': 443,
    proto: 'tcp',
    conn_state: 'SF',
    orig_bytes: 500,
    resp_bytes: 5000,
    orig_l2_addr: mac,
    resp_l2_addr: toMac,
  }
}
const chat = (from: number, to: number, step: number, ip: string, mac: string): Row[] =>
  Array.from({ length: Math.floor((to - from) / step) }, (_, n) => talk(from + n * step, ip, mac))

test('a host whose old address fell silent is followed to its new one by its MAC address', () => {
  const devices = station()
  const seen = play(devices, [...chat(0, 600, 20, '10.0.0.5', HOST), ...chat(8_000, 8_100, 20, '10.0.0.9', HOST)])
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 1)
  assert.equal(devices.ip(seen[0]!.orig), '10.0.0.9')
})

test('two addresses that live at the same time behind one MAC address never melt, from the first moment', () => {
  const devices = station()
  const rows = [
    talk(0, '10.0.1.6', ROUTER),
    talk(1, '10.0.1.7', ROUTER),
    talk(2, '10.0.1.6', ROUTER),
    talk(3, '10.0.1.8', ROUTER),
  ]
  const seen = play(devices, rows).map(({ orig }) => orig)
  assert.equal(new Set(seen).size, 3)
  assert.equal(seen[2], seen[0])
  for (const device of new Set(seen)) assert.deepEqual(devices.describe(device)!.macs, [])
})

test('hosts that seldom speak behind a router do not melt either', () => {
  const devices = station()
  const rows: Row[] = []
  for (let round = 0; round < 40; round++) {
    rows.push(talk(round * 1_500, '10.0.1.6', ROUTER), talk(round * 1_500 + 740, '10.0.1.7', ROUTER))
  }
  const seen = play(devices, rows).map(({ orig }) => orig)
  assert.equal(new Set(seen).size, 2)
})

test('nor do hosts that speak once in hours', () => {
  const devices = station()
  const rows: Row[] = []
  for (let round = 0; round < 30; round++) {
    rows.push(talk(round * 9_000, '10.0.1.6', ROUTER))
    if (round > 8) rows.push(talk(round * 9_000 + 4_400, '10.0.1.7', ROUTER))
  }
  assert.equal(new Set(play(devices, rows).map(({ orig }) => orig)).size, 2)
})

const ack = (at: number, mac: string, ip: string, written: number): Row => ({
  log: 'dhcp',
  ts: T + at,
  _write_ts: T + written,
  mac,
  assigned_addr: ip,
  lease_time: 3600,
  msg_types: ['DISCOVER', 'ACK'],
})

test('hosts that swap leases stay apart though their traffic is seen before the DHCP lines are written', () => {
  const devices = station()
  const other = '3c:22:fb:00:00:02'
  const before = play(devices, [
    ack(0, HOST, '10.0.0.5', 0),
    ack(0, other, '10.0.0.6', 0),
    talk(10, '10.0.0.5', HOST),
    talk(11, '10.0.0.6', other),
  ]).map(({ orig }) => orig)
  const swap: Row[] = []
  for (let at = 21; at < 50; at += 4) swap.push(talk(at, '10.0.0.6', HOST), talk(at + 1, '10.0.0.5', other))
  play(devices, [...swap, ack(20, HOST, '10.0.0.6', 50), ack(20, other, '10.0.0.5', 50)])
  const after = play(devices, [talk(60, '10.0.0.6', HOST), talk(61, '10.0.0.5', other)]).map(({ orig }) => orig)
  assert.deepEqual(after, before.slice(2))
  // These two and the one they talk to.
  assert.equal(devices.living().length, 3)
})

test('the same swap without DHCP lines is believed when neither MAC address is seen at its old address any more', () => {
  const devices = station()
  const other = '3c:22:fb:00:00:02'
  const [, , one, two] = play(devices, [
    ack(0, HOST, '10.0.0.5', 0),
    ack(0, other, '10.0.0.6', 0),
    talk(10, '10.0.0.5', HOST),
    talk(11, '10.0.0.6', other),
  ])
  const swap: Row[] = []
  for (let at = 21; at < 200; at += 4) swap.push(talk(at, '10.0.0.6', HOST), talk(at + 1, '10.0.0.5', other))
  const seen = play(devices, swap)
  assert.deepEqual([seen.at(-2)!.orig, seen.at(-1)!.orig], [one!.orig, two!.orig])
})

test('a client of DHCP whose MAC address is seen at two addresses in turn stands for several hosts', () => {
  const devices = station()
  const rows = [ack(0, HOST, '10.0.0.5', 0)]
  for (let at = 10; at < 100; at += 10) rows.push(talk(at, '10.0.0.5', HOST), talk(at + 1, '10.0.0.6', HOST))
  const seen = play(devices, rows).slice(1)
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 2)
  assert.deepEqual(devices.describe(seen[0]!.orig)!.macs, [])
})

test('so it does when it takes several turns at each, and from the first of them', () => {
  const devices = station()
  const [, home, away, still] = play(devices, [
    ack(0, HOST, '10.0.0.5', 0),
    talk(10, '10.0.0.5', HOST),
    talk(20, '10.0.0.6', HOST),
    talk(22, '10.0.0.6', HOST),
    talk(30, '10.0.0.5', HOST),
    talk(32, '10.0.0.6', HOST),
  ]).map(({ orig }) => orig)
  assert.notEqual(away, home)
  assert.equal(still, away)
})

test('a connection that began before a swap and is reported after it disturbs nobody', () => {
  const devices = station()
  const other = '3c:22:fb:00:00:02'
  const [, , one, two, , , oneAfter, twoAfter, late, oneLast, twoLast] = play(devices, [
    ack(0, HOST, '10.0.0.5', 0),
    ack(0, other, '10.0.0.6', 0),
    talk(10, '10.0.0.5', HOST),
    talk(11, '10.0.0.6', other),
    ack(20, HOST, '10.0.0.6', 20),
    ack(20, other, '10.0.0.5', 20),
    talk(30, '10.0.0.6', HOST),
    talk(31, '10.0.0.5', other),
    { ...talk(15, '10.0.0.6', other), duration: 20 },
    talk(140, '10.0.0.6', HOST),
    talk(141, '10.0.0.5', other),
  ]).map(({ orig }) => orig)
  assert.deepEqual([oneAfter, twoAfter, late, oneLast, twoLast], [one, two, two, one, two])
  assert.deepEqual(
    devices.describe(two!)!.macs.map(({ mac }) => mac),
    [other],
  )
})

test('a MAC address that carries addresses of the Internet is a router and identifies nothing', () => {
  const devices = station()
  const seen = play(devices, [
    talk(0, '10.0.0.5', HOST, '93.184.216.34', ROUTER),
    talk(5, '10.9.0.7', ROUTER),
    talk(90_000, '10.9.0.8', ROUTER),
  ])
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 3)
  assert.deepEqual(devices.describe(seen[1]!.orig)!.macs, [])
  assert.deepEqual(
    devices.describe(seen[0]!.orig)!.macs.map(({ mac }) => mac),
    [HOST],
  )
})

test('IPv4, link-local and temporary IPv6 addresses of one MAC address are one device', () => {
  const devices = station()
  const seen = play(devices, [
    talk(0, '10.0.0.5', HOST),
    talk(1, 'fe80::3e22:fbff:fe00:1', HOST, 'fe80::1'),
    talk(2, 'fd00:1:2:3::aaaa', HOST, 'fd00::1'),
    talk(3, 'fd00:1:2:3:4444:5555:6666:7777', HOST, 'fd00::1'),
    talk(4, '10.0.0.5', HOST),
  ])
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 1)
  assert.equal(devices.ip(seen[0]!.orig), '10.0.0.5')
})

test('an IPv6 device known before its MAC address joins when both are seen', () => {
  const devices = station()
  const dns: Row = {
    log: 'dns',
    ts: T + 2,
    'id.orig_h': 'fd00:1:2:3::aaaa',
    'id.resp_h': 'fd00::1',
    'id.resp_p': 53,
    rcode: 0,
    query: 'a.example',
  }
  const seen = play(devices, [talk(0, '10.0.0.5', HOST), dns, talk(3, 'fd00:1:2:3::aaaa', HOST, 'fd00::1'), dns])
  assert.notEqual(seen[1]!.orig, seen[0]!.orig)
  assert.equal(seen[3]!.orig, seen[0]!.orig)
  assert.equal(devices.now(seen[1]!.orig), seen[0]!.orig)
})

test('what a router had joined comes apart when it shows itself as one', () => {
  const devices = station()
  const joined = play(devices, [talk(0, '10.0.1.6', ROUTER), talk(1, 'fd00:1:2:3::aaaa', ROUTER, 'fd00::1')])
  assert.equal(joined[0]!.orig, joined[1]!.orig)
  const apart = play(devices, [
    talk(2, '10.0.1.7', ROUTER),
    talk(10, '10.0.1.6', ROUTER),
    talk(11, 'fd00:1:2:3::aaaa', ROUTER, 'fd00::1'),
    talk(12, '10.0.1.7', ROUTER),
  ]).map(({ orig }) => orig)
  assert.equal(new Set(apart).size, 3)
  assert.equal(apart[1], joined[0]!.orig)
})

test('a MAC address with over eight live addresses identifies nothing', () => {
  const devices = station()
  const rows = Array.from({ length: 12 }, (_, n) => talk(n, `fd00:1:2:3::${n + 1}`, ROUTER, 'fd00::1'))
  play(devices, rows)
  const after = play(
    devices,
    rows.map((row) => ({ ...row, ts: row.ts + 60 })),
  ).map(({ orig }) => orig)
  assert.equal(new Set(after).size, 12)
})

test('a second path to a live address does not turn it into another device', () => {
  const devices = station()
  const rows = [
    ...chat(0, 100, 10, '10.0.1.4', HOST),
    talk(101, '10.0.1.4', ROUTER),
    ...chat(102, 150, 10, '10.0.1.4', HOST),
  ]
  assert.equal(new Set(play(devices, rows).map(({ orig }) => orig)).size, 1)
})

test('an address that another MAC address uses after a long silence is another device', () => {
  const devices = station()
  const rows = [...chat(0, 600, 20, '10.0.0.5', HOST), talk(50_000, '10.0.0.5', '3c:22:fb:00:00:99')]
  const seen = play(devices, rows)
  assert.notEqual(seen.at(-1)!.orig, seen[0]!.orig)
})

test('a router that announces itself is a gateway', () => {
  const devices = station()
  const [announced] = play(devices, [
    {
      log: 'conn',
      ts: T,
      'id.orig_h': 'fe80::1',
      'id.orig_p': 134,
      'id.resp_h': 'ff02::1',
      'id.resp_p': 133,
      proto: 'icmp',
      conn_state: 'OTH',
      orig_l2_addr: ROUTER,
    },
  ])
  assert.ok(devices.has(announced!.orig, 'Gateway'))
})

test('an address without a word from it makes no device: unanswered, rejected, multicast, broadcast, loopback', () => {
  const devices = station()
  const to = (ip: string, state: string): Row => ({
    log: 'conn',
    ts: T,
    'id.orig_h': '10.0.0.5',
    'id.resp_h': ip,
    'id.resp_p': 445,
    proto: 'tcp',
    conn_state: state,
  })
  const seen = play(devices, [
    to('10.0.0.77', 'S0'),
    to('10.0.0.78', 'REJ'),
    to('224.0.0.251', 'S0'),
    to('255.255.255.255', 'S0'),
    to('10.0.0.255', 'S0'),
  ])
  assert.ok(seen.every(({ orig, resp }) => orig === seen[0]!.orig && resp === -1))
  assert.equal(devices.living().length, 1)
  const [answered] = play(devices, [to('10.0.0.77', 'SF')])
  assert.ok(answered!.resp >= 0)
})

test('what Zeek calls local is local, in every log from then on', () => {
  const devices = station()
  const conn = (flag: boolean | undefined): Row => ({
    log: 'conn',
    ts: T,
    'id.orig_h': '147.32.83.174',
    'id.resp_h': '8.8.8.8',
    'id.resp_p': 53,
    conn_state: 'SF',
    local_orig: flag,
  })
  const dns: Row = {
    log: 'dns',
    ts: T,
    'id.orig_h': '147.32.83.174',
    'id.resp_h': '8.8.8.8',
    'id.resp_p': 53,
    rcode: 0,
  }
  const seen = play(devices, [conn(undefined), dns, conn(true), dns])
  assert.deepEqual(
    seen.map(({ orig }) => orig >= 0),
    [false, false, true, true],
  )
})
