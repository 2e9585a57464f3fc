import type { EventBatch } from '../event/batch.ts'
import { BatchBuilder } from '../event/batch_builder.ts'
import { Event } from '../event/event.ts'
import { type LogType, logType, SET_SEPARATOR } from '../event/log_types.ts'
import { microsOf } from '../event/time.ts'
import type { DeviceStation } from './device.ts'

/**
 * For tests and benches: plays records written as plain objects to a station, in the order given, as the engine would.
 */

/** A record: its log in `log`, its time in seconds in `ts`, Zeek's other fields by name. */
export interface Row {
  readonly log: string
  readonly ts: number
  readonly [field: string]: string | number | boolean | readonly (string | number)[] | undefined
}

export interface Seen {
  readonly orig: number
  readonly resp: number
  readonly credential: number
}

export interface PlayOptions {
  readonly site?: number
  /** Rows a batch at most; batches also end where the log changes. */
  readonly batchRows?: number
}

/** @returns what the station said of each row */
export function play(station: DeviceStation, rows: readonly Row[], options: PlayOptions = {}): Seen[] {
  const seen: Seen[] = []
  const event = new Event()
  let clock = 0
  for (const batch of batchesOf(rows, options.batchRows ?? 1000)) {
    for (let row = 0; row < batch.rows; row++) {
      clock = Math.max(clock, batch.known[row]!)
      event.batch = batch
      event.row = row
      event.key = clock
      event.clock = clock
      station.see(event, options.site ?? 0)
      event.sequence++
      seen.push({ orig: event.orig, resp: event.resp, credential: event.credential })
    }
  }
  return seen
}

export function batchesOf(rows: readonly Row[], batchRows: number): EventBatch[] {
  const batches: EventBatch[] = []
  let builder: BatchBuilder | undefined
  const end = (): void => {
    const batch = builder?.take()
    if (batch) batches.push(batch)
    builder = undefined
  }
  for (const [index, row] of rows.entries()) {
    const type = logType(row.log)
    if (builder?.type !== type || builder.rows >= batchRows) end()
    builder ??= new BatchBuilder(type)
    fill(builder, type, row)
    const refusal = builder.commit(index + 1)
    if (refusal) throw new Error(`row ${index}: ${refusal}`)
  }
  end()
  return batches
}

function fill(builder: BatchBuilder, type: LogType, row: Row): void {
  for (const [name, value] of Object.entries(row)) {
    if (name === 'log' || value === undefined) continue
    const slot = type.slots.get(name)
    if (slot === undefined) continue
    const { kind, numeric } = type.fields[slot]!
    if (Array.isArray(value)) builder.setText(slot, value.join(SET_SEPARATOR))
    else if (!numeric) builder.setText(slot, String(value))
    else builder.setNumber(slot, kind === 'time' || kind === 'interval' ? microsOf(Number(value)) : Number(value))
  }
}
