import type { Micros } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import type { StageLabel, StageSpec } from '../labels.ts'
import type { Person } from '../people.ts'
import { Random } from '../random.ts'
import type { Scene, World } from '../world.ts'
import type { PlaybookName } from './names.ts'

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

  /** Day of the world for stage `index` of `count`, spread over the days there are. */
  dayOf(index: number, count: number): number {
    return this.startDay + Math.floor((index * this.days) / count)
  }

  /** A labelled stage that begins at an hour (site's time) of a day. */
  stage(spec: StageSpec, day: number, hour: number, play: (scene: Scene, at: Micros, stage: StageLabel) => void): void {
    const stage = this.newStage(spec)
    const { world } = this
    const random = this.random.fork(spec.name)
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
      world.at(world.plan.calendar.at(from + index, hour(random)), (at) =>
        play(world.scene(random, stage), at, stage, index),
      )
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
