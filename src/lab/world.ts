import { DAY, type Micros } from '../event/time.ts'
import type { LabDevice } from './device.ts'
import type { Host } from './host.ts'
import { LabelBook } from './labels.ts'
import type { Person } from './people.ts'
import type { WorldPlan } from './plan.ts'
import type { Program } from './protocols/web.ts'
import { ActHeap } from './queue.ts'
import { Random } from './random.ts'
import { SLOT } from './zeek/spool.ts'
import type { Flow, Recorder, SensorTap } from './zeek/tap.ts'

/**
 * What an act needs to write its records: the world, the act's own random stream, and whose ground truth it belongs to.
 */
export interface Scene {
  readonly world: World
  readonly tap: SensorTap
  readonly random: Random
  readonly recorder: Recorder | undefined
}

/** Opens a connection in a scene. */
export function openFlow(scene: Scene, at: Micros, orig: Host, origPort: number, resp: Host, respPort: number): Flow {
  return scene.tap.flow(scene.random, scene.recorder, at, orig, origPort, resp, respPort)
}

/** How many tickets are remembered; older ones are asked for again. */
const MOST_TICKETS = 500_000

/** The running world: its clock, its acts to come, and the little that must be remembered between acts. */
export class World {
  readonly plan: WorldPlan
  readonly tap: SensorTap
  readonly random: Random
  readonly labels = new LabelBook()
  /** Fingerprints of programs, by name. */
  readonly programs = new Map<string, Program>()
  private readonly current = new ActHeap()
  private readonly later = new Map<number, { at: Micros; order: number; run: (at: Micros) => void }[]>()
  private readonly mornings = new Map<number, (() => void)[]>()
  private slot: number
  private order = 0
  now: Micros
  /** Kerberos tickets in use, by client and service, with their end. */
  private readonly tickets = new Map<string, Micros>()
  private readonly owners = new Map<LabDevice, Person>()
  private readonly homeControllers: readonly LabDevice[]

  constructor(plan: WorldPlan, tap: SensorTap) {
    this.plan = plan
    this.tap = tap
    this.random = Random.ofSeed(plan.options.seed).fork('world')
    this.now = plan.calendar.start
    this.slot = Math.floor(this.now / SLOT)
    this.homeControllers = plan.byKind('domain-controller')
    for (const person of plan.people) this.owners.set(person.device, person)
    for (const device of plan.devices) device.addresses.push([this.now, device.address])
  }

  scene(random: Random, recorder?: Recorder): Scene {
    return { world: this, tap: this.tap, random, recorder }
  }

  /** Lets something happen. What lies in the past or behind the end does not. */
  at(time: Micros, run: (at: Micros) => void): void {
    if (time < this.now || time >= this.plan.calendar.end) return
    const act = { at: time, order: this.order++, run }
    const slot = Math.floor(time / SLOT)
    if (slot === this.slot) {
      this.current.push(act)
      return
    }
    const acts = this.later.get(slot)
    if (acts) acts.push(act)
    else this.later.set(slot, [act])
  }

  /** Lets something happen before the habits of a day are planned: changes of staff, of machines, of habits. */
  onMorning(day: number, change: () => void): void {
    const changes = this.mornings.get(day)
    if (changes) changes.push(change)
    else this.mornings.set(day, [change])
  }

  /** Who sits at a device, if anybody. */
  ownerOf(device: LabDevice): Person | undefined {
    return this.owners.get(device)
  }

  /** Somebody gets another device (or, with undefined, a device loses its person). */
  seat(person: Person, device: LabDevice): void {
    this.owners.delete(person.device)
    person.device = device
    this.owners.set(device, person)
  }

  /** A device gets another lease of its network. */
  moveTo(device: LabDevice, at: Micros, random: Random): void {
    const subnet = this.plan.subnets.get(device.segment)!
    const old = device.address
    device.address = subnet.takeLease(random)
    subnet.giveBack(old)
    device.addresses.push([at, device.address])
  }

  /** The second Tuesday of a month's worth of days, and the day after for servers. */
  isPatchDay(day: number): boolean {
    return this.plan.calendar.weekday(day) === 1 && Math.floor(day / 7) % 4 === 1
  }

  /** The domain controller that a device asks; one in twenty times another. */
  controllerOf(device: Host & { readonly index?: number }, random: Random): LabDevice {
    const controllers = this.homeControllers
    if (random.chance(0.05)) return random.pick(controllers)
    return controllers[(device.index ?? 0) % controllers.length]!
  }

  /** True when a ticket must be asked for; remembers that it then is there. */
  needsTicket(client: string, service: string, at: Micros): boolean {
    const key = `${client} ${service}`
    const until = this.tickets.get(key)
    if (until !== undefined && until > at) return false
    this.tickets.delete(key)
    this.tickets.set(key, at + 9 * (DAY / 24))
    if (this.tickets.size > MOST_TICKETS) {
      const oldest = this.tickets.keys().next().value
      if (oldest !== undefined) this.tickets.delete(oldest)
    }
    return true
  }

  /**
   * Runs the world to its end.
   * @param planDay    asks all habits what they will do on a day
   * @param afterHour  called with the moment after each hour: a place to breathe
   */
  async run(planDay: (day: number) => void, afterDay: (day: number) => Promise<void>): Promise<void> {
    const { calendar } = this.plan
    // East of Greenwich a site's day begins before the UTC day does: it is planned a day ahead.
    const ahead = calendar.utcOffset > 0 ? 1 : 0
    let planned = 0
    for (let day = 0; day < calendar.days; day++) {
      for (; planned <= day + ahead; planned++) {
        for (const change of this.mornings.get(planned) ?? []) change()
        this.mornings.delete(planned)
        planDay(planned)
      }
      const slots = DAY / SLOT
      for (let i = 0; i < slots; i++) this.runSlot()
      await afterDay(day)
    }
    this.tap.close()
  }

  private runSlot(): void {
    const { current } = this
    for (const act of this.later.get(this.slot) ?? []) current.push(act)
    this.later.delete(this.slot)
    for (let act = current.pop(); act; act = current.pop()) {
      this.now = act.at
      act.run(act.at)
    }
    this.slot++
    this.now = this.slot * SLOT
    this.tap.flush(this.now)
  }
}
