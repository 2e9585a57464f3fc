import { PAGE_MASK, PAGE_SHIFT, PagedRows } from './paged_rows.ts'

/** Most rows of one table: 26 bits of an index slot. */
const MOST_ROWS: number = (1 << 26) - 1
const ROW_MASK = MOST_ROWS
const TAG_MASK = ~MOST_ROWS
/** Word 0 of a row that is free; word 1 then names the next free row. No key has this first word. */
const FREE = -1
const FIRST_SLOTS = 16

/**
 * Rows found by a key of up to three words (words 0 to 2 of the row), by open addressing with linear probing. A slot of
 * the index holds the row's number and six bits of its hash, so that a look-up reads one line of the index and one row.
 *
 * The index stands in segments that grow one by one, so no insertion ever waits for a rehash of the whole table: with
 * 256 segments and 2·10⁷ rows a segment's growth moves some 80,000 slots (8 ms). More segments would mean smaller stalls, but
 * their arrays no longer stay in the cache: with 4,096 a look-up took four times as long in a small table.
 *
 * Keys come from the network, so the hash is seeded against flooding. Nothing that can be observed depends on the seed:
 * row numbers are given in order of insertion, freed numbers are reused last in first out, and the index is no part of
 * a snapshot.
 */
export class KeyedRows {
  readonly rows: PagedRows
  private readonly keyWords: number
  private readonly seed: number
  private readonly segmentShift: number
  private segments: Int32Array[]
  private readonly counts: Int32Array
  /** Rows ever used, row 0 (which means "none") included. */
  private high = 1
  private freeHead = 0
  private live = 0

  /**
   * @param words    words a row, its key first
   * @param keyWords how many of them are the key: 1 to 3
   * @param segments a power of two, 2 or more
   * @param seed     of the index's hash; any integer
   */
  constructor(words: number, keyWords: 1 | 2 | 3, segments: number, seed: number) {
    this.rows = new PagedRows(words)
    this.keyWords = keyWords
    this.seed = seed
    this.segmentShift = 32 - Math.log2(segments)
    this.segments = Array.from({ length: segments }, () => new Int32Array(FIRST_SLOTS))
    this.counts = new Int32Array(segments)
    this.rows.reserve(0)
  }

  /** Rows in use. */
  get size(): number {
    return this.live
  }

  /** Rows ever used: a walk over all goes from 1 to this, exclusive, and asks `isLive`. */
  get end(): number {
    return this.high
  }

  /** Bytes of rows and index. */
  get bytes(): number {
    let index = 0
    for (const segment of this.segments) index += segment.byteLength
    return this.rows.bytes + index
  }

  isLive(row: number): boolean {
    return this.rows.get(row, 0) !== FREE
  }

  /** The row with this key, or 0. Words beyond the key's are ignored. */
  find(a: number, b: number, c: number): number {
    const hash = this.hash(a, b, c)
    const segment = this.segments[hash >>> this.segmentShift]!
    const mask = segment.length - 1
    const tag = hash << 12
    const { pages, words } = this.rows
    const keyWords = this.keyWords
    let place = hash & mask
    for (;;) {
      const slot = segment[place]!
      if (slot === 0) return 0
      if (((slot ^ tag) & TAG_MASK) === 0) {
        const row = slot & ROW_MASK
        const page = pages[row >>> PAGE_SHIFT]!
        const at = (row & PAGE_MASK) * words
        if (
          page[at] === (a | 0) &&
          (keyWords < 2 || page[at + 1] === (b | 0)) &&
          (keyWords < 3 || page[at + 2] === (c | 0))
        )
          return row
      }
      place = (place + 1) & mask
    }
  }

  /** Adds a row whose key is not there yet; its other words are 0. */
  insert(a: number, b: number, c: number): number {
    let row = this.freeHead
    if (row !== 0) this.freeHead = this.rows.get(row, 1)
    else {
      row = this.high
      if (row > MOST_ROWS) throw new RangeError(`a table holds at most ${MOST_ROWS} rows`)
      this.high++
      this.rows.reserve(row)
    }
    const { rows, keyWords } = this
    rows.set(row, 0, a)
    for (let word = 1; word < rows.words; word++) rows.set(row, word, word >= keyWords ? 0 : word === 1 ? b : c)
    this.enter(this.hash(a, b, c), row)
    this.live++
    return row
  }

  /** Frees a row. Its number is given to the next insertion. */
  remove(row: number): void {
    this.leave(row)
    this.rows.set(row, 0, FREE)
    this.rows.set(row, 1, this.freeHead)
    this.freeHead = row
    this.live--
  }

  /** What a snapshot keeps beside the rows. */
  get head(): readonly [high: number, freeHead: number, live: number] {
    return [this.high, this.freeHead, this.live]
  }

  /** Takes over rows and head of a snapshot, and builds the index anew. */
  restore(head: readonly [high: number, freeHead: number, live: number], bytes: Uint8Array): void {
    const [high, freeHead, live] = head
    this.rows.restore(bytes)
    this.rows.reserve(high)
    this.high = high
    this.freeHead = freeHead
    this.live = live
    let slots = FIRST_SLOTS
    while (slots * 0.7 < live / this.segments.length) slots *= 2
    this.segments = this.segments.map(() => new Int32Array(slots))
    this.counts.fill(0)
    const { rows } = this
    for (let row = 1; row < high; row++) {
      if (rows.get(row, 0) !== FREE) this.enter(this.hashOfRow(row), row)
    }
  }

  private enter(hash: number, row: number): void {
    const number = hash >>> this.segmentShift
    const count = this.counts[number]! + 1
    this.counts[number] = count
    let segment = this.segments[number]!
    // Each segment has its own limit, from 5/8 to 7/8 full: as keys spread evenly, all would else grow at the same time.
    if (count * 1024 > segment.length * (640 + ((number * 37) & 255))) segment = this.grow(number)
    put(segment, hash, row)
  }

  private grow(number: number): Int32Array {
    const old = this.segments[number]!
    const larger = new Int32Array(old.length * 2)
    for (const slot of old) {
      if (slot === 0) continue
      const row = slot & ROW_MASK
      put(larger, this.hashOfRow(row), row)
    }
    this.segments[number] = larger
    return larger
  }

  /** Closes the gap that a removed slot leaves (Knuth, TAOCP 3, algorithm 6.4 R), so that no tombstones pile up. */
  private leave(row: number): void {
    const hash = this.hashOfRow(row)
    const number = hash >>> this.segmentShift
    const segment = this.segments[number]!
    const mask = segment.length - 1
    let gap = hash & mask
    while ((segment[gap]! & ROW_MASK) !== row) gap = (gap + 1) & mask
    for (let place = (gap + 1) & mask; segment[place] !== 0; place = (place + 1) & mask) {
      const home = this.hashOfRow(segment[place]! & ROW_MASK) & mask
      if (((place - home) & mask) < ((place - gap) & mask)) continue
      segment[gap] = segment[place]!
      gap = place
    }
    segment[gap] = 0
    this.counts[number] = this.counts[number]! - 1
  }

  private hashOfRow(row: number): number {
    const { rows, keyWords } = this
    return this.hash(rows.get(row, 0), keyWords > 1 ? rows.get(row, 1) : 0, keyWords > 2 ? rows.get(row, 2) : 0)
  }

  /** MurmurHash3 (Appleby 2011) over the key's words. */
  private hash(a: number, b: number, c: number): number {
    const keyWords = this.keyWords
    let h = mixWord(this.seed, a)
    if (keyWords > 1) h = mixWord(h, b)
    if (keyWords > 2) h = mixWord(h, c)
    h ^= h >>> 16
    h = Math.imul(h, 0x85ebca6b)
    h ^= h >>> 13
    h = Math.imul(h, 0xc2b2ae35)
    return h ^ (h >>> 16)
  }
}

function put(segment: Int32Array, hash: number, row: number): void {
  const mask = segment.length - 1
  let place = hash & mask
  while (segment[place] !== 0) place = (place + 1) & mask
  segment[place] = ((hash << 12) & TAG_MASK) | row
}

function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  const h = hash ^ Math.imul(k, 0x1b873593)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}
