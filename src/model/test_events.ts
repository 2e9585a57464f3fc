import type { DeviceDirectory } from '../device/directory.ts'
import { TAG_BIT, type Tag } from '../device/tags.ts'
import type { EventBatch } from '../event/batch.ts'
import { BatchBuilder } from '../event/batch_builder.ts'
import { Event } from '../event/event.ts'
import { idOf } from '../event/id.ts'
import { logType, SET_SEPARATOR } from '../event/log_types.ts'
import { microsOf } from '../event/time.ts'
import type { Alert, Raised, Signal } from './alert.ts'
import type { LoadedModels } from './catalogue.ts'
import { type ModelOptions, ModelStation } from './model.ts'
import type { ModelState } from './saved.ts'

/** For this folder's tests: devices that need no device station, and events from plain records. */

const INSIDE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/

/** Every private address is a device; tags are given. */
export class TestDevices implements DeviceDirectory {
  private readonly addresses: string[] = []
  private readonly tagsByAddress: Readonly<Record<string, readonly Tag[]>>

  constructor(tags: Readonly<Record<string, readonly Tag[]>> = {}) {
    this.tagsByAddress = tags
  }

  get size(): number {
    return this.addresses.length
  }

  of(address: string): number {
    if (!INSIDE.test(address)) return -1
    const known = this.addresses.indexOf(address)
    return known >= 0 ? known : this.addresses.push(address) - 1
  }

  id(device: number): string {
    return idOf('device', this.ip(device))
  }

  ip(device: number): string {
    return this.addresses[device] ?? ''
  }

  hostname(): string {
    return ''
  }

  tagMask(device: number): number {
    return (this.tagsByAddress[this.ip(device)] ?? []).reduce((mask, tag) => mask | TAG_BIT[tag], 0)
  }

  has(device: number, tag: Tag): boolean {
    return this.tagsByAddress[this.ip(device)]?.includes(tag) ?? false
  }

  tags(): readonly [] {
    return []
  }

  firstSeen(): number {
    return 0
  }

  lastSeen(): number {
    return 0
  }

  credential(): string {
    return ''
  }
}

/** A record as in a JSON log: `_path` names the log, keys are Zeek's names, times are seconds. */
export type TestRecord = Readonly<Record<string, string | number | boolean | readonly string[]>>

export function batchesOf(records: readonly TestRecord[]): { batch: EventBatch; row: number }[] {
  const rows: { batch: EventBatch; row: number }[] = []
  const builders = new Map<string, BatchBuilder>()
  let builder: BatchBuilder | undefined
  const take = (): void => {
    const batch = builder?.take()
    if (batch) for (let row = 0; row < batch.rows; row++) rows.push({ batch, row })
  }
  for (const record of records) {
    const name = String(record['_path'])
    if (builder && (builder.type.name !== name || builder.full)) take()
    builder = builders.get(name) ?? new BatchBuilder(logType(name))
    builders.set(name, builder)
    put(builder, record)
  }
  take()
  return rows
}

function put(builder: BatchBuilder, record: TestRecord): void {
  for (const [name, value] of Object.entries(record)) {
    const slot = builder.type.slots.get(name)
    if (slot === undefined) continue
    const field = builder.type.fields[slot]!
    const seconds = field.kind === 'time' || field.kind === 'interval'
    if (field.numeric) builder.setNumber(slot, seconds ? microsOf(Number(value)) : Number(value))
    else builder.setText(slot, Array.isArray(value) ? value.join(SET_SEPARATOR) : String(value))
  }
  const refused = builder.commit(1)
  if (refused) throw new Error(refused)
}

export interface RunResult {
  readonly raised: readonly Raised[]
  readonly signals: readonly Signal[]
  readonly alerts: readonly Alert[]
  readonly station: ModelStation
}

export interface RunOptions {
  readonly tags?: Readonly<Record<string, readonly Tag[]>>
  readonly devices?: TestDevices
  readonly station?: ModelOptions
  readonly state?: ModelState
  readonly late?: (record: TestRecord) => boolean
  readonly fromSequence?: number
}

/** Runs records, already in canonical order, through a station. */
export function runRecords(models: LoadedModels, records: readonly TestRecord[], options: RunOptions = {}): RunResult {
  const devices = options.devices ?? new TestDevices(options.tags)
  const station = new ModelStation(models, devices, options.station, options.state)
  const raised: Raised[] = []
  const event = new Event()
  let clock = 0
  let sequence = options.fromSequence ?? 0
  batchesOf(records).forEach(({ batch, row }, at) => {
    event.batch = batch
    event.row = row
    clock = Math.max(clock, batch.known[row]!)
    event.key = clock
    event.clock = clock
    event.sequence = sequence++
    event.late = options.late?.(records[at]!) ?? false
    const origSlot = batch.type.slots.get('id.orig_h')
    event.orig = origSlot === undefined ? -1 : devices.of(event.text(origSlot))
    event.resp = origSlot === undefined ? -1 : devices.of(event.text(batch.type.slots.get('id.resp_h')!))
    station.see(event)
    if (station.pending) raised.push(...station.drain())
  })
  return {
    raised,
    signals: raised.flatMap((item) => (item.kind === 'signal' ? [item.signal] : [])),
    alerts: raised.flatMap((item) => (item.kind === 'alert' ? [item.alert] : [])),
    station,
  }
}

/** A connection; `state` decides what else is in it. */
export function conn(
  at: number,
  orig: string,
  resp: string,
  port: number,
  state = 'S0',
  more: TestRecord = {},
): TestRecord {
  const history: Record<string, string> = { S0: 'S', REJ: 'Sr', SF: 'ShADadFf' }
  return {
    _path: 'conn',
    ts: at,
    uid: `C${at}-${port}-${resp}`,
    'id.orig_h': orig,
    'id.orig_p': 50000,
    'id.resp_h': resp,
    'id.resp_p': port,
    proto: 'tcp',
    conn_state: state,
    history: history[state] ?? 'S',
    ...(state === 'SF' ? { duration: 0.5, orig_bytes: 500, resp_bytes: 2000 } : {}),
    ...more,
  }
}
