import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import { replicate } from '../protocols/administration.ts'
import { ask } from '../protocols/dns.ts'
import { ntp } from '../protocols/machines.ts'
import { rpcOverTcp } from '../protocols/rpc.ts'
import { SmbSession } from '../protocols/smb.ts'
import { programOf, tls } from '../protocols/web.ts'
import { type DeviceHabit, poll } from './presence.ts'

/** Domain controllers replicate the directory and SYSVOL, keep time, and resolve outside names for everybody. */
export const domainController: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside } = world.plan
  const [from, to] = [calendar.at(day, 0), calendar.at(day, 24)]
  const others = world.plan.byKind('domain-controller').filter((other) => other !== device && other.isOn(day))
  const account = `${device.name}$`
  for (const other of others) {
    poll(world, random, from, to, 22 * MINUTE, 0.6, (scene, at) => {
      replicate(scene, at, device, other, account, 1 + scene.random.poisson(1))
    })
    poll(world, random, from, to, 3 * HOUR, 0.4, (scene, at) => {
      rpcOverTcp(
        scene,
        at,
        device,
        other,
        'netlogon',
        ['NetrServerReqChallenge', 'NetrServerAuthenticate3', 'NetrLogonSamLogonEx'],
        { account, how: 'kerberos' },
      )
      const session = new SmbSession(scene, at + MINUTE, device, other, { account, how: 'kerberos' })
      session.tree('sysvol').open(`${world.plan.domain}\\Policies`).close()
    })
  }
  const clock = outside.service('time').hosts[0]!
  poll(world, random, from, to, 17 * MINUTE, 0.1, (scene, at) => ntp(scene, at, device, clock))
  poll(world, random, from, to, 9 * MINUTE, 0.7, (scene, at) => {
    const site = outside.draw(scene.random)
    const resolver = outside.service('time').hosts[1]!
    const host = scene.random.pick(site.hosts)
    ask(scene, at, device, resolver, { name: host.fqdn, answers: [host.address] })
    if (scene.random.chance(0.1))
      ask(scene, at + SECOND, device, resolver, { name: `${scene.random.hex(10)}.${site.domain}`, rcode: 'NXDOMAIN' })
  })
}

/** Copies accounts to a cloud directory: reads the directory's changes as a controller would, though it is none. */
export const directorySync: DeviceHabit = (world, device, day, random) => {
  const { calendar, outside } = world.plan
  const account = world.plan.serviceAccounts.get('directory-sync')!
  const controllers = world.plan.byKind('domain-controller')
  const speaker = programOf(world, 'directory sync', '')
  poll(world, random, calendar.at(day, 0), calendar.at(day, 24), 30 * MINUTE, 0.02, (scene, at) => {
    const controller = controllers[scene.random.chance(0.9) ? 0 : scene.random.below(controllers.length)]!
    replicate(scene, at, device, controller, account, 2 + scene.random.poisson(2))
    tls(scene, at + 20 * SECOND, device, scene.random.pick(outside.service('directory-cloud').hosts), {
      program: speaker,
      duration: 40 * SECOND,
      sent: scene.random.lognormal(80_000, 1),
      received: 9000,
    })
  })
  // Passwords are synchronised every two minutes.
  poll(world, random, calendar.at(day, 0), calendar.at(day, 24), 2 * MINUTE, 0.02, (scene, at) => {
    if (scene.random.chance(0.3)) replicate(scene, at, device, controllers[0]!, account, 1)
  })
}
