import { type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import { openFlow, type Scene } from '../world.ts'
import { AFTER_SILENCE_UDP } from '../zeek/delays.ts'
import { clientPort } from './transport.ts'

const TYPE_NUMBER = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, HTTPS: 65 } as const
type QueryType = keyof typeof TYPE_NUMBER

export interface Question {
  readonly name: string
  readonly type?: QueryType
  /** Empty with NOERROR: the name exists without such a record. */
  readonly answers?: readonly string[]
  readonly rcode?: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED'
  /** The server speaks for the name itself. */
  readonly authoritative?: boolean
  /** No answer comes. */
  readonly unanswered?: boolean
}

const RCODE = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const

/**
 * One question over UDP: dns and conn rows.
 * @returns the moment of the answer
 */
export function ask(scene: Scene, at: Micros, from: Host, server: Host, question: Question): Micros {
  const { random, tap } = scene
  const { name, type = 'A', answers = [], rcode = 'NOERROR', authoritative = false, unanswered = false } = question
  const flow = openFlow(scene, at, from, clientPort(random), server, 53)
  const rtt = Math.floor((authoritative ? random.uniform(0.0003, 0.002) : random.lognormal(0.012, 0.9)) * SECOND)
  const sent = name.length + 18
  const received = unanswered ? 0 : sent + answers.reduce((sum, answer) => sum + 16 + answer.length, 0)
  if (unanswered) {
    tap.row('dns', flow, at, at + AFTER_SILENCE_UDP, [
      'udp',
      random.below(65_536),
      undefined,
      name,
      1,
      'C_INTERNET',
      TYPE_NUMBER[type],
      type,
      undefined,
      undefined,
      false,
      false,
      true,
      false,
      0,
      undefined,
      undefined,
      false,
    ])
  } else {
    const some = answers.length > 0
    tap.row('dns', flow, at, at + rtt, [
      'udp',
      random.below(65_536),
      rtt,
      name,
      1,
      'C_INTERNET',
      TYPE_NUMBER[type],
      type,
      RCODE[rcode],
      rcode,
      authoritative,
      false,
      true,
      true,
      0,
      some ? answers : undefined,
      some ? answers.map(() => (authoritative ? 1200 : 20 + random.below(580))) : undefined,
      rcode === 'REFUSED',
    ])
  }
  tap.conn(
    flow,
    {
      proto: 'udp',
      service: 'dns',
      duration: unanswered ? undefined : rtt,
      origBytes: sent,
      respBytes: received,
      state: unanswered ? 'S0' : 'SF',
      history: unanswered ? 'D' : 'Dd',
      origPackets: 1,
      respPackets: unanswered ? 0 : 1,
    },
    at + (unanswered ? 0 : rtt) + AFTER_SILENCE_UDP,
  )
  return at + rtt
}

/**
 * A device resolves an outside name at its resolver (a domain controller), which now and then must ask outside itself.
 * @param cached share of names that the device still knows
 */
export function resolve(scene: Scene, at: Micros, device: LabDevice, host: Host, cached = 0.55): Micros {
  const { random, world } = scene
  if (random.chance(cached)) return at
  const server = world.controllerOf(device, random)
  // A controller is its own resolver.
  if (server === device) return forward(scene, at, device, host)
  if (random.chance(0.12)) forward(scene, at + 1000, server, host)
  const end = ask(scene, at, device, server, { name: host.fqdn, answers: [host.address] })
  if (random.chance(0.18)) {
    ask(scene, at + 200, device, server, { name: host.fqdn, type: random.chance(0.6) ? 'AAAA' : 'HTTPS' })
  }
  return end
}

/** A device resolves a name of the own domain. */
export function resolveInside(scene: Scene, at: Micros, device: LabDevice, host: Host, cached = 0.6): Micros {
  const { random, world } = scene
  if (random.chance(cached)) return at
  const server = world.controllerOf(device, random)
  if (server === device) return at
  return ask(scene, at, device, server, { name: host.fqdn, answers: [host.address], authoritative: true })
}

function forward(scene: Scene, at: Micros, server: LabDevice, host: Host): Micros {
  const resolver = scene.world.plan.outside.service('time').hosts[1]!
  return ask(scene, at, server, resolver, { name: host.fqdn, answers: [host.address] })
}
