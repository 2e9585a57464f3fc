import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { lease } from '../protocols/dhcp.ts'
import { ask } from '../protocols/dns.ts'
import { logOn, ticketFor } from '../protocols/kerberos.ts'
import { baseOf, ldap, locateController } from '../protocols/ldap.ts'
import { ntp } from '../protocols/machines.ts'
import { rpcOverTcp } from '../protocols/rpc.ts'
import { SmbSession } from '../protocols/smb.ts'
import type { Scene } from '../world.ts'
import { type DeviceHabit, type PersonHabit, poll, runsOf } from './presence.ts'

function machineAccount(device: LabDevice): string {
  return `${device.name}$`
}

/** Group policy: what changed is read from SYSVOL of a controller. */
function readPolicies(scene: Scene, at: number, device: LabDevice, account: string, policies: number): void {
  const { world, random } = scene
  const controller = world.controllerOf(device, random)
  if (controller === device) return
  const { domain } = world.plan
  ldap(scene, at, device, controller, account, [
    { base: baseOf(domain), filter: '(objectClass=organizationalUnit)', results: 3 },
    { base: baseOf(domain), filter: '(objectClass=groupPolicyContainer)', results: policies },
  ])
  const session = new SmbSession(
    scene,
    at + 40_000,
    device,
    controller,
    { account, how: 'kerberos' },
    { lingers: true },
  )
  session.tree('IPC$').tree('sysvol')
  const shared = world.random.fork('policies')
  for (let i = 0; i < policies; i++) {
    const id = [8, 4, 4, 4, 12]
      .map((digits) => shared.hex(digits))
      .join('-')
      .toUpperCase()
    session.read(`${domain}\\Policies\\{${id}}\\gpt.ini`, 22 + (i % 5))
  }
  session.close()
}

/** A Windows machine starts: finds its controller, logs on, makes its secure channel, reads its policies, sets its clock. */
export function startUp(scene: Scene, at: number, device: LabDevice): void {
  const { world, random } = scene
  const controller = world.controllerOf(device, random)
  const { domain } = world.plan
  if (controller === device) return
  const answers = world.plan.byKind('domain-controller').map((one) => one.fqdn)
  ask(scene, at, device, controller, {
    name: `_ldap._tcp.dc._msdcs.${domain}`,
    type: 'SRV',
    answers,
    authoritative: true,
  })
  locateController(scene, at + 4000, device, controller)
  logOn(scene, at + 90_000, device, machineAccount(device))
  const login = { account: machineAccount(device), how: 'kerberos' as const }
  rpcOverTcp(
    scene,
    at + 200_000,
    device,
    controller,
    'netlogon',
    ['NetrServerReqChallenge', 'NetrServerAuthenticate3', 'NetrLogonGetDomainInfo'],
    login,
  )
  readPolicies(scene, at + 3 * SECOND, device, machineAccount(device), random.between(3, 7))
  ntp(scene, at + 9 * SECOND, device, controller)
  if (random.chance(0.5)) ask(scene, at + 5 * SECOND, device, controller, { name: `wpad.${domain}`, rcode: 'NXDOMAIN' })
}

/** All that membership in the domain brings, for machines of any kind that run Windows. */
export const domainMember: DeviceHabit = (world, device, day, random) => {
  const runs = runsOf(world, device, day)
  if (!runs || device.kind === 'domain-controller' || device.kind === 'medical') return
  const scene = world.scene(random)
  const alwaysOn = runs[1] - runs[0] > 20 * HOUR
  if (!alwaysOn || random.chance(0.06))
    world.at(runs[0] + random.below(60) * SECOND, (now) => startUp(scene, now, device))
  const every = (device.server ? 5 : 2.2) * HOUR
  poll(world, random, runs[0] + 20 * MINUTE, runs[1], every, 0.2, (now, at) => {
    readPolicies(now, at, device, machineAccount(device), random.between(1, 4))
    if (random.chance(0.3)) ntp(now, at + MINUTE, device, world.controllerOf(device, random))
    if (random.chance(0.2))
      rpcOverTcp(
        now,
        at + 2 * MINUTE,
        device,
        world.controllerOf(device, random),
        'lsarpc',
        ['LsarLookupSids3', 'LsarLookupNames4'],
        { account: machineAccount(device), how: 'kerberos' },
      )
  })
}

/** Leases: asked for at start, renewed at half of their time; laptops come back to other addresses. */
export const leases: DeviceHabit = (world, device, day, random) => {
  const runs = runsOf(world, device, day)
  if (!runs || !device.leased) return
  const controllers = world.plan.byKind('domain-controller')
  const server = controllers[0]!
  const scene = world.scene(random)
  const moves = device.kind === 'laptop' ? 0.35 : 0.01
  const alwaysOn = runs[1] - runs[0] > 20 * HOUR
  if (!alwaysOn || random.chance(0.06)) {
    world.at(runs[0], (now) => {
      if (random.chance(moves)) world.moveTo(device, now, random)
      lease(scene, now, device, server, false)
    })
  }
  poll(world, random, runs[0] + 2 * HOUR, runs[1], 4 * HOUR, 0.02, (now, at) => lease(now, at, device, server, true))
}

/** A person signs on in the morning, unlocks over the day, asks who belongs to which group. */
export const signOn: PersonHabit = (world, person, shift, random) => {
  const scene = world.scene(random)
  world.at(shift.comes + random.below(200) * SECOND, (now) => {
    const { device, account } = person
    const ready = logOn(scene, now, device, account)
    ticketFor(scene, ready, device, account, 'host', device)
    readPolicies(scene, ready + SECOND, device, account, random.between(2, 5))
    const controller = world.controllerOf(device, random)
    if (random.chance(0.35)) {
      // Ordinary look-ups: Windows asks for the groups and members it must know.
      new SmbSession(scene, ready + 4 * SECOND, device, controller, { account, how: 'kerberos' })
        .rpc('samr', 'samr', [
          'SamrConnect5',
          'SamrLookupDomainInSamServer',
          'SamrOpenDomain',
          'SamrLookupNamesInDomain',
          'SamrOpenUser',
          'SamrGetGroupsForUser',
          'SamrCloseHandle',
        ])
        .close()
    }
    if (random.chance(0.3))
      rpcOverTcp(scene, ready + 5 * SECOND, device, controller, 'lsarpc', ['LsarLookupSids3'], {
        account,
        how: 'kerberos',
      })
  })
}
