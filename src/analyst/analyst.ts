import { DAY, HOUR, MINUTE, type Micros, microsOf, secondsOf } from '../event/time.ts'
import type { Alert } from '../model/alert.ts'
import { actorsOf, type Case, type Finding, newCase, posteriorOf } from './case.ts'
import { Cases } from './cases.ts'
import type { Incident } from './incident.ts'
import { investigate } from './investigation/investigation.ts'
import { type Bond, bond, GROWN, SUSPICIOUS_BITS } from './linking/linking.ts'
import { type AnalystSources, Memory } from './memory.ts'
import { surfaces } from './ranking.ts'
import { type AnalystState, restoreCase, saveCase } from './saved.ts'
import { type Sighting, sightingOf } from './sighting.ts'
import { tell } from './story/tell.ts'

export interface AnalystOptions {
  /** The dial: incidents a week for 1,000 devices. */
  readonly incidentsPerWeek: number
}

/** A device in a case is investigated at once, and then again at most so often. */
const AGAIN: Micros = 10 * MINUTE
/** What a verdict changes upstream takes effect so much later, by the engine clock, wherever the engine stands then. */
const LAG: Micros = MINUTE
const HELD: Micros = 14 * DAY
/** A case that nothing joined for so long is closed. */
const OPEN: Micros = 14 * DAY
const MOST_SIGHTINGS = 400
const MOST_LINKS = 200
const RELATED_BITS = 5
const MOST_RELATED = 20

export interface AnalystCounts {
  readonly investigations: number
  readonly casesOpened: number
  /** Cases that were forgotten unread because there was no room. */
  readonly casesEvicted: number
  readonly alertsDropped: number
  readonly reachesEvicted: number
}

/**
 * The analyst station (DESIGN.md section 8): takes alerts in engine time, asks what would tell attack and benign
 * explanations apart, joins what is one story, and tells it. All that it says depends on what was seen so far.
 */
export class AnalystStation {
  /** Engine clock from which on `advance` has something to do. */
  due: Micros = Number.POSITIVE_INFINITY
  private readonly memory: Memory
  private readonly cases: Cases
  private readonly options: AnalystOptions
  private readonly sources: AnalystSources
  private quarantines: { at: Micros; device: string; until: Micros }[] = []
  private raised: Micros[] = []
  private opened = 0
  private investigations = 0

  constructor(sources: AnalystSources, options: AnalystOptions, saved?: AnalystState) {
    this.sources = sources
    this.options = options
    this.memory = new Memory(sources)
    this.cases = new Cases()
    if (saved) this.restore(saved)
    sources.behaviour.habits.onAdministration = (event, act) =>
      this.memory.noteAct(event.orig, event.resp, act, event.clock)
  }

  /** The first event of a run. */
  begins(clock: Micros): void {
    if (this.memory.first !== undefined) return
    this.memory.first = clock
    this.advance(clock)
  }

  /** The sensor writes such a log. */
  sees(log: string): void {
    this.memory.logs.add(log)
  }

  /** Takes a revision of an alert, at the engine time at which it was said. */
  alert(alert: Alert, clock: Micros): void {
    const { cases, memory } = this
    memory.clock = clock
    const known = cases.ofAlert(alert.id)
    const sighting = sightingOf(alert, known?.sightings.get(alert.id), (record) => memory.sessionOf(record))
    memory.note(sighting)
    if (known !== undefined) this.add(known, sighting, undefined, clock)
    else this.join(sighting, clock)
  }

  /** Runs what waits for the engine clock: further investigations, quarantines, the closing of what has come to rest. */
  advance(clock: Micros): void {
    this.memory.tick(clock)
    for (const { device, until } of this.quarantines.filter(({ at }) => at <= clock)) {
      const index = this.memory.indexOf(device)
      if (index >= 0) this.sources.behaviour.self.quarantine(index, until)
    }
    this.quarantines = this.quarantines.filter(({ at }) => at > clock)
    for (const of of this.cases.open()) {
      for (const [device, at] of of.waiting) if (at <= clock) this.investigate(of, device, clock)
      if (clock - of.touched > OPEN) this.cases.close(of)
    }
    this.schedule()
  }

  /** What a person should read, highest score first. */
  incidents(): readonly Incident[] {
    return this.cases
      .all()
      .filter((of) => of.raised !== undefined)
      .map((of) => tell(of, this.memory, this.memory.clock))
      .map((incident, _, all) => ({
        ...incident,
        related: incident.related.filter(({ id }) => all.some((other) => other.id === id)),
      }))
      .sort((a, b) => b.score - a.score || a.start - b.start || (a.id < b.id ? -1 : 1))
  }

  /** Every case that is remembered, also those not worth a person: what was asked and concluded. */
  investigated(): readonly Incident[] {
    return this.cases.all().map((of) => tell(of, this.memory, this.memory.clock))
  }

  counts(): AnalystCounts {
    return {
      investigations: this.investigations,
      casesOpened: this.opened,
      casesEvicted: this.cases.evicted,
      alertsDropped: this.cases.all().reduce((sum, { dropped }) => sum + dropped, 0),
      reachesEvicted: this.memory.reaches.evicted,
    }
  }

  private join(sighting: Sighting, clock: Micros): void {
    const bonds: Bond[] = []
    const incidents = this.raised.length
    const cases = this.cases.open().length
    const candidates = this.cases.candidates(sighting, this.memory)
    const alone = this.alone(sighting, candidates, clock)
    const network = {
      ...this.memory.coincidence(clock),
      beganAfter: (device: string, time: number) => this.cases.firstAfter(device, time),
    }
    for (const candidate of candidates) {
      if (clock - candidate.touched > OPEN) continue
      const found = bond(sighting, candidate, alone, network, isSuspicious(candidate) ? incidents : cases)
      if (found !== undefined) bonds.push(found)
    }
    // Ties go to the older founder: the same whatever the order in which cases are kept.
    bonds.sort((a, b) => b.bits - a.bits || a.to.opened - b.to.opened || (a.to.id < b.to.id ? -1 : 1))
    const best = bonds.find(({ holds }) => holds)
    const into = best?.to ?? this.openCase(sighting, clock)
    this.add(into, sighting, best, clock)
    for (const other of bonds) {
      if (other.to === into) continue
      if (best !== undefined && this.belongTogether(into, other)) this.merge(into, other, sighting, clock)
      else if (other.bits >= RELATED_BITS) relate(into, other)
    }
  }

  /** What can be said of an alert without any story around it; of its device, where that is known for more. */
  private alone(sighting: Sighting, candidates: readonly Case[], clock: Micros): Finding {
    let most = this.inquire(newCase(sighting, clock), sighting.device, clock)
    for (const { findings } of candidates) {
      const own = findings.get(sighting.device)
      if (own !== undefined && own.posterior > most.posterior) most = own
    }
    return most
  }

  private inquire(of: Case, device: string, clock: Micros): Finding {
    const { memory } = this
    const sightings = [...of.sightings.values()].filter((each) => each.device === device)
    return investigate({
      asOf: clock,
      began: Math.min(clock, ...sightings.map(({ first }) => microsOf(first))),
      device,
      index: memory.indexOf(device),
      name: memory.nameOf(device),
      case: of,
      sightings,
      network: memory,
    })
  }

  private belongTogether(into: Case, { to, holds, merges, links }: Bond): boolean {
    if (into.sightings.size >= GROWN && to.sightings.size >= GROWN) return merges
    return holds && links.some(({ kind }) => kind === 'device' || kind === 'movement')
  }

  private openCase(sighting: Sighting, clock: Micros): Case {
    const opened = newCase(sighting, clock)
    this.opened++
    this.cases.add(opened)
    return opened
  }

  private add(of: Case, sighting: Sighting, by: Bond | undefined, clock: Micros): void {
    if (!of.sightings.has(sighting.id) && of.sightings.size >= MOST_SIGHTINGS) {
      of.dropped++
      return
    }
    of.sightings.set(sighting.id, sighting)
    of.touched = clock
    for (const link of by?.links ?? []) {
      const known = of.links.some(({ kind, from, to }) => kind === link.kind && from === link.from && to === link.to)
      if (known || of.links.length >= MOST_LINKS) continue
      const bits = Math.round(link.bits * 10) / 10
      of.links.push({ ...link, bits, alert: sighting.id, time: sighting.first })
    }
    this.cases.index(of, sighting)
    const last = of.findings.get(sighting.device)?.asOf
    if (last === undefined || clock - last >= AGAIN) this.investigate(of, sighting.device, clock)
    else if (!of.waiting.has(sighting.device)) of.waiting.set(sighting.device, last + AGAIN)
    this.schedule()
  }

  private merge(one: Case, { to: other, links }: Bond, sighting: Sighting, clock: Micros): void {
    const [older, younger] =
      one.opened < other.opened || (one.opened === other.opened && one.id < other.id) ? [one, other] : [other, one]
    older.absorbed.push(younger.id, ...younger.absorbed)
    older.links.push(
      ...younger.links,
      ...links.map((link) => ({
        ...link,
        bits: Math.round(link.bits * 10) / 10,
        alert: sighting.id,
        time: sighting.first,
      })),
    )
    older.links.splice(MOST_LINKS)
    for (const [id, each] of younger.sightings) {
      if (older.sightings.size >= MOST_SIGHTINGS) older.dropped++
      else older.sightings.set(id, each)
    }
    older.dropped += younger.dropped
    for (const [device, finding] of younger.findings) {
      const own = older.findings.get(device)
      if (own === undefined || own.asOf < finding.asOf) older.findings.set(device, finding)
    }
    for (const [device, at] of younger.waiting) if (!older.waiting.has(device)) older.waiting.set(device, at)
    for (const [id, why] of younger.related) if (id !== older.id) older.related.set(id, why)
    older.related.delete(younger.id)
    older.raised = earliest(older.raised, younger.raised)
    older.touched = clock
    this.cases.replace(younger, older)
    // What was found about one part was asked without the other.
    for (const device of actorsOf(older)) if (!older.waiting.has(device)) older.waiting.set(device, clock + AGAIN)
  }

  private investigate(of: Case, device: string, clock: Micros): void {
    of.waiting.delete(device)
    this.investigations++
    const finding = this.inquire(of, device, clock)
    of.findings.set(device, finding)
    this.judge(of, clock)
  }

  private judge(of: Case, clock: Micros): void {
    const posterior = posteriorOf(of) ?? Number.NEGATIVE_INFINITY
    if (of.raised === undefined) {
      this.raised = this.raised.filter((at) => clock - at <= 7 * DAY)
      const told = surfaces({
        posterior,
        loudest: Math.max(0, ...[...of.sightings.values()].map((each) => (each.meta ? 0 : each.score))),
        learnedDays: this.memory.learnedDays,
        firstDay: this.memory.watched < DAY,
        today: this.raised.filter((at) => clock - at <= DAY).length,
        week: this.raised.length,
        allowed: (this.options.incidentsPerWeek * this.memory.devices) / 1000,
      })
      if (!told) return
      of.raised = secondsOf(clock)
      this.raised.push(clock)
    }
    if (posterior < 0) return
    for (const [device, { posterior: own }] of of.findings)
      if (own >= 0 && !this.quarantines.some((each) => each.device === device))
        this.quarantines.push({ at: clock + LAG, device, until: clock + HELD })
    this.schedule()
  }

  private schedule(): void {
    let due = this.memory.ticked + HOUR
    for (const { at } of this.quarantines) due = Math.min(due, at)
    for (const of of this.cases.open()) for (const at of of.waiting.values()) due = Math.min(due, at)
    this.due = due
  }

  /** All that later output depends on, as plain data. */
  save(): AnalystState {
    return {
      format: 1,
      cases: this.cases.all().map(saveCase),
      closed: this.cases.closed().map(({ id }) => id),
      quarantines: this.quarantines,
      raised: this.raised,
      opened: this.opened,
      investigations: this.investigations,
      due: Number.isFinite(this.due) ? this.due : null,
      memory: this.memory.save(),
    }
  }

  private restore(saved: AnalystState): void {
    this.memory.restore(saved.memory)
    for (const each of saved.cases) this.cases.add(restoreCase(each))
    for (const id of saved.closed) this.cases.closeById(id)
    this.quarantines = [...saved.quarantines]
    this.raised = [...saved.raised]
    this.opened = saved.opened
    this.investigations = saved.investigations
    this.due = saved.due ?? Number.POSITIVE_INFINITY
  }
}

/** One of the few, not one of the many that are looked into. */
function isSuspicious(of: Case): boolean {
  return of.raised !== undefined && (posteriorOf(of) ?? 0) > SUSPICIOUS_BITS
}

function relate(one: Case, { to: other, links }: Bond): void {
  const why = links.map(({ text }) => text).join('; ')
  if (one.related.size < MOST_RELATED) one.related.set(other.id, why)
  if (other.related.size < MOST_RELATED) other.related.set(one.id, why)
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}
