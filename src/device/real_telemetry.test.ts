import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'

const data = new URL('../../../shared/data/zeek/', import.meta.url)
const missing = !existsSync(data) && process.env['CI'] !== 'true'
const options = missing ? { skip: 'needs ../shared/data beside the repository' } : {}

interface JsonRecord {
  readonly ts: number
  readonly duration?: number
  readonly [field: string]: string | number | boolean | readonly string[] | undefined
}

/** Zeek's JSON, ordered by when each line could be known. */
function records(path: string, log?: string): Row[] {
  const bytes = readFileSync(new URL(path, data))
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonRecord)
  const known = (row: JsonRecord): number => row.ts + (row.duration ?? 0)
  return rows.sort((a, b) => known(a) - known(b)).map((row): Row => ({ ...row, log: log ?? String(row['@stream']) }))
}

test('apt29-day1: one MAC address stands before four hosts, and they stay four', options, () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  play(devices, records('apt29-day1/combined_zeek.log.gz'))
  const living = devices.living()
  assert.deepEqual(living.map((device) => devices.ip(device)).sort(), [
    '10.0.0.4',
    '10.0.1.4',
    '10.0.1.6',
    '192.168.0.4',
    '192.168.0.5',
  ])
  for (const device of living) {
    const { macs, addresses } = devices.describe(device)!
    assert.ok(macs.every(({ mac }) => mac !== '12:34:56:78:9a:bc'))
    assert.equal(addresses.length, 1)
  }
  const controllers = living.filter((device) => devices.has(device, 'Domain Controller'))
  assert.deepEqual(
    controllers.map((device) => devices.hostname(device)),
    ['newyork.dmevals.local'],
  )
  assert.equal(devices.credential(0), 'DMEVALS\\pbeesly')
})

test('slips-test13: a client that asks for one address after another stays one device', options, () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const seen = play(devices, records('slips-test13-malicious-dhcpscan-zeek-dir/dhcp.log', 'dhcp'))
  assert.equal(new Set(seen.map(({ orig }) => orig)).size, 1)
})

test('slips-test9: DHCP names its client', options, () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const rows = [
    ...records('slips-test9-mixed-zeek-dir/dhcp.log', 'dhcp'),
    ...records('slips-test9-mixed-zeek-dir/conn.log', 'conn'),
  ]
  play(
    devices,
    rows.sort((a, b) => a.ts - b.ts),
  )
  const [john] = devices.find('John-PC')
  assert.equal(devices.ip(john!), '10.0.2.15')
  assert.deepEqual(
    devices.describe(john!)!.macs.map(({ mac }) => mac),
    ['08:00:27:7f:09:e1'],
  )
})
