import { AnalystStation } from '../analyst/analyst.ts'
import type { Incident } from '../analyst/incident.ts'
import type { BehaviourStation } from '../behaviour/behaviour.ts'
import type { DeviceStation } from '../device/device.ts'
import { TAG_BIT } from '../device/tags.ts'
import { giveBack } from '../event/batch.ts'
import { DAY } from '../event/time.ts'
import { type OrderedBatch, REFUSED } from '../journal/journal.ts'
import { Merge } from '../journal/merge.ts'
import { openSources } from '../journal/sources.ts'
import type { Alert, Raised, Signal } from '../model/alert.ts'
import { loadModels } from '../model/catalogue.ts'
import type { Model } from '../model/definition.ts'
import { ModelStation } from '../model/model.ts'
import { fileReader } from '../sensor/reader.ts'
import { LakeWriter } from '../store/lake_writer.ts'
import { lakeFolder } from '../store/store.ts'
import type { ThymusConfig } from './config.ts'
import { deviceLine } from './device_line.ts'
import { Engine, type Stations } from './engine.ts'
import { OutputFolder } from './outputs.ts'
import { loadState, saveState } from './state.ts'
import { type LearningSummary, summaryOf } from './summary.ts'

export interface ReplayOptions {
  /** One sensor each. */
  readonly paths: readonly string[]
  readonly config: ThymusConfig
  /** Folder of the model catalogue. */
  readonly models: string
  /** Where the files of the contract go; without it nothing is written. */
  readonly out?: string
  /** Write the events to `out`/lake. */
  readonly lake?: boolean
  /** What was learned is kept here and gone on from. */
  readonly state?: string
  /** Threads: 1 does all on one, each further one reads beside the engine. */
  readonly workers?: number
  readonly onStart?: (bytes: number) => void
  readonly onProgress?: (bytes: number) => void
  /** Looks on, for benches: what it does changes nothing that is said. */
  readonly observer?: ReplayObserver
}

/** Reads along with a replay. */
export interface ReplayObserver {
  /**
   * Rows `from` to `to` (exclusive) have gone through the engine, in canonical order; their devices are known. After the
   * last row of a batch its memory is used again.
   */
  seen?(ordered: OrderedBatch, from: number, to: number): void
  /**
   * The engine clock is about to leave a day (UTC, in days since the epoch), of which everything has been seen.
   * Before the first day that ends there is no call; days of silence are not told one by one.
   */
  dayEnds?(day: number, stations: Stations): void
}

export interface ReplayResult {
  readonly signals: readonly Signal[]
  /** In order of time, each revision. */
  readonly alerts: readonly Alert[]
  /** As of the end, highest score first. */
  readonly incidents: readonly Incident[]
  readonly summary: Record<string, unknown>
}

/** Signals kept for the caller; all are written to `signals.jsonl`. */
const MOST_RETURNED = 100_000

/**
 * Reads telemetry in canonical order as fast as it can, learns and detects as it goes (DESIGN.md section 5).
 * @throws Error of the file system on `out` and `state`; never on a record
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const began = performance.now()
  const cpuBefore = process.cpuUsage()
  const { config, out } = options
  const models = await loadModels(options.models)
  const {
    state,
    devices,
    behaviour,
    models: saved,
    analyst: investigated,
    notes,
  } = await loadState(options.state, config)
  const station = new ModelStation(
    models,
    devices,
    { alertsPerThousandDevices: config.detection.alerts_per_day_per_1000_devices, surprise: behaviour },
    saved,
  )
  const analyst = new AnalystStation(
    { devices, behaviour, window: (device, clock) => devices.openWindow(device, clock) },
    { incidentsPerWeek: config.incidents.per_week_per_1000_devices },
    investigated,
  )
  const folder = out === undefined ? undefined : await OutputFolder.open(out)
  const lake =
    folder !== undefined && options.lake !== false
      ? await LakeWriter.open(lakeFolder(folder.dir), { fresh: true })
      : undefined
  const reader = fileReader(Math.max(0, (options.workers ?? 1) - 1))
  const signals: Signal[] = []
  const alerts: Alert[] = []
  const perModel = { signals: new Map<string, number>(), alerts: new Map<string, number>() }
  const known = { devices: 0 }
  let pressure: Promise<void> | undefined

  const raised = (item: Raised): void => {
    if (item.kind === 'signal') {
      count(perModel.signals, item.signal.model)
      if (signals.length < MOST_RETURNED) signals.push(item.signal)
      folder?.line('signals', item.signal)
    } else {
      if (item.alert.revision === 1) count(perModel.alerts, item.alert.model)
      alerts.push(item.alert)
      folder?.line('alerts', item.alert)
    }
  }

  const sources = await openSources(options.paths, reader, state.journal, {
    fileRead: (bytes) => options.onProgress?.(bytes),
  })
  options.onStart?.(sources.bytes)
  try {
    const stations: Stations = { devices, behaviour, models: station, analyst }
    const engine = new Engine(
      stations,
      state.duplicates,
      state.counts,
      options.paths.map((path) => devices.siteOf(path)),
      {
        raised,
        finished(ordered, skip) {
          if (!lake) return
          for (; known.devices < devices.size; known.devices++)
            lake.defineDevice(known.devices, devices.id(known.devices))
          const { device, peer, sequence } = ordered
          pressure = lake.append(ordered.batch, { device, peer, sequence, ...(skip && { skip }) }) ?? pressure
        },
      },
    )
    const run = watched(engine, stations, options.observer, state.counts.clock)
    const merge = new Merge(sources.streams)
    while (await merge.fill()) {
      merge.drain((ordered, from, to) => {
        run(ordered, from, to)
        if (to === ordered.batch.rows) giveBack(ordered.batch)
      })
      if (pressure) {
        await pressure
        pressure = undefined
      }
    }
    const lakeSummary = await lake?.close()
    if (options.state !== undefined) await saveState(options.state, state, stations)
    const incidents = analyst.incidents()
    const cpu = process.cpuUsage(cpuBefore)
    const summary = summaryOf({
      counts: state.counts,
      reports: sources.reports,
      files: sources.files,
      bytes: sources.bytes,
      alreadyRead: sum(sources.streams.map((stream) => stream.alreadyRead)),
      jumps: [...notes, ...sources.streams.flatMap((stream) => stream.jumps)],
      duplicateMemoryShortened: state.duplicates.shortened,
      devices: devices.stats().devices,
      credentials: devices.credentialCount,
      signals: perModel.signals,
      alerts: perModel.alerts,
      incidents: incidents.length,
      investigations: analyst.counts().investigations,
      heldBack: station.stats().heldBack,
      refusedModels: models.refused.map((refusal) => refusal.message),
      evicted: {
        ...devices.stats().evicted,
        ...behaviour.counts().evicted,
        ...station.stats().evicted,
        ...analystEvictions(analyst),
      },
      learning: learningSummary(behaviour, devices, models.models),
      cost: {
        wallSeconds: (performance.now() - began) / 1000,
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        lakeCpuSeconds: lakeSummary?.cpuSeconds ?? 0,
        peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      },
    })
    if (folder) {
      for (const incident of incidents) folder.line('incidents', incident)
      for (const each of analyst.investigated()) folder.line('investigations', each)
      await folder.whole('devices.jsonl', deviceLines(devices, behaviour))
      await folder.close()
      await folder.whole('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
    }
    return { signals, alerts, incidents, summary }
  } finally {
    lake?.abandon()
    await sources.dispose()
    await reader.close()
  }
}

/** Runs the engine, letting an observer in before the first row of each day and after each run of rows. */
function watched(
  engine: Engine,
  stations: Stations,
  observer: ReplayObserver | undefined,
  clock: number,
): (ordered: OrderedBatch, from: number, to: number) => void {
  if (observer === undefined) return (ordered, from, to) => engine.run(ordered, from, to)
  let day = clock > 0 ? Math.floor(clock / DAY) : Number.NaN
  return (ordered, from, to) => {
    let begin = from
    for (let row = from; row < to; row++) {
      if (ordered.flags[row]! & REFUSED || Number.isNaN(ordered.batch.known[row]!)) continue
      const today = Math.floor(ordered.keys[row]! / DAY)
      if (today <= day) continue
      if (row > begin) engine.run(ordered, begin, row)
      begin = row
      if (!Number.isNaN(day)) observer.dayEnds?.(day, stations)
      day = today
    }
    engine.run(ordered, begin, to)
    observer.seen?.(ordered, from, to)
  }
}

const MOST_CONTROLLERS = 20

function learningSummary(
  behaviour: BehaviourStation,
  devices: DeviceStation,
  models: readonly Model[],
): LearningSummary {
  const { state, committedDays, deviceDays, devicesADay, rarestPeriodDays, daysLeft } = behaviour.learning()
  const learning = models.filter((model) => model.alert === 'on an odd day').length
  const controllers = [...devices.living()].filter((device) => devices.tagMask(device) & TAG_BIT['Domain Controller'])
  return {
    state,
    committed_days: committedDays,
    device_days: deviceDays,
    devices_a_day: devicesADay,
    rarest_period_days: Math.round(rarestPeriodDays * 10) / 10,
    days_left: daysLeft,
    models_that_learn: learning,
    models_untrained: models.length - learning,
    domain_controllers: controllers
      .slice(0, MOST_CONTROLLERS)
      .map((device) => devices.hostname(device) || devices.ip(device)),
  }
}

function analystEvictions(analyst: AnalystStation): Record<string, number> {
  const { casesEvicted, alertsDropped, reachesEvicted } = analyst.counts()
  return { cases: casesEvicted, alerts_of_cases: alertsDropped, reaches: reachesEvicted }
}

function deviceLines(devices: DeviceStation, behaviour: BehaviourStation): string {
  const lines: string[] = []
  for (const device of devices.living()) {
    const described = devices.describe(device)
    if (described) lines.push(`${JSON.stringify(deviceLine(device, described, behaviour))}\n`)
  }
  return lines.join('')
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
