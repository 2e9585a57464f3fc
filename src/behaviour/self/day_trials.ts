import { KeyedRows } from '../keyed_rows.ts'
import type { FrozenRows } from '../paged_rows.ts'
import type { Sixteenths } from './bits.ts'

const WORDS = 5
const DEVICE = 1
const COUNT = 2
const SCORE = 3
const GROUP = 4

/**
 * The trials of the day that is going on: for each owner (subject and view) that was active, how many values were new to
 * it, and the highest score of them. The trial is the maximum of (owner, day).
 */
export class DayTrials {
  private rows: KeyedRows
  private readonly seed: number

  constructor(seed: number) {
    this.seed = seed
    this.rows = this.fresh()
  }

  private fresh(): KeyedRows {
    return new KeyedRows(WORDS, 1, 64, this.seed)
  }

  /** Trials from 1 to this, exclusive. */
  get end(): number {
    return this.rows.end
  }

  find(owner: number): number {
    return this.rows.find(owner, 0, 0)
  }

  add(owner: number, device: number, group: number): number {
    const trial = this.rows.insert(owner, 0, 0)
    this.rows.rows.set(trial, DEVICE, device)
    this.rows.rows.set(trial, GROUP, group)
    return trial
  }

  owner(trial: number): number {
    return this.rows.rows.get(trial, 0) >>> 0
  }

  /** The device that acted when the highest score came about, or -1. */
  device(trial: number): number {
    return this.rows.rows.get(trial, DEVICE)
  }

  setDevice(trial: number, device: number): void {
    this.rows.rows.set(trial, DEVICE, device)
  }

  group(trial: number): number {
    return this.rows.rows.get(trial, GROUP)
  }

  /** Values that were new today. */
  count(trial: number): number {
    return this.rows.rows.get(trial, COUNT)
  }

  setCount(trial: number, count: number): void {
    this.rows.rows.set(trial, COUNT, count)
  }

  score(trial: number): Sixteenths {
    return this.rows.rows.get(trial, SCORE)
  }

  setScore(trial: number, score: Sixteenths): void {
    this.rows.rows.set(trial, SCORE, score)
  }

  clear(): void {
    this.rows = this.fresh()
  }

  get bytes(): number {
    return this.rows.bytes
  }

  freeze(): FrozenRows {
    return this.rows.rows.freeze(this.rows.end)
  }

  head(): Int32Array {
    return Int32Array.from(this.rows.head)
  }

  restore(head: Int32Array, bytes: Uint8Array): void {
    this.rows = this.fresh()
    this.rows.restore([head[0]!, head[1]!, head[2]!], bytes)
  }
}
