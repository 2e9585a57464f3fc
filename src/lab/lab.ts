import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { secondsOf } from '../event/time.ts'
import { DEVICE_HABITS, PERSON_HABITS } from './habits/by_kind.ts'
import { shiftOf } from './habits/presence.ts'
import { ODDITIES } from './oddities/all.ts'
import { LabFailure, type WorldOptionsInput, worldOptions } from './options.ts'
import { pair } from './paired.ts'
import { type WorldPlan, worldPlan } from './plan.ts'
import { PLAYBOOK } from './playbooks/by_name.ts'
import { Random } from './random.ts'
import { CAPTURE_LOSS_EVERY, captureLossRow, drawSkew, drawTroubles, QUARTERS } from './troubles.ts'
import { World } from './world.ts'
import { layoutsOf } from './zeek/layout.ts'
import { Spool } from './zeek/spool.ts'
import { SensorTap, type Trouble } from './zeek/tap.ts'

export interface SimulationResult {
  readonly plan: WorldPlan
  /** Folder with the logs, as a sensor leaves them. */
  readonly telemetry: string
  /** File with the ground truth, outside that folder. */
  readonly labels: string
  readonly records: number
  readonly bytes: number
  readonly recordsByLog: Readonly<Record<string, number>>
}

export interface Progress {
  readonly day: number
  readonly days: number
  readonly records: number
}

/**
 * Plays a world and writes its logs to `out/telemetry`, its truth to `out/labels.json`.
 * @param out folder to write to; made when missing, refused when it already holds telemetry
 * @throws LabFailure on options that make no sense or a folder in use
 */
export async function simulate(
  out: string,
  input: WorldOptionsInput,
  onDay?: (progress: Progress) => void,
): Promise<SimulationResult> {
  const options = worldOptions(input)
  const telemetry = join(out, 'telemetry')
  mkdirSync(telemetry, { recursive: true })
  if (readdirSync(telemetry).length > 0) {
    throw new LabFailure(`${telemetry} already holds files; give an empty folder, so that two worlds do not mix`)
  }
  const plan = worldPlan(options)
  const layouts = layoutsOf(plan.release, options.dialect === 'tuned')
  const folders = options.sensors === 1 ? [telemetry] : [join(telemetry, 'core'), join(telemetry, 'edge')]
  const spools = folders.map(
    (directory) =>
      new Spool({ directory, format: options.format, gzip: options.gzip, layouts: Object.values(layouts) }),
  )
  const records = () => spools.reduce((sum, spool) => sum + spool.lines, 0)
  const random = Random.ofSeed(options.seed)
  const troubles = options.troubles
    ? drawTroubles(plan.calendar, random.fork('sensor'))
    : { bySlot: new Map<number, Trouble>(), labels: [] }
  const tap = new SensorTap(
    {
      format: options.format,
      dialect: options.dialect,
      release: plan.release,
      troubles: troubles.bySlot,
      end: plan.calendar.end,
      skew: drawSkew(random.fork('skew')),
    },
    spools,
  )
  const world = new World(plan, tap)
  world.labels.troubles.push(...troubles.labels)
  prepare(world, random)
  const habits = random.fork('habits')
  await world.run(
    (day) => planDay(world, day, habits),
    async (day) => {
      onDay?.({ day: day + 1, days: options.days, records: records() })
      await breathe()
    },
  )
  const labels = join(out, 'labels.json')
  writeFileSync(labels, `${JSON.stringify(truth(world), undefined, 1)}\n`)
  return {
    plan,
    telemetry,
    labels,
    records: records(),
    bytes: spools.reduce((sum, spool) => sum + spool.bytes, 0),
    recordsByLog: Object.fromEntries(
      Object.values(layouts).map((layout) => [
        layout.name,
        spools.reduce((sum, spool) => sum + spool.linesByLog[layout.index]!, 0),
      ]),
    ),
  }
}

/** What is settled before the first day: benign changes, attacks, the paired act. */
function prepare(world: World, random: Random): void {
  const { options, calendar } = world.plan
  // The archive stands switched off, unless something wakes it.
  for (const archive of world.plan.byKind('archive-server'))
    archive.silent = [Math.min(2, calendar.days), calendar.days]
  if (options.oddities) {
    for (const [name, oddity] of Object.entries(ODDITIES)) oddity(world, random.fork(`oddity ${name}`))
  }
  for (const [order, name] of options.attacks.entries()) PLAYBOOK[name](world, order)
  pair(world)
  watchLoss(world, random.fork('capture loss'))
}

/** Zeek's own account of what it missed. */
function watchLoss(world: World, random: Random): void {
  const { calendar, devices } = world.plan
  for (let day = 0; day < calendar.days; day++) {
    for (let quarter = 1; quarter < QUARTERS; quarter++) {
      world.at(calendar.begin(day) + quarter * CAPTURE_LOSS_EVERY, (at) => {
        const row = captureLossRow(world.tap.troubleAt(at - 1), random, devices.length * 150)
        world.tap.record('capture_loss', undefined, at, at, 0, row)
      })
    }
  }
}

/** Asks every device and person what they will do on a day. */
function planDay(world: World, day: number, random: Random): void {
  for (const device of world.plan.devices) {
    if (!device.isOn(day)) continue
    const own = random.fork('device', device.index, day)
    DEVICE_HABITS[device.kind].forEach((habit, index) => {
      habit(world, device, day, own.fork('habit', index))
    })
  }
  for (const person of world.plan.people) {
    const shift = shiftOf(world, person, day)
    if (!shift || !person.device.isOn(day)) continue
    const own = random.fork('person', person.index, day)
    PERSON_HABITS[person.job].forEach((habit, index) => {
      habit(world, person, shift, own.fork('habit', index))
    })
  }
}

function truth(world: World): object {
  const { plan } = world
  const { options } = plan
  return {
    format: 1,
    options: { ...options, start: secondsOf(options.start) },
    site: {
      company: plan.company,
      domain: plan.domain,
      utcOffset: options.utcOffset,
      sensor: { zeek: plan.release, dialect: options.dialect, count: options.sensors },
      subnets: [...plan.subnets].map(([segment, subnet]) => ({ segment, gateway: subnet.gateway, size: subnet.size })),
    },
    devices: plan.devices.map((device) => ({
      name: device.name,
      fqdn: device.fqdn,
      kind: device.kind,
      mac: device.mac,
      addresses: device.addresses.map(([from, ip]) => ({ from: secondsOf(from), ip })),
      ...(device.silent ? { silentDays: device.silent } : {}),
    })),
    people: plan.people.map((person) => ({
      account: person.account,
      job: person.job,
      device: person.device.name,
      ...(person.adminAccount === '' ? {} : { adminAccount: person.adminAccount }),
    })),
    serviceAccounts: Object.fromEntries(plan.serviceAccounts),
    ...world.labels.toJSON(),
  }
}
