import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { secondsOf } from '../event/time.ts'
import { DEVICE_HABITS, PERSON_HABITS } from './habits/by_kind.ts'
import { shiftOf } from './habits/presence.ts'
import { type WorldOptionsInput, worldOptions } from './options.ts'
import { type WorldPlan, worldPlan } from './plan.ts'
import { Random } from './random.ts'
import { World } from './world.ts'
import { layoutsOf } from './zeek/layout.ts'
import { Spool } from './zeek/spool.ts'
import { SensorTap } from './zeek/tap.ts'

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
 * @throws Error on options that make no sense or a folder in use
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
    throw new Error(`${telemetry} already holds files; give an empty folder, so that two worlds do not mix`)
  }
  const plan = worldPlan(options)
  const layouts = layoutsOf(plan.release, options.dialect === 'tuned')
  const spool = new Spool({
    directory: telemetry,
    format: options.format,
    gzip: options.gzip,
    layouts: Object.values(layouts),
  })
  const tap = new SensorTap(
    { format: options.format, dialect: options.dialect, release: plan.release, troubles: new Map() },
    spool,
  )
  const world = new World(plan, tap, spool)
  const habits = Random.ofSeed(options.seed).fork('habits')
  await world.run(
    (day) => planDay(world, day, habits),
    async (day) => {
      onDay?.({ day: day + 1, days: options.days, records: spool.lines })
      await breathe()
    },
  )
  const labels = join(out, 'labels.json')
  writeFileSync(labels, `${JSON.stringify(truth(world), undefined, 1)}\n`)
  return {
    plan,
    telemetry,
    labels,
    records: spool.lines,
    bytes: spool.bytes,
    recordsByLog: Object.fromEntries(
      Object.values(layouts).map((layout) => [layout.name, spool.linesByLog[layout.index]!]),
    ),
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
      sensor: { zeek: plan.release, dialect: options.dialect },
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
