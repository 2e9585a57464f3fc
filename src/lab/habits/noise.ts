import { MINUTE, SECOND } from '../../event/time.ts'
import type { Host } from '../host.ts'
import { resolve } from '../protocols/dns.ts'
import { ssh } from '../protocols/remote.ts'
import { failedTcp, tcp, udp } from '../protocols/transport.ts'
import { http } from '../protocols/web.ts'
import { openFlow } from '../world.ts'
import { AFTER_SILENCE_TCP } from '../zeek/delays.ts'
import { type DeviceHabit, poll, runsOf } from './presence.ts'

const LLMNR: Host = { address: '224.0.0.252', name: '', fqdn: '', local: false }
const LLMNR6: Host = { address: 'ff02::1:3', name: '', fqdn: '', local: false }
const MDNS: Host = { address: '224.0.0.251', name: '', fqdn: '', local: false }
const SSDP: Host = { address: '239.255.255.250', name: '', fqdn: '', local: false }

/** What every Windows machine calls into its network without being answered. */
export const broadcasts: DeviceHabit = (world, device, day, random) => {
  const runs = runsOf(world, device, day)
  if (!runs) return
  const subnet = world.plan.subnets.get(device.segment)!
  const everyone: Host = { address: subnet.broadcast, name: '', fqdn: '', local: true }
  const { mac } = device
  const linkLocal: Host = {
    ...device,
    address: `fe80::${mac.slice(0, 2)}${mac.slice(3, 5)}:${mac.slice(6, 8)}ff:fe${mac.slice(9, 11)}:${mac.slice(12, 14)}${mac.slice(15, 17)}`,
    local: true,
  }
  poll(world, random, runs[0], runs[1], 37 * MINUTE, 0.8, (scene, at) => {
    const kind = scene.random.float()
    if (kind < 0.35) udp(scene, at, device, LLMNR, 5355, { service: 'dns', duration: 400_000, sent: 54, received: 0 })
    else if (kind < 0.5)
      udp(scene, at, linkLocal, LLMNR6, 5355, { service: 'dns', duration: 400_000, sent: 54, received: 0 })
    else if (kind < 0.7)
      udp(scene, at, device, everyone, 137, {
        service: 'dns',
        duration: 1_500_000,
        sent: 150,
        received: 0,
        fromPort: 137,
      })
    else if (kind < 0.85)
      udp(scene, at, device, MDNS, 5353, { service: 'dns', duration: SECOND, sent: 90, received: 0, fromPort: 5353 })
    else udp(scene, at, device, SSDP, 1900, { duration: 3 * SECOND, sent: 700, received: 0 })
  })
}

/** Oddities of protocols that Zeek notes and nobody reads. */
export const weirdness: DeviceHabit = (world, device, day, random) => {
  const runs = runsOf(world, device, day)
  if (!runs) return
  const scene = world.scene(random)
  const count = random.poisson(1.5)
  for (let i = 0; i < count; i++) {
    world.at(Math.floor(random.uniform(runs[0], runs[1])), (now) => {
      const host = world.plan.outside.draw(random).hosts[0]!
      const flow = openFlow(scene, resolve(scene, now, device, host), device, 49_152 + random.below(16_000), host, 443)
      scene.tap.row('weird', flow, flow.ts + 900, flow.ts + 900, [
        random.pick([
          'data_before_established',
          'inappropriate_FIN',
          'above_hole_data_without_any_acks',
          'window_recision',
          'SYN_seq_jump',
          'possible_split_routing',
          'TCP_seq_underflow_or_misorder',
        ]),
        undefined,
        false,
        'worker-1-1',
        undefined,
      ])
      scene.tap.conn(
        flow,
        {
          proto: 'tcp',
          duration: 40_000_000,
          origBytes: 1200,
          respBytes: 9000,
          state: 'OTH',
          history: 'Cda',
          origPackets: 6,
          respPackets: 9,
        },
        flow.ts + 40 * SECOND + AFTER_SILENCE_TCP,
      )
    })
  }
}

const PROBED = [22, 23, 80, 443, 445, 3389, 8080, 5060, 1433, 6379, 2323, 8443, 5555, 21, 25, 5900]
const PATHS = [
  '/.env',
  '/wp-login.php',
  '/cgi-bin/luci',
  '/.git/config',
  '/actuator/health',
  '/phpmyadmin/index.php',
  '/boaform/admin/formLogin',
]

/** The internet knocks on whatever it can reach, all day. */
export const internetNoise: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside } = world.plan
  const from = calendar.at(day, 0)
  poll(world, random, from, calendar.at(day, 24), 1.5 * MINUTE, 0.95, (scene, at) => {
    const stranger = outside.stranger(scene.random)
    const port = scene.random.pick(PROBED)
    if (port === 80) {
      http(scene, at, stranger, device, {
        uri: scene.random.pick(PATHS),
        userAgent: scene.random.pick(['Mozilla/5.0 zgrab/0.x', 'python-requests/2.31.0', 'curl/7.68.0']),
        status: 404,
        received: 162,
        mimeType: 'text/html',
      })
    } else if (port === 22 && scene.random.chance(0.5)) {
      // Guessing at a dozen passwords, as bots do.
      const tries = scene.random.between(1, 12)
      for (let i = 0; i < tries; i++)
        void ssh(scene, at + i * 4 * SECOND, stranger, device, {
          duration: 3 * SECOND,
          success: false,
          client: 'SSH-2.0-Go',
        })
    } else if (port === 443)
      tcp(scene, at, stranger, device, port, { service: 'ssl', duration: SECOND, sent: 500, received: 2000 })
    else {
      failedTcp(scene, at, stranger, device, port, scene.random.chance(0.5) ? 'S0' : 'REJ')
    }
    if (scene.random.chance(0.02)) {
      // A sweep over all public ports of the machine.
      for (let i = 0; i < 25; i++)
        failedTcp(scene, at + i * 200_000, stranger, device, 1 + scene.random.below(10_000), 'S0')
    }
  })
}
