import { type Micros, SECOND } from '../../event/time.ts'
import type { Host } from '../host.ts'
import type { Random } from '../random.ts'
import { openFlow, type Scene } from '../world.ts'
import {
  AFTER_ATTEMPT,
  AFTER_CLOSE,
  AFTER_RESET,
  AFTER_SILENCE_ICMP,
  AFTER_SILENCE_TCP,
  AFTER_SILENCE_UDP,
} from '../zeek/delays.ts'
import type { Flow } from '../zeek/tap.ts'

/** A port such as Windows gives to a client. */
export function clientPort(random: Random): number {
  return 49_152 + random.below(16_384)
}

const MILLISECOND = SECOND / 1000
const PAYLOAD = 1400

function packets(bytes: number): number {
  return bytes === 0 ? 0 : Math.ceil(bytes / PAYLOAD)
}

/** Opens a TCP connection from a client port. */
export function openTcp(scene: Scene, at: Micros, from: Host, to: Host, port: number): Flow {
  return openFlow(scene, at, from, clientPort(scene.random), to, port)
}

/**
 * Writes the conn row of an established TCP connection, ended as connections really end.
 * @param duration µs from the first to the last packet
 */
export function closeTcp(
  scene: Scene,
  flow: Flow,
  duration: Micros,
  service: string | undefined,
  origBytes: number,
  respBytes: number,
): void {
  const end = scene.random.float()
  const base = {
    proto: 'tcp' as const,
    service,
    duration,
    origBytes: Math.floor(origBytes),
    respBytes: Math.floor(respBytes),
    origPackets: 3 + packets(origBytes) + (packets(respBytes) >> 1),
    respPackets: 3 + packets(respBytes) + (packets(origBytes) >> 1),
  }
  const over = flow.ts + duration
  if (end < 0.82) scene.tap.conn(flow, { ...base, state: 'SF', history: 'ShADadFf' }, over + AFTER_CLOSE)
  else if (end < 0.9) scene.tap.conn(flow, { ...base, state: 'RSTO', history: 'ShADadR' }, over + AFTER_RESET)
  else if (end < 0.95) scene.tap.conn(flow, { ...base, state: 'RSTR', history: 'ShADadFr' }, over + AFTER_RESET)
  else scene.tap.conn(flow, { ...base, state: 'S1', history: 'ShADad' }, over + AFTER_SILENCE_TCP)
}

/** A whole TCP connection without a protocol that Zeek would log. */
export function tcp(
  scene: Scene,
  at: Micros,
  from: Host,
  to: Host,
  port: number,
  how: { readonly service?: string; readonly duration: Micros; readonly sent: number; readonly received: number },
): Flow {
  const flow = openTcp(scene, at, from, to, port)
  closeTcp(scene, flow, how.duration, how.service, how.sent, how.received)
  return flow
}

/** A SYN that nobody answers (`S0`), or that is refused (`REJ`). */
export function failedTcp(scene: Scene, at: Micros, from: Host, to: Host, port: number, answer: 'S0' | 'REJ'): Flow {
  const flow = openTcp(scene, at, from, to, port)
  if (answer === 'REJ') {
    scene.tap.conn(
      flow,
      {
        proto: 'tcp',
        duration: Math.floor(scene.random.uniform(0.2, 3) * MILLISECOND),
        origBytes: 0,
        respBytes: 0,
        state: 'REJ',
        history: 'Sr',
        origPackets: 1,
        respPackets: 1,
      },
      at + 3 * MILLISECOND + AFTER_RESET,
    )
    return flow
  }
  // Windows tries again after one and after three seconds; scanners do not wait.
  const again = scene.random.chance(0.3)
  const duration = again ? Math.floor(scene.random.uniform(0.99, 1.02) * SECOND) : undefined
  scene.tap.conn(
    flow,
    {
      proto: 'tcp',
      duration,
      origBytes: 0,
      respBytes: 0,
      state: 'S0',
      history: 'S',
      origPackets: again ? 2 : 1,
      respPackets: 0,
    },
    at + (duration ?? 0) + AFTER_ATTEMPT,
  )
  return flow
}

/** An exchange over UDP. No answer: `received` is 0. */
export function udp(
  scene: Scene,
  at: Micros,
  from: Host,
  to: Host,
  port: number,
  how: {
    readonly service?: string
    readonly duration: Micros
    readonly sent: number
    readonly received: number
    readonly fromPort?: number
  },
): Flow {
  const flow = openFlow(scene, at, from, how.fromPort ?? clientPort(scene.random), to, port)
  closeUdp(scene, flow, how.duration, how.service, how.sent, how.received)
  return flow
}

export function closeUdp(
  scene: Scene,
  flow: Flow,
  duration: Micros,
  service: string | undefined,
  sent: number,
  received: number,
): void {
  const several = received > 0 || sent > PAYLOAD
  const length = several ? Math.floor(duration) : 0
  scene.tap.conn(
    flow,
    {
      proto: 'udp',
      service,
      duration: several ? length : undefined,
      origBytes: Math.floor(sent),
      respBytes: Math.floor(received),
      state: received > 0 ? (sent > 0 ? 'SF' : 'SHR') : 'S0',
      history: received > 0 ? 'Dd' : 'D',
      origPackets: Math.max(1, packets(sent)),
      respPackets: packets(received),
    },
    flow.ts + length + AFTER_SILENCE_UDP,
  )
}

/** Echo requests, answered or not. */
export function ping(scene: Scene, at: Micros, from: Host, to: Host, count: number, answered: boolean): Flow {
  const flow = openFlow(scene, at, from, 8, to, 0)
  const bytes = count * 32
  scene.tap.conn(
    flow,
    {
      proto: 'icmp',
      duration:
        count > 1 || answered
          ? (count - 1) * SECOND + Math.floor(scene.random.uniform(0.2, 2) * MILLISECOND)
          : undefined,
      origBytes: bytes,
      respBytes: answered ? bytes : 0,
      state: 'OTH',
      history: '',
      origPackets: count,
      respPackets: answered ? count : 0,
    },
    at + (count - 1) * SECOND + AFTER_SILENCE_ICMP,
  )
  return flow
}
