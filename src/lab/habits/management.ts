import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { capital, word } from '../names.ts'
import { controlService, copyToDrive, psExec } from '../protocols/administration.ts'
import { snmp } from '../protocols/machines.ts'
import { ssh } from '../protocols/remote.ts'
import { wmi } from '../protocols/rpc.ts'
import { SmbSession } from '../protocols/smb.ts'
import { failedTcp, ping, tcp } from '../protocols/transport.ts'
import { fetchOutside, http, programOf } from '../protocols/web.ts'
import { type DeviceHabit, poll } from './presence.ts'

type World = Parameters<DeviceHabit>[0]

function windowsServers(world: World, day: number): LabDevice[] {
  return world.plan.devices.filter((device) => device.server && device.windows && device.isOn(day))
}

/** Nightly backup: each server in turn, its agent put there over ADMIN$ and started, its data read over C$. */
export const backupServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, serviceAccounts } = world.plan
  const login = { account: serviceAccounts.get('backup')!, how: 'kerberos' as const }
  const scene = world.scene(random)
  const agent = { name: `${capital(word(world.random.fork('backup agent'), 2))}Agent.exe`, size: 2_480_640 }
  const full = calendar.weekday(day) === 5
  const all = world.plan.byKind('backup-server')
  const targets = windowsServers(world, day).filter((_, index) => index % all.length === all.indexOf(device))
  targets.forEach((target, index) => {
    if (target === device) return
    world.at(calendar.at(day, 20) + Math.floor(((index + random.float()) / targets.length) * 4 * HOUR), (now) => {
      const begun = random.chance(0.3)
        ? psExec(scene, now, device, target, login, agent)
        : controlService(scene, now, device, target, login, false)
      const session = new SmbSession(scene, begun + SECOND, device, target, login)
      session.tree('C$').open('<share_root>')
      const files = full ? 12 : 3
      for (let i = 0; i < files; i++)
        session
          .read(`${capital(word(random, 2))}\\${word(random, 2)}.dat`, random.lognormal(full ? 4e8 : 3e7, 1))
          .wait(20 * SECOND)
      session.close()
      tcp(scene, begun + 30 * SECOND, target, device, 10_005, {
        duration: (full ? 60 : 10) * MINUTE,
        sent: random.lognormal(full ? 2e10 : 1e9, 0.6),
        received: 400_000,
      })
    })
  })
  world.at(calendar.at(day, 5), (now) => {
    fetchOutside(scene, now, device, outside.service('backup-cloud').hosts[0]!, {
      program: programOf(world, 'backup', ''),
      duration: 2 * HOUR,
      sent: random.lognormal(8e9, 0.7),
      received: 2e6,
    })
  })
}

/** Software deployment: packages copied to and services started on clients; servers too, controllers included, on patch days. */
export const deploymentServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, serviceAccounts } = world.plan
  if (calendar.weekday(day) > 4) return
  const scene = world.scene(random)
  const login = { account: serviceAccounts.get('deployment')!, how: 'kerberos' as const }
  const patchDay = world.isPatchDay(day)
  const clients = world.plan.devices.filter(
    (one) => (one.kind === 'workstation' || one.kind === 'laptop') && one.isOn(day),
  )
  const servers = windowsServers(world, day).filter((one) => one !== device && one.kind !== 'archive-server')
  const chosen = random.sample(clients, Math.ceil(clients.length * (patchDay ? 0.5 : 0.05)))
  if (patchDay) chosen.push(...servers)
  else if (random.chance(0.3)) chosen.push(...random.sample(servers, 2))
  const version = `${random.between(1, 30)}.${random.between(0, 9)}`
  const packageName = `${capital(word(random, 2))}-${version}`
  for (const target of chosen) {
    world.at(calendar.at(day, random.uniform(patchDay ? 11 : 9, 17)), (now) => {
      if (!target.server && world.ownerOf(target) === undefined) return
      const copied = copyToDrive(
        scene,
        now,
        device,
        target,
        login,
        'Windows\\ccmcache',
        [
          { name: `${packageName}.msi`, size: 30_000_000 },
          ...(random.chance(0.5) ? [{ name: 'install.cmd', size: 900 }] : []),
        ],
        random.chance(0.7) ? 'ADMIN$' : 'C$',
      )
      if (random.chance(0.4))
        psExec(scene, copied + SECOND, device, target, login, { name: 'ccmsetup.exe', size: 3_400_000 })
      else controlService(scene, copied + SECOND, device, target, login, true)
    })
  }
  // Clients fetch their orders from it.
  poll(
    world,
    random,
    calendar.at(day, 8),
    calendar.at(day, 18),
    Math.max(2 * SECOND, HOUR / Math.max(1, clients.length)),
    0.9,
    (now, at) => {
      const client = now.random.pick(clients)
      http(now, at, client, device, {
        method: 'CCM_POST',
        uri: '/ccm_system/request',
        userAgent: 'ccmhttp',
        sent: 3000,
        received: 5000,
      })
    },
  )
}

/** Monitoring asks every server every few minutes: echo, WMI, services; network gear by SNMP. */
export const monitoringServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, serviceAccounts } = world.plan
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  const login = { account: serviceAccounts.get('monitoring')!, how: 'kerberos' as const }
  const windows = windowsServers(world, day)
  const others = world.plan.devices.filter(
    (one) => (one.kind === 'linux-server' || one.kind === 'network-gear' || one.kind === 'printer') && one.isOn(day),
  )
  for (const target of windows) {
    if (target === device) continue
    poll(world, random, from, to, 30 * MINUTE, 0.03, (scene, at) => {
      wmi(scene, at, device, target, 'query', login, 3)
      if (scene.random.chance(0.15)) controlService(scene, at + SECOND, device, target, login, false)
    })
    poll(world, random, from, to, 10 * MINUTE, 0.02, (scene, at) => void ping(scene, at, device, target, 2, true))
  }
  for (const target of others) {
    poll(world, random, from, to, 10 * MINUTE, 0.02, (scene, at) => {
      ping(scene, at, device, target, 1, true)
      if (target.kind === 'linux-server')
        void ssh(scene, at + SECOND, device, target, { duration: 4 * SECOND, client: 'SSH-2.0-libssh2_1.11.0' })
      else snmp(scene, at + SECOND, device, target, 12)
    })
  }
  poll(world, random, from, to, 3 * MINUTE, 0.02, (scene, at) => {
    fetchOutside(scene, at, device, world.plan.outside.service('monitoring-cloud').hosts[0]!, {
      program: programOf(world, 'monitoring', ''),
      duration: SECOND,
      sent: 4000,
      received: 700,
    })
  })
}

const SCANNED_PORTS = [
  21, 22, 23, 25, 80, 110, 135, 139, 143, 443, 445, 1433, 3306, 3389, 5432, 5900, 5985, 8080, 8443, 9100,
]

/** Who listens on a port, as a scanner finds it. */
function answers(target: LabDevice, port: number): boolean {
  if (target.windows && (port === 135 || port === 139 || port === 445)) return true
  if (target.windows && target.server && (port === 3389 || port === 5985)) return true
  if (target.kind === 'printer') return port === 80 || port === 443 || port === 9100
  if (target.kind === 'linux-server' || target.kind === 'network-gear') return port === 22 || port === 443
  if (target.kind === 'camera') return port === 80 || port === 443
  return target.server && (port === 443 || port === 8443)
}

/** The vulnerability scanner: a part of the network every night, deeper on one weekend of two; with a login where it has one. */
export const vulnerabilityScanner: DeviceHabit = (world, device, day, random) => {
  const { calendar, serviceAccounts } = world.plan
  const deep = calendar.weekday(day) === 5 && Math.floor(day / 7) % 2 === 0
  const on = world.plan.devices.filter((one) => one !== device && one.isOn(day))
  const targets = deep ? on : on.filter((one) => one.index % 7 === day % 7)
  const subnets = [...world.plan.subnets.values()]
  const login = { account: serviceAccounts.get('scanner')!, how: 'ntlm' as const }
  const start = calendar.at(day, 22)
  targets.forEach((target, index) => {
    world.at(start + Math.floor((index / targets.length) * (deep ? 8 : 3) * HOUR), (now) => {
      const scene = world.scene(random)
      let at = now
      ping(scene, at, device, target, 1, true)
      for (const port of SCANNED_PORTS) {
        at += random.below(300_000)
        if (answers(target, port)) tcp(scene, at, device, target, port, { duration: 200_000, sent: 300, received: 500 })
        else failedTcp(scene, at, device, target, port, random.chance(0.7) ? 'REJ' : 'S0')
      }
      // Addresses at which nothing lives.
      const dead = random.pick(subnets).any(random)
      failedTcp(scene, at + 1000, device, { address: dead, name: '', fqdn: '', local: true }, 445, 'S0')
      if (target.windows) {
        const refused = random.chance(0.15)
        const session = new SmbSession(scene, at + 2 * SECOND, device, target, { ...login, refused }, { by: 'address' })
        if (!refused) {
          session
            .rpc('srvsvc', 'srvsvc', ['NetrShareEnum'])
            .rpc('winreg', 'winreg', [
              'OpenLocalMachine',
              'BaseRegOpenKey',
              'BaseRegQueryInfoKey',
              'BaseRegEnumKey',
              'BaseRegCloseKey',
            ])
            .rpc('svcctl', 'svcctl', ['OpenSCManagerW', 'EnumServicesStatusExW'])
            .rpc('samr', 'samr', ['SamrConnect5', 'SamrEnumerateDomainsInSamServer', 'SamrEnumerateUsersInDomain'])
          session.tree('C$').open('<share_root>').tree('ADMIN$').open('<share_root>')
        }
        session.close()
      }
    })
  })
}
