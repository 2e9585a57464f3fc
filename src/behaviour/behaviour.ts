import type { DeviceDirectory } from '../device/directory.ts'
import type { Event } from '../event/event.ts'
import { HABIT_BOUNDS, type HabitBounds, Habits } from './habits.ts'
import { History } from './history.ts'
import { type LearningState, learningState } from './learning_state.ts'
import { type DayNumber, LINK_BYTES } from './link_table.ts'
import { type UsualVolume, usualVolumes } from './metrics/volume_words.ts'
import { LearnedRoles, type TagCarrier } from './roles/roles.ts'
import { BIT } from './self/bits.ts'
import { Self } from './self/self.ts'
import { type DeviceSurprise, surpriseOf } from './self/surprise.ts'
import { SiteDays } from './site_days.ts'
import type { SnapshotWriter } from './snapshot.ts'
import { usualDays } from './usual_days.ts'
import { ownerOf, type View } from './view.ts'
import { FAMILIES, VIEWS } from './views/families.ts'
import type { Handler } from './views/family.ts'

export interface BehaviourOptions {
  /** Bounds of the memory; what is not given is as in `HABIT_BOUNDS`. */
  readonly bounds?: Partial<HabitBounds>
  /** IANA name of the site's time zone: a day of learning begins at its midnight (`site_days.ts`). Default UTC. */
  readonly timeZone?: string
  /**
   * The dial of the learned models: so many device-days of 1,000 may be odd enough for an alert. Default 6: their share of
   * ten alerts a day per 1,000 devices.
   */
  readonly oddDaysPerThousandDevices?: number
  /** Where learned roles go; without it none is given. */
  readonly tags?: TagCarrier
  /** Of the indexes' hashes, against flooding; nothing that can be observed depends on it. */
  readonly seed?: number
}

/** Committed days before a day may be called ordinary. */
const DAYS_TO_JUDGE = 7
/** A day is ordinary when more than this share of device-days are as odd. */
const ORDINARY = 0.01

/** The share of the days that may be said which may be said loudly. */
const LOUD = 0.2

/** So many times as many device-days may be odd enough for an alert where there was one before, or on the path that led there. */
const IN_COMPANY = 4

/** What a device or credential has been seen to do, for people. */
export interface Habit {
  /** Name of the view. */
  readonly view: string
  readonly value: string
  /** `2024-04-20`, in the site's days. */
  readonly firstDay: string
  readonly lastDay: string
  /** On how many days, of so many on which the device was active at all. */
  readonly days: number
  readonly activeDaysOfDevice: number
}

/** For `summary.json` and `doctor`. */
export interface BehaviourCounts {
  readonly links: number
  readonly values: number
  readonly texts: number
  readonly endpointNames: number
  readonly bytes: number
  readonly bytesOfLinks: number
  readonly dayCacheHits: number
  readonly dayCacheMisses: number
  /** What bounds have cost, by bound. */
  readonly evicted: Readonly<Record<string, number>>
}

/**
 * The behaviour station (DESIGN.md section 1): takes events with devices, in canonical order; holds what is normal for
 * every device and credential.
 */
export class BehaviourStation {
  readonly habits: Habits
  /** What is normal and how odd everything else is; the models' `fired` and the incidents' `quarantine` go here. */
  readonly self: Self
  /** What was so before: for the analyst. */
  readonly history: History
  /** Tags that excuse, learned from committed days. */
  readonly roles: LearnedRoles
  private readonly handlers = new Map<string, readonly Handler[]>()
  private readonly siteDays: SiteDays
  /** Share of device-days that may be odd enough for an alert. */
  private readonly oddTail: number
  /** The event's day is asked for once an event; consecutive events are of one day. */
  private dayStart = 0
  private dayEnd = 0
  private day: DayNumber = 0
  private readonly devices: DeviceDirectory

  constructor(devices: DeviceDirectory, options: BehaviourOptions = {}) {
    this.devices = devices
    this.siteDays = new SiteDays(options.timeZone)
    this.oddTail = (options.oddDaysPerThousandDevices ?? 6) / 1000
    this.habits = new Habits(devices, VIEWS, { ...HABIT_BOUNDS, ...options.bounds }, options.seed ?? 0)
    this.history = new History(this.habits, this.siteDays)
    this.self = new Self(this.habits, VIEWS, this.siteDays, options.seed ?? 0)
    const byType = new Map<string, Handler[]>()
    for (const family of FAMILIES) {
      for (const [type, make] of Object.entries(family.handlers)) {
        byType.set(type, [...(byType.get(type) ?? []), make(this.habits)])
      }
    }
    this.roles = new LearnedRoles(
      this.habits,
      this.siteDays,
      (device) => this.self.isHeld(device),
      options.tags,
      options.seed ?? 0,
    )
    this.self.onDayEnd = (day, due, active) => this.roles.endDay(day, due, active)
    this.self.onCommit = (clock) => this.roles.commit(clock)
    for (const [type, handler] of Object.entries(this.roles.handlers()))
      byType.set(type, [...(byType.get(type) ?? []), handler])
    this.handlers = byType
  }

  /** Learns from one event. Late records are learned on their own day. */
  see(event: Event): void {
    this.self.advance(event.clock)
    this.self.begin(event.orig, event.late)
    const handlers = this.handlers.get(event.batch.type.name)
    if (handlers === undefined) return
    const known = event.batch.known[event.row]!
    // Never later than the engine clock, whatever the record says of itself.
    const when = Number.isNaN(known) ? event.key : Math.min(known, event.key)
    if (when < this.dayStart || when >= this.dayEnd) this.turnToDay(when)
    const { day, habits } = this
    habits.begin()
    if (event.orig >= 0) habits.deviceActivity.mark(event.orig, day)
    for (let i = 0; i < handlers.length; i++) handlers[i]!(event, day)
    if (!event.late) this.self.metrics.see(event)
    habits.end()
  }

  /** A tick of the engine clock (µs) in silence: hours are committed, days end. */
  tick(clock: number): void {
    this.self.advance(clock)
  }

  /** Bits of the oddest thing that was new in this event, the last one seen; NaN when nothing was, or nothing is learned. */
  bits(_event: Event): number {
    let most = Number.NaN
    for (const { bits } of this.self.fresh) if (!(bits / BIT <= most)) most = bits / BIT
    return most
  }

  /** How often something as odd as the oddest thing new in this event is seen here: once in so many days; NaN as above. */
  networkPeriodDays(_event: Event): number {
    let longest = Number.NaN
    for (const { device, bits } of this.self.fresh) {
      const period = this.self.periodOf(device, bits)
      if (!(period <= longest)) longest = period
    }
    return longest
  }

  /** As `bits`, of what answers one question (`QUESTIONS`): who, whither, what … */
  bitsOf(_event: Event, question: number): number {
    let most = Number.NaN
    for (const { bits, view } of this.self.fresh) {
      if (this.self.judgedAs(view) === question && !(bits / BIT <= most)) most = bits / BIT
    }
    return most
  }

  /** On how many earlier, committed days the device has done such a thing, whatever the target; 0 while nothing is learned. */
  usualDays(event: Event): number {
    return usualDays(this.habits, event, this.day)
  }

  /**
   * True when the device's day is so odd, by the oddest of all limits, that the dial lets an alert pass.
   * @param inCompany an alert was raised on the device in the last days: such devices are few, so that what is less odd may
   *   be said of them at hardly any cost in false alerts
   */
  isOddDay(device: number, inCompany: boolean): boolean {
    const watched = inCompany || this.self.isOnWatchedPath(device)
    return this.self.dayTail(device) <= this.oddTail * (watched ? IN_COMPANY : 1)
  }

  /**
   * True when the device's day, as far as it is known, is one like most of its kind: what works untrained need not alert on
   * it. False while less than a week was learned.
   */
  isOrdinaryDay(device: number): boolean {
    return this.knowsDays() && this.self.dayTail(device) > ORDINARY
  }

  /** Enough days are learned to say of a day whether it is like most. */
  knowsDays(): boolean {
    return this.self.daysCommitted >= DAYS_TO_JUDGE
  }

  /** True when the device's day is so odd that it may be said loudly: a fifth of what the dial lets pass at all. */
  isLoudDay(device: number): boolean {
    return this.self.dayTail(device) <= this.oddTail * LOUD
  }

  /** How far the learning has come. */
  learning(): LearningState {
    return learningState(this.oddTail, {
      committedDays: this.self.daysCommitted,
      devicesADay: this.self.deviceDays(),
      ...this.self.oddnessKnown,
    })
  }

  /** A learned model has raised an alert on the device. */
  fired(device: number): void {
    this.self.fired(device, this.oddTail)
    this.roles.alerted(device, this.self.today)
  }

  /** How odd the device's day is so far and why; undefined when it was not active today or nothing is learned yet. */
  surprise(device: number): DeviceSurprise | undefined {
    const { table, values } = this.habits
    return surpriseOf(
      this.self,
      device,
      {
        isLive: (link) => link > 0 && link < table.links.end && table.links.isLive(link),
        owner: (link) => table.owner(link),
        value: (link) => table.value(link),
        firstDay: (link) => table.firstDay(link),
        days: (link) => table.days(link),
        noveltyDays: (owner) => {
          const days = new Set<DayNumber>()
          for (let link = table.first(owner); link !== 0; link = table.next(link)) days.add(table.firstDay(link))
          return days.size
        },
        activeDays: (view, subject) =>
          (view.subject === 'device' ? this.habits.deviceActivity : this.habits.credentialActivity).days(subject),
      },
      (value) => values.published(value),
      {
        valueText: (view, value) => this.valueText(view, value),
        subjectText: (view, subject) =>
          view.subject === 'credential' ? this.devices.credential(subject) : this.partText('device', subject),
        dayText,
      },
    )
  }

  /** What a device does, by view, most constant first. */
  normal(device: number): readonly Habit[] {
    return this.habitsOf('device', device, this.habits.deviceActivity.days(device))
  }

  /** How much a device usually does of each thing, within 5 minutes, an hour and a day. */
  metrics(device: number): readonly UsualVolume[] {
    return usualVolumes(this.self.metrics, 'device', device)
  }

  metricsOfCredential(credential: number): readonly UsualVolume[] {
    return usualVolumes(this.self.metrics, 'credential', credential)
  }

  /** What is done with a credential. */
  normalOfCredential(credential: number): readonly Habit[] {
    return this.habitsOf('credential', credential, this.habits.credentialActivity.days(credential))
  }

  counts(): BehaviourCounts {
    const { table, values, texts, cache, endpoints, bytes } = this.habits
    return {
      links: table.size,
      values: values.size,
      texts: texts.size,
      endpointNames: endpoints.size,
      bytes,
      bytesOfLinks: table.size * LINK_BYTES,
      dayCacheHits: cache.hits,
      dayCacheMisses: cache.misses,
      evicted: {
        linksByAge: table.evictedByAge,
        linksOverShareOfOwner: table.evictedByOwner,
        valuesRefused: values.refused,
        textsDropped: texts.dropped,
        textsRefused: texts.refused,
        textsCut: texts.cut,
        endpointNames: endpoints.evicted,
        daysBeyondMemory: table.beyondMemory,
        subjectsRefused: this.habits.refusedSubjects,
        ...this.self.metrics.evicted,
        roleDaysRefused: this.roles.refused,
      },
    }
  }

  /** Adds everything learned to a snapshot. Between two events only. */
  addTo(snapshot: SnapshotWriter): void {
    snapshot.add('behaviour/views', Buffer.from(JSON.stringify(VIEWS.map(({ id, name }) => [id, name])), 'utf8'))
    this.habits.addTo(snapshot)
    this.self.addTo(snapshot)
    this.roles.addTo(snapshot)
  }

  /**
   * Goes on from a snapshot, in place of everything learned so far.
   * @throws Error in words for people when the snapshot has views that this version does not know
   */
  restore(sections: ReadonlyMap<string, Uint8Array>): void {
    const views: unknown = JSON.parse(Buffer.from(sections.get('behaviour/views') ?? []).toString('utf8') || '[]')
    const known = new Set(VIEWS.map(({ id }) => id))
    const strange = Array.isArray(views) ? views.filter((view) => !Array.isArray(view) || !known.has(view[0])) : []
    if (strange.length > 0)
      throw new Error(
        `the snapshot holds views that this version does not know: ${strange.map(String).join('; ')}; start Thymus with the version that wrote it, or begin with an empty state directory`,
      )
    this.habits.restore(sections)
    this.self.restore(sections)
    this.roles.restore(sections)
  }

  /** A value as people read it. */
  valueText(view: View, value: number): string {
    const { values } = this.habits
    const parts = [this.partText(view.value[0], values.a(value)), this.partText(view.value[1], values.b(value))]
    return view.shown ? view.shown(parts[0]!, parts[1]!) : parts.filter((part) => part !== '').join(' ')
  }

  private partText(part: View['value'][number], value: number): string {
    const { values, texts } = this.habits
    if (part === 'none') return ''
    if (part === 'text') return texts.text(value)
    if (part === 'number') return String(value)
    if (part === 'credential') return this.devices.credential(value)
    if (part === 'device') return value < 0 ? 'outside' : this.devices.hostname(value) || this.devices.ip(value)
    return serviceText(values.a(value), texts.text(values.b(value)))
  }

  private habitsOf(subject: View['subject'], index: number, activeDays: number): readonly Habit[] {
    const { table } = this.habits
    const found: Habit[] = []
    for (const view of VIEWS) {
      if (view.subject !== subject) continue
      const ofView: Habit[] = []
      for (let link = table.first(ownerOf(view, index)); link !== 0; link = table.next(link)) {
        ofView.push({
          view: view.name,
          value: this.valueText(view, table.value(link)),
          firstDay: dayText(table.firstDay(link)),
          lastDay: dayText(table.lastDay(link)),
          days: table.days(link),
          activeDaysOfDevice: activeDays,
        })
      }
      found.push(...ofView.sort((a, b) => b.days - a.days || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0)))
    }
    return found
  }

  private turnToDay(micros: number): void {
    this.day = this.siteDays.dayOf(micros)
    this.dayStart = this.siteDays.startOf(this.day)
    this.dayEnd = this.siteDays.startOf(this.day + 1)
  }
}

/** `2024-04-20` */
function dayText(day: DayNumber): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6' }
const DYNAMIC_PORT = 49_152

/** `smb (tcp/445)`, `dce_rpc (tcp, dynamic port)`, `tcp/8443` */
function serviceText(protocolAndPort: number, name: string): string {
  const protocol = PROTOCOLS[protocolAndPort >>> 16] ?? 'unknown protocol'
  const port = protocolAndPort & 0xffff
  const place = port >= DYNAMIC_PORT && protocol !== 'icmp' ? `${protocol}, dynamic port` : `${protocol}/${port}`
  return name === '' ? place : `${name} (${place})`
}
