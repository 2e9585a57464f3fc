import { DAY, HOUR, MINUTE } from '../../event/time.ts'
import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import type { SnapshotWriter } from '../snapshot.ts'
import { againView, ownerOf, subjectOfOwner, type View, viewOfOwner } from '../view.ts'
import { BIT, bitsOf, probabilityOf, type Sixteenths } from './bits.ts'
import { CalibrationMap } from './calibration_map.ts'
import { type ClosedDay, DEVICE_WORDS, packDays, TRIAL_WORDS, unpackDays } from './closed_day.ts'
import { CommitQueue, type Provisional } from './commit_queue.ts'
import { DayTrials } from './day_trials.ts'
import { ACCOUNTS, DeviceDays, type Oddest } from './device_days.ts'
import { levelAfter, levelOf } from './evidence_account.ts'
import { GROUPS, groupOfCredential, groupOfDevice, STRATA, stratumOf } from './groups.ts'
import { BURSTS, burstOf, NoveltyRates, type OwnNovelty } from './novelty.ts'
import { QUESTIONS } from './questions.ts'
import { bytesOf, type Learned, packLearned, parseState, type SelfState, unpackLearned, wordsOf } from './self_state.ts'

const EPOCH = MINUTE
const LONGEST_LAG = 24 * HOUR
const SHORTEST_LAG = HOUR
/** The lag is this share of the baseline's age. */
const LAG_SHARE = 14
/** A link is young up to this age, or half of the baseline's, whichever is less. */
const YOUNG_DAYS = 14
/** On which days of use the return of a young link is a trial. */
const RETURNS: ReadonlySet<number> = new Set([2, 3, 5, 9])
/** Quarantine by an incident that nobody decides ends after this. */
export const LONGEST_QUARANTINE: number = 14 * DAY
const MOST_QUARANTINED = 10_000
/** After so long a silence hours are no longer counted one by one. */
const MOST_HOURS = 10_000

const COMMITTED = 1
const OWN_DAYS = 3
const OWN_BURSTS = 4
/** Own days of a subject are halved at this number: they remember about as long as the network's rates. */
const MOST_OWN_DAYS = 32
const BURST_BITS = 6

/** Bits of questions that the account for credentials and administration looks at. */
const ADMINISTRATIVE = (['who', 'own', 'again'] as const).map((question) => QUESTIONS.indexOf(question))

/** A view that is judged, with what is known of it. */
interface Judged {
  readonly view: View
  readonly question: number
  readonly rates: NoveltyRates
  /** By stratum. */
  readonly maps: readonly CalibrationMap[]
}

/**
 * The learning of self (DESIGN.md section 3, docs/behaviour.md): what is seen is provisional; what is older than the lag
 * and held by nobody is committed every hour and counts as normal. Novelty is scored by rate, scores become tail
 * probabilities by maps of committed days, views are combined by expected numbers a device and day, days by accounts.
 */
export class Self {
  private readonly habits: Habits
  private readonly byId: (Judged | undefined)[] = []
  private readonly joint: readonly CalibrationMap[] = STRATA.map(() => new CalibrationMap())
  private readonly levels: readonly CalibrationMap[] = ACCOUNTS.map(() => new CalibrationMap())
  private readonly trials: DayTrials
  private readonly devices = new DeviceDays()
  private readonly queue = new CommitQueue()
  private readonly held = new CommitQueue()
  private closed: ClosedDay[] = []
  /** Device → end of its quarantine (µs). */
  private readonly quarantined = new Map<number, number>()
  private changed = new Set<number>()
  private readonly dayOffset: number
  private firstClock = -1
  private clock = 0
  private nextHour = 0
  /** When what was committed last becomes readable. */
  private epochEnd = 0
  private day: DayNumber = -1
  private committedDays = 0
  private readonly entry: Provisional = { link: 0, owner: 0, value: 0, popularity: 0, device: 0, minute: 0 }
  /** What was new in the last event, and how odd that is; emptied by `begin`. */
  readonly fresh: (Oddest & { readonly device: number })[] = []
  private actor = -1
  private late = false

  constructor(habits: Habits, views: readonly View[], dayOffset: number, seed: number) {
    this.habits = habits
    this.dayOffset = dayOffset
    this.trials = new DayTrials(seed ^ 0x3c6ef372)
    for (const view of views) {
      if (view.question === undefined) continue
      this.judge(view)
      if (view.again) this.judge(againView(view))
    }
    habits.onUse = (view, subject, link, isNew, day) => this.used(view, subject, link, isNew, day)
  }

  private judge(view: View): void {
    this.byId[view.id] = {
      view,
      question: QUESTIONS.indexOf(view.question!),
      rates: new NoveltyRates(GROUPS.length),
      maps: STRATA.map(() => new CalibrationMap()),
    }
  }

  /**
   * Moves the engine clock: commits, closes epochs and days, each at its own moment whether or not anything happened then.
   * To be called before each event, and by ticks in silence.
   */
  advance(clock: number): void {
    if (clock <= this.clock) return
    if (this.firstClock < 0) {
      this.firstClock = clock
      this.nextHour = this.hourAfter(clock)
      this.day = this.dayOf(clock)
    }
    if (clock - this.nextHour > MOST_HOURS * HOUR) this.nextHour = this.hourAfter(clock - MOST_HOURS * HOUR)
    while (clock >= this.nextHour) {
      const hour = this.nextHour
      this.clock = hour
      this.publish(hour)
      const day = this.dayOf(hour)
      if (day > this.day) this.endDay(day)
      this.endHour(hour)
      this.nextHour = hour + HOUR
    }
    this.clock = clock
    if (this.changed.size > 0) this.publish(clock)
  }

  /**
   * Begins an event.
   * @param actor the device that acts, or -1
   * @param late  the record is late: learned, not judged
   */
  begin(actor: number, late: boolean): void {
    this.actor = actor
    this.late = late
    if (this.fresh.length > 0) this.fresh.length = 0
    if (actor >= 0 && !late) this.devices.begin(actor, this.day)
  }

  /** Nothing that the device does counts as normal until then, at most 14 days from now; `release` ends it earlier. */
  quarantine(device: number, until: number): void {
    if (this.quarantined.size >= MOST_QUARANTINED && !this.quarantined.has(device)) return
    this.quarantined.set(device, Math.min(until, this.clock + LONGEST_QUARANTINE))
  }

  /** What the device did is normal after all, or the incident is over: what was held counts from the next hour on. */
  release(device: number): void {
    this.quarantined.delete(device)
  }

  /** A learned model has fired on the device: its trial of today counts as no odder than it is now. */
  fired(device: number): void {
    if (!this.devices.isActive(device, this.day) || this.devices.firedSum(device) !== 0) return
    this.devices.setFiredSum(device, Math.max(1, this.devices.sum(device)))
  }

  /** An account has fired: it begins anew. */
  accountFired(device: number, account: (typeof ACCOUNTS)[number]): void {
    if (!this.devices.isActive(device, this.day)) return
    const index = ACCOUNTS.indexOf(account)
    this.devices.setFiredLevel(device, index, Math.max(1, this.levelToday(device, index)))
  }

  // What is odd, for `surprise.ts`.

  get today(): DayNumber {
    return this.day
  }

  /** Days whose trials count. */
  get daysCommitted(): number {
    return this.committedDays
  }

  isActive(device: number): boolean {
    return this.devices.isActive(device, this.day)
  }

  oddest(device: number, question: number): Oddest {
    return this.devices.oddest(device, question)
  }

  sum(device: number): Sixteenths {
    return this.devices.sum(device)
  }

  /** The share of device-days, among devices like this, whose sum is this high or higher: a p-value; 1 while unlearned. */
  jointTail(device: number, sum: Sixteenths): number {
    return this.joint[this.stratumOfDevice(device)]!.tail(sum)
  }

  /** Expected number of device-days of this or a higher sum, a day in the whole network; 1 a device while unlearned. */
  jointRate(device: number, sum: Sixteenths): number {
    return this.jointTail(device, sum) * Math.max(1, this.deviceDays())
  }

  /** The share of device-days on which an account stands as high or higher: a p-value. */
  accountTail(device: number, account: number): number {
    return this.levels[account]!.tail(this.levelToday(device, account))
  }

  /** Expected number of devices a day whose account stands as high or higher. */
  accountRate(device: number, account: number): number {
    return this.accountTail(device, account) * Math.max(1, this.levels[account]!.trialsADay)
  }

  levelToday(device: number, account: number): Sixteenths {
    const before = this.devices.account(device, account)
    return this.isActive(device) ? levelAfter(before, this.slot(device, account)).level : levelOf(before)
  }

  judged(viewId: number): View | undefined {
    return this.byId[viewId]?.view
  }

  /** What the subject's own committed days say of a view, and how probable a day with something new is for it. */
  noveltyOf(view: View, subject: number): OwnNovelty & { readonly rate: number; readonly group: number } {
    const own = this.own(ownerOf(view, subject))
    const group = this.groupOf(view, subject)
    return { ...own, group, rate: this.byId[view.id]?.rates.rate(own, group) ?? 1 }
  }

  /** Expected number of such trials a day in the whole network: N·p. NaN for a view that is not judged or not yet learned. */
  viewRate(viewId: number, group: number, score: Sixteenths): number {
    const map = this.byId[viewId]?.maps[stratumOf(group)]
    return map === undefined || map.trials === 0 ? Number.NaN : map.tail(score) * map.trialsADay
  }

  /** Days between device-days that hold something so odd; never beyond the days learned. */
  periodOf(device: number, bits: Sixteenths): number {
    const devices = this.joint[this.stratumOfDevice(device)]!.trialsADay
    const rate = Math.max(probabilityOf(bits) * devices, 1e-9)
    return Math.min(1 / rate, Math.max(1, this.committedDays))
  }

  get provisional(): number {
    return this.queue.length + this.held.length
  }

  get bytes(): number {
    return this.trials.bytes + this.devices.bytes + (this.queue.length + this.held.length) * 24
  }

  /** The next full hour of the site's time, after which its day may end. */
  private hourAfter(clock: number): number {
    return (Math.floor((clock + this.dayOffset) / HOUR) + 1) * HOUR - this.dayOffset
  }

  private dayOf(clock: number): DayNumber {
    return Math.max(0, Math.min(65_534, Math.floor((clock + this.dayOffset) / DAY)))
  }

  /** Active devices a day: those of the subject's stratum, for a credential all, since it may be used from any. */
  private population(view: View, group: number): number {
    return view.subject === 'device' ? this.joint[stratumOf(group)]!.trialsADay : this.deviceDays()
  }

  private deviceDays(): number {
    let sum = 0
    for (const map of this.joint) sum += map.trialsADay
    return sum
  }

  private stratumOfDevice(device: number): number {
    return stratumOf(groupOfDevice(this.habits.devices, device, this.habits.deviceActivity.days(device)))
  }

  private groupOf(view: View, subject: number): number {
    const { devices, deviceActivity, credentialActivity } = this.habits
    return view.subject === 'device'
      ? groupOfDevice(devices, subject, deviceActivity.days(subject))
      : groupOfCredential(devices, subject, credentialActivity.days(subject))
  }

  /** First use of a value on a day: by a subject for the first time ever, or again. */
  private used(view: View, subject: number, link: number, isNew: boolean, day: DayNumber): void {
    const judged = this.byId[view.id]
    if (isNew) this.makeProvisional(link, judged === undefined ? -1 : this.popularityOf(link))
    if (judged === undefined || this.late) return
    const owner = ownerOf(view, subject)
    let trial = this.trials.find(owner)
    if (trial === 0) trial = this.trials.add(owner, this.deviceOf(view, subject), this.groupOf(view, subject))
    if (isNew) this.scoreNew(judged, owner, trial, link)
    else if (view.again) this.scoreReturn(view, subject, link, day)
  }

  /** Credentials do nothing by themselves: the device that used one is judged. */
  private deviceOf(view: View, subject: number): number {
    return view.subject === 'device' ? subject : this.actor
  }

  private popularityOf(link: number): number {
    return this.habits.values.published(this.habits.table.value(link))
  }

  private makeProvisional(link: number, popularity: number): void {
    const { entry } = this
    entry.link = link
    entry.owner = this.habits.table.owner(link)
    entry.value = this.habits.table.value(link)
    entry.popularity = popularity
    entry.device = this.actor
    entry.minute = Math.floor(this.clock / MINUTE)
    this.queue.push(entry)
  }

  private scoreNew(judged: Judged, owner: number, trial: number, link: number): void {
    const { values, table } = this.habits
    const count = this.trials.count(trial) + 1
    this.trials.setCount(trial, count)
    const group = this.trials.group(trial)
    const popularity = this.popularityOf(link)
    const raw = judged.rates.score(this.own(owner), group, count, popularity)
    // Others who came to it in the same hours: a new server, a patch day. The more, the less it says about this one.
    const value = table.value(link)
    const others = Math.max(0, values.references(value) - 1 - values.committed(value))
    const score = Math.max(0, raw - bitsOf(1 / (1 + others)))
    table.setBirth(link, Math.floor(score / (BIT / 4)))
    this.judgeScore(judged, trial, group, { link, score, count })
  }

  /** A young link comes back: the administrator who was called to a desk comes once; the intruder comes back. */
  private scoreReturn(view: View, subject: number, link: number, day: DayNumber): void {
    const { table } = this.habits
    const days = table.days(link)
    const age = day - table.firstDay(link)
    if (age <= 0 || age >= Math.min(YOUNG_DAYS, this.committedDays / 2) || !RETURNS.has(days)) return
    const judged = this.byId[view.id + 32]!
    const owner = ownerOf(judged.view, subject)
    let trial = this.trials.find(owner)
    if (trial === 0) trial = this.trials.add(owner, this.deviceOf(view, subject), this.groupOf(view, subject))
    const count = this.trials.count(trial) + 1
    this.trials.setCount(trial, count)
    const score = table.birth(link) * (BIT / 4) + bitsOf(1 / days)
    this.judgeScore(judged, trial, this.trials.group(trial), { link, score, count })
  }

  private judgeScore(
    judged: Judged,
    trial: number,
    group: number,
    { link, score, count }: { readonly link: number; readonly score: Sixteenths; readonly count: number },
  ): void {
    const device = this.deviceOf(judged.view, subjectOfOwner(this.trials.owner(trial)))
    if (count === 1 && device >= 0) {
      this.devices.begin(device, this.day)
      this.devices.addViewTested(device)
    }
    if (score > this.trials.score(trial) || count === 1) {
      this.trials.setScore(trial, score)
      this.trials.setDevice(trial, device)
    }
    if (device < 0) return
    const rate = this.viewRate(judged.view.id, group, score)
    const population = this.population(judged.view, group)
    if (!(rate >= 0) || population <= 0) return
    const bits = bitsOf(Math.min(1, rate / population))
    const oddest: Oddest = { bits, link, view: judged.view.id, score, count }
    if (bits > this.devices.bits(device, judged.question)) {
      this.devices.begin(device, this.day)
      this.devices.setOddest(device, judged.question, oddest)
    }
    this.fresh.push({ ...oddest, device })
  }

  /** The p-value of a device's day for an account: the oddest question, times the number of views that were tested. */
  private slot(device: number, account: number): number {
    const questions = account === 0 ? QUESTIONS.map((_, index) => index) : ADMINISTRATIVE
    let most = 0
    for (const question of questions) most = Math.max(most, this.devices.bits(device, question))
    return Math.min(1, Math.max(1, this.devices.viewsTested(device)) * probabilityOf(most))
  }

  private own(owner: number): OwnNovelty {
    const { profiles } = this.habits.table
    const profile = profiles.find(owner, 0, 0)
    const days = profile === 0 ? 0 : profiles.rows.get(profile, OWN_DAYS)
    const packed = profile === 0 ? 0 : profiles.rows.get(profile, OWN_BURSTS)
    const bursts = Array.from({ length: BURSTS }, (_, burst) => (packed >>> (burst * BURST_BITS)) & 0x3f)
    return { activeDays: days >>> 16, noveltyDays: days & 0xffff, bursts }
  }

  private addOwnDay(owner: number, newValues: number): void {
    const { profiles } = this.habits.table
    const profile = profiles.find(owner, 0, 0)
    if (profile === 0) return
    const own = this.own(owner)
    let { activeDays, noveltyDays } = own
    let bursts = [...own.bursts]
    activeDays++
    if (newValues > 0) {
      noveltyDays++
      for (let burst = burstOf(newValues); burst >= 0; burst--) bursts[burst] = Math.min(63, bursts[burst]! + 1)
    }
    if (activeDays >= MOST_OWN_DAYS) {
      activeDays >>>= 1
      noveltyDays >>>= 1
      bursts = bursts.map((days) => days >>> 1)
    }
    profiles.rows.set(profile, OWN_DAYS, (activeDays << 16) | noveltyDays)
    profiles.rows.set(
      profile,
      OWN_BURSTS,
      bursts.reduce((packed, days, burst) => packed | (days << (burst * BURST_BITS)), 0),
    )
  }

  /** Facts that were committed become readable for all when their epoch has closed. */
  private publish(clock: number): void {
    if (this.changed.size === 0 || clock < this.epochEnd) return
    for (const value of this.changed) if (this.habits.values.isLive(value)) this.habits.values.publish(value)
    this.changed = new Set()
  }

  private lag(clock: number): number {
    return Math.max(SHORTEST_LAG, Math.min(LONGEST_LAG, (clock - this.firstClock) / LAG_SHARE))
  }

  private endHour(clock: number): void {
    for (const [device, until] of this.quarantined) if (clock >= until) this.quarantined.delete(device)
    const { entry } = this
    const before = Math.floor((clock - this.lag(clock)) / MINUTE)
    // What was held is looked at first, once: whatever is still held goes back to the end.
    for (let left = this.held.length; left > 0; left--) {
      this.held.take(entry)
      this.commitOrHold()
    }
    for (;;) {
      const minute = this.queue.oldestMinute()
      if (minute === undefined || minute > before) break
      this.queue.take(entry)
      this.commitOrHold()
    }
    this.epochEnd = (Math.floor(clock / EPOCH) + 1) * EPOCH
    while (this.closed.length > 0 && this.closed[0]!.due <= clock / MINUTE) this.commitDay(this.closed.shift()!)
  }

  private commitOrHold(): void {
    const { entry } = this
    const { table, values } = this.habits
    const { link, owner, value } = entry
    if (!table.links.isLive(link) || table.owner(link) !== owner || table.value(link) !== value) return
    if (table.flags(link) & COMMITTED) return
    if (this.quarantined.has(entry.device)) {
      this.held.push(entry)
      return
    }
    table.setFlags(link, table.flags(link) | COMMITTED)
    values.addCommitted(value, 1)
    this.changed.add(value)
    if (entry.popularity >= 0) this.byId[viewOfOwner(owner)]?.rates.addValue(entry.popularity)
  }

  /** The engine clock has entered a new day: what was tried yesterday is set aside until it counts. */
  private endDay(next: DayNumber): void {
    const { trials, devices } = this
    const packedTrials = new Int32Array((trials.end - 1) * TRIAL_WORDS)
    for (let trial = 1; trial < trials.end; trial++) {
      const count = Math.min(0xffff, trials.count(trial))
      const packed = (Math.min(0xffff, trials.score(trial)) << 16) | count
      packedTrials.set(
        [trials.owner(trial), trials.device(trial), trials.group(trial), packed],
        (trial - 1) * TRIAL_WORDS,
      )
    }
    const packedDevices = new Int32Array(devices.active.length * DEVICE_WORDS)
    devices.active.forEach((device, index) => {
      const fired = devices.firedSum(device)
      const sum = fired === 0 ? devices.sum(device) : Math.min(fired, devices.sum(device))
      let levels = 0
      for (let account = 0; account < ACCOUNTS.length; account++) {
        const { account: after, level } = levelAfter(devices.account(device, account), this.slot(device, account))
        const firedLevel = devices.firedLevel(device, account)
        const stated = firedLevel === 0 ? level : Math.min(firedLevel, level)
        devices.setAccount(device, account, firedLevel === 0 ? after : after.map(() => 0))
        levels |= Math.min(0xffff, stated) << (16 * account)
      }
      const group = groupOfDevice(this.habits.devices, device, this.habits.deviceActivity.days(device))
      packedDevices.set([device, group, sum, levels], index * DEVICE_WORDS)
    })
    const ended = (this.day + 1) * DAY - this.dayOffset
    const due = Math.ceil((ended + this.lag(ended)) / MINUTE)
    this.closed.push({ due, trials: packedTrials, devices: packedDevices })
    trials.clear()
    devices.active = []
    this.day = next
  }

  /** A day's trials count from now on: rates, own rates, maps. */
  private commitDay({ trials, devices }: ClosedDay): void {
    for (let at = 0; at < trials.length; at += TRIAL_WORDS) {
      const owner = trials[at]! >>> 0
      const judged = this.byId[viewOfOwner(owner)]!
      const group = trials[at + 2]!
      const count = trials[at + 3]! & 0xffff
      const score = trials[at + 3]! >>> 16
      const held = this.quarantined.has(trials[at + 1]!)
      if (viewOfOwner(owner) < 32 && !held) {
        judged.rates.add(group, count)
        this.addOwnDay(owner, count)
      }
      if (count === 0) continue
      // Leaving a held trial out would lower the tail and make everybody else fire: it counts, but as no odder than the tail's start.
      const map = judged.maps[stratumOf(group)]!
      map.feed(held ? Math.min(score, map.tailStart) : score)
    }
    for (let at = 0; at < devices.length; at += DEVICE_WORDS) {
      const held = this.quarantined.has(devices[at]!)
      const map = this.joint[stratumOf(devices[at + 1]!)]!
      const sum = devices[at + 2]!
      map.feed(held ? Math.min(sum, map.tailStart) : sum)
      this.levels.forEach((levels, account) => {
        const level = (devices[at + 3]! >>> (16 * account)) & 0xffff
        levels.feed(held ? Math.min(level, levels.tailStart) : level)
      })
    }
    for (const judged of this.byId) {
      if (judged === undefined) continue
      judged.rates.closeDay()
      for (const map of judged.maps) map.closeDay()
    }
    for (const map of [...this.joint, ...this.levels]) map.closeDay()
    this.committedDays++
  }

  private *parts(): Generator<Learned> {
    for (const judged of this.byId) {
      if (judged === undefined) continue
      yield judged.rates
      yield* judged.maps
    }
    yield* this.joint
    yield* this.levels
  }

  addTo(snapshot: SnapshotWriter): void {
    const { trials, devices } = this
    const state: SelfState = {
      views: this.byId.flatMap((judged, id) => (judged ? [id] : [])),
      firstClock: this.firstClock,
      clock: this.clock,
      nextHour: this.nextHour,
      epochEnd: this.epochEnd,
      day: this.day,
      committedDays: this.committedDays,
      quarantined: [...this.quarantined],
      changed: [...this.changed],
      trials: [...trials.head()],
      devices: [...devices.head()],
    }
    snapshot.add('self/state', Buffer.from(JSON.stringify(state), 'utf8'))
    snapshot.add('self/learned', bytesOf(packLearned(this.parts())))
    snapshot.add('self/queue', bytesOf(this.queue.write()))
    snapshot.add('self/held', bytesOf(this.held.write()))
    snapshot.add('self/closed', bytesOf(packDays(this.closed)))
    snapshot.addRows('self/trials', trials.freeze())
    snapshot.addRows('self/devices', devices.freeze())
  }

  /** Goes on from a snapshot; one that was written before there was learning leaves everything to be learned. */
  restore(sections: ReadonlyMap<string, Uint8Array>): void {
    const stored = sections.get('self/state')
    if (stored === undefined) return
    const state = parseState(JSON.parse(Buffer.from(stored).toString('utf8')))
    const known = this.byId.flatMap((judged, id) => (judged ? [id] : []))
    if (state.views.join() !== known.join())
      throw new Error(
        `the snapshot was learned with the views ${state.views.join(', ')}, and this version learns ${known.join(', ')}; start Thymus with the version that wrote it, or begin with an empty state directory`,
      )
    this.firstClock = state.firstClock
    this.clock = state.clock
    this.nextHour = state.nextHour
    this.epochEnd = state.epochEnd
    this.day = state.day
    this.committedDays = state.committedDays
    this.quarantined.clear()
    for (const [device, until] of state.quarantined) this.quarantined.set(device, until)
    this.changed = new Set(state.changed)
    unpackLearned(this.parts(), sections.get('self/learned') ?? new Uint8Array())
    this.queue.read(wordsOf(sections.get('self/queue')))
    this.held.read(wordsOf(sections.get('self/held')))
    this.closed = unpackDays(wordsOf(sections.get('self/closed')))
    this.trials.restore(Int32Array.from(state.trials), sections.get('self/trials') ?? new Uint8Array())
    this.devices.restore(Int32Array.from(state.devices), sections.get('self/devices') ?? new Uint8Array())
  }
}
