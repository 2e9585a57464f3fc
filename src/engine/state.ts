import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import * as z from 'zod'
import type { AnalystStation } from '../analyst/analyst.ts'
import type { AnalystState } from '../analyst/saved.ts'
import { BehaviourStation } from '../behaviour/behaviour.ts'
import { readSnapshot, SnapshotWriter } from '../behaviour/snapshot.ts'
import { timeZoneOfLearning } from '../device/config.ts'
import { DeviceStation } from '../device/device.ts'
import { SnapshotRefused } from '../device/snapshot.ts'
import { Duplicates } from '../journal/duplicates.ts'
import { FilePositions } from '../journal/positions.ts'
import { type JournalState, newJournalState } from '../journal/sources.ts'
import type { ModelStation } from '../model/model.ts'
import type { ModelState } from '../model/saved.ts'
import type { ThymusConfig } from './config.ts'
import { type EngineCounts, newCounts } from './engine.ts'

/** Everything that outlives a run, besides what the stations hold: how far each log was read, and what was counted. */
export interface EngineState {
  readonly journal: JournalState
  readonly duplicates: Duplicates
  readonly counts: EngineCounts
}

export interface LoadedState {
  readonly state: EngineState
  readonly devices: DeviceStation
  readonly behaviour: BehaviourStation
  readonly models: ModelState | undefined
  readonly analyst: AnalystState | undefined
  /** What a person should know about the state that was found: a damaged snapshot was passed over. */
  readonly notes: readonly string[]
}

/** The state on disk cannot be used. */
export class StateFailure extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'StateFailure'
  }
}

const journalSection = z.object({
  positions: z.array(z.tuple([z.string(), z.number()])),
  streams: z.array(z.tuple([z.string(), z.number().nullable()])),
  generation: z.number(),
  sequence: z.number(),
  clock: z.number(),
})

/**
 * Goes on from the newest whole snapshot of the folder, or begins anew.
 * @param dir undefined begins anew
 * @throws StateFailure when there are snapshots but none can be used: learning anew in silence would be worse
 */
export async function loadState(dir: string | undefined, config: ThymusConfig): Promise<LoadedState> {
  const found = dir === undefined ? undefined : await readSnapshot(dir)
  if (found?.is === 'refused') {
    throw new StateFailure(
      `${dir}: no snapshot of the state can be used.\n${found.reasons.join('\n')}\n` +
        'Give another --state folder to begin anew, or put a copy of the state back.',
    )
  }
  if (found === undefined || found.is === 'none') {
    const devices = new DeviceStation(config)
    return {
      state: { journal: newJournalState(), duplicates: new Duplicates(), counts: newCounts() },
      devices,
      behaviour: newBehaviour(devices, config),
      models: undefined,
      analyst: undefined,
      notes: [],
    }
  }
  const { sections } = found
  const section = (name: string): Uint8Array => {
    const bytes = sections.get(name)
    if (!bytes)
      throw new StateFailure(`${found.file}: the section ${name} is missing; the snapshot is of another version`)
    return bytes
  }
  const journal = journalSection.parse(parse(section('journal')))
  const devices = restoredDevices(config, section('devices'), found.file)
  const behaviour = newBehaviour(devices, config)
  behaviour.restore(sections)
  return {
    state: {
      journal: {
        positions: new FilePositions(journal.positions),
        streams: new Map(journal.streams.map(([name, key]) => [name, { key: key ?? undefined }])),
      },
      duplicates: new Duplicates({
        generation: journal.generation,
        young: words(section('duplicates/young')),
        old: words(section('duplicates/old')),
      }),
      counts: { ...newCounts(), sequence: journal.sequence, clock: journal.clock },
    },
    devices,
    behaviour,
    models: parse(section('models')) as ModelState,
    analyst: parse(section('analyst')) as AnalystState,
    notes: [...found.warnings],
  }
}

/** The learned models' share of the day's alerts; the untrained models have budgets of their own. */
const LEARNED_SHARE = 0.45

/** The seed guards the tables against keys that are made to collide; nothing that can be observed depends on it. */
function newBehaviour(devices: DeviceStation, config: ThymusConfig): BehaviourStation {
  return new BehaviourStation(devices, {
    tags: devices,
    timeZone: timeZoneOfLearning(config),
    seed: randomBytes(4).readInt32LE(),
    oddDaysPerThousandDevices: config.detection.alerts_per_day_per_1000_devices * LEARNED_SHARE,
  })
}

function restoredDevices(config: ThymusConfig, saved: Uint8Array, file: string): DeviceStation {
  try {
    return DeviceStation.restore(config, saved)
  } catch (error) {
    if (error instanceof SnapshotRefused) throw new StateFailure(`${file}: ${error.message}`)
    throw error
  }
}

/** Writes a new snapshot, all stations and all positions as of the same moment; the one before is kept. */
export async function saveState(
  dir: string,
  state: EngineState,
  stations: {
    devices: DeviceStation
    behaviour: BehaviourStation
    models: ModelStation
    analyst: AnalystStation
  },
): Promise<void> {
  await mkdir(dir, { recursive: true })
  const snapshot = new SnapshotWriter()
  const duplicates = state.duplicates.save()
  const journal: z.infer<typeof journalSection> = {
    positions: state.journal.positions.save().map(([name, rows]) => [name, rows]),
    streams: [...state.journal.streams].map(([name, { key }]) => [name, key ?? null]),
    generation: duplicates.generation,
    sequence: state.counts.sequence,
    clock: state.counts.clock,
  }
  snapshot.add('journal', text(journal))
  snapshot.add('duplicates/young', bytes(duplicates.young))
  snapshot.add('duplicates/old', bytes(duplicates.old))
  snapshot.add('devices', stations.devices.save())
  snapshot.add('models', text(stations.models.save()))
  snapshot.add('analyst', text(stations.analyst.save()))
  stations.behaviour.addTo(snapshot)
  await snapshot.write(dir)
}

function text(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8')
}

function parse(section: Uint8Array): unknown {
  return JSON.parse(Buffer.from(section).toString('utf8'))
}

function bytes(array: Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function words(section: Uint8Array): Uint32Array {
  return new Uint32Array(section.slice().buffer)
}
