import { MINUTE, SECOND } from '../event/time.ts'
import type { PairedAct } from './options.ts'
import { controlService, copyToDrive, readFromDrive } from './protocols/administration.ts'
import { rdp } from './protocols/remote.ts'
import { fetchOutside, programOf } from './protocols/web.ts'
import type { Random } from './random.ts'
import type { Scene, World } from './world.ts'

/** So many days before the last the act is done in the world where it is a habit. */
const HABIT_DAYS = 20

/**
 * Two worlds of the same seed whose last working day is the same, byte for byte: an act is done on it that was a habit for
 * the 20 working days before in one of them, and never happened in the other.
 */
export function pair(world: World): void {
  const { paired, seed } = world.plan.options
  if (!paired) return
  const { calendar } = world.plan
  const workdays: number[] = []
  for (let day = 0; day < calendar.days; day++) if (calendar.isWorkday(day)) workdays.push(day)
  const last = workdays[workdays.length - 1]
  if (last === undefined) return
  const random = world.random.fork(`paired ${paired.act}`, seed % 1000)
  const play = actOf(world, paired.act, random)
  const label = world.labels.oddity({
    kind: 'paired-act',
    cause: paired.habitual
      ? `${paired.act} was done on each of the ${HABIT_DAYS} working days before: no reason for an alert`
      : `${paired.act} was never done before this day: worth an alert`,
    devices: play.devices,
  })
  const days = paired.habitual ? workdays.slice(-HABIT_DAYS - 1) : [last]
  for (const day of days) {
    // Of the day alone, so that the last one is the same in both worlds.
    const own = random.fork('day', day)
    const times = own.between(2, 4)
    for (let i = 0; i < times; i++) {
      world.at(calendar.at(day, own.uniform(10, 16)), (at) =>
        play.act(world.scene(own, day === last ? label : undefined), at),
      )
    }
  }
}

function actOf(
  world: World,
  act: PairedAct,
  random: Random,
): { devices: Scene['world']['plan']['devices']; act: (scene: Scene, at: number) => void } {
  const { plan } = world
  const server = random.pick(plan.byKind('application-server'))
  const target = random.pick(plan.byKind('file-server'))
  const client = random.pick(plan.devices.filter((device) => device.kind === 'workstation' && device.index % 3 !== 0))
  const admin = random.pick(plan.withJob('server-admin'))
  const login = { account: admin.adminAccount, how: 'kerberos' as const }
  switch (act) {
    case 'service-control':
      return {
        devices: [server, target],
        act: (scene, at) => void controlService(scene, at, server, target, login, true),
      }
    case 'admin-rdp':
      return {
        devices: [client, target],
        act: (scene, at) => void rdp(scene, at, client, target, { account: plan.administrator, duration: 7 * MINUTE }),
      }
    case 'drive-copy':
      return {
        devices: [server, target],
        act: (scene, at) =>
          void copyToDrive(scene, at, server, target, login, 'Jobs', [
            { name: 'nightly.bat', size: 900 },
            { name: 'collect.exe', size: 300_000 },
          ]),
      }
    case 'credential':
      return { devices: [client, target], act: (scene, at) => void readFromDrive(scene, at, client, target, login) }
    case 'new-endpoint': {
      const host = plan.outside.fresh(random, 'paired').hosts[0]!
      const speaker = programOf(world, 'paired', '')
      return {
        devices: [server],
        act: (scene, at) =>
          void fetchOutside(
            scene,
            at,
            server,
            host,
            { program: speaker, duration: 6 * SECOND, sent: 9000, received: 4000 },
            0,
          ),
      }
    }
  }
}
