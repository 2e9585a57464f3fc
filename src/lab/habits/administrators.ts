import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { capital, word } from '../names.ts'
import type { Person } from '../people.ts'
import {
  controlService,
  copyToDrive,
  enumerate,
  lookUpAccounts,
  minutes,
  psExec,
  readFromDrive,
  remoteRegistry,
  scheduleTask,
  wmiExecute,
} from '../protocols/administration.ts'
import { logOn } from '../protocols/kerberos.ts'
import { baseOf, ldap } from '../protocols/ldap.ts'
import { plainSession, rdp, ssh, winrm } from '../protocols/remote.ts'
import { rpcOverTcp, wmi } from '../protocols/rpc.ts'
import type { Login } from '../protocols/smb.ts'
import { ping } from '../protocols/transport.ts'
import { programOf, tls } from '../protocols/web.ts'
import type { Random } from '../random.ts'
import type { Scene, World } from '../world.ts'
import { moments, type PersonHabit } from './presence.ts'

/** Tools of an administrator and how much each likes them; tastes change (see `tasteOf`). */
type Tool = 'desktop' | 'services' | 'wmi' | 'files' | 'psexec' | 'registry' | 'powershell' | 'tasks' | 'listing'
type Taste = Readonly<Record<Tool, number>>

const SERVER_TASTE: Taste = {
  desktop: 5,
  services: 3,
  wmi: 2,
  files: 2,
  psexec: 0.7,
  registry: 0.4,
  powershell: 2,
  tasks: 0.5,
  listing: 0.3,
}
const DESKTOP_TASTE: Taste = {
  desktop: 1.5,
  services: 1.5,
  wmi: 1.5,
  files: 4,
  psexec: 3,
  registry: 1.2,
  powershell: 0.7,
  tasks: 0.7,
  listing: 0.5,
}

/** One's own taste: drawn once, and drawn anew every two or three weeks for one tool (people learn, scripts are shared). */
function tasteOf(person: Person, base: Taste, day: number): [Tool, number][] {
  const tools = Object.keys(base) as Tool[]
  return tools.map((tool, index) => {
    const phase = person.random.fork('phase', index).between(14, 60)
    const period = Math.floor((day + person.index * 3) / phase)
    // Two tools in five are not used at all in a period.
    const drawn = person.random.fork('taste', index, period)
    return [tool, drawn.chance(0.4) ? 0 : base[tool] * drawn.lognormal(1, 0.7)]
  })
}

function drawTool(random: Random, taste: readonly [Tool, number][]): Tool {
  const total = taste.reduce((sum, [, weight]) => sum + weight, 0)
  let wanted = random.float() * total
  for (const [tool, weight] of taste) {
    wanted -= weight
    if (wanted < 0) return tool
  }
  return 'desktop'
}

/** With what they log in: their administrative account mostly; the built-in one when in a hurry. */
function loginOf(scene: Scene, person: Person): Login {
  const { random, world } = scene
  const draw = random.float()
  if (draw < 0.16) return { account: world.plan.administrator, how: 'ntlm' }
  return { account: person.adminAccount, how: draw < 0.24 ? 'ntlm' : 'kerberos' }
}

/** Where they work from: their desk; sometimes a terminal server, or a server they are on; rarely a user's desk. */
function seatOf(world: World, person: Person, random: Random, day: number): LabDevice {
  const draw = random.float()
  if (draw < 0.82) return person.device
  const servers = world.plan
    .byKind(draw < 0.93 ? 'terminal-server' : 'application-server')
    .filter((one) => one.isOn(day))
  if (draw < 0.97 && servers.length > 0) return servers[person.index % servers.length]!
  const other = random.pick(world.plan.people)
  return other.isEmployed(day) ? other.device : person.device
}

function use(scene: Scene, at: number, tool: Tool, from: LabDevice, to: LabDevice, login: Login): number {
  const { random } = scene
  switch (tool) {
    case 'desktop':
      return rdpFor(scene, at, from, to, login)
    case 'services':
      return controlService(scene, at, from, to, login, random.chance(0.6))
    case 'wmi':
      return random.chance(0.75)
        ? wmi(scene, at, from, to, 'query', login, random.between(1, 5))
        : wmiExecute(scene, at, from, to, login)
    case 'files': {
      if (random.chance(0.5)) return readFromDrive(scene, at, from, to, login)
      const count = random.between(1, 4)
      const files = Array.from({ length: count }, () => ({
        name: `${capital(word(random, 2))}.${random.pick(['exe', 'msi', 'ps1', 'bat', 'dll', 'zip', 'txt', 'lnk', 'xml', 'cmd'])}`,
        size: random.lognormal(400_000, 2),
      }))
      return copyToDrive(
        scene,
        at,
        from,
        to,
        login,
        random.pick(['Temp', 'Install', 'Tools', 'Users\\Public\\Desktop']),
        files,
      )
    }
    case 'psexec':
      return psExec(scene, at, from, to, login)
    case 'registry':
      return remoteRegistry(scene, at, from, to, login, random.chance(0.3))
    case 'powershell':
      return winrm(scene, at, from, to, login.account, login.how, random.between(2, 12))
    case 'tasks':
      return scheduleTask(scene, at, from, to, login)
    case 'listing':
      return random.chance(0.5)
        ? enumerate(scene, at, from, to, login)
        : lookUpAccounts(scene, at, from, to, login, random.below(4))
  }
}

function rdpFor(scene: Scene, at: number, from: LabDevice, to: LabDevice, login: Login): number {
  return rdp(scene, at, from, to, {
    account: login.account,
    duration: minutes(scene, 14),
    kerberos: login.how === 'kerberos',
  })
}

/** Works through machines in bursts: one job on one machine, or the same job on several. */
function rounds(
  world: World,
  person: Person,
  shift: Parameters<PersonHabit>[2],
  random: Random,
  mean: number,
  taste: readonly [Tool, number][],
  targets: (random: Random, count: number) => LabDevice[],
): void {
  for (const at of moments(shift, mean, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const from = seatOf(world, person, random, shift.day)
      const login = loginOf(scene, person)
      const count = random.chance(0.2) ? random.between(3, 10) : random.between(1, 2)
      const tool = drawTool(random, taste)
      if (login.how === 'kerberos') logOn(scene, now, from, login.account)
      if (random.chance(0.06)) {
        // A mistyped administrative password.
        const [target] = targets(random, 1)
        if (target && target !== from) winrmRefused(scene, now, from, target, login)
      }
      let next = now + SECOND
      for (const target of targets(random, count)) {
        if (target === from || !target.windows) continue
        use(scene, next, tool, from, target, login)
        if (random.chance(0.35)) use(scene, next + 20 * SECOND, drawTool(random, taste), from, target, login)
        next += Math.floor(random.exponential(count > 2 ? MINUTE : 6 * MINUTE))
      }
    })
  }
}

function winrmRefused(scene: Scene, at: number, from: LabDevice, to: LabDevice, login: Login): void {
  rdp(scene, at, from, to, { account: login.account, duration: SECOND, refused: true })
}

/** Administrators of servers: their own dozen mostly, any other when called. */
export const serverAdministration: PersonHabit = (world, person, shift, random) => {
  const servers = world.plan.devices.filter(
    (one) => one.server && one.windows && one.isOn(shift.day) && one.kind !== 'archive-server',
  )
  const own = person.random.fork('servers').sample(servers, 12)
  rounds(world, person, shift, random, 7 * person.diligence, tasteOf(person, SERVER_TASTE, shift.day), (draw, count) =>
    Array.from({ length: count }, () => (draw.chance(0.78) ? draw.pick(own) : draw.pick(servers))),
  )
  directoryWork(world, person, shift, random)
}

/** Administrators of desktops: wherever somebody called from, a different one each time; a share of servers. */
export const desktopAdministration: PersonHabit = (world, person, shift, random) => {
  const clients = world.plan.people.filter((one) => one.isEmployed(shift.day) && one !== person)
  if (clients.length === 0) return
  rounds(world, person, shift, random, 8 * person.diligence, tasteOf(person, DESKTOP_TASTE, shift.day), (draw, count) =>
    Array.from({ length: count }, () => draw.pick(clients).device),
  )
}

/** Administrators of network and Linux: SSH, consoles, pings, the DNS server of the directory. */
export const networkAdministration: PersonHabit = (world, person, shift, random) => {
  const gear = [...world.plan.byKind('network-gear'), ...world.plan.byKind('linux-server')]
  const consoleOf = programOf(world, `browser ${person.index % 3}`, '')
  for (const at of moments(shift, 8 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const target = random.pick(gear)
      const draw = random.float()
      if (draw < 0.5)
        ssh(scene, now, person.device, target, { duration: minutes(scene, 9), attempts: random.chance(0.1) ? 2 : 1 })
      else if (draw < 0.75)
        tls(scene, now, person.device, target, {
          program: consoleOf,
          duration: minutes(scene, 6),
          sent: 30_000,
          received: 400_000,
          serverName: target.fqdn,
          oldTls: true,
          selfSigned: true,
        })
      else if (draw < 0.9) {
        const others = random.sample(world.plan.devices, random.between(2, 14))
        others.forEach(
          (other, index) => void ping(scene, now + index * SECOND, person.device, other, 4, other.isOn(shift.day)),
        )
      } else {
        const login = { account: person.adminAccount, how: 'kerberos' as const }
        rpcOverTcp(
          scene,
          now,
          person.device,
          world.plan.byKind('domain-controller')[0]!,
          'dnsserver',
          ['DnssrvQuery2', 'DnssrvEnumRecords2', 'DnssrvUpdateRecord2'],
          login,
        )
      }
    })
  }
}

/** Help desk: looks at users' machines, resets passwords, sits down at their desks. */
export const helpDesk: PersonHabit = (world, person, shift, random) => {
  const clients = world.plan.people.filter((one) => one.isEmployed(shift.day) && one !== person)
  if (clients.length === 0) return
  for (const at of moments(shift, 9 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const user = random.pick(clients)
      const login = { account: person.adminAccount, how: 'kerberos' as const }
      const draw = random.float()
      if (draw < 0.4) plainSession(scene, now, person.device, user.device, 5900, minutes(scene, 11))
      else if (draw < 0.55) {
        const controller = world.controllerOf(person.device, random)
        lookUpAccounts(scene, now, person.device, controller, login, random.between(1, 3))
        ldap(scene, now + 2 * SECOND, person.device, controller, person.adminAccount, [
          { base: baseOf(world.plan.domain), filter: `(sAMAccountName=${user.account})`, results: 1 },
        ])
      } else if (draw < 0.75) lookUpAccounts(scene, now, person.device, user.device, login, 2)
      else if (draw < 0.88) readFromDrive(scene, now, person.device, user.device, login)
      else {
        // At the user's desk, with the help desk's account.
        logOn(scene, now, user.device, person.adminAccount)
        remoteRegistry(scene, now + 20 * SECOND, user.device, person.device, login, false)
      }
    })
  }
}

/** Developers: repositories, test servers, databases asked directly. */
export const development: PersonHabit = (world, person, shift, random) => {
  const servers = world.plan.byKind('linux-server')
  const databases = world.plan.byKind('database-server')
  const speaker = programOf(world, 'git', 'git/2.44.0.windows.1')
  for (const at of moments(shift, 14 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const draw = random.float()
      if (draw < 0.5)
        ssh(scene, now, person.device, random.pick(servers), {
          duration: minutes(scene, 6),
          client: 'SSH-2.0-OpenSSH_for_Windows_9.5',
        })
      else if (draw < 0.75) plainSession(scene, now, person.device, random.pick(databases), 1433, minutes(scene, 5))
      else
        tls(scene, now, person.device, random.pick(servers), {
          program: speaker,
          duration: 20 * SECOND,
          sent: 20_000,
          received: 900_000,
        })
    })
  }
}

/** Now and then the directory itself: users made, groups changed, all objects listed by a console. */
function directoryWork(world: World, person: Person, shift: Parameters<PersonHabit>[2], random: Random): void {
  if (!random.chance(0.4)) return
  world.at(shift.comes + Math.floor(random.float() * 7 * HOUR), (now) => {
    const scene = world.scene(random)
    const controller = random.pick(world.plan.byKind('domain-controller'))
    const login = { account: person.adminAccount, how: 'kerberos' as const }
    ldap(scene, now, person.device, controller, person.adminAccount, [
      { base: baseOf(world.plan.domain), filter: '(objectClass=user)', results: world.plan.people.length },
      { base: baseOf(world.plan.domain), filter: '(objectClass=group)', results: 60 },
    ])
    lookUpAccounts(scene, now + 5 * SECOND, person.device, controller, login, random.between(0, 5))
    if (random.chance(0.5)) rdpFor(scene, now + 20 * SECOND, person.device, controller, login)
  })
}
