import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { defaultDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { batchesOf, play, type Row, type Seen } from './play.ts'

const seed = 3_141
const T = 1_700_000_000
const config = defaultDeviceConfig()

const mac = fc.nat(4).map((n) => `3c:22:fb:00:00:0${n}`)
const ip = fc.oneof(
  fc.nat(7).map((n) => `10.0.0.${n + 1}`),
  fc.nat(3).map((n) => `fd00::${n + 1}`),
)
const v4 = fc.nat(7).map((n) => `10.0.0.${n + 1}`)
const step = fc.oneof(fc.nat(30), fc.nat(3_000), fc.nat(200_000))

const action: fc.Arbitrary<(at: number) => Row> = fc.oneof(
  fc
    .tuple(
      ip,
      ip,
      fc.constantFrom('SF', 'S0', 'REJ', 'OTH'),
      fc.option(mac, { nil: undefined }),
      fc.option(mac, { nil: undefined }),
      fc.nat(100),
    )
    .map(
      ([orig, resp, state, from, to, duration]) =>
        (at: number): Row => ({
          log: 'conn',
          ts: T + at,
          duration,
          'id.orig_h': orig,
          'id.resp_h': resp,
          'id.resp_p': 443,
          proto: 'tcp',
          conn_state: state,
          orig_l2_addr: from,
          resp_l2_addr: to,
          orig_bytes: 5,
          resp_bytes: 5,
        }),
    ),
  fc
    .tuple(
      mac,
      v4,
      fc.constantFrom(['DISCOVER', 'ACK'], ['REQUEST', 'ACK'], ['RELEASE'], ['DISCOVER', 'OFFER']),
      fc.boolean(),
      fc.nat(3),
    )
    .map(
      ([client, address, messages, renews, name]) =>
        (at: number): Row => ({
          log: 'dhcp',
          ts: T + at,
          duration: 1,
          mac: client,
          assigned_addr: address,
          client_addr: renews || messages[0] === 'RELEASE' ? address : undefined,
          lease_time: 3600,
          msg_types: messages,
          host_name: `host${name}`,
        }),
    ),
  fc.tuple(ip, fc.nat(3), fc.boolean()).map(
    ([orig, name, success]) =>
      (at: number): Row => ({
        log: 'kerberos',
        ts: T + at,
        'id.orig_h': orig,
        'id.resp_h': '10.0.0.1',
        request_type: 'AS',
        client: `HOST${name}$/CORP`,
        success,
      }),
  ),
  fc.tuple(ip, fc.nat(3)).map(
    ([orig, name]) =>
      (at: number): Row => ({
        log: 'ntlm',
        ts: T + at,
        'id.orig_h': orig,
        'id.resp_h': '10.0.0.2',
        hostname: `host${name}`,
        username: `u${name}`,
        success: true,
      }),
  ),
)

const story = fc.array(fc.tuple(step, action), { maxLength: 80 }).map((steps) => {
  let at = 0
  return steps.map(([wait, make]) => {
    at += wait
    return make(at)
  })
})

function run(rows: readonly Row[], batchRows: number): { seen: Seen[]; state: string } {
  const devices = new DeviceStation(config)
  const seen = play(devices, rows, { batchRows })
  return { seen, state: Buffer.from(devices.save()).toString() }
}

test('any story: the same again and in any batches, addresses and devices agree, ids are unique and stay', () => {
  fc.assert(
    fc.property(story, fc.integer({ min: 1, max: 9 }), (rows, batchRows) => {
      const whole = run(rows, 1000)
      assert.deepEqual(run(rows, batchRows), whole)
      const devices = new DeviceStation(config)
      const ids: string[] = []
      for (const row of rows) {
        play(devices, [row])
        for (let at = 0; at < devices.size; at++) {
          if (at < ids.length) assert.equal(devices.id(at), ids[at])
          else ids.push(devices.id(at))
        }
      }
      assert.equal(new Set(ids).size, ids.length)
      const held = devices.living().flatMap((device) =>
        devices
          .describe(device)!
          .addresses.filter(({ until }) => until === undefined)
          .map(({ ip: address }) => [address, device] as const),
      )
      // One holder an address, and asking by address finds it.
      assert.equal(new Set(held.map(([address]) => address)).size, held.length)
      for (const [address, device] of held) assert.equal(devices.deviceAt(address), device)
      const interfaces = devices.living().flatMap((device) => devices.describe(device)!.macs.map((card) => card.mac))
      assert.equal(new Set(interfaces).size, interfaces.length)
    }),
    { seed, numRuns: 60 },
  )
})

test('any story: a restart in its middle changes nothing', () => {
  fc.assert(
    fc.property(story, fc.nat(80), (rows, cut) => {
      const whole = new DeviceStation(config)
      const before = new DeviceStation(config)
      play(before, rows.slice(0, cut))
      const after = DeviceStation.restore(config, before.save())
      // The clock of `play` begins anew with each call, so both are played in two parts.
      play(whole, rows.slice(0, cut))
      assert.deepEqual(play(after, rows.slice(cut)), play(whole, rows.slice(cut)))
      assert.equal(Buffer.from(after.save()).toString(), Buffer.from(whole.save()).toString())
    }),
    { seed, numRuns: 60 },
  )
})

test('any story: hosts that each keep their own MAC address never melt, however their leases move', () => {
  // Three hosts; each has its interface and talks from the address it leased last.
  const moves = fc.array(fc.tuple(fc.nat(2), fc.nat(5), fc.oneof(fc.nat(20), fc.nat(5_000))), {
    minLength: 1,
    maxLength: 60,
  })
  fc.assert(
    fc.property(moves, fc.boolean(), (steps, onLink) => {
      const rows: Row[] = []
      const speaker: (number | undefined)[] = []
      const address = new Map<number, string>()
      let at = 0
      for (const [host, place, wait] of steps) {
        at += 6 + wait
        const wanted = `10.0.0.${place + 1}`
        const card = `3c:22:fb:00:00:0${host}`
        for (const [other, held] of address) if (held === wanted && other !== host) address.delete(other)
        address.set(host, wanted)
        rows.push({
          log: 'dhcp',
          ts: T + at,
          mac: card,
          assigned_addr: wanted,
          lease_time: 600,
          msg_types: ['DISCOVER', 'ACK'],
        })
        speaker.push(undefined)
        for (const [who, from] of address) {
          rows.push({
            log: 'conn',
            ts: T + at + 1 + who,
            'id.orig_h': from,
            'id.resp_h': '8.8.8.8',
            'id.resp_p': 53,
            proto: 'udp',
            conn_state: 'SF',
            orig_l2_addr: onLink ? `3c:22:fb:00:00:0${who}` : undefined,
          })
          speaker.push(who)
        }
      }
      const devices = new DeviceStation(config)
      const seen = play(devices, rows)
      const owner = new Map<number, number>()
      const device = new Map<number, number>()
      for (const [index, { orig }] of seen.entries()) {
        const who = speaker[index]
        if (who === undefined) continue
        assert.equal(owner.get(orig) ?? who, who, 'one device, two hosts')
        owner.set(orig, who)
        assert.equal(device.get(who) ?? orig, orig, 'one host, two devices')
        device.set(who, orig)
      }
    }),
    { seed, numRuns: 100 },
  )
})

test('any story: hosts behind one router, each at its own address, never melt', () => {
  const events = fc.array(fc.tuple(fc.nat(3), fc.oneof(fc.nat(60), fc.nat(1_200))), { maxLength: 120 })
  fc.assert(
    fc.property(events, (steps) => {
      let at = 0
      const rows = steps.map(([host, wait]): Row => {
        at += wait
        return {
          log: 'conn',
          ts: T + at,
          'id.orig_h': `10.9.0.${host + 1}`,
          'id.resp_h': '10.0.0.1',
          'id.resp_p': 443,
          proto: 'tcp',
          conn_state: 'SF',
          orig_l2_addr: '00:1b:17:00:01:20',
          resp_l2_addr: '3c:22:fb:00:00:01',
        }
      })
      const last = new Map<number, number>()
      const spoken = new Map<number, { count: number; first: number; last: number }>()
      const seen = play(new DeviceStation(config), rows)
      for (const [index, { orig }] of seen.entries()) {
        const host = steps[index]![0]
        const holder = last.get(orig)
        if (holder !== undefined && holder !== host) {
          // Taken for one only where the other had fallen silent, against its habit, when this one began.
          const { count, first, last: latest } = spoken.get(holder)!
          const silence = rows[index]!.ts - latest
          assert.ok(silence >= 600 && count >= 5 && silence * (count - 1) >= 10 * (latest - first))
        }
        last.set(orig, host)
        const before = spoken.get(host)
        spoken.set(host, {
          count: (before?.count ?? 0) + 1,
          first: before?.first ?? rows[index]!.ts,
          last: rows[index]!.ts,
        })
      }
    }),
    { seed, numRuns: 100 },
  )
})

test('hostile text in any field never throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('10.0.0.1', 'A$', '\\\\x\\y', '%', '::', '\0'),
  )
  const logs = [
    'conn',
    'dns',
    'dhcp',
    'kerberos',
    'ntlm',
    'rdp',
    'ldap',
    'smb_mapping',
    'known_devices',
    'arp',
    'sip',
    'snmp',
    'files',
    'software',
    'notice',
    'anything',
  ]
  const fields = [
    'id.orig_h',
    'id.resp_h',
    'client',
    'hostname',
    'username',
    'domainname',
    'cookie',
    'client_name',
    'object',
    'opcode',
    'path',
    'share_type',
    'mac',
    'assigned_addr',
    'client_addr',
    'server_addr',
    'host_name',
    'client_fqdn',
    'vendor_class',
    'dhcp_host_name',
    'orig_h',
    'orig_hw',
    'user_agent',
    'method',
    'display_string',
    'tx_hosts',
    'rx_hosts',
    'host',
    'query',
    'answers',
    'request_type',
    'msg_types',
    'orig_l2_addr',
    'conn_state',
  ]
  const number = fc.constantFrom(-1, 0, 1, 33, 53, 200, 1e18)
  const hostile = fc.tuple(
    fc.constantFrom(...logs),
    fc.dictionary(fc.constantFrom(...fields), text),
    fc.dictionary(
      fc.constantFrom(
        'rcode',
        'qtype',
        'id.resp_p',
        'success',
        'lease_time',
        'status_code',
        'get_responses',
        'local_orig',
      ),
      number,
    ),
  )
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 20 }), (records) => {
      const rows = records.map(([log, texts, numbers], n): Row => ({ ...texts, ...numbers, log, ts: T + n }))
      const devices = new DeviceStation(config)
      play(devices, rows)
      for (const device of devices.living()) devices.describe(device)
      DeviceStation.restore(config, devices.save())
    }),
    { seed, numRuns: 100 },
  )
  assert.equal(batchesOf([], 10).length, 0)
})
