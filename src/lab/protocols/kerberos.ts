import { DAY, type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import type { Scene } from '../world.ts'
import { closeTcp, openTcp } from './transport.ts'

const AES = 'aes256-cts-hmac-sha1-96'
export const RC4 = 'rc4-hmac'

export interface TicketRequest {
  readonly kind: 'AS' | 'TGS'
  /** Account without realm. */
  readonly client: string
  /** Without realm: `cifs/fs01.corp.local`; `krbtgt` for AS. */
  readonly service: string
  readonly error?:
    | 'KDC_ERR_PREAUTH_FAILED'
    | 'KDC_ERR_C_PRINCIPAL_UNKNOWN'
    | 'KDC_ERR_CLIENT_REVOKED'
    | 'KDC_ERR_KEY_EXPIRED'
    | 'KDC_ERR_S_PRINCIPAL_UNKNOWN'
  readonly cipher?: string
}

/** A request to a domain controller: kerberos and conn rows. @returns the moment of the answer */
export function requestTicket(scene: Scene, at: Micros, from: Host, controller: Host, request: TicketRequest): Micros {
  const { random, tap, world } = scene
  const { realm } = world.plan
  const flow = openTcp(scene, at, from, controller, 88)
  const rtt = Math.floor(random.uniform(0.8, 6) * 1000)
  const { kind, client, service, error, cipher = AES } = request
  const till = Math.floor((at + DAY * 0.42) / SECOND) * SECOND
  tap.row('kerberos', flow, at + 600, at + 600 + rtt, [
    kind,
    `${client}/${realm}`,
    kind === 'AS' ? `krbtgt/${realm}` : service,
    error === undefined,
    error,
    undefined,
    error === undefined ? till : undefined,
    error === undefined ? cipher : undefined,
    error === undefined ? true : undefined,
    error === undefined ? true : undefined,
  ])
  closeTcp(scene, flow, 1500 + rtt, 'krb_tcp', kind === 'AS' ? 310 : 1650, error ? 190 : 1700)
  return at + 1500 + rtt
}

/** A user or machine logs on: asks for a ticket-granting ticket unless it has one. */
export function logOn(scene: Scene, at: Micros, device: LabDevice, account: string): Micros {
  const { world, random } = scene
  if (!world.needsTicket(`${account}@${device.index}`, 'krbtgt', at)) return at
  return requestTicket(scene, at, device, world.controllerOf(device, random), {
    kind: 'AS',
    client: account,
    service: 'krbtgt',
  })
}

/** Asks for a ticket for a service unless the client has one; the ticket-granting ticket first. */
export function ticketFor(
  scene: Scene,
  at: Micros,
  device: LabDevice,
  account: string,
  service: string,
  target: Host,
): Micros {
  const { world, random } = scene
  if (!world.needsTicket(`${account}@${device.index}`, `${service}/${target.name}`, at)) return at
  const ready = logOn(scene, at, device, account)
  return requestTicket(scene, ready, device, world.controllerOf(device, random), {
    kind: 'TGS',
    client: account,
    service: `${service}/${target.fqdn}`,
  })
}
