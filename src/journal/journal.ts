import type { EventBatch } from '../event/batch.ts'

/**
 * The journal gives everything that can change a result **one canonical order** (DESIGN.md section 2).
 *
 *  - `sources.ts`: PATH arguments → files → streams; a stream is one log type of one sensor.
 *  - `stream.ts`: a line keeps its place in its log; its merge key is the running maximum of `known`.
 *  - `merge.ts`: streams → one order, by key, then log type, then sensor, then place in the log.
 *  - `duplicates.ts`: the same record met twice.
 *  - `positions.ts`: files read before, in an earlier run on the same state.
 */

/** The row is learned on its own day and seen by single-event models, but not counted in windows. */
export const LATE = 1
/** The row is left out: its time is absurd. It is counted as rejected. */
export const REFUSED = 2
/** The row is left out: the same record was met within the hour. */
export const DUPLICATE = 4
/** Rows that are neither stored nor learned. */
export const LEFT_OUT = REFUSED | DUPLICATE

/** Stands in `device` and `peer` where there is none. */
export const NO_DEVICE = 0xffffffff

/** A batch with its place in the order, and what the engine finds out about its rows on the way to the lake. */
export interface OrderedBatch {
  readonly batch: EventBatch
  /** Index of the PATH argument or configured source that it came from. */
  readonly sensor: number
  /** Merge key of each row (µs): never falls within a stream. */
  readonly keys: Float64Array
  /** Bits `LATE`, `REFUSED`, `DUPLICATE` of each row. */
  readonly flags: Uint8Array
  /** Filled by the engine: the device that the row is about (the inside originator, else the inside responder). */
  readonly device: Uint32Array
  /** Filled by the engine: the other inside party. */
  readonly peer: Uint32Array
  /** Filled by the engine: position in canonical order, from 0. */
  readonly sequence: Float64Array
}

/** @param keys may be shared; the engine's columns are made here, empty */
export function orderedBatch(batch: EventBatch, sensor: number, keys: Float64Array, flags: Uint8Array): OrderedBatch {
  const { rows } = batch
  return {
    batch,
    sensor,
    keys,
    flags,
    device: new Uint32Array(rows).fill(NO_DEVICE),
    peer: new Uint32Array(rows).fill(NO_DEVICE),
    sequence: new Float64Array(rows),
  }
}
