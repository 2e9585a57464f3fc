import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import { startUp } from '../habits/domain_member.ts'
import { poll } from '../habits/presence.ts'
import { capital, word } from '../names.ts'
import { controlService, copyToDrive, enumerate, psExec } from '../protocols/administration.ts'
import { rdp } from '../protocols/remote.ts'
import { SmbSession } from '../protocols/smb.ts'
import { fetchOutside, programOf } from '../protocols/web.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'

/** A server that was off for weeks is needed again: old data is looked up, an administrator signs on to it. */
export function reactivatedServer(world: World, random: Random): void {
  const { calendar, options } = world.plan
  if (calendar.days < 6) return
  const server = options.attacks.includes('story')
    ? random.pick(world.plan.byKind('application-server').slice(1))
    : random.pick(world.plan.byKind('archive-server'))
  const day = calendar.workdayFrom(random.between(Math.ceil(calendar.days * 0.5), calendar.days - 1))
  server.silent = [1, day - 1]
  const admin = random.pick(world.plan.withJob('server-admin'))
  const label = world.labels.oddity({
    kind: 'reactivated-server',
    cause: `${server.name} was switched on again by ${admin.account} to look up old data; the data went to its users, nothing else`,
    devices: [server, admin.device],
    credentials: [admin.adminAccount],
  })
  world.at(calendar.at(day, random.uniform(9, 15)), (at) => {
    const scene = world.scene(random, label)
    const login = { account: admin.adminAccount, how: 'kerberos' as const }
    startUp(scene, at, server)
    rdp(scene, at + 4 * MINUTE, admin.device, server, {
      account: admin.adminAccount,
      duration: 25 * MINUTE,
      kerberos: true,
    })
    const target = random.pick(world.plan.byKind('file-server'))
    const session = new SmbSession(scene, at + 12 * MINUTE, server, target, login, { lingers: true })
    session.tree(capital(word(random, 2)))
    for (let i = 0; i < 20; i++)
      session.write(`${word(random, 2)}\\${word(random, 2)}.xlsx`, random.lognormal(200_000, 1))
    session.close()
  })
}

/** Data moves to another file server over a weekend, by an administrator's account; people follow on Monday. */
export function migration(world: World, random: Random): void {
  const { calendar, people } = world.plan
  const servers = world.plan.byKind('file-server')
  let saturday = -1
  for (let day = 4; day < calendar.days - 1; day++)
    if (calendar.weekday(day) === 5 && random.chance(0.5)) saturday = day
  if (saturday < 0 || servers.length < 2) return
  const [from, to] = random.sample(servers, 2)
  if (!from || !to) return
  const admin = random.pick(world.plan.withJob('server-admin'))
  const login = { account: admin.adminAccount, how: 'kerberos' as const }
  const label = world.labels.oddity({
    kind: 'migration',
    cause: `the shares of ${from.name} moved to ${to.name} over the weekend; ${admin.account} ran the copy on ${to.name}`,
    devices: [from, to, admin.device],
    credentials: [admin.adminAccount],
  })
  world.at(calendar.at(saturday, 9), (at) => {
    const scene = world.scene(random, label)
    rdp(scene, at, admin.device, to, { account: admin.adminAccount, duration: HOUR, kerberos: true })
    const batch = (now: number, left: number): void => {
      const session = new SmbSession(scene, now, to, from, login, { lingers: true })
      session.tree('D$').open('<share_root>')
      for (let i = 0; i < 60; i++)
        session.read(
          `${capital(word(random, 2))}\\${word(random, 2)}.${random.pick(['docx', 'xlsx', 'pdf', 'zip', 'exe', 'lnk'])}`,
          random.lognormal(300_000, 1.6),
        )
      session.close()
      if (left > 0) world.at(now + 7 * MINUTE, (next) => batch(next, left - 1))
    }
    batch(at + 10 * MINUTE, 90)
  })
  world.onMorning(saturday + 2, () => {
    for (const person of people) {
      for (const [index, choice] of person.shares.entries()) {
        if (choice.server === from) person.shares[index] = { server: to, share: choice.share }
      }
    }
  })
}

/** A server is set up: installed from a desk, programs copied to it and made services. */
export function newServer(world: World, random: Random): void {
  const { calendar } = world.plan
  if (calendar.days < 5) return
  const servers = world.plan.byKind('application-server').filter((one) => one.silent === undefined)
  const server = servers[servers.length - 1]
  if (!server || servers.length < 3) return
  const day = calendar.workdayFrom(random.between(2, calendar.days - 2))
  server.firstDay = day
  const admin = random.pick(world.plan.withJob('server-admin'))
  const login = { account: admin.adminAccount, how: 'kerberos' as const }
  const label = world.labels.oddity({
    kind: 'new-server',
    cause: `${server.name} was set up by ${admin.account}: programs copied to C$ and started as services`,
    devices: [server, admin.device],
    credentials: [admin.adminAccount],
  })
  world.at(calendar.at(day, random.uniform(9, 12)), (at) => {
    const scene = world.scene(random, label)
    startUp(scene, at, server)
    rdp(scene, at + 5 * MINUTE, admin.device, server, {
      account: admin.adminAccount,
      duration: 2 * HOUR,
      kerberos: true,
    })
    const program = { name: `${capital(word(random, 2))}.exe`, size: 5_000_000 }
    copyToDrive(scene, at + 20 * MINUTE, admin.device, server, login, 'Install', [
      program,
      { name: 'setup.bat', size: 700 },
    ])
    psExec(scene, at + 25 * MINUTE, admin.device, server, login)
    controlService(scene, at + 30 * MINUTE, admin.device, server, login, true)
  })
}

/** Something is broken at night: an administrator restarts services on a row of servers at three in the morning. */
export function nightWork(world: World, random: Random): void {
  const { calendar } = world.plan
  const times = Math.max(1, Math.round(calendar.days / 12))
  for (let i = 0; i < times; i++) {
    const own = random.fork('night', i)
    const day = own.between(1, Math.max(1, calendar.days - 1))
    const admin = own.pick(world.plan.withJob('server-admin'))
    const from = own.pick(world.plan.byKind('terminal-server'))
    const label = world.labels.oddity({
      kind: 'night-work',
      cause: `an outage at night: ${admin.account} restarted services on several servers from ${from.name}`,
      devices: [from],
      credentials: [admin.adminAccount],
    })
    world.at(calendar.at(day, own.uniform(1, 4)), (at) => {
      const scene = world.scene(own, label)
      const login = { account: admin.adminAccount, how: 'kerberos' as const }
      const targets = own.sample(
        world.plan.devices.filter((one) => one.server && one.windows && one.isOn(day) && one !== from),
        5,
      )
      targets.forEach((target, index) => {
        controlService(scene, at + index * 5 * MINUTE, from, target, login, true)
        if (own.chance(0.4))
          rdp(scene, at + index * 5 * MINUTE + MINUTE, from, target, {
            account: login.account,
            duration: 6 * MINUTE,
            kerberos: true,
          })
      })
    })
  }
}

/** A script is pushed to many clients at once, from an administrator's desk rather than by the deployment server. */
export function rollout(world: World, random: Random): void {
  const { calendar } = world.plan
  if (calendar.days < 4) return
  const day = calendar.workdayFrom(random.between(2, calendar.days - 2))
  const admin = random.pick(world.plan.withJob('desktop-admin'))
  const clients = world.plan.people.filter(
    (person) => person.isEmployed(day) && person !== admin && person.device.kind === 'workstation',
  )
  const targets = random.sample(clients, Math.min(60, Math.ceil(clients.length / 3)))
  const label = world.labels.oddity({
    kind: 'rollout',
    cause: `${admin.account} pushed a new agent to ${targets.length} machines by script; from that day all of them ask its new endpoint`,
    devices: [admin.device],
    credentials: [admin.adminAccount],
  })
  const login = { account: admin.adminAccount, how: 'kerberos' as const }
  const agent = `${capital(word(random, 2))}Agent`
  targets.forEach((person, index) => {
    world.at(calendar.at(day, 10) + index * 50 * SECOND, (at) => {
      const scene = world.scene(random, label)
      copyToDrive(scene, at, admin.device, person.device, login, 'Temp', [
        { name: `${agent}.exe`, size: 2_100_000 },
        { name: 'install.ps1', size: 1100 },
      ])
      psExec(scene, at + 10 * SECOND, admin.device, person.device, login)
    })
  })
  const host = world.plan.outside.fresh(random, 'agent').hosts[0]!
  for (let later = day; later < calendar.days; later++) {
    for (const person of targets) {
      poll(
        world,
        random.fork('agent', person.index, later),
        calendar.at(later, 10.5),
        calendar.at(later, 17),
        45 * MINUTE,
        0.1,
        (scene, at) => {
          if (person.device.isOn(later))
            fetchOutside(
              scene,
              at,
              person.device,
              host,
              { program: programOf(world, agent, ''), duration: 2 * SECOND, sent: 2000, received: 700 },
              0.8,
            )
        },
      )
    }
  }
}

/** An inventory for an audit: shares, sessions and users of all servers listed from an administrator's desk, once. */
export function audit(world: World, random: Random): void {
  const { calendar } = world.plan
  if (calendar.days < 7) return
  const day = calendar.workdayFrom(random.between(3, calendar.days - 2))
  const admin = random.pick(world.plan.withJob('server-admin'))
  const label = world.labels.oddity({
    kind: 'audit',
    cause: `${admin.account} listed shares and sessions of the servers for an audit; read only, from the usual desk`,
    devices: [admin.device],
    credentials: [admin.adminAccount],
  })
  world.at(calendar.at(day, random.uniform(9, 15)), (at) => {
    const scene = world.scene(random, label)
    world.plan.devices
      .filter((one) => one.server && one.windows && one.isOn(day) && one !== admin.device)
      .forEach((target, index) => {
        const login = { account: admin.adminAccount, how: 'kerberos' as const }
        enumerate(scene, at + index * 20 * SECOND, admin.device, target, login)
      })
  })
}

/** A supplier's engineer looks after a machine from outside, through a terminal server, with an account seldom used. */
export function supplierVisit(world: World, random: Random): void {
  const { calendar, outside } = world.plan
  const times = Math.max(1, Math.round(calendar.days / 15))
  for (let i = 0; i < times; i++) {
    const own = random.fork('supplier', i)
    const day = own.between(1, Math.max(1, calendar.days - 1))
    const account = `ext-${word(random.fork('supplier name', i % 2), 2)}`
    const entry = own.pick(world.plan.byKind('terminal-server'))
    const target = own.pick([...world.plan.byKind('application-server'), ...world.plan.byKind('database-server')])
    const label = world.labels.oddity({
      kind: 'supplier-visit',
      cause: `a supplier's engineer (${account}) came in through ${entry.name} and worked on ${target.name} for an hour`,
      devices: [entry, target],
      credentials: [account],
    })
    world.at(calendar.at(day, own.uniform(8, 22)), (at) => {
      if (!target.isOn(day) || !entry.isOn(day)) return
      const scene = world.scene(own, label)
      rdp(scene, at, outside.stranger(own), entry, { account, duration: 80 * MINUTE })
      rdp(scene, at + 3 * MINUTE, entry, target, { account, duration: 60 * MINUTE, kerberos: true })
    })
  }
}
