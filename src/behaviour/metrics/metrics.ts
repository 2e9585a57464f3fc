import type { Event } from '../../event/event.ts'
import { MINUTE } from '../../event/time.ts'
import type { Habits } from '../habits.ts'
import { bitsOf, MOST_BITS, type Sixteenths } from '../self/bits.ts'
import { CalibrationMap } from '../self/calibration_map.ts'
import { groupOfCredential, groupOfDevice, STRATA, stratumOf } from '../self/groups.ts'
import { bytesOf, packLearned, unpackLearned, wordsOf } from '../self/self_state.ts'
import type { SiteDays } from '../site_days.ts'
import type { SnapshotWriter } from '../snapshot.ts'
import { DistinctToday, type Raise } from './distinct_today.ts'
import { type CrossingListener, FamilyCounts } from './family_counts.ts'
import { GroupVolumes, MemberDays } from './group_volumes.ts'
import { binOf, MOST_AMOUNT } from './half_octaves.ts'
import {
  ADDED,
  BYTES_OF_UNIT,
  FACT_BIT,
  FAMILIES_OF_METRICS,
  type Fact,
  type FamilyName,
  FIVE_MINUTES_A_DAY,
  type Metric,
  WINDOWS,
} from './metric.ts'
import { METRICS } from './metrics_list.ts'
import { LOGS, type Observation, type Reader } from './readers.ts'
import { addOwnDay, ownDaysFrom, weighedDays } from './volume_history.ts'

/** Ids of metrics and windows stand beyond those of views (and of "used again"). */
const FIRST_VIEW = 64
const FIVE_MINUTES = 5 * MINUTE
/** Places of the memory of what was counted in these five minutes; a power of two. */
const RECENT = 32_768
/** In place of the facts of a pair; no facts are negative. */
const ANY_PORT = -2
const SMALL_AMOUNT = 1024 * BYTES_OF_UNIT
/** Words of a closed block before its metrics. */
const CLOSED_HEADER = 7
const CLOSED_METRIC = 4
/**
 * Scores are kept as if a bit had four, as levels of accounts are: mixing with the group makes the raw tails of ordinary days
 * crowd below three bits, and the map never goes on more steeply than one bit a bit (unscaled, one trial in 100 was one in 1,400).
 */
const SCORE_SCALE = 4
/** A day counts for the maps when something had been learned before it ended. */
const DAYS_BEFORE = 1

/** What is said of a crossing. */
export interface Crossing {
  readonly family: FamilyName
  readonly subject: number
  readonly kind: 'device' | 'credential'
  /** The device that acted, or -1. */
  readonly device: number
  readonly group: number
  readonly view: number
  readonly score: Sixteenths
  readonly bin: number
  /** The first of the family that day. */
  readonly first: boolean
}

/** One family's metrics in one log. */
interface Part {
  readonly family: Family
  readonly masks: Int32Array
  readonly locals: Int32Array
  /** Index in `ADDED`. */
  readonly adds: Int32Array
}
interface Plan {
  readonly reader: Reader
  readonly parts: readonly Part[]
}

const ONE = ADDED.indexOf('one')
const BYTES_SENT = ADDED.indexOf('bytes sent')
const BYTES_RECEIVED = ADDED.indexOf('bytes received')
const PORTS = ADDED.indexOf('distinct ports')
const SOURCES = ADDED.indexOf('distinct sources')
const CREDENTIALS = ADDED.indexOf('distinct credentials')

function maskOf(facts: readonly Fact[]): number {
  return facts.reduce((mask, fact) => mask | FACT_BIT[fact], 0)
}

/** A family with what is known of it. */
export class Family implements CrossingListener {
  readonly name: FamilyName
  readonly subject: 'device' | 'credential'
  readonly side: 'orig' | 'resp' | 'credential'
  readonly counts: FamilyCounts
  /** By metric and window. */
  readonly groups: readonly (readonly GroupVolumes[])[]
  /** By stratum. */
  readonly maps: readonly CalibrationMap[] = STRATA.map(() => new CalibrationMap())
  private readonly owner: Metrics

  constructor(name: FamilyName, owner: Metrics) {
    const metrics = METRICS.filter(({ family }) => family === name)
    this.name = name
    this.subject = FAMILIES_OF_METRICS[name].subject
    this.side = FAMILIES_OF_METRICS[name].side
    this.owner = owner
    this.counts = new FamilyCounts(metrics, this)
    this.groups = metrics.map(() => WINDOWS.map(() => new GroupVolumes()))
  }

  /** Days on which the subject was active at all, before today; at least those on which it did this. */
  activeDays(subject: number): number {
    const { deviceActivity, credentialActivity } = this.owner.habits
    const activity = this.subject === 'device' ? deviceActivity : credentialActivity
    const today = activity.days(subject) > 0 && activity.lastDay(subject) === this.owner.day ? 1 : 0
    return Math.max(activity.days(subject) - today, this.counts.committedDays)
  }

  groupOf(subject: number): number {
    const { devices } = this.owner.habits
    const days = this.activeDays(subject) + 1
    return this.subject === 'device' ? groupOfDevice(devices, subject, days) : groupOfCredential(devices, subject, days)
  }

  crossed(local: number, window: number, bin: number): void {
    const { counts, owner } = this
    const best = counts.best
    const score = this.score(local, window, bin)
    if (score <= best) return
    const device = this.subject === 'device' ? counts.subject : owner.actor
    counts.setBest(score, device)
    owner.judge?.({
      family: this.name,
      subject: counts.subject,
      kind: this.subject,
      device,
      group: counts.group,
      view: owner.viewOf(counts.metrics[local]!, window),
      score,
      bin,
      first: best < 0,
    })
  }

  private own(local: number, window: number, bin: number): { hits: number; days: number } {
    const { counts } = this
    const activeDays = this.activeDays(counts.subject)
    const hits = ownDaysFrom(counts.words, counts.historyAt(local, window), bin, counts.halvings(activeDays))
    return { hits, days: weighedDays(activeDays) }
  }

  /** Of the open block's subject: days with so much or more; older ones weigh less, and what was never met counts a little. */
  ownDaysAsHigh(local: number, window: number, amount: number): number {
    return this.own(local, window, binOf(amount)).hits
  }

  /** −log₂ of the share of days with so high a maximum, four a bit, for the subject of the open block. */
  score(local: number, window: number, bin: number): Sixteenths {
    const { counts } = this
    const own = this.own(local, window, bin)
    const tail = this.groups[local]![window]!.tail(bin, counts.group, own, this.owner.members[this.subject].days)
    return Math.min(MOST_BITS, bitsOf(tail) * SCORE_SCALE)
  }
}

/**
 * The metrics: how much of each thing (`metrics_list.ts`) a device or credential does within five minutes, an hour and a
 * day, against its own days and those of its like (DESIGN.md section 3, docs/behaviour.md). The day's maximum of each metric
 * and window is scored by its tail; the day's highest score of a family is a trial, fed to the family's map when the day is
 * committed. Windows are those of the engine clock; late records are not counted.
 */
export class Metrics {
  readonly habits: Habits
  readonly families: readonly Family[]
  readonly members = { device: new MemberDays(), credential: new MemberDays() } as const
  /** Set by the learning of self. */
  judge: ((crossing: Crossing) => void) | undefined
  /** The device that acts in the present event, or -1. */
  actor = -1
  /** The present day of the site. */
  day = -1
  private readonly siteDays: SiteDays
  private readonly plans = new Map<string, Plan>()
  private readonly novelty: Family
  private readonly distinct: DistinctToday
  /** Pairs (originator, responder, facts) and ports of originators that were counted in these five minutes. */
  private readonly recent = new Int32Array(RECENT * 3).fill(-1)
  private closed: Int32Array[] = []
  private five = -1
  private fiveEnd = 0
  private readonly raise: Raise = { five: 0, hour: 0, day: 0 }
  private readonly seen: Observation = {
    facts: 0,
    bytesSent: 0,
    bytesReceived: 0,
    target: -1,
    port: 0,
    source: -1,
  }

  constructor(habits: Habits, siteDays: SiteDays, seed: number) {
    this.habits = habits
    this.siteDays = siteDays
    this.distinct = new DistinctToday(seed ^ 0x510e527f)
    const names = Object.keys(FAMILIES_OF_METRICS) as FamilyName[]
    this.families = names.map((name) => new Family(name, this))
    this.novelty = this.families[names.indexOf('novelty')]!
    for (const [log, { says, make }] of Object.entries(LOGS)) {
      const parts = this.families.map((family) => partOf(family, says)).filter(({ locals }) => locals.length > 0)
      this.plans.set(log, { reader: make(), parts })
    }
  }

  /** Counts an event that is not late. */
  see(event: Event): void {
    const plan = this.plans.get(event.batch.type.name)
    if (plan === undefined) return
    const { seen } = this
    seen.facts = 0
    plan.reader(event, seen)
    const { facts } = seen
    if (facts === 0) return
    if (event.clock >= this.fiveEnd) this.turnTo(event.clock)
    const { orig, resp, credential } = event
    this.actor = orig
    const connects = (facts & FACT_BIT.connection) !== 0
    const isOldPair = connects && this.metRecently(seen.source, seen.target, facts)
    const isOldPort = connects && this.metRecently(seen.source, seen.port, ANY_PORT)
    const { parts } = plan
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      const { family, masks, locals, adds } = part
      const subject = family.side === 'orig' ? orig : family.side === 'resp' ? resp : credential
      if (subject < 0) continue
      const { counts } = family
      let open = false
      for (let k = 0; k < masks.length; k++) {
        const mask = masks[k]!
        if ((facts & mask) !== mask) continue
        const added = adds[k]!
        if (added > BYTES_RECEIVED && (added === PORTS ? isOldPort : isOldPair)) continue
        if (!open) {
          if (!counts.open(subject, this.five)) break
          open = true
        }
        if (added === ONE) counts.add(locals[k]!, 1, 1, 1)
        else if (added <= BYTES_RECEIVED) {
          const units = unitsOf(added === BYTES_SENT ? seen.bytesSent : seen.bytesReceived)
          if (units > 0) counts.add(locals[k]!, units, units, units)
        } else this.addDistinct(family, locals[k]!, this.valueOf(added, credential))
      }
    }
  }

  /** The learning of links says that a device speaks to a peer it never spoke to, or to an endpoint that hardly anybody knows. */
  meet(device: number, fact: 'new peer' | 'rare endpoint', clock: number): void {
    if (clock >= this.fiveEnd) this.turnTo(clock)
    const { counts } = this.novelty
    if (!counts.open(device, this.five)) return
    const local = counts.metrics.findIndex(({ when }) => when[0] === fact)
    counts.add(local, 1, 1, 1)
  }

  private valueOf(added: number, credential: number): number {
    const { seen } = this
    if (added === PORTS) return seen.port
    if (added === SOURCES) return seen.source
    return added === CREDENTIALS ? credential : seen.target
  }

  private addDistinct(family: Family, local: number, value: number): void {
    if (value === -1) return
    const { counts } = family
    const { raise } = this
    const owner = counts.row * 64 + counts.metrics[local]!.id
    if (!this.distinct.meet(owner, value, counts.countOfDay(local), this.five, raise)) return
    counts.add(local, raise.five, raise.hour, raise.day)
  }

  /**
   * True when the same three words were met in these five minutes; else remembers them. Nothing can be seen of it: what was
   * met in a window raises none of its counts again.
   */
  private metRecently(a: number, b: number, c: number): boolean {
    const { recent } = this
    let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)
    h ^= h >>> 15
    h = Math.imul(h, 0x2c1b3c6d)
    const at = ((h ^ (h >>> 13)) & (RECENT - 1)) * 3
    if (recent[at] === a && recent[at + 1] === b && recent[at + 2] === c) return true
    recent[at] = a
    recent[at + 1] = b
    recent[at + 2] = c
    return false
  }

  private turnTo(clock: number): void {
    this.day = this.siteDays.dayOf(clock)
    const ofDay = Math.floor(this.siteDays.sinceMidnight(clock) / FIVE_MINUTES)
    this.five = this.day * FIVE_MINUTES_A_DAY + Math.min(FIVE_MINUTES_A_DAY - 1, ofDay)
    this.fiveEnd = Math.min(
      this.siteDays.startOf(this.day + 1),
      this.siteDays.startOf(this.day) + (ofDay + 1) * FIVE_MINUTES,
    )
    this.recent.fill(-1)
  }

  /** A day has ended: its maxima are set aside until the day is committed. */
  endDay(day: number): void {
    const words: number[] = []
    this.families.forEach(({ counts }, index) => {
      counts.closeDay(day, () => {
        const start = words.length
        words.push(index, counts.row, counts.subject, counts.group, counts.device, counts.best, 0)
        for (let local = 0; local < counts.metrics.length; local++) {
          const inDay = counts.maximum(local, 2)
          if (inDay > 0) words.push(local, counts.maximum(local, 0), counts.maximum(local, 1), inDay)
        }
        words[start + CLOSED_HEADER - 1] = (words.length - start - CLOSED_HEADER) / CLOSED_METRIC
      })
    })
    this.closed.push(Int32Array.from(words))
    this.distinct.clear()
    this.recent.fill(-1)
  }

  /**
   * The oldest day that has ended counts from now on.
   * @param groups  of every device, and of every credential, that was active that day
   * @param learned how many days counted when it ended
   * @param isHeld  what the device did counts for nobody yet
   */
  commitDay(
    groups: { readonly device: readonly number[]; readonly credential: readonly number[] },
    learned: number,
    isHeld: (device: number) => boolean,
  ): void {
    const words = this.closed.shift()
    if (words === undefined) return
    for (let at = 0; at < words.length; at += CLOSED_HEADER + words[at + CLOSED_HEADER - 1]! * CLOSED_METRIC)
      this.commitBlock(words, at, learned, isHeld)
    for (const kind of ['device', 'credential'] as const) {
      for (const group of groups[kind]) this.members[kind].add(group)
      this.members[kind].closeDay()
    }
    for (const family of this.families) {
      for (const windows of family.groups) for (const volumes of windows) volumes.closeDay()
      for (const map of family.maps) map.closeDay()
    }
  }

  private commitBlock(words: Int32Array, at: number, learned: number, isHeld: (device: number) => boolean): void {
    const [index, row, subject, group, device, score, metrics] = words.subarray(at, at + CLOSED_HEADER) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const family = this.families[index]!
    const { counts } = family
    const held = isHeld(device)
    if (learned >= DAYS_BEFORE && score >= 0) {
      // Leaving a held trial out would lower the tail and make everybody else fire: it counts as no odder than the start of it.
      const map = family.maps[stratumOf(group)]!
      map.feed(held ? Math.min(score, map.tailStart) : score)
    }
    if (held || counts.find(subject) !== row) return
    counts.look(row)
    counts.beginCommit()
    const activeDays = family.activeDays(subject)
    const halvings = counts.halvings(activeDays)
    let next = at + CLOSED_HEADER
    const end = next + metrics * CLOSED_METRIC
    for (let local = 0; local < counts.metrics.length; local++) {
      const counted = next < end && words[next] === local
      for (let window = 0; window < WINDOWS.length; window++) {
        const amount = counted ? words[next + 1 + window]! : 0
        const bin = binOf(amount)
        addOwnDay(counts.words, counts.historyAt(local, window), bin, halvings)
        if (!counted) continue
        counts.setEver(local, window, amount)
        family.groups[local]![window]!.add(group, bin)
      }
      if (counted) next += CLOSED_METRIC
    }
    counts.endCommit(activeDays)
  }

  /** Expected number of such trials of a family a day in the whole network; NaN while nothing is learned. */
  rate(view: number, group: number, score: Sixteenths): number {
    return this.familyOf(view).maps[stratumOf(group)]!.rate(score)
  }

  /** The id under which a metric and window stand beside views. */
  viewOf(metric: Metric, window: number): number {
    return FIRST_VIEW + metric.id * 4 + window
  }

  isMetric(view: number): boolean {
    return view >= FIRST_VIEW
  }

  metricOf(view: number): { readonly metric: Metric; readonly window: number } {
    const metric = METRICS.find(({ id }) => id === (view - FIRST_VIEW) >> 2)
    if (metric === undefined) throw new RangeError(`no metric has the id ${(view - FIRST_VIEW) >> 2}`)
    return { metric, window: (view - FIRST_VIEW) & 3 }
  }

  familyOf(view: number): Family {
    const { metric } = this.metricOf(view)
    return this.families.find(({ name }) => name === metric.family)!
  }

  get bytes(): number {
    return this.families.reduce((sum, { counts }) => sum + counts.bytes, this.distinct.bytes + this.recent.byteLength)
  }

  /** What bounds have cost. */
  get evicted(): Readonly<Record<string, number>> {
    let refused = 0
    let forgotten = 0
    for (const { counts } of this.families) {
      refused += counts.refused
      forgotten += counts.forgotten
    }
    return { metricsRefused: refused, metricsForgotten: forgotten, distinctValuesRefused: this.distinct.refused }
  }

  private *learned(): Generator<MemberDays | GroupVolumes | CalibrationMap> {
    yield this.members.device
    yield this.members.credential
    for (const family of this.families) {
      yield* family.maps
      for (const windows of family.groups) yield* windows
    }
  }

  /** Adds everything to a snapshot. Between two events only. */
  addTo(snapshot: SnapshotWriter): void {
    const head = {
      metrics: METRICS.map(({ id, name }) => [id, name]),
      families: this.families.map(({ name, counts }) => [name, counts.head()]),
      distinct: this.distinct.head(),
      five: this.five,
      fiveEnd: this.fiveEnd,
      day: this.day,
      closed: this.closed.map(({ length }) => length),
    }
    snapshot.add('metrics/head', Buffer.from(JSON.stringify(head), 'utf8'))
    this.families.forEach(({ counts }, index) => {
      snapshot.addRows(`metrics/counts-${index}`, counts.freeze())
    })
    snapshot.addRows('metrics/distinct', this.distinct.freeze())
    snapshot.add('metrics/learned', bytesOf(packLearned(this.learned())))
    snapshot.add('metrics/closed', bytesOf(Int32Array.from(this.closed.flatMap((words) => [...words]))))
  }

  /**
   * Goes on from a snapshot.
   * @throws Error in words when it was written with other metrics than this version counts
   */
  restore(sections: ReadonlyMap<string, Uint8Array>): void {
    const stored = sections.get('metrics/head')
    const head = stored === undefined ? undefined : parseHead(JSON.parse(Buffer.from(stored).toString('utf8')))
    const known = METRICS.map(({ id, name }) => `${id} ${name}`).join()
    if (head?.metrics.map(([id, name]) => `${id} ${name}`).join() !== known)
      throw new Error(
        'the snapshot was written by a version that counts other metrics; start Thymus with that version, or begin with an empty state directory',
      )
    this.families.forEach(({ counts }, index) => {
      counts.restore(
        head.families[index]?.[1] ?? [1, 0, 0],
        sections.get(`metrics/counts-${index}`) ?? new Uint8Array(),
      )
    })
    this.distinct.restore(head.distinct, sections.get('metrics/distinct') ?? new Uint8Array())
    unpackLearned(this.learned(), sections.get('metrics/learned') ?? new Uint8Array())
    const closed = wordsOf(sections.get('metrics/closed'))
    let at = 0
    this.closed = head.closed.map((length) => {
      at += length
      return closed.slice(at - length, at)
    })
    this.five = head.five
    this.fiveEnd = head.fiveEnd
    this.day = head.day
    this.recent.fill(-1)
  }
}

function partOf(family: Family, says: readonly Fact[]): Part {
  const applies = family.counts.metrics.flatMap((metric, local) =>
    metric.when.every((fact) => says.includes(fact)) ? [{ metric, local }] : [],
  )
  return {
    family,
    masks: Int32Array.from(applies, ({ metric }) => maskOf(metric.when)),
    locals: Int32Array.from(applies, ({ local }) => local),
    adds: Int32Array.from(applies, ({ metric }) => ADDED.indexOf(metric.adds)),
  }
}

function unitsOf(bytes: number): number {
  // Absent, or nonsense.
  if (!(bytes > 0)) return 0
  if (bytes <= SMALL_AMOUNT) return (bytes + (BYTES_OF_UNIT - 1)) >>> 8
  return Math.min(MOST_AMOUNT, Math.ceil(bytes / BYTES_OF_UNIT))
}

interface Head {
  readonly metrics: readonly (readonly [id: number, name: string])[]
  readonly families: readonly (readonly [name: string, head: readonly number[]])[]
  readonly distinct: readonly number[]
  readonly five: number
  readonly fiveEnd: number
  readonly day: number
  readonly closed: readonly number[]
}

/** @throws Error when the head is not as this version writes it */
function parseHead(value: unknown): Head {
  const head = value as Head
  const whole =
    typeof value === 'object' &&
    value !== null &&
    [head.metrics, head.families, head.distinct, head.closed].every(Array.isArray) &&
    [head.five, head.fiveEnd, head.day].every((number) => typeof number === 'number')
  if (!whole) throw new Error('section metrics/head of the snapshot is not as this version writes it')
  return head
}
