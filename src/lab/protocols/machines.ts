import { type Micros, SECOND } from '../../event/time.ts'
import type { Host } from '../host.ts'
import { openFlow, type Scene } from '../world.ts'
import { clientPort, closeTcp, closeUdp, openTcp } from './transport.ts'

/** Network time. */
export function ntp(scene: Scene, at: Micros, from: Host, to: Host): void {
  const { random, tap } = scene
  const flow = openFlow(scene, at, from, 123, to, 123)
  const took = Math.floor(random.uniform(0.3, 30) * 1000)
  tap.row('ntp', flow, at, at + 500, [
    4,
    3,
    0,
    64 * SECOND,
    1,
    0,
    SECOND,
    undefined,
    undefined,
    undefined,
    undefined,
    at,
    0,
  ])
  if (random.chance(0.97)) {
    tap.row('ntp', flow, at, at + took, [
      4,
      4,
      2,
      64 * SECOND,
      1,
      15_000,
      20_000,
      undefined,
      at - 60 * SECOND,
      at,
      at + 300,
      at + 400,
      0,
    ])
    closeUdp(scene, flow, took, 'ntp', 48, 48)
  } else closeUdp(scene, flow, 0, 'ntp', 48, 0)
}

/** A poll over SNMP. */
export function snmp(scene: Scene, at: Micros, from: Host, to: Host, gets: number, answered = true): void {
  const { random, tap } = scene
  const flow = openFlow(scene, at, from, clientPort(random), to, 161)
  const took = Math.floor(random.uniform(1, 60) * 1000)
  tap.row('snmp', flow, at, at + took + 60 * SECOND, [
    took,
    '2c',
    'public',
    gets,
    gets >> 2,
    answered ? gets : 0,
    0,
    undefined,
    undefined,
  ])
  closeUdp(scene, flow, took, 'snmp', gets * 60, answered ? gets * 90 : 0)
}

/** A registration or a call's set-up over SIP. */
export function sip(
  scene: Scene,
  at: Micros,
  from: Host,
  to: Host,
  method: 'REGISTER' | 'INVITE' | 'OPTIONS',
  callee: string,
  agent: string,
): void {
  const { random, tap } = scene
  const flow = openFlow(scene, at, from, 5060, to, 5060)
  const took = Math.floor(random.uniform(2, 80) * 1000)
  const uri = `sip:${callee}@${to.address}`
  tap.row('sip', flow, at, at + took, [
    0,
    method,
    uri,
    undefined,
    `<sip:${from.name.toLowerCase()}@${to.address}>`,
    `<${uri}>`,
    `<sip:${from.name.toLowerCase()}@${to.address}>`,
    `<${uri}>;tag=${random.hex(8)}`,
    undefined,
    random.hex(24),
    `${random.between(1, 900)} ${method}`,
    undefined,
    [`SIP/2.0/UDP ${from.address}:5060`],
    [`SIP/2.0/UDP ${from.address}:5060`],
    agent,
    200,
    'OK',
    undefined,
    0,
    0,
  ])
  closeUdp(scene, flow, took, 'sip', 620, 480)
}

/** The voice of a call. */
export function voice(scene: Scene, at: Micros, from: Host, to: Host, duration: Micros): void {
  const flow = openFlow(
    scene,
    at,
    from,
    10_000 + 2 * scene.random.below(5000),
    to,
    10_000 + 2 * scene.random.below(5000),
  )
  const bytes = Math.floor((duration / SECOND) * 8600)
  closeUdp(scene, flow, duration, undefined, bytes, bytes)
}

/** A mail handed over by SMTP. */
export function mail(
  scene: Scene,
  at: Micros,
  from: Host,
  to: Host,
  sender: string,
  receivers: readonly string[],
  bytes: number,
  encrypted: boolean,
): void {
  const { random, tap } = scene
  const flow = openTcp(scene, at, from, to, 25)
  const took = Math.floor(random.uniform(0.2, 4) * SECOND)
  tap.row('smtp', flow, at + 30_000, at + took, [
    1,
    from.fqdn || from.address,
    encrypted ? undefined : sender,
    encrypted ? undefined : receivers,
    undefined,
    encrypted ? undefined : `<${sender}>`,
    encrypted ? undefined : receivers,
    undefined,
    undefined,
    encrypted ? undefined : `<${random.hex(20)}@${sender.split('@')[1] ?? 'local'}>`,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    '250 2.0.0 Ok: queued',
    [to.address, from.address],
    undefined,
    encrypted,
    [],
  ])
  closeTcp(scene, flow, took, encrypted ? 'smtp,ssl' : 'smtp', bytes, 600)
}

/** Modbus over a connection that a controller keeps open: a row a request. */
export function modbus(
  scene: Scene,
  at: Micros,
  from: Host,
  to: Host,
  functions: readonly string[],
  every: Micros,
): void {
  const { tap, random } = scene
  const flow = openTcp(scene, at, from, to, 502)
  let now = at + 2000
  for (const name of functions) {
    tap.row(
      'modbus',
      flow,
      now,
      now + 4000,
      tap.release === 7 ? [random.below(65_536), 1, name] : [undefined, undefined, name],
    )
    now += every
  }
  closeTcp(scene, flow, now - at, 'modbus', functions.length * 12, functions.length * 31)
}
