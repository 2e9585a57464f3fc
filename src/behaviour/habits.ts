import type { DeviceDirectory } from '../device/directory.ts'
import type { Event } from '../event/event.ts'
import { Activity } from './activity.ts'
import { DayCache } from './day_cache.ts'
import { EndpointNames } from './endpoint_names.ts'
import { COMMITTED, type DayNumber, LinkTable } from './link_table.ts'
import { SessionCredentials } from './session_credentials.ts'
import type { SnapshotWriter } from './snapshot.ts'
import { TextTable } from './text_table.ts'
import { UseCache } from './use_cache.ts'
import { ValueTable } from './value_table.ts'
import { MOST_SUBJECTS, ownerOf, SERVICE_VIEW, type View } from './view.ts'

export interface HabitBounds {
  readonly links: number
  readonly linksOfOwner: number
  readonly values: number
  readonly texts: number
  readonly textBytes: number
  readonly endpointNames: number
  /** Places of the day cache, a power of two. */
  readonly dayCache: number
}

/** 10⁵ devices with 200 links each, within some 2 GiB. */
export const HABIT_BOUNDS: HabitBounds = {
  links: 24_000_000,
  linksOfOwner: 32_768,
  values: 4_000_000,
  texts: 2_000_000,
  textBytes: 256 * 1024 * 1024,
  endpointNames: 524_288,
  dayCache: 262_144,
}

/** IANA's dynamic ports (RFC 6335): a number there says nothing about the service, and each would be a value of its own. */
export const DYNAMIC_PORTS = 49_152

/** Links that go when the table of values is nearly full, in the hope that some values go with them. */
const VALUES_EVICTED_AT_ONCE = 256
/** A text's number stands in 22 bits of a day cache's key. */
const MOST_TEXTS: number = 2 ** 22 - 1

/** Places of the cache of links used today: 2 MiB. */
const USE_CACHE = 1 << 17

/** Pairs of devices whose session's credential is remembered, in each of two generations. */
const SESSIONS = 262_144

/** Told of each link that is new, and of each old one that is used on a further day. */
export type UseListener = (view: View, subject: number, link: number, isNew: boolean, day: DayNumber) => void

/**
 * The memory of what is normal: who has used what, on which days. Handlers of log types write to it (`views/`); people,
 * models and the analyst read it.
 */
export class Habits {
  readonly texts: TextTable
  readonly values: ValueTable
  readonly table: LinkTable
  readonly cache: DayCache
  private readonly used = new UseCache(USE_CACHE)
  readonly deviceActivity: Activity = new Activity()
  readonly credentialActivity: Activity = new Activity()
  readonly endpoints: EndpointNames
  readonly devices: DeviceDirectory
  readonly sessions: SessionCredentials
  /** Set by the learning of novelty. */
  onUse: UseListener | undefined
  /** Told of each administrative act of one device on another, also of those that are no news. @param act number of a text */
  onAdministration: ((event: Event, act: number) => void) | undefined
  /** Links of a subject whose index is beyond what an owner can hold; never seen in practice, but counted. */
  refusedSubjects = 0
  private readonly released: number[] = []
  private service = 0
  private cachedTexts = 0

  /** @param seed of the indexes' hashes; nothing observable depends on it */
  constructor(devices: DeviceDirectory, views: readonly View[], bounds: HabitBounds, seed: number) {
    if (bounds.texts > MOST_TEXTS) throw new RangeError(`at most ${MOST_TEXTS} texts can be kept, not ${bounds.texts}`)
    this.devices = devices
    this.texts = new TextTable({ texts: bounds.texts, bytes: bounds.textBytes }, seed)
    this.values = new ValueTable(bounds.values, this.texts, [SERVICE_VIEW, ...views], seed ^ 0x1b873593)
    this.cache = new DayCache(bounds.dayCache)
    this.endpoints = new EndpointNames(bounds.endpointNames, this.texts, seed ^ 0x2545f491)
    this.sessions = new SessionCredentials(devices, SESSIONS, seed ^ 0x6c078965)
    this.table = new LinkTable(bounds, seed ^ 0x6a09e667, (link, _owner, value, lastDay) => {
      if (this.table.flags(link) & COMMITTED) this.values.addCommitted(value, -1)
      // Not let go before the event is over: its handler may hold numbers of values and services.
      this.released.push(value)
      this.cache.linkGone(lastDay)
      this.used.linkGone(lastDay)
    })
  }

  /** Before each event: makes room where little is left. */
  begin(): void {
    this.texts.ensureRoom()
    if (this.texts.generation !== this.cachedTexts) {
      // Keys of the day cache name texts that no link holds, and a dropped text's number may be given again.
      this.cache.forget()
      this.used.forget()
      this.cachedTexts = this.texts.generation
    }
    if (this.values.nearlyFull) this.table.evictOldest(VALUES_EVICTED_AT_ONCE)
    this.table.ensureRoom()
    if (this.released.length !== 0) this.end()
  }

  /** After each event: lets go of values whose links were evicted. */
  end(): void {
    if (this.service !== 0) {
      this.values.discardUnused(this.service)
      this.service = 0
    }
    if (this.released.length === 0) return
    for (const value of this.released) this.values.release(value)
    this.released.length = 0
  }

  /**
   * The number of a service, to be named in a value of this event.
   * @param protocol IP protocol: 1, 6, 17, 58, …; 0 when unknown
   * @param port     of the responder; for ICMP the type
   * @param name     text number of the service's name as the sensor saw it, or 0
   */
  serviceOf(protocol: number, port: number, name: number): number {
    this.end()
    const known = protocol === 6 || protocol === 17 ? Math.min(port, DYNAMIC_PORTS) : port
    this.service = this.values.intern(SERVICE_VIEW.id, (protocol << 16) | known, name)
    return this.service
  }

  /**
   * Records that a subject used a value on a day.
   * @param a, b the value's parts: device or credential index, text number, service number, or 0 for `none`
   * @returns the link, or 0 when there was no room
   */
  use(view: View, subject: number, a: number, b: number, day: DayNumber): number {
    if (subject >= MOST_SUBJECTS) {
      this.refusedSubjects++
      return 0
    }
    const owner = ownerOf(view, subject)
    const used = this.used.find(owner, a, b, day)
    if (used !== 0) return used
    const activity = view.subject === 'device' ? this.deviceActivity : this.credentialActivity
    activity.mark(subject, day)
    const value = this.values.intern(view.id, a, b)
    if (value === 0) return 0
    const link = this.table.touch(owner, value, day)
    this.used.remember(owner, a, b, day, link)
    const isNew = this.table.wasNew
    if (isNew) this.values.hold(value)
    if (this.table.wasNewDay && this.onUse) this.onUse(view, subject, link, isNew, day)
    return link
  }

  /** The link of a subject to a value, or 0. */
  find(view: View, subject: number, a: number, b: number): number {
    const value = this.values.find(view.id, a, b)
    return value === 0 ? 0 : this.table.find(ownerOf(view, subject), value)
  }

  /** Adds everything to a snapshot. Between two events only. */
  addTo(snapshot: SnapshotWriter): void {
    const { table, values, texts, endpoints, sessions, deviceActivity, credentialActivity } = this
    snapshot.add('habits/head', bytesOf(this.head()))
    snapshot.addRows('habits/links', table.links.rows.freeze(table.links.end))
    snapshot.addRows('habits/profiles', table.profiles.rows.freeze(table.profiles.end))
    snapshot.addRows('habits/values', values.freeze())
    for (const [part, pages] of texts.freeze().entries()) snapshot.addRows(`habits/texts-${part}`, pages)
    snapshot.addRows('habits/endpoint-names', endpoints.freeze())
    const [young, old] = sessions.freeze()
    snapshot.addRows('habits/sessions-young', young)
    snapshot.addRows('habits/sessions-old', old)
    snapshot.addRows('habits/device-activity', deviceActivity.freeze())
    snapshot.addRows('habits/credential-activity', credentialActivity.freeze())
  }

  /**
   * Takes over what a snapshot holds, in place of everything. Pages are used where they stand: the sections belong to this
   * object afterwards.
   * @throws Error when a section is missing, which means that the snapshot is not of this station's making
   */
  restore(sections: ReadonlyMap<string, Uint8Array>): void {
    const section = (name: string): Uint8Array => {
      const bytes = sections.get(name)
      if (bytes === undefined)
        throw new Error(`the snapshot has no section ${name}; it was not written by this version`)
      return bytes
    }
    const packed = section('habits/head')
    const words = new Int32Array(packed.slice().buffer)
    const heads: Int32Array[] = []
    for (let at = 0; at < words.length; at += 1 + words[at]!) heads.push(words.slice(at + 1, at + 1 + words[at]!))
    const [table, values, texts, endpoints, devices, credentials, sessions, refused] = heads
    if (!table || !values || !texts || !endpoints || !devices || !credentials || !sessions || !refused)
      throw new Error('section habits/head of the snapshot is too short; it was not written by this version')
    this.texts.restore(
      texts,
      Array.from({ length: TextTable.parts }, (_, part) => section(`habits/texts-${part}`)),
    )
    this.values.restore(values, section('habits/values'))
    this.table.restore(table, section('habits/links'), section('habits/profiles'))
    this.endpoints.restore(endpoints, section('habits/endpoint-names'))
    this.deviceActivity.restore(devices, section('habits/device-activity'))
    this.credentialActivity.restore(credentials, section('habits/credential-activity'))
    this.sessions.restore(sessions, section('habits/sessions-young'), section('habits/sessions-old'))
    this.refusedSubjects = refused[0]!
    this.cache.forget()
    this.used.forget()
  }

  /** The parts of the state that are no pages, each preceded by its length. */
  private head(): Int32Array {
    const heads = [
      this.table.head(),
      this.values.head(),
      this.texts.head(),
      this.endpoints.head(),
      this.deviceActivity.head(),
      this.credentialActivity.head(),
      this.sessions.head(),
      Int32Array.of(this.refusedSubjects),
    ]
    return Int32Array.from(heads.flatMap((words) => [words.length, ...words]))
  }

  get bytes(): number {
    return (
      this.table.bytes +
      this.values.bytes +
      this.texts.bytes +
      this.endpoints.bytes +
      this.sessions.bytes +
      this.deviceActivity.bytes +
      this.credentialActivity.bytes
    )
  }
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
