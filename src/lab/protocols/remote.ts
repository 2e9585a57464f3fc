import { MINUTE, type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import type { Random } from '../random.ts'
import type { Scene } from '../world.ts'
import { ticketFor } from './kerberos.ts'
import { closeTcp, openTcp, tcp } from './transport.ts'
import { programOf } from './web.ts'

/** The cookie holds at most nine characters of what the user typed. */
const COOKIE = 9

export interface RdpOptions {
  readonly account: string
  readonly duration: Micros
  /** With network-level authentication a Kerberos ticket for TERMSRV is asked for first. */
  readonly kerberos?: boolean
  /** The logon fails: the connection ends within a second or two. */
  readonly refused?: boolean
  readonly clientName?: string
}

/** A remote desktop: rdp, ssl and conn rows. @returns its end */
export function rdp(scene: Scene, at: Micros, from: Host, to: LabDevice, options: RdpOptions): Micros {
  const { random, tap, world } = scene
  const { account, duration, kerberos = false, refused = false } = options
  const ready = kerberos && 'index' in from ? ticketFor(scene, at, from as LabDevice, account, 'TERMSRV', to) : at
  const flow = openTcp(scene, ready + 400, from, to, 3389)
  const begun = flow.ts + 1500
  tap.row('rdp', flow, begun, begun + (refused ? 60_000 : 150_000), [
    typed(account, random).slice(0, COOKIE),
    'encrypted',
    random.chance(0.8) ? 'HYBRID' : 'HYBRID_EX',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    0,
  ])
  tap.row('ssl', flow, begun + 10_000, begun + 40_000, [
    'TLSv12',
    'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    'x25519',
    undefined,
    false,
    undefined,
    undefined,
    true,
    'CsxknGIi',
    [scene.random.hex(64)],
    undefined,
    false,
    'self signed certificate',
    tap.dialect === 'tuned' ? programOf(world, 'remote-desktop', '').ja3 : undefined,
    tap.dialect === 'tuned' ? '0007'.repeat(8) : undefined,
    tap.dialect === 'tuned' ? programOf(world, 'remote-desktop', '').ja4 : undefined,
  ])
  const length = refused ? Math.floor(random.uniform(0.4, 2.5) * SECOND) : Math.floor(duration)
  const minutes = length / MINUTE
  closeTcp(
    scene,
    flow,
    length,
    'rdp,ssl',
    refused ? 1900 : 6000 + minutes * 40_000,
    refused ? 2100 : 30_000 + minutes * 900_000,
  )
  return flow.ts + length
}

/** Windows does not mind the case of a name, and people type the built-in account's in either. */
function typed(account: string, random: Random): string {
  return account === 'administrator' && random.chance(0.6) ? 'Administrator' : account
}

export interface SshOptions {
  readonly duration: Micros
  readonly success?: boolean
  readonly attempts?: number
  readonly client?: string
  readonly port?: number
}

/** A secure shell: ssh and conn rows. */
export function ssh(scene: Scene, at: Micros, from: Host, to: Host, options: SshOptions): Micros {
  const { random, tap } = scene
  const { duration, success = true, attempts = 1, client = 'SSH-2.0-PuTTY_Release_0.81', port = 22 } = options
  const flow = openTcp(scene, at, from, to, port)
  const begun = flow.ts + 3000 + random.below(40_000)
  const decided = begun + Math.floor(random.uniform(0.4, 3) * SECOND)
  tap.row('ssh', flow, begun, Math.min(decided, flow.ts + duration + 1000), [
    2,
    success,
    attempts,
    from.local ? (to.local ? undefined : 'OUTBOUND') : 'INBOUND',
    client,
    'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3',
    'chacha20-poly1305@openssh.com',
    'umac-64-etm@openssh.com',
    'none',
    'curve25519-sha256',
    'ssh-ed25519',
    undefined,
  ])
  closeTcp(scene, flow, duration, 'ssh', 3500 + (duration / SECOND) * 60, 4200 + (duration / SECOND) * 150)
  return flow.ts + duration
}

/** PowerShell remoting (WinRM over HTTP, its content encrypted by Kerberos or NTLM). */
export function winrm(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  account: string,
  how: 'kerberos' | 'ntlm',
  requests: number,
): Micros {
  const { random, tap, world } = scene
  const ready = how === 'kerberos' ? ticketFor(scene, at, from, account, 'HTTP', to) : at
  const flow = openTcp(scene, ready + 300, from, to, 5985)
  let now = flow.ts + 2000
  if (how === 'ntlm') {
    tap.row('ntlm', flow, now, now + 3000, [
      account,
      from.name,
      world.plan.netbios,
      to.name,
      to.fqdn,
      world.plan.domain,
      true,
    ])
  }
  for (let i = 0; i < requests; i++) {
    const took = 20_000 + random.below(900_000)
    tap.row('http', flow, now, now + took, [
      i + 1,
      'POST',
      `${to.fqdn}:5985`,
      '/wsman?PSVersion=5.1.17763.5830',
      undefined,
      '1.1',
      'Microsoft WinRM Client',
      undefined,
      1800,
      2400,
      200,
      'OK',
      undefined,
      undefined,
      [],
    ])
    now += took + random.below(2_000_000)
  }
  closeTcp(scene, flow, now - flow.ts + 60_000, 'http', 2500 * requests, 3000 * requests)
  return now
}

/** Remote assistance and other tools of which Zeek sees the connection alone. */
export function plainSession(scene: Scene, at: Micros, from: Host, to: Host, port: number, duration: Micros): Micros {
  tcp(scene, at, from, to, port, { duration, sent: 9000 + duration / 900, received: 20_000 + duration / 90 })
  return at + duration
}
