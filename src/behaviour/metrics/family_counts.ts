import { type FrozenRows, PAGE_MASK, PAGE_SHIFT, PagedRows } from '../paged_rows.ts'
import type { Sixteenths } from '../self/bits.ts'
import { binOf, MOST_AMOUNT, nextCrossing } from './half_octaves.ts'
import { FIVE_MINUTES_A_DAY, FIVE_MINUTES_AN_HOUR, type Metric, WINDOWS } from './metric.ts'
import { DAYS_OF_GENERATION, HISTORY_WORDS } from './volume_history.ts'

// A block: the header, then each metric's words.
const SUBJECT = 0
/** Number of the five minutes in which it was last counted. */
const FIVE = 1
const DAY = 2
/** The day's highest score + 1 (high half), its group (low half); 0 before the first. */
const BEST_AND_GROUP = 3
/** The device that acted when the highest score came about, or -1. */
const DEVICE = 4
/** Committed days on which the family was counted (high half), generation of the histories (low half). */
const DAYS_AND_GENERATION = 5
const HEADER = 6

// A metric: counts of the present five minutes, hour and day; the day's highest five minutes and hour so far; the counts at
// which the day's maximum comes into a higher bin; by window the highest day ever and the history.
const COUNT = 0
const MOST_FIVE = 3
const MOST_HOUR = 4
const NEXT = 5
const EVER = 8
const HISTORY = 11
const METRIC_WORDS: number = HISTORY + WINDOWS.length * HISTORY_WORDS

const MOST_BLOCKS = 1_000_000
/** A subject that did nothing of a family for so many days has no memory for it any more. */
const FORGOTTEN_AFTER_DAYS = 62

/** What a family tells its owner. */
export interface CrossingListener {
  /** The day's maximum of a metric and window has come into a higher bin. The block is the open one. */
  crossed(local: number, window: number, bin: number): void
  /** The group of a subject, asked once a day. */
  groupOf(subject: number): number
}

/**
 * The counts of one family of metrics: a block of flat memory for each subject that has had a record of it, its place in
 * an array by subject. An event opens its subject's block once; an increment is then an addition and a comparison a window.
 */
export class FamilyCounts {
  readonly metrics: readonly Metric[]
  private readonly index = new PagedRows(1)
  private indexEnd = 0
  readonly blocks: PagedRows
  private high = 1
  private free: number[] = []
  private readonly listener: CrossingListener
  refused = 0
  forgotten = 0
  // The open block.
  private page: Int32Array = new Int32Array(0)
  private at = 0
  row = 0

  constructor(metrics: readonly Metric[], listener: CrossingListener) {
    this.metrics = metrics
    this.listener = listener
    this.blocks = new PagedRows(HEADER + metrics.length * METRIC_WORDS)
    this.blocks.reserve(0)
  }

  /** The block of a subject, or 0. */
  find(subject: number): number {
    return subject < this.indexEnd ? this.index.get(subject, 0) : 0
  }

  /** Opens the block of a subject for counting; false when there is no room for another. */
  open(subject: number, five: number): boolean {
    let row = this.find(subject)
    if (row === 0) {
      row = this.allocate(subject)
      if (row === 0) return false
    }
    const { blocks } = this
    const page = blocks.pages[row >>> PAGE_SHIFT]!
    const at = (row & PAGE_MASK) * blocks.words
    const before = page[at + FIVE]!
    // The one write that asks whether a snapshot shares the block; all further ones go to the same row.
    blocks.set(row, FIVE, five)
    this.row = row
    this.page = page
    this.at = at
    if (before !== five) this.turn(before, five)
    return true
  }

  /** Turns to a block to read it. */
  look(row: number): void {
    this.row = row
    this.page = this.blocks.pages[row >>> PAGE_SHIFT]!
    this.at = (row & PAGE_MASK) * this.blocks.words
  }

  /** Windows that have ended are closed. */
  private turn(before: number, five: number): void {
    const { page, at, metrics } = this
    const day = Math.floor(five / FIVE_MINUTES_A_DAY)
    if (page[at + DAY] !== day) {
      for (let p = at + HEADER, end = p + metrics.length * METRIC_WORDS; p < end; p += METRIC_WORDS) {
        page.fill(0, p, p + NEXT)
        page.fill(1, p + NEXT, p + EVER)
      }
      page[at + DAY] = day
      page[at + BEST_AND_GROUP] = this.listener.groupOf(page[at + SUBJECT]!)
      page[at + DEVICE] = -1
      return
    }
    const hourEnds = Math.floor(before / FIVE_MINUTES_AN_HOUR) !== Math.floor(five / FIVE_MINUTES_AN_HOUR)
    for (let p = at + HEADER, end = p + metrics.length * METRIC_WORDS; p < end; p += METRIC_WORDS) {
      if (page[p]! > page[p + MOST_FIVE]!) page[p + MOST_FIVE] = page[p]!
      page[p] = 0
      if (!hourEnds) continue
      if (page[p + 1]! > page[p + MOST_HOUR]!) page[p + MOST_HOUR] = page[p + 1]!
      page[p + 1] = 0
    }
  }

  /** Adds to a metric of the open block, by window. */
  add(local: number, five: number, hour: number, day: number): void {
    const { page } = this
    const p = this.at + HEADER + local * METRIC_WORDS
    const inFive = Math.min(MOST_AMOUNT, page[p]! + five)
    const inHour = Math.min(MOST_AMOUNT, page[p + 1]! + hour)
    const inDay = Math.min(MOST_AMOUNT, page[p + 2]! + day)
    page[p] = inFive
    page[p + 1] = inHour
    page[p + 2] = inDay
    if (inFive >= page[p + NEXT]! || inHour >= page[p + NEXT + 1]! || inDay >= page[p + NEXT + 2]!) this.cross(local, p)
  }

  private cross(local: number, p: number): void {
    for (let window = 0; window < WINDOWS.length; window++) {
      const { page } = this
      const count = page[p + window]!
      if (count < page[p + NEXT + window]!) continue
      const next = nextCrossing(count)
      // At the largest amount that is told apart the next crossing is the amount itself: it has been crossed.
      if (next === count && page[p + NEXT + window] === MOST_AMOUNT) continue
      page[p + NEXT + window] = next
      this.listener.crossed(local, window, binOf(count))
    }
  }

  private allocate(subject: number): number {
    let row = this.free.pop() ?? 0
    if (row === 0) {
      if (this.high > MOST_BLOCKS) {
        this.refused++
        return 0
      }
      row = this.high++
      this.blocks.reserve(row)
    }
    this.enter(subject, row)
    const { blocks } = this
    for (let word = 0; word < blocks.words; word++) blocks.set(row, word, 0)
    blocks.set(row, SUBJECT, subject)
    blocks.set(row, FIVE, -1)
    blocks.set(row, DAY, -1)
    return row
  }

  private enter(subject: number, row: number): void {
    if (subject >= this.indexEnd) {
      this.index.reserve(subject)
      this.indexEnd = subject + 1
    }
    this.index.set(subject, 0, row)
  }

  // Of the open block.

  get subject(): number {
    return this.page[this.at + SUBJECT]!
  }

  get day(): number {
    return this.page[this.at + DAY]!
  }

  get group(): number {
    return this.page[this.at + BEST_AND_GROUP]! & 0xffff
  }

  /** The day's highest score, or -1 before the first. */
  get best(): Sixteenths {
    return (this.page[this.at + BEST_AND_GROUP]! >>> 16) - 1
  }

  /** The device that acted when the highest score came about, or -1. */
  get device(): number {
    return this.page[this.at + DEVICE]!
  }

  setBest(score: Sixteenths, device: number): void {
    const { page, at } = this
    page[at + BEST_AND_GROUP] = (Math.min(0xfffe, score + 1) << 16) | (page[at + BEST_AND_GROUP]! & 0xffff)
    page[at + DEVICE] = device
  }

  /** Distinct values of the present day, for the sampling of further ones. */
  countOfDay(local: number): number {
    return this.page[this.at + HEADER + local * METRIC_WORDS + 2]!
  }

  /** The day's maximum so far. */
  maximum(local: number, window: number): number {
    const { page } = this
    const p = this.at + HEADER + local * METRIC_WORDS
    if (window === 2) return page[p + COUNT + 2]!
    return Math.max(page[p + COUNT + window]!, page[p + (window === 0 ? MOST_FIVE : MOST_HOUR)]!)
  }

  /** The highest committed day. */
  ever(local: number, window: number): number {
    return this.page[this.at + HEADER + local * METRIC_WORDS + EVER + window]!
  }

  get committedDays(): number {
    return this.page[this.at + DAYS_AND_GENERATION]! >>> 16
  }

  /** Generations that have passed since the histories were written. */
  halvings(activeDays: number): number {
    return Math.max(
      0,
      Math.floor(activeDays / DAYS_OF_GENERATION) - (this.page[this.at + DAYS_AND_GENERATION]! & 0xffff),
    )
  }

  /** Where the history of a metric and window stands in `words`. */
  historyAt(local: number, window: number): number {
    return this.at + HEADER + local * METRIC_WORDS + HISTORY + window * HISTORY_WORDS
  }

  get words(): Int32Array {
    return this.page
  }

  /** Before a committed day is written to the open block. */
  beginCommit(): void {
    this.blocks.set(this.row, DAYS_AND_GENERATION, this.page[this.at + DAYS_AND_GENERATION]!)
  }

  setEver(local: number, window: number, amount: number): void {
    const p = this.at + HEADER + local * METRIC_WORDS + EVER + window
    if (amount > this.page[p]!) this.page[p] = amount
  }

  endCommit(activeDays: number): void {
    const days = Math.min(0x7fff, this.committedDays + 1)
    this.page[this.at + DAYS_AND_GENERATION] =
      (days << 16) | Math.min(0xffff, Math.floor(activeDays / DAYS_OF_GENERATION))
  }

  /** Calls back for each block that was counted on a day, open. Frees those that were not for long. */
  closeDay(day: number, each: () => void): void {
    for (let row = 1; row < this.high; row++) {
      this.look(row)
      if (this.subject < 0) continue
      if (this.day === day) each()
      else if (this.day < day - FORGOTTEN_AFTER_DAYS) {
        this.index.set(this.subject, 0, 0)
        this.blocks.set(row, SUBJECT, -1)
        this.free.push(row)
        this.forgotten++
      }
    }
  }

  get size(): number {
    return this.high - 1 - this.free.length
  }

  get bytes(): number {
    return this.index.bytes + this.blocks.bytes
  }

  get bytesOfBlock(): number {
    return this.blocks.words * 4 + 4
  }

  freeze(): FrozenRows {
    return this.blocks.freeze(this.high)
  }

  head(): number[] {
    return [this.high, this.refused, this.forgotten, ...this.free]
  }

  restore(head: readonly number[], bytes: Uint8Array): void {
    const [high, refused, forgotten, ...free] = head
    this.high = high!
    this.refused = refused!
    this.forgotten = forgotten!
    this.free = free
    this.blocks.restore(bytes)
    this.blocks.reserve(this.high)
    for (let subject = 0; subject < this.indexEnd; subject++) this.index.set(subject, 0, 0)
    for (let row = 1; row < this.high; row++) {
      const subject = this.blocks.get(row, SUBJECT)
      if (subject >= 0) this.enter(subject, row)
    }
  }
}
