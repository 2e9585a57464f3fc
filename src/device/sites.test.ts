import assert from 'node:assert/strict'
import test from 'node:test'
import { SECOND } from '../event/time.ts'
import { parseDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'

const T = 1_700_000_000
const config = parseDeviceConfig({
  networks: ['203.0.113.0/24'],
  sites: [
    {
      name: 'hq',
      timezone: 'Europe/Zurich',
      networks: ['10.0.0.0/16', '192.168.1.0/24'],
      sensors: ['/data/hq', 'hq-*'],
    },
    { name: 'shop', networks: ['10.1.0.0/16', '192.168.1.0/24'], sensors: ['/data/shop'] },
  ],
  devices: [
    { ip: '10.0.0.9', tags: ['Security Scanner'], note: 'ours' },
    { name: 'SCAN02', tags: ['Security Scanner', 'Critical'] },
    { network: '192.168.1.0/24', site: 'shop', tags: ['Critical'] },
  ],
  critical: ['10.0.0.1', '3c:22:fb:00:00:01', '10.1.9.0/24'],
  maintenance: [
    { name: 'patch night', from: '22:00', to: '02:00', days: ['tue'], site: 'hq' },
    { name: 'move', start: '2026-03-01T00:00:00+01:00', end: '2026-03-01T06:00:00+01:00', networks: ['10.1.0.0/16'] },
  ],
})
const station = (): DeviceStation => new DeviceStation(config)
const talk = (ip: string, extra: Partial<Row> = {}): Row => ({
  log: 'conn',
  ts: T,
  'id.orig_h': ip,
  'id.resp_h': '8.8.8.8',
  'id.resp_p': 53,
  proto: 'udp',
  conn_state: 'SF',
  ...extra,
})

test('sensors stand where the configuration says: by path, by pattern, else at the default site', () => {
  const devices = station()
  const site = (sensor: string): string => devices.sites.list[devices.siteOf(sensor)]!.name
  assert.deepEqual(
    ['/data/hq', '/data/hq/', '/data/hq/2024-04-20', 'hq-east', '/data/shop', '/data/hqx', 'x'].map(site),
    ['hq', 'hq', 'hq', 'hq', 'shop', 'default', 'default'],
  )
})

test('the same private address at two sites is two devices', () => {
  const devices = station()
  const [hq, shop] = [devices.siteOf('/data/hq'), devices.siteOf('/data/shop')]
  const [one] = play(devices, [talk('192.168.1.20')], { site: hq })
  const [two] = play(devices, [talk('192.168.1.20')], { site: shop })
  assert.notEqual(one!.orig, two!.orig)
  assert.notEqual(devices.id(one!.orig), devices.id(two!.orig))
  assert.deepEqual([devices.site(one!.orig), devices.site(two!.orig)], ['hq', 'shop'])
})

test("an address of another site seen between sites is that site's device", () => {
  const devices = station()
  const [there] = play(devices, [talk('10.1.0.7')], { site: devices.siteOf('/data/hq') })
  const [home] = play(devices, [talk('10.1.0.7')], { site: devices.siteOf('/data/shop') })
  assert.equal(there!.orig, home!.orig)
  assert.equal(devices.site(home!.orig), 'shop')
})

test('an address that several sites claim belongs to the site of the sensor', () => {
  const devices = station()
  const [seen] = play(devices, [talk('192.168.1.44')])
  assert.equal(devices.site(seen!.orig), 'default')
})

test('configured networks are internal', () => {
  const devices = station()
  const [ours, theirs] = play(devices, [talk('203.0.113.4'), talk('198.51.100.4')])
  assert.ok(ours!.orig >= 0)
  assert.equal(theirs!.orig, -1)
})

test('declared tags are set by address, MAC, range and name, with their reason, and leave with the address', () => {
  const devices = station()
  const mac = '3c:22:fb:00:00:07'
  const [scanner, dc, laptop, room] = play(devices, [
    { log: 'dhcp', ts: T, mac, assigned_addr: '10.0.0.9', lease_time: 600, msg_types: ['DISCOVER', 'ACK'] },
    talk('10.0.0.1'),
    talk('10.0.0.44', { orig_l2_addr: '3c:22:fb:00:00:01' }),
    talk('10.1.9.3'),
  ]).map(({ orig }) => orig)
  assert.deepEqual(
    devices.tags(scanner!).map(({ tag, reason, source }) => [tag, reason, source]),
    [['Security Scanner', 'declared in thymus.yaml for 10.0.0.9: ours', 'declared']],
  )
  for (const device of [dc, laptop, room]) assert.ok(devices.has(device!, 'Critical'))
  play(devices, [
    { log: 'dhcp', ts: T + 60, mac, assigned_addr: '10.0.0.77', lease_time: 600, msg_types: ['DISCOVER', 'ACK'] },
  ])
  assert.ok(!devices.has(scanner!, 'Security Scanner'))
})

test("a name that a device gives itself earns no tag that excuses it, a domain's word does", () => {
  const devices = station()
  const [impostor] = play(devices, [
    {
      log: 'dhcp',
      ts: T,
      mac: '3c:22:fb:00:00:07',
      assigned_addr: '10.0.0.50',
      host_name: 'scan02',
      lease_time: 600,
      msg_types: ['DISCOVER', 'ACK'],
    },
  ])
  assert.ok(!devices.has(impostor!.orig, 'Security Scanner'))
  assert.ok(devices.has(impostor!.orig, 'Critical'))
  const [real] = play(devices, [
    {
      log: 'kerberos',
      ts: T,
      'id.orig_h': '10.0.0.51',
      'id.resp_h': '10.0.0.1',
      request_type: 'AS',
      client: 'SCAN02$/CORP',
      success: true,
    },
  ])
  assert.ok(devices.has(real!.orig, 'Security Scanner'))
})

test('maintenance windows are open in the time of their site, over midnight, and where they concern', () => {
  const devices = station()
  const hq = devices.sites.indexOf('hq')
  const at = (iso: string, site: number, ip = ''): string | undefined =>
    devices.maintenance.openWindow((Date.parse(iso) / 1000) * SECOND, site, ip)
  // Tuesday 2026-02-03, 22:30 in Zurich is 21:30 UTC; Wednesday 01:30 still belongs to Tuesday's night.
  assert.equal(at('2026-02-03T21:30:00Z', hq), 'patch night')
  assert.equal(at('2026-02-04T00:30:00Z', hq), 'patch night')
  assert.equal(at('2026-02-04T01:30:00Z', hq), undefined)
  assert.equal(at('2026-02-03T20:30:00Z', hq), undefined)
  assert.equal(at('2026-02-04T21:30:00Z', hq), undefined)
  assert.equal(at('2026-02-03T21:30:00Z', devices.sites.indexOf('shop')), undefined)
  assert.equal(at('2026-03-01T00:30:00+01:00', 0, '10.1.2.3'), 'move')
  assert.equal(at('2026-03-01T00:30:00+01:00', 0, '10.2.2.3'), undefined)
})
