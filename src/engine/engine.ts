import type { AnalystStation } from '../analyst/analyst.ts'
import type { BehaviourStation } from '../behaviour/behaviour.ts'
import type { DeviceStation } from '../device/device.ts'
import { Event } from '../event/event.ts'
import type { Duplicates } from '../journal/duplicates.ts'
import { DUPLICATE, LATE, LEFT_OUT, NO_DEVICE, type OrderedBatch, REFUSED } from '../journal/journal.ts'
import type { ModelStation, Raised } from '../model/model.ts'

/** What an engine has counted; all of it goes into `summary.json`. */
export interface EngineCounts {
  /** Position in canonical order that the next event gets. */
  sequence: number
  /** Engine clock (µs). */
  clock: number
  first: number | undefined
  readonly events: Map<string, number>
  readonly late: Map<string, number>
  readonly duplicates: Map<string, number>
}

export function newCounts(): EngineCounts {
  return { sequence: 0, clock: 0, first: undefined, events: new Map(), late: new Map(), duplicates: new Map() }
}

export interface Stations {
  readonly devices: DeviceStation
  readonly behaviour: BehaviourStation
  readonly models: ModelStation
  readonly analyst: AnalystStation
}

export interface EngineOutputs {
  /** A signal or an alert, at the engine time at which it was said. */
  raised(raised: Raised): void
  /**
   * All rows of a batch have gone their way.
   * @param skip 1 for each row that was left out; undefined when none was
   */
  finished(ordered: OrderedBatch, skip: Uint8Array | undefined): void
}

/**
 * The one thread that all events pass in canonical order: device → behaviour → model →
 * analyst. It holds no clock but the engine
 * clock and gives the same answers whatever the pace of its input.
 */
export class Engine {
  private readonly stations: Stations
  private readonly duplicates: Duplicates
  private readonly counts: EngineCounts
  private readonly outputs: EngineOutputs
  /** Site by sensor index. */
  private readonly sites: readonly number[]
  private readonly event = new Event()

  constructor(
    stations: Stations,
    duplicates: Duplicates,
    counts: EngineCounts,
    sites: readonly number[],
    outputs: EngineOutputs,
  ) {
    this.stations = stations
    this.duplicates = duplicates
    this.counts = counts
    this.sites = sites
    this.outputs = outputs
  }

  /** Rows `from` to `to` (exclusive) of a batch, which follow each other in canonical order. */
  run(ordered: OrderedBatch, from: number, to: number): void {
    const { batch, keys, flags } = ordered
    const { keyHigh, keyLow, known } = batch
    const { event, counts } = this
    const { devices, behaviour, models, analyst } = this.stations
    const site = this.sites[ordered.sensor] ?? 0
    event.batch = batch
    analyst.sees(batch.type.name)
    for (let row = from; row < to; row++) {
      const flag = flags[row]!
      if (flag & REFUSED) continue
      const key = keys[row]!
      if (key > counts.clock) counts.clock = key
      // A log without times (loaded_scripts) is stored, but tells of no device and must not set a clock: seen from 1970,
      // every device of the network would be a new one.
      const timed = !Number.isNaN(known[row]!)
      if (timed && counts.first === undefined) {
        counts.first = key
        analyst.begins(key)
      }
      if (this.duplicates.seen(keyHigh[row]!, keyLow[row]!, counts.clock)) {
        flags[row] = flag | DUPLICATE
        continue
      }
      event.row = row
      event.key = key
      event.clock = counts.clock
      event.sequence = counts.sequence
      event.late = (flag & LATE) !== 0
      ordered.sequence[row] = counts.sequence++
      if (!timed) continue
      devices.see(event, site)
      behaviour.see(event)
      models.see(event)
      if (models.pending) this.pass(models.drain())
      if (counts.clock >= analyst.due) analyst.advance(counts.clock)
      const { orig, resp } = event
      if (orig >= 0) {
        ordered.device[row] = orig
        ordered.peer[row] = resp >= 0 ? resp : NO_DEVICE
      } else if (resp >= 0) ordered.device[row] = resp
    }
    if (to === batch.rows) this.finish(ordered)
  }

  private pass(all: readonly Raised[]): void {
    for (const raised of all) {
      this.outputs.raised(raised)
      if (raised.kind === 'alert') this.stations.analyst.alert(raised.alert, this.counts.clock)
    }
  }

  private finish(ordered: OrderedBatch): void {
    const { flags, batch } = ordered
    let events = 0
    let late = 0
    let duplicates = 0
    let skip: Uint8Array | undefined
    for (let row = 0; row < batch.rows; row++) {
      const flag = flags[row]!
      if (flag & LEFT_OUT) {
        skip ??= new Uint8Array(batch.rows)
        skip[row] = 1
        if (flag & DUPLICATE) duplicates++
      } else {
        events++
        if (flag & LATE) late++
      }
    }
    add(this.counts.events, batch.type.name, events)
    add(this.counts.late, batch.type.name, late)
    add(this.counts.duplicates, batch.type.name, duplicates)
    this.outputs.finished(ordered, skip)
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count)
}
