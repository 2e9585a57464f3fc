import { HOUR, MINUTE, type Micros } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Person } from '../people.ts'
import type { Random } from '../random.ts'
import type { Scene, World } from '../world.ts'

/** What a device does on a day by itself: puts acts into the world. */
export type DeviceHabit = (world: World, device: LabDevice, day: number, random: Random) => void

/** What a person does on a day when they are at work, between coming and going. */
export type PersonHabit = (world: World, person: Person, shift: Shift, random: Random) => void

export interface Shift {
  readonly day: number
  readonly comes: Micros
  readonly goes: Micros
}

/** When a person is at work on a day, if at all. The same whoever asks. */
export function shiftOf(world: World, person: Person, day: number): Shift | undefined {
  if (!person.isEmployed(day)) return undefined
  const { calendar } = world.plan
  const random = person.random.fork('presence', day)
  // A few people work on weekends, some of them every weekend.
  const wanted = calendar.isWorkday(day) ? person.presence : person.diligence > 1.8 ? 0.3 : 0.015
  if (!random.chance(wanted)) return undefined
  const comes = person.comes + random.normal() * 0.4
  const goes = Math.max(comes + 1, person.goes + random.normal() * 0.7)
  return { day, comes: calendar.at(day, Math.max(0.1, comes)), goes: calendar.at(day, Math.min(23.9, goes)) }
}

/** When a device runs on a day. */
export function runsOf(world: World, device: LabDevice, day: number): readonly [from: Micros, to: Micros] | undefined {
  if (!device.isOn(day)) return undefined
  const { calendar } = world.plan
  const client = device.kind === 'workstation' || device.kind === 'laptop'
  const owner = client ? world.ownerOf(device) : undefined
  if (!client) return [calendar.at(day, 0), calendar.at(day, 24)]
  // Two thirds of the workstations are never switched off.
  if (device.kind === 'workstation' && device.index % 3 !== 0) return [calendar.at(day, 0), calendar.at(day, 24)]
  const shift = owner ? shiftOf(world, owner, day) : undefined
  return shift ? [shift.comes - 5 * MINUTE, shift.goes + 10 * MINUTE] : undefined
}

/**
 * Repeats something with a period and some jitter. One act an hour writes all repetitions of that hour.
 * @param jitter share of the period by which each interval varies
 */
export function poll(
  world: World,
  random: Random,
  from: Micros,
  to: Micros,
  period: Micros,
  jitter: number,
  act: (scene: Scene, at: Micros) => void,
): void {
  const scene = world.scene(random)
  const hour = (start: Micros): void => {
    const end = Math.min(start + HOUR, to)
    let at = start
    while (at < end) {
      act(scene, at)
      at += Math.floor(period * (1 + jitter * (2 * random.float() - 1)))
    }
    if (at < to) world.at(at, hour)
  }
  world.at(from + Math.floor(random.float() * period), hour)
}

/** Moments of a shift at which something happens `mean` times on average: in bursts, fewer at noon. */
export function moments(shift: Shift, mean: number, random: Random): Micros[] {
  const count = random.poisson(mean)
  const length = shift.goes - shift.comes
  const times: Micros[] = []
  while (times.length < count) {
    const share = random.float()
    if (share > 0.42 && share < 0.52 && random.chance(0.6)) continue
    const burst = random.chance(0.35) ? random.between(2, 5) : 1
    let at = shift.comes + share * length
    for (let i = 0; i < burst && times.length < count; i++) {
      times.push(Math.floor(at))
      at += random.exponential(4 * MINUTE)
    }
  }
  return times.sort((a, b) => a - b)
}
