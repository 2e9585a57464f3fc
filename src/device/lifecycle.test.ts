import assert from 'node:assert/strict'
import test from 'node:test'
import { DAY } from '../event/time.ts'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'
import type { Tag } from './tags.ts'

const T = 1_700_000_000
const HOURS = 3600
const talk = (at: number, ip: string, extra: Partial<Row> = {}): Row => ({
  log: 'conn',
  ts: T + at,
  'id.orig_h': ip,
  'id.resp_h': '8.8.8.8',
  'id.resp_p': 53,
  proto: 'udp',
  conn_state: 'SF',
  ...extra,
})
/** Somebody else speaks every six hours. */
const watched = (fromDay: number, toDay: number): Row[] =>
  Array.from({ length: (toDay - fromDay) * 4 }, (_, n) => talk(fromDay * 24 * HOURS + n * 6 * HOURS + 1, '10.0.0.200'))
const tagsOf = (devices: DeviceStation, device: number): Tag[] => devices.tags(device).map(({ tag }) => tag)

test('a device that appears after a day of watching is new for seven days', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const [first] = play(devices, [...watched(0, 3)])
  assert.deepEqual(tagsOf(devices, first!.orig), [])
  const [late] = play(devices, [talk(3 * 24 * HOURS, '10.0.0.5')])
  assert.deepEqual(tagsOf(devices, late!.orig), ['New Device'])
  const { reason, since, until } = devices.tags(late!.orig)[0]!
  assert.equal(reason, 'first seen after 2 days of watching this site')
  assert.equal(until! - since, 7 * DAY)
  play(devices, [...watched(4, 10)])
  assert.deepEqual(tagsOf(devices, late!.orig), ['New Device'])
  play(devices, [...watched(10, 12)])
  assert.deepEqual(tagsOf(devices, late!.orig), [])
})

test('a device that is silent for weeks and then speaks is re-activated for three days', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const [device] = play(devices, [talk(0, '10.0.0.5'), ...watched(0, 20)])
  play(devices, [talk(20 * 24 * HOURS, '10.0.0.5')])
  assert.deepEqual(tagsOf(devices, device!.orig), ['Re-Activated Device'])
  assert.match(devices.tags(device!.orig)[0]!.reason, /^silent for 20 days, on 19 of which/)
  play(devices, watched(21, 25))
  assert.deepEqual(tagsOf(devices, device!.orig), [])
})

test("nobody is re-activated by the sensor's own silence, by a week end, or by being scanned", () => {
  const sensorSilent = new DeviceStation(defaultDeviceConfig())
  const [a] = play(sensorSilent, [talk(0, '10.0.0.5'), talk(20 * 24 * HOURS, '10.0.0.5')])
  assert.deepEqual(tagsOf(sensorSilent, a!.orig), [])
  const weekend = new DeviceStation(defaultDeviceConfig())
  const [b] = play(weekend, [talk(0, '10.0.0.5'), ...watched(0, 6), talk(6.5 * 24 * HOURS, '10.0.0.5')])
  assert.deepEqual(tagsOf(weekend, b!.orig), [])
  const scanned = new DeviceStation(defaultDeviceConfig())
  const hit = talk(20 * 24 * HOURS, '10.0.0.200', { 'id.resp_h': '10.0.0.5', conn_state: 'S0', proto: 'tcp' })
  const [c] = play(scanned, [talk(0, '10.0.0.5'), ...watched(0, 20), hit])
  assert.deepEqual(tagsOf(scanned, c!.orig), [])
  assert.equal(scanned.lastSeen(c!.orig), T * 1e6)
})

test('it is re-activated under a new address, too', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const lease = (at: number, ip: string): Row => ({
    log: 'dhcp',
    ts: T + at,
    mac: '3c:22:fb:00:00:07',
    assigned_addr: ip,
    lease_time: 600,
    msg_types: ['DISCOVER', 'ACK'],
  })
  const [device] = play(devices, [lease(0, '10.0.0.5'), ...watched(0, 20)])
  const [back] = play(devices, [lease(20 * 24 * HOURS, '10.0.0.77')])
  assert.equal(back!.orig, device!.orig)
  assert.deepEqual(tagsOf(devices, device!.orig), ['Re-Activated Device'])
})

test('tags end after a restart as they would have without one', () => {
  const config = defaultDeviceConfig()
  const devices = new DeviceStation(config)
  play(devices, watched(0, 3))
  const [late] = play(devices, [talk(3 * 24 * HOURS, '10.0.0.5')])
  const restored = DeviceStation.restore(config, devices.save())
  assert.deepEqual(tagsOf(restored, late!.orig), ['New Device'])
  play(restored, watched(4, 12))
  assert.deepEqual(tagsOf(restored, late!.orig), [])
})
