import { HOUR, MINUTE } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { OddityLabel } from '../labels.ts'
import { SERVICE_PURPOSES } from '../plan.ts'
import { requestTicket } from '../protocols/kerberos.ts'
import { refusedSmb } from '../protocols/smb.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'

/** The password of a service expires: it fails by the clock until somebody notices, hours or a weekend later. */
export function expiredServicePasswords(world: World, random: Random): void {
  const { calendar, serviceAccounts } = world.plan
  const times = Math.max(1, Math.round(calendar.days / 12))
  for (let i = 0; i < times; i++) {
    const own = random.fork('expired', i)
    const purpose = own.pick(SERVICE_PURPOSES)
    const account = serviceAccounts.get(purpose)!
    const device = own.pick([...world.plan.byKind('application-server'), ...world.plan.byKind('database-server')])
    const target = own.pick(world.plan.byKind('file-server'))
    const day = own.between(1, Math.max(1, calendar.days - 1))
    const label = world.labels.oddity({
      kind: 'expired-service-password',
      cause: `the password of ${account} expired; a service on ${device.name} went on trying with the old one by the clock`,
      devices: [device, target],
      credentials: [account],
    })
    const start = calendar.at(day, own.uniform(0, 20))
    repeat(
      world,
      own,
      label,
      device,
      target,
      account,
      start,
      own.uniform(3, 60) * HOUR,
      own.pick([1, 5, 10, 15]) * MINUTE,
      own.chance(0.5),
    )
  }
}

/** A user changed the password, and a drive, a phone or a copier still knows the old one. */
export function oldPasswords(world: World, random: Random): void {
  const { calendar, people } = world.plan
  const times = Math.max(1, Math.round((calendar.days * people.length) / 700))
  for (let i = 0; i < times; i++) {
    const own = random.fork('old', i)
    const person = own.pick(people)
    const target = person.shares[0]!.server
    const day = calendar.workdayFrom(own.between(1, Math.max(1, calendar.days - 1)))
    const label = world.labels.oddity({
      kind: 'old-user-password',
      cause: `${person.account} changed the password; a mapped drive on ${person.device.name} kept trying the old one`,
      devices: [person.device],
      credentials: [person.account],
    })
    repeat(
      world,
      own,
      label,
      person.device,
      target,
      person.account,
      calendar.at(day, 9),
      own.uniform(1, 7) * HOUR,
      own.uniform(4, 25) * MINUTE,
      false,
    )
  }
}

function repeat(
  world: World,
  random: Random,
  label: OddityLabel,
  device: LabDevice,
  target: LabDevice,
  account: string,
  start: number,
  length: number,
  period: number,
  kerberos: boolean,
): void {
  const scene = world.scene(random, label)
  const step = (at: number): void => {
    const day = world.plan.calendar.dayOf(at)
    if (device.isOn(day) && target.isOn(day)) {
      if (kerberos)
        requestTicket(scene, at, device, world.controllerOf(device, random), {
          kind: 'AS',
          client: account,
          service: 'krbtgt',
          error: 'KDC_ERR_KEY_EXPIRED',
        })
      else refusedSmb(scene, at, device, target, { account, how: 'ntlm' })
    }
    const next = at + Math.floor(period * random.uniform(0.98, 1.02))
    if (next < start + length) world.at(next, step)
  }
  world.at(start, step)
}
