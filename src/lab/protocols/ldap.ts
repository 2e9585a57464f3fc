import { type Micros, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Scene } from '../world.ts'
import { openFlow } from '../world.ts'
import { ticketFor } from './kerberos.ts'
import { clientPort, closeTcp, closeUdp, openTcp } from './transport.ts'

export interface LdapSearch {
  readonly base: string
  readonly filter: string
  readonly scope?: 'base' | 'single' | 'tree'
  readonly results: number
  readonly attributes?: readonly string[]
}

const ROOT: LdapSearch = { base: '', filter: '(objectclass=*)', scope: 'base', results: 1 }

/** `dc=corp,dc=example` of the directory domain. */
export function baseOf(domain: string): string {
  return domain
    .split('.')
    .map((part) => `DC=${part}`)
    .join(',')
}

/**
 * An LDAP session: bind and searches. What is signed and sealed (as Windows does with Kerberos) hides the searches after
 * the bind; a plain one shows them.
 */
export function ldap(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  controller: LabDevice,
  account: string,
  searches: readonly LdapSearch[],
  plain = false,
): Micros {
  const { random, tap } = scene
  const ready = plain ? at : ticketFor(scene, at, from, account, 'ldap', controller)
  const flow = openTcp(scene, ready + 300, from, controller, 389)
  let now = flow.ts + 1200
  let message = 1
  const search = (what: LdapSearch): void => {
    const took = 400 + random.below(3000) + what.results * 30
    tap.row('ldap_search', flow, now, now + took, [
      message++,
      what.scope ?? 'tree',
      'never',
      what.base,
      what.results,
      'success',
      undefined,
      what.filter,
      what.attributes ?? [],
    ])
    now += took + random.below(2000)
  }
  search(ROOT)
  tap.row('ldap', flow, now, now + 900, [
    message++,
    3,
    plain ? 'bind simple' : 'bind SASL',
    'success',
    undefined,
    plain ? account : '',
    plain ? 'REDACTED' : 'GSS-SPNEGO',
  ])
  now += 2500
  let received = 3200
  for (const what of searches) {
    if (plain) search(what)
    else now += 3000 + what.results * 30
    received += 300 + what.results * 420
  }
  closeTcp(
    scene,
    flow,
    now - flow.ts + random.below(20 * SECOND),
    plain ? 'ldap_tcp' : 'gssapi,krb,ldap_tcp',
    2100 + searches.length * 260,
    received,
  )
  return now
}

/** The question over UDP by which a Windows machine finds its controller (CLDAP, MS-ADTS 6.3.3). */
export function locateController(scene: Scene, at: Micros, from: LabDevice, controller: LabDevice): void {
  const { random, tap, world } = scene
  const flow = openFlow(scene, at, from, clientPort(random), controller, 389)
  const took = 300 + random.below(2000)
  tap.row('ldap_search', flow, at, at + took, [
    random.between(1, 400),
    'base',
    'never',
    '',
    1,
    'success',
    undefined,
    `(&(DnsDomain=${world.plan.domain})(Host=${from.name})(NtVer=0x20000016))`,
    ['netlogon'],
  ])
  closeUdp(scene, flow, took, 'ldap_udp', 180, 190)
}
