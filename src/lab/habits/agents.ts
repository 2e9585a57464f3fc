import { HOUR, MINUTE, type Micros, SECOND } from '../../event/time.ts'
import type { ServiceName } from '../outside.ts'
import { resolve } from '../protocols/dns.ts'
import { fetchOutside, http, programOf } from '../protocols/web.ts'
import { type DeviceHabit, poll, runsOf } from './presence.ts'

interface Agent {
  readonly service: ServiceName
  readonly program: string
  readonly period: Micros
  readonly jitter: number
  readonly sent: number
  readonly received: number
  /** Share of machines that run it. */
  readonly share: number
}

/** Programs that call home by the clock, as beacons do. */
const AGENTS: readonly Agent[] = [
  {
    service: 'endpoint-agent',
    program: 'endpoint agent',
    period: 5 * MINUTE,
    jitter: 0.05,
    sent: 900,
    received: 400,
    share: 0.97,
  },
  {
    service: 'endpoint-agent-upload',
    program: 'endpoint agent',
    period: 43 * MINUTE,
    jitter: 0.3,
    sent: 60_000,
    received: 900,
    share: 0.97,
  },
  {
    service: 'operating-system-telemetry',
    program: 'telemetry',
    period: 26 * MINUTE,
    jitter: 0.5,
    sent: 6000,
    received: 1200,
    share: 0.9,
  },
  {
    service: 'antivirus-update',
    program: 'antivirus',
    period: 61 * MINUTE,
    jitter: 0.1,
    sent: 700,
    received: 30_000,
    share: 0.8,
  },
  {
    service: 'browser-update',
    program: 'updater',
    period: 5 * HOUR,
    jitter: 0.4,
    sent: 1500,
    received: 4000,
    share: 0.7,
  },
  {
    service: 'inventory-agent',
    program: 'inventory',
    period: 4 * HOUR,
    jitter: 0.02,
    sent: 40_000,
    received: 800,
    share: 0.6,
  },
]

/** Agents and updates of Windows machines. Servers run few of them. */
export const agents: DeviceHabit = (world, device, day, random) => {
  const runs = runsOf(world, device, day)
  if (!runs) return
  const { outside } = world.plan
  for (const agent of AGENTS) {
    // What a machine runs does not change from day to day.
    const has = world.random.fork(agent.service, device.index).chance(device.server ? agent.share * 0.55 : agent.share)
    if (!has) continue
    const speaker = programOf(world, agent.program, '')
    const site = outside.service(agent.service)
    const host = site.hosts[device.index % site.hosts.length]!
    poll(
      world,
      random.fork(agent.program, agent.period / SECOND),
      runs[0],
      runs[1],
      agent.period,
      agent.jitter,
      (scene, at) => {
        fetchOutside(
          scene,
          at,
          device,
          host,
          {
            program: speaker,
            duration: Math.floor(scene.random.lognormal(1.5, 0.8) * SECOND),
            sent: agent.sent * scene.random.uniform(0.8, 1.3),
            received: agent.received * scene.random.uniform(0.8, 1.3),
            oldTls: site.oldTls,
          },
          0.8,
        )
      },
    )
  }
  updates(world, device, day, random)
}

/** Updates of the operating system: in the clear, over HTTP, many on patch days; and the state of certificates. */
const updates: DeviceHabit = (world, device, day, random) => {
  const runs = runsOf(world, device, day)
  if (!runs) return
  const patchDay = world.isPatchDay(day)
  const scene = world.scene(random)
  const site = world.plan.outside.service('operating-system-update')
  const checks = device.server ? (patchDay ? 6 : 1) : patchDay ? 14 : 2
  for (let i = 0; i < checks; i++) {
    world.at(Math.floor(random.uniform(runs[0], runs[1])), (now) => {
      const host = random.pick(site.hosts)
      const ready = resolve(scene, now, device, host)
      http(scene, ready, device, host, {
        uri: `/filestreamingservice/files/${random.hex(8)}-${random.hex(4)}?P1=${random.next()}`,
        userAgent: 'Microsoft-Delivery-Optimization/10.0',
        status: 206,
        received: random.lognormal(patchDay ? 4e6 : 300_000, 1),
        mimeType: 'application/vnd.ms-cab-compressed',
      })
    })
  }
  if (random.chance(0.5)) {
    world.at(Math.floor(random.uniform(runs[0], runs[1])), (now) => {
      const host = world.plan.outside.service('certificate-status').hosts[0]!
      http(scene, resolve(scene, now, device, host), device, host, {
        uri: `/MFEwTzBNMEswSTAJBgUrDgMCGgUABBS${random.hex(24)}`,
        userAgent: 'Microsoft-CryptoAPI/10.0',
        received: 471,
        mimeType: 'application/ocsp-response',
      })
    })
  }
}
