import type { Micros } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Scene } from '../world.ts'
import { ticketFor } from './kerberos.ts'
import type { Login } from './smb.ts'
import { closeTcp, openTcp } from './transport.ts'

type Call = readonly [endpoint: string, operation: string]

/** An RPC conversation over one TCP connection. @returns its last moment */
function converse(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  port: number,
  calls: readonly Call[],
  login: Login | undefined,
): Micros {
  const { random, tap, world } = scene
  const flow = openTcp(scene, at, from, to, port)
  let now = flow.ts + 1500 + random.below(4000)
  if (login?.how === 'ntlm') {
    tap.row('ntlm', flow, now, now + 2000, [
      login.account,
      login.claims ?? from.name,
      login.domain ?? world.plan.netbios,
      to.name,
      to.fqdn,
      world.plan.domain,
      login.refused !== true,
    ])
    now += 2500
  }
  for (const [endpoint, operation] of calls) {
    const rtt = 300 + random.below(4000)
    if (tap.logsOperation(endpoint, operation)) {
      tap.row('dce_rpc', flow, now, now + rtt, [rtt, String(port), endpoint, operation])
    }
    now += rtt + random.below(3000)
  }
  const service = login === undefined ? 'dce_rpc' : `dce_rpc,gssapi,${login.how === 'ntlm' ? 'ntlm' : 'krb'}`
  closeTcp(
    scene,
    flow,
    now - flow.ts + random.below(2_000_000),
    service,
    600 + calls.length * 240,
    500 + calls.length * 260,
  )
  return now
}

/**
 * Calls an RPC interface over TCP: asks the endpoint mapper for its port, then calls.
 * @param principal kind of service in the Kerberos ticket (`host`, `RPCSS`, `ldap`)
 */
export function rpcOverTcp(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  endpoint: string,
  operations: readonly string[],
  login: Login,
  principal = 'host',
): Micros {
  const ready = login.how === 'kerberos' ? ticketFor(scene, at, from, login.account, principal, to) : at
  const mapped = converse(scene, ready + 400, from, to, 135, [['epmapper', 'ept_map']], undefined)
  const calls = operations.map((operation): Call => [endpoint, operation])
  return converse(scene, mapped + 900, from, to, to.rpcPort, calls, login)
}

export type WmiUse = 'query' | 'execute'

/** WMI over DCOM (MS-WMI): activation at port 135, then the services interface. */
export function wmi(
  scene: Scene,
  at: Micros,
  from: LabDevice,
  to: LabDevice,
  use: WmiUse,
  login: Login,
  times = 1,
): Micros {
  const ready = login.how === 'kerberos' ? ticketFor(scene, at, from, login.account, 'RPCSS', to) : at
  const activated = converse(
    scene,
    ready + 400,
    from,
    to,
    135,
    [
      ['IObjectExporter', 'ServerAlive2'],
      ['IRemoteSCMActivator', 'RemoteCreateInstance'],
    ],
    login,
  )
  const calls: Call[] = [
    ['IWbemLevel1Login', 'EstablishPosition'],
    ['IWbemLevel1Login', 'NTLMLogin'],
  ]
  for (let i = 0; i < times; i++) {
    if (use === 'query') calls.push(['IWbemServices', 'ExecQuery'], ['IEnumWbemClassObject interface', 'Next'])
    else calls.push(['IWbemServices', 'GetObject'], ['IWbemServices', 'ExecMethod'])
  }
  calls.push(['IRemUnknown2', 'RemRelease'])
  return converse(scene, activated + 800, from, to, to.rpcPort, calls, login)
}
