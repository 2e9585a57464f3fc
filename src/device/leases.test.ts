import assert from 'node:assert/strict'
import test from 'node:test'
import { defaultDeviceConfig, parseDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'

const T = 1_700_000_000
const ALICE = '3c:22:fb:00:00:01'
const BOB = '3c:22:fb:00:00:02'
const station = (): DeviceStation => new DeviceStation(defaultDeviceConfig())

function talk(at: number, ip: string, extra: Partial<Row> = {}): Row {
  return {
    log: 'conn',
    ts: T + at,
    'id.orig_h': ip,
    'id.resp_h': '93.184.216.34',
    'id.resp_p': 443,
    proto: 'tcp',
    conn_state: 'SF',
    orig_bytes: 500,
    resp_bytes: 5000,
    ...extra,
  }
}

function lease(
  at: number,
  mac: string,
  ip: string,
  messages = ['DISCOVER', 'OFFER', 'REQUEST', 'ACK'],
  extra: Partial<Row> = {},
): Row {
  return { log: 'dhcp', ts: T + at, mac, assigned_addr: ip, lease_time: 86_400, msg_types: messages, ...extra }
}
const renewal = (at: number, mac: string, ip: string, extra: Partial<Row> = {}): Row =>
  lease(at, mac, ip, ['REQUEST', 'ACK'], { client_addr: ip, ...extra })

test('a device keeps its id when DHCP gives it another address', () => {
  const devices = station()
  const [, before, , after] = play(devices, [
    lease(0, ALICE, '10.0.0.5'),
    talk(10, '10.0.0.5'),
    lease(4000, ALICE, '10.0.0.9'),
    talk(4010, '10.0.0.9'),
  ])
  assert.ok(before!.orig >= 0)
  assert.equal(after!.orig, before!.orig)
  assert.equal(devices.ip(after!.orig), '10.0.0.9')
  const description = devices.describe(after!.orig)!
  assert.deepEqual(
    description.addresses.map(({ ip, until }) => [ip, until === undefined]),
    [
      ['10.0.0.5', false],
      ['10.0.0.9', true],
    ],
  )
})

test('renewals change nothing', () => {
  const devices = station()
  const seen = play(devices, [
    lease(0, ALICE, '10.0.0.5'),
    talk(10, '10.0.0.5'),
    renewal(40_000, ALICE, '10.0.0.5'),
    talk(40_010, '10.0.0.5'),
  ])
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 1)
  assert.equal(devices.living().length, 1)
})

test('the device made for an address before its DHCP line was written is the client', () => {
  const devices = station()
  // The exchange ended at 0 s, but is only known at 30 s.
  const seen = play(devices, [
    talk(2, '10.0.0.5'),
    lease(0, ALICE, '10.0.0.5', undefined, { _write_ts: T + 30 }),
    talk(40, '10.0.0.5'),
  ])
  assert.equal(seen[2]!.orig, seen[0]!.orig)
  assert.deepEqual(
    devices.describe(seen[0]!.orig)!.macs.map(({ mac }) => mac),
    [ALICE],
  )
})

test('so it is for a client known before: the young device becomes its alias', () => {
  const devices = station()
  const seen = play(devices, [
    lease(0, ALICE, '10.0.0.5'),
    talk(5, '10.0.0.5'),
    talk(9_002, '10.0.0.9'),
    lease(9_000, ALICE, '10.0.0.9', undefined, { _write_ts: T + 9_030 }),
    talk(9_040, '10.0.0.9'),
  ])
  const [, first, young, , later] = seen
  assert.notEqual(young!.orig, first!.orig)
  assert.equal(later!.orig, first!.orig)
  assert.equal(devices.now(young!.orig), first!.orig)
  assert.deepEqual(devices.describe(first!.orig)!.aliases, [devices.id(young!.orig)])
  assert.deepEqual(devices.find(devices.id(young!.orig)), [first!.orig])
})

test('two devices that swap their leases stay apart, and connections reported late go to who had the address', () => {
  const devices = station()
  const seen = play(devices, [
    lease(0, ALICE, '10.0.0.5'),
    lease(1, BOB, '10.0.0.6'),
    talk(10, '10.0.0.5'),
    talk(11, '10.0.0.6'),
    lease(100, ALICE, '10.0.0.6'),
    lease(101, BOB, '10.0.0.5'),
    talk(110, '10.0.0.6'),
    talk(111, '10.0.0.5'),
    // Began before the swap, known after it.
    talk(90, '10.0.0.5', { duration: 60 }),
    talk(90, '10.0.0.6', { duration: 61 }),
  ])
  const [, , alice, bob, , , aliceAfter, bobAfter, aliceLate, bobLate] = seen.map(({ orig }) => orig)
  assert.notEqual(alice, bob)
  assert.deepEqual([aliceAfter, bobAfter, aliceLate, bobLate], [alice, bob, alice, bob])
  assert.equal(devices.living().length, 2)
})

test('an address that DHCP gives to another client is another device', () => {
  const devices = station()
  const seen = play(devices, [
    lease(0, ALICE, '10.0.0.5'),
    talk(10, '10.0.0.5'),
    lease(200_000, BOB, '10.0.0.5'),
    talk(200_010, '10.0.0.5'),
  ])
  assert.notEqual(seen[3]!.orig, seen[1]!.orig)
})

test('a client that begins anew at the address of an old device without an interface is another one, a renewal is it', () => {
  const anew = station()
  const first = play(anew, [talk(0, '10.0.0.5'), lease(5_000, ALICE, '10.0.0.5'), talk(5_010, '10.0.0.5')])
  assert.notEqual(first[2]!.orig, first[0]!.orig)
  const renewed = station()
  const second = play(renewed, [talk(0, '10.0.0.5'), renewal(5_000, ALICE, '10.0.0.5'), talk(5_010, '10.0.0.5')])
  assert.equal(second[2]!.orig, second[0]!.orig)
})

test('a VPN server that leases for its clients does not melt them into one device', () => {
  const devices = station()
  const pool = Array.from({ length: 12 }, (_, n) => `10.8.0.${n + 10}`)
  const rows: Row[] = pool.map((ip, n) => lease(n, ALICE, ip))
  for (let round = 0; round < 20; round++) pool.forEach((ip, n) => void rows.push(talk(20 + round * 30 + n, ip)))
  const seen = play(devices, rows).slice(-pool.length)
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, pool.length)
  // Nor does a further lease of the same interface move anyone.
  const more = play(devices, [lease(1_000, ALICE, '10.8.0.99'), talk(1_001, '10.8.0.99'), talk(1_002, '10.8.0.10')])
  assert.notEqual(more[1]!.orig, more[2]!.orig)
  assert.equal(more[2]!.orig, seen[0]!.orig)
})

test('when the address that was left goes on speaking, the old device stays there', () => {
  const devices = station()
  const rows = [
    lease(0, ALICE, '10.8.0.10'),
    talk(10, '10.8.0.10'),
    lease(20, ALICE, '10.8.0.11'),
    talk(21, '10.8.0.11'),
  ]
  for (let at = 30; at < 200; at += 10) rows.push(talk(at, '10.8.0.10'), talk(at + 1, '10.8.0.11'))
  const seen = play(devices, rows)
  const [left, moved] = seen.slice(-2)
  assert.equal(left!.orig, seen[1]!.orig)
  assert.notEqual(moved!.orig, left!.orig)
})

test('so it is when a restart comes between', () => {
  const config = defaultDeviceConfig()
  const devices = station()
  const [, first] = play(devices, [
    lease(0, ALICE, '10.8.0.10'),
    talk(10, '10.8.0.10'),
    lease(20, ALICE, '10.8.0.11'),
    talk(21, '10.8.0.11'),
  ])
  const rows: Row[] = []
  for (let at = 30; at < 200; at += 10) rows.push(talk(at, '10.8.0.10'), talk(at + 1, '10.8.0.11'))
  const [left, moved] = play(DeviceStation.restore(config, devices.save()), rows).slice(-2)
  assert.equal(left!.orig, first!.orig)
  assert.notEqual(moved!.orig, left!.orig)
})

test('an old lease of another interface does not make its holder the client', () => {
  const devices = station()
  const seen = play(devices, [
    lease(0, ALICE, '10.0.0.5'),
    talk(10, '10.0.0.5'),
    lease(20, BOB, '10.0.0.5', ['REQUEST', 'ACK']),
    talk(30, '10.0.0.5'),
  ])
  assert.notEqual(seen[3]!.orig, seen[1]!.orig)
})

test('addresses of a declared pool are followed to no other address', () => {
  const devices = new DeviceStation(parseDeviceConfig({ networks: [{ range: '10.8.0.0/16', kind: 'pool' }] }))
  const seen = play(devices, [
    lease(0, ALICE, '10.8.0.10'),
    talk(10, '10.8.0.10', { orig_l2_addr: ALICE }),
    lease(9_000, ALICE, '10.8.0.11'),
    talk(9_010, '10.8.0.11', { orig_l2_addr: ALICE }),
  ])
  assert.notEqual(seen[3]!.orig, seen[1]!.orig)
})

test('an offer, a refusal and a request without an answer give nobody an address', () => {
  const devices = station()
  play(devices, [
    lease(0, ALICE, '10.0.0.5', ['DISCOVER', 'OFFER']),
    lease(1, ALICE, '10.0.0.5', ['REQUEST', 'NAK']),
    lease(2, ALICE, '10.0.0.5', ['REQUEST']),
  ])
  assert.equal(devices.living().length, 0)
})

test('many requests for other addresses, acknowledged for the one it has, leave one device', () => {
  const devices = station()
  const rows = Array.from(
    { length: 50 },
    (_, n): Row => ({
      log: 'dhcp',
      ts: T + n,
      client_addr: '192.168.1.30',
      server_addr: '192.168.1.1',
      mac: '24:4b:fe:1c:48:a4',
      requested_addr: `192.168.1.${100 + n}`,
      lease_time: 600,
      msg_types: ['REQUEST', 'REQUEST', 'ACK', 'ACK'],
    }),
  )
  const seen = play(devices, rows)
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 1)
  assert.equal(devices.ip(seen[0]!.orig), '192.168.1.30')
})

test('same input twice gives the same ids, and other batches too', () => {
  const rows = [lease(0, ALICE, '10.0.0.5'), talk(10, '10.0.0.5'), talk(11, '10.0.0.6'), lease(20, BOB, '10.0.0.6')]
  const run = (batchRows: number): string => {
    const devices = station()
    play(devices, rows, { batchRows })
    return Buffer.from(devices.save()).toString()
  }
  assert.equal(run(1000), run(1000))
  assert.equal(run(1000), run(1))
})
