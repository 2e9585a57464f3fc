import { BATCH_ROWS, type EventBatch } from '../event/batch.ts'
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
  /** Rows a batch at most: as small as 1, or as many as a log has. */
  readonly batchRows?: number
}

/** @returns what the station said of each row */
export function play(station: DeviceStation, rows: readonly Row[], options: PlayOptions = {}): Seen[] {
  const seen: Seen[] = []
  const event = new Event()
  let clock = 0
  for (const { batch, row } of inOrder(rows, options.batchRows ?? 1000)) {
    clock = Math.max(clock, batch.known[row]!)
    event.batch = batch
    event.row = row
    event.key = clock
    event.clock = clock
    station.see(event, options.site ?? 0)
    event.sequence++
    seen.push({ orig: event.orig, resp: event.resp, credential: event.credential })
  }
  return seen
}

interface Place {
  readonly batch: EventBatch
  readonly row: number
}

/** The rows in the order given, each in a batch of its own log: so batches of several logs take turns, as in merging. */
function inOrder(rows: readonly Row[], batchRows: number): Place[] {
  const logs = new Map<string, Place[]>()
  for (const log of new Set(rows.map((row) => row.log))) {
    const ofLog = rows.filter((row) => row.log === log)
    logs.set(
      log,
      batchesOf(ofLog, batchRows).flatMap((batch) => Array.from({ length: batch.rows }, (_, row) => ({ batch, row }))),
    )
  }
  const next = new Map<string, number>()
  return rows.map(({ log }) => {
    const at = next.get(log) ?? 0
    next.set(log, at + 1)
    return logs.get(log)![at]!
  })
}

/** Batches of rows of one log. */
export function batchesOf(rows: readonly Row[], batchRows: number): EventBatch[] {
  const batches: EventBatch[] = []
  const first = rows[0]
  if (!first) return batches
  const type = logType(first.log)
  const builder = new BatchBuilder(type)
  for (const [index, row] of rows.entries()) {
    fill(builder, type, row)
    const refusal = builder.commit(index + 1)
    if (refusal) throw new Error(`row ${index}: ${refusal}`)
    if (builder.rows < Math.min(batchRows, BATCH_ROWS) && index < rows.length - 1) continue
    const batch = builder.take()
    if (batch) batches.push(batch)
  }
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
