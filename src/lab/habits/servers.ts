import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { word } from '../names.ts'
import { resolve } from '../protocols/dns.ts'
import { baseOf, ldap } from '../protocols/ldap.ts'
import { mail, ntp } from '../protocols/machines.ts'
import { ssh } from '../protocols/remote.ts'
import { SmbSession } from '../protocols/smb.ts'
import { tcp } from '../protocols/transport.ts'
import { fetchOutside, http, programOf, tls } from '../protocols/web.ts'
import { type DeviceHabit, poll } from './presence.ts'

/** The database servers an application works with: always the same. */
function databasesOf(world: Parameters<DeviceHabit>[0], device: LabDevice): LabDevice[] {
  return world.random.fork('databases', device.index).sample(world.plan.byKind('database-server'), 2)
}

/** Applications keep connections to their databases, ask the directory, call outside interfaces and each other. */
export const applicationServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside } = world.plan
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  const fixed = world.random.fork('application', device.index)
  const port = fixed.pick([1433, 5432, 3306, 1521])
  const account = world.plan.serviceAccounts.get('application')!
  for (const database of databasesOf(world, device)) {
    poll(world, random, from, to, 3 * MINUTE, 0.9, (scene, at) => {
      tcp(scene, at, device, database, port, {
        duration: Math.floor(scene.random.lognormal(40, 1.2) * SECOND),
        sent: scene.random.lognormal(8000, 1.2),
        received: scene.random.lognormal(60_000, 1.4),
      })
    })
  }
  poll(world, random, from, to, 25 * MINUTE, 0.5, (scene, at) => {
    ldap(
      scene,
      at,
      device,
      world.controllerOf(device, scene.random),
      account,
      [
        {
          base: baseOf(world.plan.domain),
          filter: `(sAMAccountName=${scene.random.pick(world.plan.people).account})`,
          results: 1,
        },
      ],
      device.index % 3 === 0,
    )
  })
  const partner = outside.fresh(fixed, 'partner').hosts[0]!
  const speaker = programOf(world, `application ${device.index % 4}`, 'Apache-HttpClient/4.5.14 (Java/17.0.10)')
  poll(world, random, from, to, 30 * MINUTE, 0.15, (scene, at) => {
    const host = device.index % 2 === 0 ? partner : scene.random.pick(outside.service('payment-gateway').hosts)
    fetchOutside(scene, at, device, host, { program: speaker, duration: 3 * SECOND, sent: 4000, received: 9000 })
  })
  const peers = world.plan.byKind('application-server').filter((other) => other !== device)
  if (peers.length > 0) {
    const peer = fixed.pick(peers)
    poll(world, random, from, to, 15 * MINUTE, 0.3, (scene, at) => {
      tls(scene, at, device, peer, { program: speaker, duration: SECOND, sent: 2000, received: 6000, port: 8443 })
    })
  }
}

/** Databases copy their files away at night and mail their reports. */
export const databaseServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, byKind, serviceAccounts, domain } = world.plan
  const scene = world.scene(random)
  const target = world.random.fork('dump', device.index).pick(byKind('file-server'))
  world.at(calendar.at(day, 1 + random.float()), (now) => {
    const session = new SmbSession(scene, now, device, target, {
      account: serviceAccounts.get('database')!,
      how: 'kerberos',
    })
    session.tree(`db${device.index}$`)
    for (let i = 0; i < 4; i++)
      session.write(`${device.name.toLowerCase()}_${i}_${day}.bak`, random.lognormal(3e8, 0.5)).wait(MINUTE)
    session.close()
    const server = byKind('mail-server')[0]!
    mail(scene, now + 6 * MINUTE, device, server, `dba@${domain}`, [`reports@${domain}`], 9000, false)
  })
}

/** A web server in the demilitarised zone: visitors from everywhere, its application behind it. */
export const webServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, byKind } = world.plan
  const fixed = world.random.fork('web', device.index)
  const backend = fixed.pick(byKind('application-server'))
  const speaker = programOf(world, 'visitor', 'Mozilla/5.0')
  const weekend = calendar.isWorkday(day) ? 1 : 0.5
  poll(world, random, calendar.at(day, 0), calendar.at(day, 24), (2 / weekend) * MINUTE, 0.95, (scene, at) => {
    const hour = calendar.hourOf(at)
    if (scene.random.chance(hour < 6 ? 0.8 : hour < 8 || hour > 20 ? 0.4 : 0)) return
    const visitor = outside.stranger(scene.random)
    const pages = 1 + scene.random.poisson(1)
    for (let i = 0; i < pages; i++) {
      tls(scene, at + i * 4 * SECOND, visitor, device, {
        program: speaker,
        duration: 20 * SECOND,
        sent: 2500,
        received: scene.random.lognormal(50_000, 1.2),
        serverName: `www.${world.plan.company}.com`,
        oldTls: scene.random.chance(0.1),
      })
    }
    if (scene.random.chance(0.5))
      tcp(scene, at + SECOND, device, backend, 8080, {
        service: 'http',
        duration: 2 * SECOND,
        sent: 2000,
        received: 20_000,
      })
  })
}

/** The mail server: mail from and to the world, filtered by names in the DNS. */
export const mailServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, people, domain } = world.plan
  const staff = people.length * (calendar.isWorkday(day) ? 1 : 0.15)
  const period = Math.max(8 * SECOND, Math.floor((10 * HOUR) / (staff * 8)))
  poll(world, random, calendar.at(day, 6), calendar.at(day, 21), period, 0.9, (scene, at) => {
    const site = outside.draw(scene.random)
    const person = scene.random.pick(people)
    const host = site.hosts[0]!
    const encrypted = scene.random.chance(0.85)
    if (scene.random.chance(0.6))
      mail(
        scene,
        at,
        host,
        device,
        `${scene.random.hex(6)}@${site.domain}`,
        [`${person.account}@${domain}`],
        scene.random.lognormal(40_000, 1.5),
        encrypted,
      )
    else
      mail(
        scene,
        resolve(scene, at, device, host),
        device,
        host,
        `${person.account}@${domain}`,
        [`${scene.random.hex(6)}@${site.domain}`],
        scene.random.lognormal(30_000, 1.5),
        encrypted,
      )
  })
}

/** Linux servers: packages, time, jobs over SSH among themselves. */
export const linuxServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside, byKind } = world.plan
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  const mirror = outside.service('package-mirror').hosts[0]!
  const scene = world.scene(random)
  world.at(calendar.at(day, 4 + 2 * random.float()), (now) => {
    const ready = resolve(scene, now, device, mirror, 0)
    for (let i = 0; i < 3; i++)
      http(scene, ready + i * SECOND, device, mirror, {
        uri: `/debian/dists/stable/${i}/InRelease`,
        userAgent: 'Debian APT-HTTP/1.3 (2.6.1)',
        received: 48_000,
        mimeType: 'text/plain',
      })
  })
  const peers = byKind('linux-server').filter((other) => other !== device)
  if (peers.length > 0) {
    const peer = world.random.fork('jobs', device.index).pick(peers)
    poll(
      world,
      random,
      from,
      to,
      HOUR,
      0.01,
      (now, at) =>
        void ssh(now, at, device, peer, { duration: 20 * SECOND, client: 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3' }),
    )
  }
  poll(world, random, from, to, 34 * MINUTE, 0.1, (now, at) => ntp(now, at, device, outside.service('time').hosts[0]!))
  const web = byKind('application-server')[device.index % byKind('application-server').length]!
  poll(world, random, from, to, 2 * MINUTE, 0.05, (now, at) => {
    tcp(now, at, device, web, 8080, { service: 'http', duration: 300_000, sent: 700, received: 3000 })
  })
}

/** Every server meets an endpoint now and then that it never spoke with: a supplier moved, a library was updated. */
export const newEndpoints: DeviceHabit = (world, device, day, random) => {
  if (!random.chance(0.045)) return
  const scene = world.scene(random)
  const speaker = programOf(world, 'updater', '')
  world.at(world.plan.calendar.at(day, random.uniform(0, 24)), (now) => {
    const fresh = random.chance(0.4)
    const site = fresh
      ? world.plan.outside.fresh(random, 'supplier', random.below(1e6))
      : world.plan.outside.draw(random)
    const label = world.labels.oddity({
      kind: 'new-endpoint',
      cause: `${device.name} fetched an update from ${site.domain}, which it had not used before; once, over TLS`,
      devices: [device],
    })
    const own = { ...scene, recorder: label }
    const times = random.between(1, 3)
    for (let i = 0; i < times; i++)
      fetchOutside(
        own,
        now + i * 40 * SECOND,
        device,
        site.hosts[0]!,
        { program: speaker, duration: 8 * SECOND, sent: 3000, received: random.lognormal(2e6, 1.5) },
        0,
      )
  })
}

/** Terminal servers: people work on them; so shares and sites of many people come from one machine. */
export const terminalServer: DeviceHabit = (world, device, day, random) => {
  const { calendar, people } = world.plan
  if (!calendar.isWorkday(day)) return
  const users = people.filter((person) => person.index % 9 === 0 && person.job === 'office')
  const speaker = programOf(world, 'browser 0', '')
  poll(
    world,
    random,
    calendar.at(day, 7),
    calendar.at(day, 18),
    Math.max(MINUTE, (90 * MINUTE) / Math.max(1, users.length)),
    0.9,
    (scene, at) => {
      if (users.length === 0) return
      const person = scene.random.pick(users)
      const { server, share } = scene.random.pick(person.shares)
      if (server.isOn(day)) {
        new SmbSession(scene, at, device, server, { account: person.account, how: 'kerberos' }, { lingers: true })
          .tree(share)
          .read(`${word(scene.random, 2)}.xlsx`, scene.random.lognormal(80_000, 1))
          .close()
      }
      const site = world.plan.outside.site(scene.random.pick(person.favourites))
      fetchOutside(scene, at + MINUTE / 2, device, scene.random.pick(site.hosts), {
        program: speaker,
        duration: 12 * SECOND,
        sent: 2000,
        received: 30_000,
      })
    },
  )
}
