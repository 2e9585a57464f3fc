import type { EventBatch } from './batch.ts'
import type { Micros } from './time.ts'

/**
 * An event on its way through the engine: one row of a batch, in canonical order, with what the stations have found out
 * about it so far. There is exactly one such object an engine; it is moved from row to row (no object an event), so
 * nobody may keep it: copy what must last.
 */
export class Event {
  batch!: EventBatch
  row = 0
  /** Merge key: the running maximum of `known` in the log's stream. DESIGN.md section 2. */
  key: Micros = 0
  /** The engine clock: the running maximum of the keys. Windows bucket by it. */
  clock: Micros = 0
  /** Position in canonical order, from 0. */
  sequence = 0
  /** Known later than its log's stream had got, by more than the type allows: seen by single-event models, not counted. */
  late = false

  // From the device station:
  /** Device (index) of the originator and of the responder; -1 where there is none: an outside address, or no address. */
  orig = -1
  resp = -1
  /** Credential (index) that the event is about, or -1. */
  credential = -1

  /** `ts` of the record (µs); the key where the log has no times. */
  get ts(): Micros {
    const ts = this.batch.numbers[0]![this.row]!
    return Number.isNaN(ts) ? this.key : ts
  }

  /** The event key as 16 hexadecimal digits. */
  get eventKey(): string {
    return hex8(this.batch.keyHigh[this.row]!) + hex8(this.batch.keyLow[this.row]!)
  }

  number(slot: number): number {
    return this.batch.numbers[slot]![this.row]!
  }

  /** '' when absent. */
  text(slot: number): string {
    return this.batch.dictionary.text(this.batch.strings[slot]![this.row]!)
  }
}

function hex8(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
