import { MINUTE, type Micros, SECOND } from '../../event/time.ts'
import { officeFile } from '../names.ts'
import type { Person } from '../people.ts'
import { resolve, resolveInside } from '../protocols/dns.ts'
import { ticketFor } from '../protocols/kerberos.ts'
import { rpcOverTcp } from '../protocols/rpc.ts'
import { SmbSession } from '../protocols/smb.ts'
import { clientPort, closeUdp, tcp } from '../protocols/transport.ts'
import { fetchOutside, programOf, tls } from '../protocols/web.ts'
import { openFlow, type World } from '../world.ts'
import { moments, type PersonHabit, poll } from './presence.ts'

/** Files on the department's shares: read, saved (through a temporary name), renamed, sometimes deleted. */
export const fileShares: PersonHabit = (world, person, shift, random) => {
  for (const at of moments(shift, 9 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const { server, share } = random.pick(person.shares)
      if (!server.isOn(shift.day)) return
      const ready = resolveInside(scene, now, person.device, server)
      // Old programs and drives mapped by address still speak NTLM.
      const how = random.chance(0.12) ? 'ntlm' : 'kerberos'
      const session = new SmbSession(
        scene,
        ready,
        person.device,
        server,
        { account: person.account, how },
        { lingers: true },
      )
      session.tree(share)
      if (random.chance(0.25)) session.rpc('srvsvc', 'srvsvc', ['NetrShareGetInfo'])
      const files = 1 + random.poisson(1.2)
      for (let i = 0; i < files; i++) {
        const name = officeFile(random)
        const size = Math.floor(random.lognormal(90_000, 1.6))
        session.read(name, size).wait(random.exponential(2 * MINUTE))
        if (random.chance(0.35)) {
          const temporary = `${name.slice(0, name.lastIndexOf('.'))}~${random.hex(4)}.tmp`
          session.write(temporary, size).rename(temporary, name, size)
        }
        if (random.chance(0.04)) session.remove(name, size)
      }
      session.close()
    })
  }
}

/** Mail: the client keeps asking its server; a cloud mailbox for every other company. */
export const mailbox: PersonHabit = (world, person, shift, random) => {
  const { outside, byKind } = world.plan
  const inCloud = world.plan.options.seed % 2 === 0
  const speaker = programOf(
    world,
    'mail client',
    'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0; Pro)',
  )
  const servers = byKind('mail-server')
  const server = servers[person.index % servers.length]!
  poll(world, random, shift.comes, shift.goes, 11 * MINUTE, 0.4, (scene, at) => {
    const options = {
      program: speaker,
      duration: Math.floor(random.uniform(1, 9) * MINUTE),
      sent: random.lognormal(4000, 1),
      received: random.lognormal(12_000, 1.4),
    }
    if (inCloud) fetchOutside(scene, at, person.device, random.pick(outside.service('cloud-mail').hosts), options)
    else tls(scene, ticketFor(scene, at, person.device, person.account, 'HTTP', server), person.device, server, options)
  })
}

/** Files kept in a cloud, and the browser's own housekeeping. */
export const cloudFiles: PersonHabit = (world, person, shift, random) => {
  const { outside } = world.plan
  const speaker = programOf(world, 'file sync', 'Microsoft SkyDriveSync 25.010')
  if (person.index % 3 === 2) return
  poll(world, random, shift.comes, shift.goes, 21 * MINUTE, 0.6, (scene, at) => {
    fetchOutside(scene, at, person.device, random.pick(outside.service('cloud-files').hosts), {
      program: speaker,
      duration: Math.floor(random.lognormal(20, 1.2) * SECOND),
      sent: random.lognormal(9000, 2),
      received: random.lognormal(9000, 1.5),
    })
  })
}

/** The company's own web applications. */
export const applications: PersonHabit = (world, person, shift, random) => {
  const speaker = programOf(world, `browser ${person.index % 3}`, '')
  for (const at of moments(shift, 12 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const server = random.pick(person.applications)
      if (!server.isOn(shift.day)) return
      const ready = ticketFor(
        scene,
        resolveInside(scene, now, person.device, server),
        person.device,
        person.account,
        'HTTP',
        server,
      )
      const connections = random.between(1, 3)
      for (let i = 0; i < connections; i++) {
        tls(scene, ready + i * 40_000, person.device, server, {
          program: speaker,
          duration: Math.floor(random.lognormal(25, 1) * SECOND),
          sent: random.lognormal(5000, 1),
          received: random.lognormal(40_000, 1.3),
          serverName: server.fqdn,
        })
      }
    })
  }
}

/** Print jobs: through the print server's spooler for most, straight to the printer for some. */
export const printing: PersonHabit = (world, person, shift, random) => {
  const printers = world.plan.byKind('printer')
  const servers = world.plan.byKind('print-server')
  const printer = printers[person.department % printers.length]!
  const server = servers[person.department % servers.length]!
  for (const at of moments(shift, 1.6 * person.diligence, random)) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const bytes = random.lognormal(400_000, 1.2)
      if (person.index % 5 === 0) {
        tcp(scene, now, person.device, printer, 9100, { duration: Math.floor(bytes / 2), sent: bytes, received: 0 })
        return
      }
      const login = { account: person.account, how: 'kerberos' as const }
      if (random.chance(0.5)) {
        new SmbSession(scene, now, person.device, server, login)
          .rpc('spoolss', 'spoolss', [
            'RpcSplOpenPrinter',
            'RpcGetPrinter',
            'RpcStartDocPrinter',
            'RpcWritePrinter',
            'RpcEndDocPrinter',
            'RpcClosePrinter',
          ])
          .close()
      } else
        rpcOverTcp(
          scene,
          now,
          person.device,
          server,
          'IRemoteWinspool',
          ['RpcAsyncOpenPrinter', 'RpcAsyncStartDocPrinter', 'RpcAsyncEndDocPrinter'],
          login,
        )
      tcp(scene, now + 3 * SECOND, server, printer, 9100, { duration: Math.floor(bytes / 2), sent: bytes, received: 0 })
    })
  }
}

/** Video conferences: half an hour of UDP to a provider, many at the full hour. */
export const videoCalls: PersonHabit = (world, person, shift, random) => {
  const { outside } = world.plan
  const speaker = programOf(world, 'video', '')
  const calls = random.poisson(1.1 * person.diligence)
  for (let i = 0; i < calls; i++) {
    const hours = Math.floor(random.uniform(shift.comes, shift.goes) / (30 * MINUTE))
    world.at(hours * 30 * MINUTE + Math.floor(random.normal() * 60 * SECOND), (now) =>
      meeting(world, person, now, random, outside, speaker),
    )
  }
}

function meeting(
  world: World,
  person: Person,
  now: Micros,
  random: Parameters<PersonHabit>[3],
  outside: World['plan']['outside'],
  speaker: Parameters<typeof tls>[4]['program'],
): void {
  const scene = world.scene(random)
  const host = random.pick(outside.service('video-conference').hosts)
  const length = Math.floor(random.lognormal(28, 0.5) * MINUTE)
  const ready = resolve(scene, now, person.device, host)
  tls(scene, ready, person.device, host, { program: speaker, duration: length, sent: 90_000, received: 140_000 })
  for (const [port, rate] of [
    [3479, 9000],
    [3480, 130_000],
  ] as const) {
    const flow = openFlow(scene, ready + 2 * SECOND, person.device, clientPort(random), host, port)
    const bytes = (length / SECOND) * rate
    closeUdp(scene, flow, length - 5 * SECOND, undefined, bytes * random.uniform(0.4, 1.1), bytes)
  }
}

/** People mistype their password, or a phone and a drive still know the old one. */
export const passwordSlips: PersonHabit = (world, person, shift, random) => {
  if (!random.chance(0.05)) return
  const tries = random.between(1, 3)
  let at = shift.comes + Math.floor(random.exponential(30 * MINUTE))
  for (let i = 0; i < tries; i++) {
    world.at(at, (now) => {
      const scene = world.scene(random)
      const { server } = person.shares[0]!
      new SmbSession(scene, now, person.device, server, { account: person.account, how: 'ntlm', refused: true }).close()
    })
    at += Math.floor(random.exponential(20 * SECOND))
  }
}
