import type { EpochSeconds } from '../event/time.ts'
import { actorsOf, type Case } from './case.ts'
import type { Memory } from './memory.ts'
import type { Sighting } from './sighting.ts'

const MOST_CASES = 20_000
/** Cases that an alert is held against: those it has most in common with are few. */
const MOST_CANDIDATES = 256
const MOST_MOVES = 256

/**
 * The cases, and which of them have anything in common with an alert. Those nobody was told of are forgotten first when
 * there are too many.
 */
export class Cases {
  evicted = 0
  private readonly byId = new Map<string, Case>()
  private readonly openIds = new Set<string>()
  private readonly byAlert = new Map<string, string>()
  /** What a case has in common with others, and the cases that have it. */
  private readonly byMark = new Map<string, Set<string>>()

  all(): readonly Case[] {
    return [...this.byId.values()]
  }

  open(): readonly Case[] {
    return [...this.openIds].map((id) => this.byId.get(id)!)
  }

  closed(): readonly Case[] {
    return this.all().filter(({ id }) => !this.openIds.has(id))
  }

  ofAlert(alert: string): Case | undefined {
    const id = this.byAlert.get(alert)
    const found = id === undefined ? undefined : this.byId.get(id)
    return found !== undefined && this.openIds.has(found.id) ? found : undefined
  }

  add(of: Case): void {
    if (this.byId.size >= MOST_CASES) this.evict()
    this.byId.set(of.id, of)
    this.openIds.add(of.id)
    for (const sighting of of.sightings.values()) this.index(of, sighting)
  }

  index(of: Case, sighting: Sighting): void {
    this.byAlert.set(sighting.id, of.id)
    for (const mark of marksOf(sighting)) {
      const known = this.byMark.get(mark)
      if (known) known.add(of.id)
      else this.byMark.set(mark, new Set([of.id]))
    }
  }

  /** One case became part of another. */
  replace(younger: Case, older: Case): void {
    this.forget(younger)
    for (const sighting of older.sightings.values()) this.index(older, sighting)
  }

  close(of: Case): void {
    this.closeById(of.id)
  }

  /** Nothing joins it any more; what was told to a person stays, the rest is forgotten in time. */
  closeById(id: string): void {
    this.openIds.delete(id)
    const of = this.byId.get(id)
    if (of !== undefined) this.unmark(of)
  }

  /** Open cases that share a device, a movement, or a thing with the alert; those touched last come first. */
  candidates(sighting: Sighting, memory: Memory): readonly Case[] {
    const ids = new Set<string>()
    const collect = (mark: string): void => {
      for (const id of this.byMark.get(mark) ?? []) ids.add(id)
    }
    for (const mark of marksOf(sighting)) collect(mark)
    for (const device of memory.neighbours(sighting.device, MOST_MOVES)) collect(`device ${device}`)
    // An alert that shows the acting device reaching an actor of a case: a movement that is no administration.
    for (const { device } of sighting.peers) if (device !== '') collect(`device ${device}`)
    return [...ids]
      .flatMap((id) => (this.openIds.has(id) ? [this.byId.get(id)!] : []))
      .sort((a, b) => b.touched - a.touched || (a.id < b.id ? -1 : 1))
      .slice(0, MOST_CANDIDATES)
  }

  /** The first alert on a device, by its events, from a moment on; in all open cases. */
  firstAfter(device: string, time: EpochSeconds): EpochSeconds | undefined {
    let first: EpochSeconds | undefined
    for (const id of this.byMark.get(`device ${device}`) ?? []) {
      for (const sighting of this.byId.get(id)?.sightings.values() ?? []) {
        if (sighting.device !== device || sighting.first < time) continue
        if (first === undefined || sighting.first < first) first = sighting.first
      }
    }
    return first
  }

  private evict(): void {
    const unread = this.all().filter(({ raised }) => raised === undefined)
    const [oldest] = (unread.length > 0 ? unread : [...this.all()]).sort(
      (a, b) => a.touched - b.touched || (a.id < b.id ? -1 : 1),
    )
    if (oldest === undefined) return
    this.evicted++
    this.forget(oldest)
  }

  private forget(of: Case): void {
    this.unmark(of)
    this.openIds.delete(of.id)
    this.byId.delete(of.id)
    for (const id of of.sightings.keys()) if (this.byAlert.get(id) === of.id) this.byAlert.delete(id)
  }

  private unmark(of: Case): void {
    const marks = [...of.sightings.values()].flatMap((each) => [...marksOf(each)])
    for (const mark of [...marks, ...actorsOf(of).map((device) => `device ${device}`)]) {
      const known = this.byMark.get(mark)
      known?.delete(of.id)
      if (known?.size === 0) this.byMark.delete(mark)
    }
  }
}

function* marksOf({ device, credentials, files, domains, endpoints, peers }: Sighting): Generator<string> {
  yield `device ${device}`
  for (const { value } of credentials) yield `credential ${value}`
  for (const { value } of files) yield `file ${value.toLowerCase()}`
  for (const { value } of [...domains, ...endpoints]) yield `place ${value}`
  for (const peer of peers) if (peer.device !== '' && peer.direction === 'to') yield `target ${peer.device}`
}
