import type { BehaviourStation } from '../behaviour/behaviour.ts'
import type { DaysOf } from '../behaviour/history.ts'
import { DIRECTORY_REPLICATION } from '../behaviour/views/administration.ts'
import type { DeviceDirectory } from '../device/directory.ts'
import { TAGS, type Tag } from '../device/tags.ts'
import { DAY, HOUR, type Micros, microsOf } from '../event/time.ts'
import type { EvidenceRecord } from '../model/alert.ts'
import type { Case } from './case.ts'
import { DeviceIndex } from './device_index.ts'
import type { Network } from './investigation/network.ts'
import type { Coincidence } from './linking/link.ts'
import { REMEMBERED, type Reach, Reaches } from './reaches.ts'
import type { Sighting } from './sighting.ts'

/** Where the analyst asks. */
export interface AnalystSources {
  readonly devices: DeviceDirectory & { readonly credentialCount: number }
  readonly behaviour: BehaviourStation
  /** The announced change that is going on for a device. */
  readonly window?: (device: number, clock: Micros) => string | undefined
}

/** A share of fewer devices than this means nothing. */
const LEAST_DEVICES = 10
const BIT = 16
const RATE_DAYS = 30
const LEAST_RATE = 0.02
const MOST_TIMES = 64
const MOST_DEVICES = 50_000
const MOST_FILES = 20_000
const MOST_WRITERS = 64
const REASONS = 2
const DAYS_TO_KNOW = 7
const LONGEST_SILENCE = 2 * HOUR

export interface SavedMemory {
  readonly clock: Micros
  readonly first: Micros | null
  readonly watched: Micros
  readonly ticked: Micros
  readonly logs: readonly string[]
  readonly reaches: ReturnType<Reaches['save']>
  readonly alerts: readonly (readonly [device: string, times: readonly Micros[]])[]
  readonly writers: readonly (readonly [file: string, devices: readonly string[]])[]
}

/** What the analyst remembers of the network, and all that it may ask of the stations before it. */
export class Memory implements Network {
  clock: Micros = 0
  /** Engine clock of the first event. */
  first: Micros | undefined
  /** For how long the network was watched: decades of silence before a first true record are not. */
  watched: Micros = 0
  /** Engine clock of the last tick. */
  ticked: Micros = 0
  readonly logs = new Set<string>()
  readonly reaches = new Reaches()
  /** By device: when alerts on it were first raised, within the last month. */
  private readonly alerts = new Map<string, Micros[]>()
  private readonly writers = new Map<string, Set<string>>()
  private readonly sources: AnalystSources
  private readonly index: DeviceIndex
  private readonly credentials = new Map<string, number>()
  private credentialsRead = 0

  constructor(sources: AnalystSources) {
    this.sources = sources
    this.index = new DeviceIndex(sources.devices)
  }

  /** The engine clock went on. */
  tick(clock: Micros): void {
    this.clock = clock
    if (this.ticked > 0) this.watched += Math.min(LONGEST_SILENCE, Math.max(0, clock - this.ticked))
    this.ticked = clock
  }

  /** An administrative act of one device on another. @param act number of its name among the behaviour station's texts */
  noteAct(orig: number, resp: number, act: number, clock: Micros): void {
    const name = this.sources.behaviour.habits.texts.text(act)
    if (orig !== resp && name !== DIRECTORY_REPLICATION) this.reaches.note(orig, resp, name, clock)
  }

  /** Remembers what is needed to say how common something is. */
  note(sighting: Sighting): void {
    const { device, raised, files } = sighting
    const times = this.alerts.get(device) ?? []
    const at = microsOf(raised)
    if (!times.includes(at)) times.push(at)
    while (times.length > MOST_TIMES || (times[0] ?? at) < at - RATE_DAYS * DAY) times.shift()
    this.alerts.delete(device)
    this.alerts.set(device, times)
    bound(this.alerts, MOST_DEVICES)
    for (const { value } of files) {
      const name = value.toLowerCase()
      const known = this.writers.get(name) ?? new Set<string>()
      if (known.size < MOST_WRITERS) known.add(device)
      this.writers.delete(name)
      this.writers.set(name, known)
    }
    bound(this.writers, MOST_FILES)
  }

  /** Whose session a record belongs to, as far as a sign-on or a ticket told; '' when unknown. */
  sessionOf({ orig, resp }: EvidenceRecord): string {
    if (orig === undefined || resp === undefined) return ''
    const [from, to] = [this.indexOf(orig), this.indexOf(resp)]
    const { behaviour, devices } = this.sources
    const credential = from < 0 || to < 0 ? -1 : behaviour.habits.sessions.of(from, to, this.clock)
    return credential < 0 ? '' : devices.credential(credential)
  }

  // What questions ask.

  get learnedDays(): number {
    return Math.min(this.sources.behaviour.self.daysCommitted, Math.floor(this.watched / DAY))
  }

  get devices(): number {
    return Math.max(LEAST_DEVICES, this.sources.devices.size)
  }

  nameOf(device: string): string {
    const { ip, hostname } = this.addressOf(device)
    return shortName(hostname) || ip || device
  }

  addressOf(device: string): { readonly ip: string; readonly hostname: string } {
    const index = this.indexOf(device)
    if (index < 0) return { ip: '', hostname: '' }
    const { devices } = this.sources
    return { ip: devices.ip(index), hostname: devices.hostname(index) }
  }

  indexOf(device: string): number {
    return this.index.of(device)
  }

  tagsOf(device: number): readonly Tag[] {
    return device < 0 ? [] : TAGS.filter((tag) => this.sources.devices.has(device, tag))
  }

  has(device: number, tag: Tag): boolean {
    return device >= 0 && this.sources.devices.has(device, tag)
  }

  reasonOf(device: number, tag: Tag): string {
    return this.sources.devices.tags(device).find((each) => each.tag === tag)?.reason ?? ''
  }

  declared(device: number, tag: Tag): boolean {
    return this.sources.devices.tags(device).some((each) => each.tag === tag && each.source === 'declared')
  }

  administeredDays(device: number, clock: Micros): DaysOf {
    return this.sources.behaviour.history.administered(device, clock)
  }

  rarestActToday(device: number, clock: Micros): { readonly act: string; readonly others: number } | undefined {
    return this.sources.behaviour.history.rarestActToday(device, clock)
  }

  credentialDays(device: number, credential: string, clock: Micros): DaysOf | undefined {
    const index = this.credentialOf(credential)
    return index < 0 ? undefined : this.sources.behaviour.history.credentialDays(device, index, clock)
  }

  failedDays(device: number, credential: string, clock: Micros): number {
    const index = this.credentialOf(credential)
    return index < 0 ? 0 : this.sources.behaviour.history.failedDays(device, index, clock)
  }

  usersOf(credential: string): number {
    const index = this.credentialOf(credential)
    return index < 0 ? 1 : Math.max(1, this.sources.behaviour.history.sourcesOf(index))
  }

  oddness(device: number): number | undefined {
    if (this.learnedDays === 0) return undefined
    const { self } = this.sources.behaviour
    if (!self.isActive(device)) return undefined
    return Math.round(-Math.log2(self.dayTail(device)) * BIT) / BIT
  }

  reasons(device: number): readonly string[] {
    return (this.sources.behaviour.surprise(device)?.reasons ?? []).slice(0, REASONS).map(({ sentence }) => sentence)
  }

  sees(log: string): boolean {
    return this.logs.has(log)
  }

  wentOn(device: string, of: Case): readonly string[] {
    return of.links.flatMap(({ kind, from, to }) => (kind === 'movement' && from === device ? [this.nameOf(to)] : []))
  }

  cameFrom(device: string, of: Case): readonly string[] {
    return of.links.flatMap(({ kind, from, to }) => (kind === 'movement' && to === device ? [this.nameOf(from)] : []))
  }

  window(device: number, clock: Micros): string | undefined {
    return this.sources.window?.(device, clock)
  }

  // What linking asks.

  coincidence(clock: Micros): Omit<Coincidence, 'beganAfter'> {
    return {
      clock,
      learning: this.watched >= DAY && this.learnedDays < DAYS_TO_KNOW,
      devices: this.devices,
      nameOf: (device) => this.nameOf(device),
      reach: (from, to) => this.reachOf(from, to, clock),
      breadth: (device, since) => this.reaches.breadth(this.indexOf(device), Math.max(since, clock - REMEMBERED)),
      administrators: (device) => this.reaches.sourcesOf(this.indexOf(device), clock).length,
      alertRate: (device, without) => this.alertRate(device, without),
      usersOf: (credential) => this.usersOf(credential),
      writersOf: (file) => this.writers.get(file)?.size ?? 0,
      visitorsOf: (endpoint) => this.sources.behaviour.history.visitorsOf(endpoint),
    }
  }

  /** Ids of devices that have administered a device, or were administered by it, within two weeks. */
  neighbours(device: string, most: number): readonly string[] {
    const index = this.indexOf(device)
    const { clock, reaches, sources } = this
    const all = new Set([...reaches.sourcesOf(index, clock), ...reaches.targetsOf(index, clock)])
    return [...all].slice(0, most).map((other) => sources.devices.id(other))
  }

  private reachOf(from: string, to: string, clock: Micros): Reach | undefined {
    return this.reaches.find(this.indexOf(from), this.indexOf(to), clock)
  }

  private alertRate(device: string, without: Case): number {
    let own = 0
    for (const each of without.sightings.values()) if (each.device === device) own++
    const all = this.alerts.get(device)?.length ?? 0
    const days = Math.min(RATE_DAYS, Math.max(1, this.watched / DAY))
    return Math.max(LEAST_RATE, (all - own) / days)
  }

  private credentialOf(name: string): number {
    const { devices } = this.sources
    for (; this.credentialsRead < devices.credentialCount; this.credentialsRead++)
      this.credentials.set(devices.credential(this.credentialsRead), this.credentialsRead)
    const found = this.credentials.get(name) ?? -1
    // An index that was given to another credential since.
    return found >= 0 && devices.credential(found) === name ? found : -1
  }

  save(): SavedMemory {
    return {
      clock: this.clock,
      first: this.first ?? null,
      watched: this.watched,
      ticked: this.ticked,
      logs: [...this.logs],
      reaches: this.reaches.save(),
      alerts: [...this.alerts].map(([device, times]) => [device, [...times]]),
      writers: [...this.writers].map(([file, devices]) => [file, [...devices]]),
    }
  }

  restore(saved: SavedMemory): void {
    this.clock = saved.clock
    this.first = saved.first ?? undefined
    this.watched = saved.watched
    this.ticked = saved.ticked
    for (const log of saved.logs) this.logs.add(log)
    this.reaches.restore(saved.reaches)
    for (const [device, times] of saved.alerts) this.alerts.set(device, [...times])
    for (const [file, devices] of saved.writers) this.writers.set(file, new Set(devices))
  }
}

/** `FS-03` of `fs-03.corp.example`: what people here call it. */
function shortName(hostname: string): string {
  return hostname.split('.')[0]!.toUpperCase()
}

/** What was not touched for longest makes room. */
function bound(map: Map<string, unknown>, most: number): void {
  while (map.size > most) for (const oldest of map.keys()) return void map.delete(oldest)
}
