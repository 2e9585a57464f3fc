import { MINUTE, SECOND } from '../../event/time.ts'
import { ADMIN_SCHEMES } from '../names.ts'
import { copyToDrive } from '../protocols/administration.ts'
import { logOn } from '../protocols/kerberos.ts'
import { rdp } from '../protocols/remote.ts'
import type { Random } from '../random.ts'
import type { World } from '../world.ts'

/** New people on new machines; some leave. */
export function newStaff(world: World, random: Random): void {
  const { calendar, people } = world.plan
  const office = people.filter((person) => person.job === 'office')
  const joining = random.sample(office, Math.max(1, Math.round((office.length * calendar.days) / 900)))
  for (const person of joining) {
    const day = calendar.workdayFrom(random.between(1, Math.max(1, calendar.days - 2)))
    person.firstDay = day
    person.device.firstDay = day
    const label = world.labels.oddity({
      kind: 'new-employee',
      cause: `${person.account} began to work here on a new device ${person.device.name}`,
      devices: [person.device],
      credentials: [person.account],
    })
    world.at(calendar.at(day, 8), (at) =>
      logOn(world.scene(random.fork('joins', person.index), label), at, person.device, person.account),
    )
  }
  for (const person of random.sample(
    office.filter((one) => !joining.includes(one)),
    Math.floor(joining.length / 2),
  )) {
    const day = random.between(2, calendar.days)
    person.lastDay = day
    person.device.lastDay = day
  }
}

/** Somebody from an office becomes an administrator; an administrator gets another machine. */
export function changingAdministrators(world: World, random: Random): void {
  const { calendar, people, plan } = { ...world.plan, plan: world.plan }
  if (calendar.days < 8) return
  const scheme = random.pick(ADMIN_SCHEMES)
  const promotions = Math.max(1, Math.round(calendar.days / 30))
  for (const person of random.sample(
    people.filter((one) => one.job === 'office' && one.firstDay === 0 && one.lastDay > calendar.days),
    promotions,
  )) {
    const day = calendar.workdayFrom(random.between(4, calendar.days - 3))
    world.onMorning(day, () => {
      person.job = random.chance(0.5) ? 'server-admin' : 'desktop-admin'
      person.adminAccount = scheme(person.account)
    })
    const label = world.labels.oddity({
      kind: 'new-administrator',
      cause: `${person.account} became an administrator and got the account ${scheme(person.account)}`,
      devices: [person.device],
      credentials: [scheme(person.account)],
    })
    world.at(calendar.at(day, 9), (at) => {
      const own = random.fork('promoted', person.index)
      const scene = world.scene(own, label)
      logOn(scene, at, person.device, scheme(person.account))
      const target = own.pick(plan.byKind('file-server'))
      if (target.isOn(day))
        rdp(scene, at + MINUTE, person.device, target, {
          account: scheme(person.account),
          duration: 12 * MINUTE,
          kerberos: true,
        })
    })
  }
  const admins = people.filter((person) => person.administers)
  const moving = random.pick(admins)
  const spare = people.filter((one) => one.job === 'office' && one.lastDay > calendar.days && one.firstDay === 0)
  if (spare.length === 0) return
  const other = random.pick(spare)
  const day = calendar.workdayFrom(random.between(3, calendar.days - 3))
  world.onMorning(day, () => {
    // They swap machines: the administrator sits at what was a user's desk.
    const desk = moving.device
    world.seat(moving, other.device)
    world.seat(other, desk)
  })
  const label = world.labels.oddity({
    kind: 'new-desk',
    cause: `${moving.account}, an administrator, works from the device ${other.device.name} from now on`,
    devices: [other.device, moving.device],
    credentials: [moving.account, moving.adminAccount],
  })
  world.at(calendar.at(day, 9.2), (at) => {
    const scene = world.scene(random.fork('desk'), label)
    logOn(scene, at, moving.device, moving.adminAccount)
    const target = random.pick(plan.byKind('application-server'))
    copyToDrive(
      scene,
      at + 30 * SECOND,
      moving.device,
      target,
      { account: moving.adminAccount, how: 'kerberos' },
      'Temp',
      [{ name: 'tools.zip', size: 4_000_000 }],
    )
  })
}
