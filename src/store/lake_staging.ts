import type { LogType } from '../event/log_types.ts'
import type { StagedBatch } from './lake_frames.ts'

/** Rows of one log type that wait to be written, as the batches in which they came. */
export class Staging {
  readonly type: LogType
  rows = 0
  bytes = 0
  /** Least and greatest `known` (µs) and position; infinite when there is none. */
  minKnown = Number.POSITIVE_INFINITY
  maxKnown = Number.NEGATIVE_INFINITY
  minSequence = Number.POSITIVE_INFINITY
  maxSequence = Number.NEGATIVE_INFINITY
  readonly batches: StagedBatch[] = []

  constructor(type: LogType) {
    this.type = type
  }

  /** Returns how many rows were taken: all but the skipped ones. */
  add(batch: StagedBatch): number {
    const { known, sequence, skip } = batch
    let taken = 0
    for (let row = 0; row < batch.rows; row++) {
      if (skip !== undefined && skip[row] === 1) continue
      taken++
      const at = known[row]!
      if (at < this.minKnown) this.minKnown = at
      if (at > this.maxKnown) this.maxKnown = at
      const position = sequence[row]!
      if (position < this.minSequence) this.minSequence = position
      if (position > this.maxSequence) this.maxSequence = position
    }
    if (taken === 0) return 0
    this.batches.push(batch)
    this.rows += taken
    this.bytes += batch.size
    return taken
  }

  /** Calls `visit` with each different JSON object of fields that the type does not know. */
  eachExtra(visit: (json: string) => void): void {
    for (const batch of this.batches) {
      if (batch.extra === undefined) continue
      const seen = new Uint8Array(batch.offsets.length)
      for (let row = 0; row < batch.rows; row++) {
        const id = batch.extra[row]!
        if (id === 0 || seen[id] === 1 || batch.skip?.[row] === 1) continue
        seen[id] = 1
        visit(Buffer.from(batch.bytes.subarray(batch.offsets[id]!, batch.offsets[id + 1]!)).toString('utf8'))
      }
    }
  }
}
