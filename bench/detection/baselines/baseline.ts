import { NO_DEVICE, type OrderedBatch } from '../../../src/journal/journal.ts'

/** A row of telemetry as the baselines read it: the same events, in the same order, with the devices that Thymus found. */
export class Row {
  ordered!: OrderedBatch
  row = 0

  get log(): string {
    return this.ordered.batch.type.name
  }

  /** µs: when the sensor could have said it. */
  get time(): number {
    return this.ordered.keys[this.row]!
  }

  /** '' when absent. */
  text(field: string): string {
    const { batch } = this.ordered
    const slot = batch.type.slots.get(field)
    return slot === undefined ? '' : batch.dictionary.text(batch.strings[slot]![this.row]!)
  }

  /** NaN when absent. */
  number(field: string): number {
    const { batch } = this.ordered
    const slot = batch.type.slots.get(field)
    return slot === undefined ? Number.NaN : batch.numbers[slot]![this.row]!
  }

  /** Device of the originator, or -1 when that is outside. */
  get orig(): number {
    const { device, peer } = this.ordered
    const first = device[this.row]!
    if (first === NO_DEVICE) return -1
    return peer[this.row]! !== NO_DEVICE || isPrivate(this.text('id.orig_h')) ? first : -1
  }

  /** Device of the responder, or -1. */
  get resp(): number {
    const { device, peer } = this.ordered
    const second = peer[this.row]!
    if (second !== NO_DEVICE) return second
    const first = device[this.row]!
    return first === NO_DEVICE || isPrivate(this.text('id.orig_h')) ? -1 : first
  }
}

/** RFC 1918 and RFC 4193. */
function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd])/.test(address)
}

/** Says that a rule has fired on the originator of a row (or, for a flood, its responder). */
export type Fire = (rule: string, about: 'orig' | 'resp') => void

/** A simpler way of detecting, to compare with. */
export interface Baseline {
  readonly name: string
  /** What it is, and where it is published or used. */
  readonly source: string
  readonly logs: ReadonlySet<string>
  /** @returns true when the row was something that it judges (a login, a connection): the trial of its rate by event */
  see(row: Row, fire: Fire): boolean
  /** The same with what it has learned so far, to go on from in another world. */
  fork(): Baseline
}

/** A user name without its domain, in lower case. */
export function userOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/^.*\\/, '')
    .replace(/[@/].*$/, '')
}
