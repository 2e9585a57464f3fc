import { HOUR, MINUTE } from '../../event/time.ts'
import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import { type Crossing, Metrics } from '../metrics/metrics.ts'
import type { SiteDays } from '../site_days.ts'
import type { SnapshotWriter } from '../snapshot.ts'
import { ownerOf, subjectOfOwner, type View } from '../view.ts'
import { ENDPOINT, PEER } from '../views/connections.ts'
import { Accounts } from './accounts.ts'
import { BIT, bitsOf, MOST_BITS, probabilityOf, type Sixteenths } from './bits.ts'
import { type ClosedDay, CREDENTIAL_WORDS, DEVICE_WORDS, packDays, TRIAL_WORDS, unpackDays } from './closed_day.ts'
import { Committed, type CommittedTo, type Judged } from './committed.ts'
import { CredentialDays } from './credential_days.ts'
import { DayTrials } from './day_trials.ts'
import { ACCOUNTS, DeviceDays, type Oddest, OWN_SUMS } from './device_days.ts'
import { ownTail } from './evidence_account.ts'
import { groupOfCredential, groupOfDevice, stratumOf } from './groups.ts'
import type { OwnNovelty } from './novelty.ts'
import { activeDaysBefore, ownNovelty } from './own_novelty.ts'
import { ProvisionalLinks } from './provisional_links.ts'
import { CHAIN, MANY, SUMS } from './questions.ts'
import { bytesOf, packLearned, parseState, type SelfState, unpackLearned, wordsOf } from './self_state.ts'

const LONGEST_LAG = 24 * HOUR
const SHORTEST_LAG = HOUR
/** The lag is this share of the baseline's age. */
const LAG_SHARE = 14
/** A link is young up to this age, or half of the baseline's, whichever is less. */
const YOUNG_DAYS = 14
/** On which days of use the return of a young link is a trial. */
const RETURNS: ReadonlySet<number> = new Set([2, 3, 5, 9])
/** A path is watched so many days after an alert on it. */
const WATCHED_DAYS = 4
/** New peers and rare endpoints are counted once so many days have been learned: before, everything is new. */
const DAYS_BEFORE_NOVELTY = 2
/** An endpoint is rare when one device in so many has spoken to it, or fewer. */
const RARE = 100
/** After so long a silence hours are no longer counted one by one. */
const MOST_HOURS = 10_000

/**
 * The learning of self (DESIGN.md section 3, docs/behaviour.md): what is seen is provisional; what is older than the lag
 * and held by nobody is committed every hour and counts as normal. Novelty is scored by rate, scores become tail
 * probabilities by maps of committed days, views are combined by expected numbers a device and day, days by accounts.
 */
export class Self {
  private readonly habits: Habits
  private readonly known: Committed
  private readonly trials: DayTrials
  private readonly devices = new DeviceDays()
  private readonly credentials = new CredentialDays()
  private readonly accounts: Accounts
  private readonly provisionals: ProvisionalLinks
  private closed: ClosedDay[] = []
  private readonly siteDays: SiteDays
  private firstClock = -1
  private clock = 0
  private nextHour = 0
  private day: DayNumber = -1
  /** What was new in the last event, and how odd that is; emptied by `begin`. */
  readonly fresh: (Oddest & { readonly device: number })[] = []
  /** Told of each day that ends: when (minute) it will count, and who was active. */
  onDayEnd: ((day: DayNumber, due: number, active: readonly number[]) => void) | undefined
  /** Told of each hourly commit. */
  onCommit: ((clock: number) => void) | undefined
  /** Credentials used today. */
  private activeCredentials = new Set<number>()
  private actor = -1
  private late = false

  /** How much of each thing is done: volumes, the question `many`. */
  readonly metrics: Metrics

  private readonly committedTo: CommittedTo

  constructor(habits: Habits, views: readonly View[], siteDays: SiteDays, seed: number) {
    this.habits = habits
    this.siteDays = siteDays
    this.trials = new DayTrials(seed ^ 0x3c6ef372)
    this.known = new Committed(views)
    this.accounts = new Accounts(habits, this.known, this.devices, this.credentials)
    this.provisionals = new ProvisionalLinks(habits)
    this.committedTo = {
      habits,
      deviceDays: this.devices,
      credentialDays: this.credentials,
      isHeld: (device) => this.provisionals.isHeld(device),
    }
    this.metrics = new Metrics(habits, siteDays, seed)
    this.metrics.judge = (crossing) => this.judgeVolume(crossing)
    habits.onUse = (view, subject, link, isNew, day) => this.used(view, subject, link, isNew, day)
  }

  /**
   * Moves the engine clock: commits, closes epochs and days, each at its own moment whether or not anything happened then.
   * To be called before each event, and by ticks in silence.
   */
  advance(clock: number): void {
    if (clock <= this.clock) return
    const { siteDays } = this
    if (this.firstClock < 0) {
      this.firstClock = clock
      this.nextHour = siteDays.hourAfter(clock)
      this.day = siteDays.dayOf(clock)
    }
    if (clock - this.nextHour > MOST_HOURS * HOUR) this.nextHour = siteDays.hourAfter(clock - MOST_HOURS * HOUR)
    while (clock >= this.nextHour) {
      const hour = this.nextHour
      this.clock = hour
      this.provisionals.publish(hour)
      const day = siteDays.dayOf(hour)
      if (day > this.day) this.endDay(day)
      this.endHour(hour)
      this.nextHour = siteDays.hourAfter(hour)
    }
    this.clock = clock
    this.provisionals.publish(clock)
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
    this.provisionals.quarantine(device, until, this.clock)
  }

  /** What the device did is normal after all, or the incident is over: what was held counts from the next hour on. */
  release(device: number): void {
    this.provisionals.release(device)
  }

  isHeld(device: number): boolean {
    return this.provisionals.isHeld(device)
  }

  /**
   * A learned model has fired on the device: its trials of today count as no odder than they are now, and the accounts
   * that are odd enough to have fired begin anew tomorrow.
   * @param tail the limit: share of device-days that may be as odd
   */
  fired(device: number, tail: number): void {
    const { devices } = this
    if (!devices.isActive(device, this.day)) return
    const credential = devices.credential(device)
    if (credential >= 0) this.credentials.setFired(credential, this.day)
    if (devices.firedSum(device) !== 0) return
    devices.setFiredOddness(device, Math.max(1, this.oddness(device)))
    devices.setFiredSum(device, Math.max(1, packedSums(devices, device)))
    devices.setFiredMany(device, devices.bits(device, MANY))
    for (let account = 0; account < ACCOUNTS.length; account++) {
      if (this.accountTail(device, account) <= tail) this.accounts.fired(device, account, this.day)
    }
  }

  /**
   * True when a credential went on from the device today, where it had been brought, and a learned model fired on
   * a device with that credential in the last days: what is known of the place it came from is carried to where it goes.
   */
  isOnWatchedPath(device: number): boolean {
    if (!this.isActive(device)) return false
    const { bits, link } = this.devices.oddest(device, CHAIN)
    const { table } = this.habits
    if (bits === 0 || !table.links.isLive(link)) return false
    return this.credentials.firedWithin(subjectOfOwner(table.owner(link)), this.day, WATCHED_DAYS)
  }

  // What is odd, for `surprise.ts`.

  get today(): DayNumber {
    return this.day
  }

  /** Device-days that say how odd days are, as far as not forgotten, and the smallest share of them that can be stated. */
  get oddnessKnown(): { readonly deviceDays: number; readonly smallestTail: number } {
    const { others } = this.known.oddness
    return { deviceDays: others.trials, smallestTail: others.tail(MOST_BITS) }
  }

  /** Days whose trials count. */
  get daysCommitted(): number {
    return this.known.days
  }

  isActive(device: number): boolean {
    return this.devices.isActive(device, this.day)
  }

  oddest(device: number, question: number): Oddest {
    return this.devices.oddest(device, question)
  }

  sum(device: number): Sixteenths {
    return this.devices.sum(device, SUMS.everything)
  }

  /** The share of device-days, among devices like this, whose sum is this high or higher: a p-value; 1 while unlearned. */
  jointTail(device: number, sum: Sixteenths): number {
    return this.known.joint.everything[this.stratumOfDevice(device)]!.tail(sum)
  }

  /** Expected number of device-days of this or a higher sum, a day in the whole network; 1 a device while unlearned. */
  jointRate(device: number, sum: Sixteenths): number {
    return this.jointTail(device, sum) * Math.max(1, this.known.deviceDays())
  }

  /** The share of device-days on which an account stands as high or higher: a p-value. */
  accountTail(device: number, account: number): number {
    return this.known.levels[account]!.tail(this.levelToday(device, account))
  }

  /** Expected number of devices a day whose account stands as high or higher. */
  accountRate(device: number, account: number): number {
    return this.accountTail(device, account) * Math.max(1, this.known.levels[account]!.trialsADay)
  }

  /**
   * The share of device-days, among devices like this, that are as odd as the device's day so far or odder, by the oddest of
   * all limits (the sum of the day, an account of several days): a p-value; 1 while unlearned.
   */
  dayTail(device: number): number {
    if (!this.isActive(device)) return 1
    return this.known.oddnessOf(this.stratumOfDevice(device)).tail(this.oddness(device))
  }

  /** Devices that are active on an ordinary day. */
  deviceDays(): number {
    return this.known.deviceDays()
  }

  /** −log₂ of the smallest tail of the device's limits. */
  private oddness(device: number): Sixteenths {
    const { devices, known } = this
    const stratum = this.stratumOfDevice(device)
    let tail = Math.min(
      known.many[stratum]!.tail(devices.bits(device, MANY)),
      probabilityOf(devices.bits(device, CHAIN)),
    )
    // Devices that administer are few among their like, and odd every day: what is said of them is by their own days, too.
    OWN_SUMS.forEach((name, index) => {
      const pooled = known.joint[name][stratum]!.tail(devices.sum(device, SUMS[name]))
      tail = Math.min(tail, ownTail(devices.ownOfSum(device, index), pooled))
    })
    for (let account = 0; account < ACCOUNTS.length; account++) tail = Math.min(tail, this.accountTail(device, account))
    return bitsOf(tail)
  }

  /** Where an account stands on a day that adds to it; 0 on others. */
  levelToday(device: number, account: number): Sixteenths {
    return this.accounts.level(device, account, this.day)
  }

  /** The question that a view, or its "used again", answers; -1 for one that is not judged. */
  judgedAs(viewId: number): number {
    return this.metrics.isMetric(viewId) ? MANY : (this.known.byId[viewId]?.question ?? -1)
  }

  judged(viewId: number): View | undefined {
    return this.known.byId[viewId]?.view
  }

  /** What the subject's own committed days say of a view, and how probable a day with something new is for it. */
  noveltyOf(view: View, subject: number): OwnNovelty & { readonly rate: number; readonly group: number } {
    const own = this.own(view, subject)
    const group = this.groupOf(view, subject)
    return { ...own, group, rate: this.known.byId[view.id]?.rates.rate(own, group) ?? 1 }
  }

  /** `Committed.viewRate`. */
  viewRate(viewId: number, group: number, score: Sixteenths): number {
    return this.known.viewRate(viewId, group, score)
  }

  /** `Committed.periodOf`, for the device's stratum. */
  periodOf(device: number, bits: Sixteenths): number {
    return this.known.periodOf(this.stratumOfDevice(device), bits)
  }

  get provisional(): number {
    return this.provisionals.queue.length + this.provisionals.held.length
  }

  get bytes(): number {
    return (
      this.trials.bytes +
      this.devices.bytes +
      this.credentials.bytes +
      this.metrics.bytes +
      (this.provisionals.queue.length + this.provisionals.held.length) * 24
    )
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
    const judged = this.known.byId[view.id]
    if (isNew) this.provisionals.add(link, judged === undefined ? -1 : this.popularityOf(link), this.actor, this.clock)
    if (!this.late && this.known.days >= DAYS_BEFORE_NOVELTY) this.countNovelty(view, subject, link, isNew)
    if (judged === undefined || this.late) return
    if (view.subject === 'credential') {
      this.activeCredentials.add(subject)
      this.credentials.begin(subject, this.day)
    } else this.devices.begin(subject, this.day)
    if (isNew) this.scoreNew(judged, subject, link)
    else if (view.again) this.scoreReturn(view, subject, link, day)
  }

  /** The day's trial of a subject in a view, made when there is none. */
  private trialOf(view: View, subject: number): number {
    const owner = ownerOf(view, subject)
    const trial = this.trials.find(owner)
    return trial !== 0 ? trial : this.trials.add(owner, this.deviceOf(view, subject), this.groupOf(view, subject))
  }

  /** Credentials do nothing by themselves: the device that used one is judged. */
  private deviceOf(view: View, subject: number): number {
    return view.subject === 'device' ? subject : this.actor
  }

  private popularityOf(link: number): number {
    return this.habits.values.published(this.habits.table.value(link))
  }

  private scoreNew(judged: Judged, subject: number, link: number): void {
    const { values, table } = this.habits
    const trial = this.trialOf(judged.view, subject)
    const count = this.trials.count(trial) + 1
    this.trials.setCount(trial, count)
    const group = this.trials.group(trial)
    const popularity = this.popularityOf(link)
    const raw = judged.rates.score(this.own(judged.view, subject), group, count, popularity)
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
    if (age <= 0 || age >= Math.min(YOUNG_DAYS, this.known.days / 2) || !RETURNS.has(days)) return
    const judged = this.known.byId[view.id + 32]!
    const trial = this.trialOf(judged.view, subject)
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
    const rate = this.known.viewRate(judged.view.id, group, score)
    const population = this.known.population(judged.view, group)
    if (!(rate >= 0) || population <= 0) return
    const bits = bitsOf(Math.min(1, rate / population))
    const oddest: Oddest = { bits, link, view: judged.view.id, score, count }
    if (judged.view.ofAccount) {
      const credential = subjectOfOwner(this.trials.owner(trial))
      this.credentials.raise(credential, bits, device)
      this.devices.addCredential(device, credential, bits)
    }
    if (bits > this.devices.bits(device, judged.question)) {
      this.devices.begin(device, this.day)
      this.devices.setOddest(device, judged.question, oddest)
    }
    this.fresh.push({ ...oddest, device })
  }

  /** New peers and rare endpoints of a device are volumes too. */
  private countNovelty(view: View, subject: number, link: number, isNew: boolean): void {
    if (view.id === PEER.id) {
      if (isNew) this.metrics.meet(subject, 'new peer', this.clock)
    } else if (view.id === ENDPOINT.id) {
      if (this.popularityOf(link) <= Math.max(1, this.known.deviceDays() / RARE))
        this.metrics.meet(subject, 'rare endpoint', this.clock)
    }
  }

  /** The day's maximum of a metric has come into a higher bin, and no other of its family is so odd today. */
  private judgeVolume({ subject, kind, device, group, view, score, bin, first }: Crossing): void {
    if (device < 0) return
    if (first) {
      this.devices.begin(device, this.day)
      this.devices.addViewTested(device)
    }
    const rate = this.metrics.rate(view, group, score)
    const population = this.known.population({ subject: kind }, group)
    if (!(rate >= 0) || population <= 0) return
    const bits = bitsOf(Math.min(1, rate / population))
    if (bits === 0) return
    const oddest: Oddest = { bits, link: subject, view, score, count: bin }
    this.devices.begin(device, this.day)
    if (bits > this.devices.bits(device, MANY)) this.devices.setOddest(device, MANY, oddest)
    this.fresh.push({ ...oddest, device })
  }

  private own(view: View, subject: number): OwnNovelty {
    const { profiles } = this.habits.table
    return ownNovelty(
      profiles.rows,
      profiles.find(ownerOf(view, subject), 0, 0),
      activeDaysBefore(this.habits, view, subject),
    )
  }

  private lag(clock: number): number {
    return Math.max(SHORTEST_LAG, Math.min(LONGEST_LAG, (clock - this.firstClock) / LAG_SHARE))
  }

  private endHour(clock: number): void {
    this.provisionals.commit(clock, this.lag(clock), this.known)
    while (this.closed.length > 0 && this.closed[0]!.due <= clock / MINUTE) this.commitDay(this.closed.shift()!)
    this.onCommit?.(clock)
  }

  private commitDay(day: ClosedDay): void {
    this.known.commitDay(day, this.committedTo)
    const groups = (of: Int32Array, words: number): number[] =>
      Array.from({ length: of.length / words }, (_, index) => of[index * words + 1]!)
    const active = { device: groups(day.devices, DEVICE_WORDS), credential: groups(day.credentials, CREDENTIAL_WORDS) }
    this.metrics.commitDay(active, day.learned, this.committedTo.isHeld)
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
      const sum = fired === 0 ? packedSums(devices, device) : fired
      const oddness = fired === 0 ? this.oddness(device) : Math.min(devices.firedOddness(device), this.oddness(device))
      const many = devices.bits(device, MANY)
      const manyFed = fired === 0 ? many : Math.min(many, devices.firedMany(device))
      const group = groupOfDevice(this.habits.devices, device, this.habits.deviceActivity.days(device))
      const row = [device, group, sum, (oddness << 16) | manyFed, ...this.accounts.closeDevice(device, this.day)]
      packedDevices.set(row, index * DEVICE_WORDS)
    })
    const ended = this.siteDays.startOf(this.day + 1)
    const due = Math.ceil((ended + this.lag(ended)) / MINUTE)
    const credentials = Int32Array.from(
      [...this.activeCredentials].flatMap((credential) => this.accounts.closeCredential(credential)),
    )
    this.closed.push({ due, learned: this.known.days, trials: packedTrials, devices: packedDevices, credentials })
    this.metrics.endDay(this.day)
    this.onDayEnd?.(this.day, due, devices.active)
    this.activeCredentials = new Set()
    trials.clear()
    devices.active = []
    this.day = next
  }

  addTo(snapshot: SnapshotWriter): void {
    const { trials, devices } = this
    const state: SelfState = {
      views: this.known.byId.flatMap((judged, id) => (judged ? [id] : [])),
      firstClock: this.firstClock,
      clock: this.clock,
      nextHour: this.nextHour,
      epochEnd: this.provisionals.epochEnd,
      day: this.day,
      committedDays: this.known.days,
      quarantined: [...this.provisionals.quarantined],
      changed: [...this.provisionals.changed],
      trials: [...trials.head()],
      devices: [...devices.head()],
      credentials: [...this.activeCredentials],
    }
    snapshot.add('self/state', Buffer.from(JSON.stringify(state), 'utf8'))
    snapshot.add('self/learned', bytesOf(packLearned(this.known.parts())))
    snapshot.add('self/queue', bytesOf(this.provisionals.queue.write()))
    snapshot.add('self/held', bytesOf(this.provisionals.held.write()))
    snapshot.add('self/closed', bytesOf(packDays(this.closed)))
    snapshot.addRows('self/trials', trials.freeze())
    snapshot.addRows('self/devices', devices.freeze())
    snapshot.add('self/credential-head', bytesOf(this.credentials.head()))
    snapshot.addRows('self/credentials', this.credentials.freeze())
    this.metrics.addTo(snapshot)
  }

  /** Goes on from a snapshot; one that was written before there was learning leaves everything to be learned. */
  restore(sections: ReadonlyMap<string, Uint8Array>): void {
    const stored = sections.get('self/state')
    if (stored === undefined) return
    const state = parseState(JSON.parse(Buffer.from(stored).toString('utf8')))
    this.metrics.restore(sections)
    const known = this.known.byId.flatMap((judged, id) => (judged ? [id] : []))
    if (state.views.join() !== known.join())
      throw new Error(
        `the snapshot was learned with the views ${state.views.join(', ')}, and this version learns ${known.join(', ')}; start Thymus with the version that wrote it, or begin with an empty state directory`,
      )
    this.firstClock = state.firstClock
    this.clock = state.clock
    this.nextHour = state.nextHour
    this.provisionals.epochEnd = state.epochEnd
    this.day = state.day
    this.known.days = state.committedDays
    this.provisionals.quarantined.clear()
    for (const [device, until] of state.quarantined) this.provisionals.quarantined.set(device, until)
    this.provisionals.changed = new Set(state.changed)
    this.activeCredentials = new Set(state.credentials)
    unpackLearned(this.known.parts(), sections.get('self/learned') ?? new Uint8Array())
    this.provisionals.queue.read(wordsOf(sections.get('self/queue')))
    this.provisionals.held.read(wordsOf(sections.get('self/held')))
    this.closed = unpackDays(wordsOf(sections.get('self/closed')))
    this.trials.restore(Int32Array.from(state.trials), sections.get('self/trials') ?? new Uint8Array())
    this.credentials.restore(
      wordsOf(sections.get('self/credential-head')),
      sections.get('self/credentials') ?? new Uint8Array(),
    )
    this.devices.restore(Int32Array.from(state.devices), sections.get('self/devices') ?? new Uint8Array())
  }
}

/** Both sums of a device's day in one word. */
function packedSums(devices: DeviceDays, device: number): number {
  return (devices.sum(device, SUMS.administration) << 16) | Math.min(0xffff, devices.sum(device, SUMS.everything))
}
