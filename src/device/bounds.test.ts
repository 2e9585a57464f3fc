import assert from 'node:assert/strict'
import test from 'node:test'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'

const T = 1_700_000_000
const conn = (at: number, from: string, to: string, state: string, extra: Partial<Row> = {}): Row => ({
  log: 'conn',
  ts: T + at,
  'id.orig_h': from,
  'id.resp_h': to,
  'id.resp_p': 80,
  proto: 'tcp',
  conn_state: state,
  ...extra,
})
const inside = (n: number): string => `172.16.${(n >> 8) & 255}.${n & 255}`
const outside = (n: number): string => `93.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

test('outside sources make no devices and are not kept', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  play(
    devices,
    Array.from({ length: 60_000 }, (_, n) =>
      conn(n / 1000, outside(n), '10.0.0.1', 'SF', { orig_bytes: 10, resp_bytes: 10 }),
    ),
  )
  const stats = devices.stats()
  assert.deepEqual([stats.devices, stats.addresses], [1, 1])
  assert.ok(devices.has(devices.deviceAt('10.0.0.1'), 'Internet Facing System'))
  assert.ok(devices.save().length < 20_000)
})

test('a flood of unanswered internal sources gives few devices, and those that are answered get theirs all the same', () => {
  const devices = new DeviceStation(defaultDeviceConfig(), { unansweredNewcomers: 100 })
  play(
    devices,
    Array.from({ length: 5_000 }, (_, n) => conn(1, inside(n), '10.0.0.1', 'S0')),
  )
  assert.equal(devices.stats().devices, 100)
  assert.equal(devices.stats().addresses, 100)
  assert.ok(devices.stats().evicted.floodedSources > 4_000)
  const [real] = play(devices, [conn(2, '10.0.0.77', '10.0.0.1', 'SF')])
  assert.ok(real!.orig >= 0)
  const [later] = play(devices, [conn(70, '10.0.0.78', '10.0.0.1', 'S0')])
  assert.ok(later!.orig >= 0)
})

test('a full inventory forgets what was never answered first, then what was unseen for longest, and counts it', () => {
  const devices = new DeviceStation(defaultDeviceConfig(), { devices: 64, addresses: 80, unansweredNewcomers: 1e9 })
  const [kept] = play(devices, [conn(0, '10.0.0.5', '10.0.0.1', 'SF')])
  play(
    devices,
    Array.from({ length: 1_000 }, (_, n) => conn(1 + n, inside(n), '10.0.9.9', 'S0')),
  )
  const { evicted, ...held } = devices.stats()
  assert.ok(held.devices <= 64 && held.addresses <= 80)
  assert.ok(evicted.devices > 900)
  const [again] = play(devices, [conn(2_000, '10.0.0.5', '10.0.0.1', 'SF')])
  assert.equal(again!.orig, kept!.orig)
  // An index names the same device for ever, or nobody.
  assert.equal(new Set(Array.from({ length: devices.size }, (_, at) => devices.id(at))).size, devices.size)
})

test('interfaces are bounded, too', () => {
  const devices = new DeviceStation(defaultDeviceConfig(), { macs: 64 })
  const mac = (n: number): string =>
    `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`
  play(
    devices,
    Array.from({ length: 2_000 }, (_, n) => conn(n, inside(n), '10.0.0.1', 'SF', { orig_l2_addr: mac(n) })),
  )
  assert.ok(devices.stats().macs <= 64)
  assert.ok(devices.stats().evicted.macs > 1_000)
})

test('an address that is forgotten while an event is read names nobody else', () => {
  const devices = new DeviceStation(defaultDeviceConfig(), { addresses: 16 })
  const rows = Array.from({ length: 16 }, (_, n) => conn(n, `10.0.0.${n + 1}`, '93.0.0.1', 'SF'))
  const seen = play(devices, [...rows, conn(20, '10.0.0.50', '10.0.0.1', 'S0')])
  assert.ok(seen.at(-1)!.orig >= 0)
  assert.equal(seen.at(-1)!.resp, -1)
})

test('bounds do not depend on how records are packed', () => {
  const rows: Row[] = []
  for (let n = 0; n < 1_200; n++) {
    rows.push(
      conn(n, inside((n * 37) % 200), inside((n * 11) % 300), n % 3 ? 'SF' : 'S0', {
        orig_l2_addr: `02:00:00:00:00:${(n % 200).toString(16).padStart(2, '0')}`,
      }),
    )
  }
  const run = (batchRows: number): string => {
    const devices = new DeviceStation(defaultDeviceConfig(), {
      devices: 50,
      addresses: 60,
      macs: 40,
      unansweredNewcomers: 3,
    })
    const seen = play(devices, rows, { batchRows })
    return JSON.stringify(seen) + Buffer.from(devices.save()).toString()
  }
  const whole = run(8_000)
  for (const size of [7, 100]) assert.ok(run(size) === whole, `batches of ${size} rows`)
})
