import type { Micros } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import type { StageLabel, StageSpec } from '../labels.ts'
import type { Person } from '../people.ts'
import { Random } from '../random.ts'
import type { Scene, World } from '../world.ts'
import type { PlaybookName } from './names.ts'

/** A day of the world and an hour (site's time) of it. */
export type When = readonly [day: number, hour: number]

/** An attack being prepared: its days, its random stream, its stages, and whom it may choose. */
export class Campaign {
  readonly world: World
  readonly random: Random
  /** First day and how many days there are. */
  readonly startDay: number
  readonly days: number
  private readonly newStage: (spec: StageSpec) => StageLabel

  constructor(world: World, name: PlaybookName, order: number, wantedDays: number) {
    const { options, calendar } = world.plan
    this.world = world
    // Of the seed alone: the benign world's streams are untouched, and so is that of another attack.
    this.random = Random.ofSeed(options.seed).fork(`playbook ${name}`, order)
    this.startDay = startOf(options.days, options.attackDay, wantedDays)
    this.days = Math.min(wantedDays, calendar.days - this.startDay)
    this.newStage = world.labels.attack(name)
  }

  /**
   * When stage `index` of `count` is played: at an hour of its own day, or, in a world too short for that, within its
   * share of the days there are. Stages never change places.
   */
  when(index: number, count: number, hour: number): When {
    const days = Array.from({ length: this.days }, (_, day) => this.startDay + day)
    return spread(days, index, count, hour, 0, 24)
  }

  /** As `when`, on working days, where there are any. */
  atWork(index: number, count: number, hour: number): When {
    const { calendar } = this.world.plan
    const days = Array.from({ length: this.days }, (_, day) => this.startDay + day)
    const workdays = days.filter((day) => calendar.isWorkday(day))
    return spread(workdays.length > 0 ? workdays : days, index, count, hour, 7, 20)
  }

  /** A labelled stage that begins at an hour (site's time) of a day. */
  stage(spec: StageSpec, [day, hour]: When, play: (scene: Scene, at: Micros, stage: StageLabel) => void): void {
    const stage = this.newStage(spec)
    const { world } = this
    const random = this.random.fork(spec.name)
    stage.planned = world.plan.calendar.at(day, hour)
    world.at(world.plan.calendar.at(day, hour), (at) => play(world.scene(random, stage), at, stage))
  }

  /** A stage that goes on over several days: `play` is called for each. */
  longStage(
    spec: StageSpec,
    from: number,
    days: number,
    hour: (random: Random) => number,
    play: (scene: Scene, at: Micros, stage: StageLabel, index: number) => void,
  ): void {
    const stage = this.newStage(spec)
    const { world } = this
    for (let index = 0; index < days; index++) {
      const random = this.random.fork(spec.name, index)
      const begin = world.plan.calendar.at(from + index, hour(random))
      if (index === 0) stage.planned = begin
      world.at(begin, (at) => play(world.scene(random, stage), at, stage, index))
    }
  }

  /** A workstation that is never switched off, of somebody in an office. */
  foothold(label: string): Person {
    const people = this.world.plan.people.filter(
      ({ job, device }) => job === 'office' && device.kind === 'workstation' && device.index % 3 !== 0,
    )
    const all = this.world.plan.people.filter(({ job }) => job === 'office')
    return this.random.fork(label).pick(people.length > 0 ? people : all)
  }

  /** Windows servers that run on a day, without some. */
  servers(day: number, without: readonly LabDevice[] = []): LabDevice[] {
    return this.world.plan.devices.filter(
      (device) => device.server && device.windows && device.isOn(day) && !without.includes(device),
    )
  }

  /** Workstations that are never switched off. */
  workstations(without: readonly LabDevice[] = []): LabDevice[] {
    return this.world.plan.devices.filter(
      (device) => device.kind === 'workstation' && device.index % 3 !== 0 && !without.includes(device),
    )
  }
}

/** @param from first and last hour of a day that holds several stages */
function spread(days: readonly number[], index: number, count: number, hour: number, from: number, to: number): When {
  const share = days.length / count
  if (share >= 1) return [days[Math.floor(index * share)]!, hour]
  const place = (index + (hour / 24) * 0.7) * share
  const day = Math.floor(place)
  return [days[day]!, from + (place - day) * (to - from)]
}

function startOf(days: number, wanted: number | undefined, length: number): number {
  if (wanted !== undefined) return wanted
  if (days > length + 1) return days - length
  return Math.floor(days * 0.4)
}

/** Tells the stage whom each of `targets` is, then acts on each, some time apart. @returns the moment after the last */
export function eachOf<T extends Host>(
  scene: Scene,
  stage: StageLabel,
  at: Micros,
  targets: readonly T[],
  pause: Micros,
  act: (at: Micros, target: T) => void,
): Micros {
  let now = at
  for (const target of targets) {
    const due = now
    stage.hit(target)
    scene.world.at(due, () => act(due, target))
    now += Math.floor(pause * scene.random.uniform(0.5, 1.6))
  }
  return now
}

/** An hour at which intruders work: nights and evenings rather than office hours, but not always. */
export function darkHour(random: Random): number {
  return random.chance(0.65) ? random.uniform(19, 23.2) : random.uniform(1, 16)
}
