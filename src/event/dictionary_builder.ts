import { Dictionary } from './batch.ts'
import { giveMemory, takeMemory } from './column_memory.ts'

/** Words of a place in the table: id (0 is free), hash, offset, length. Side by side, so that a look-up misses the cache once. */
const PLACE = 4
const FIRST_PLACES = 1 << 12
const FIRST_ENTRIES = 1 << 13
/**
 * Probing ends after a dozen places: values made to collide then stand twice in the dictionary, which costs a few bytes,
 * instead of a walk that grows with every record.
 */
const MOST_PROBES = 12

/** Gathers the text of one batch: the same bytes get the same id. Filled again and again; memory of a batch is its own. */
export class DictionaryBuilder {
  /** Hash of the entry that was interned or appended last. */
  lastHash = 0
  private bytes!: Buffer
  /** The same bytes. Four at a time are three times as fast as one. */
  private words!: DataView
  private used = 0
  private offsets!: Uint32Array
  private entries = 1
  private interned = 0
  /** Open addressing. Kept from batch to batch: only its content is a batch's own. */
  private table = new Int32Array(takeMemory(FIRST_PLACES * PLACE * 4))
  /** The array that text was last taken from: it comes from the same one many times in a row. */
  private source: Uint8Array = new Uint8Array(0)
  private sourceWords = new DataView(this.source.buffer)
  private scratch = Buffer.allocUnsafe(1 << 10)

  constructor() {
    this.fresh(1 << 16)
  }

  /** Id of the bytes; the same bytes get the same id, unless an adversary made their hashes crowd. */
  intern(source: Uint8Array, start: number, end: number): number {
    const from = this.wordsOf(source)
    const hash = hashOf(from, start, end) | 0
    this.lastHash = hash
    const { table, words } = this
    const mask = table.length - PLACE
    const length = end - start
    let place = (hash * PLACE) & mask
    for (let probes = 0; probes < MOST_PROBES; probes++) {
      const id = table[place]!
      if (id === 0) {
        const made = this.add(from, start, length)
        this.fill(this.table, place, made, hash, length)
        if (++this.interned * 2 * PLACE > table.length) this.growTable()
        return made
      }
      if (
        table[place + 1] === hash &&
        table[place + 3] === length &&
        equal(words, table[place + 2]!, from, start, length)
      ) {
        return id
      }
      place = (place + PLACE) & mask
    }
    return this.add(from, start, length)
  }

  /** Id of the bytes, without looking whether they are there: for identifiers that do not repeat. */
  append(source: Uint8Array, start: number, end: number): number {
    const from = this.wordsOf(source)
    // As an integer with sign: another kind of number would be boxed.
    this.lastHash = hashOf(from, start, end) | 0
    return this.add(from, start, end - start)
  }

  internText(text: string): number {
    // First, for it may put a larger array in the place of `scratch`.
    const length = this.encode(text)
    return this.intern(this.scratch, 0, length)
  }

  appendText(text: string): number {
    const length = this.encode(text)
    return this.append(this.scratch, 0, length)
  }

  /** '' for 0. */
  textOf(id: number): string {
    return id === 0 ? '' : this.bytes.utf8Slice(this.offsets[id]!, this.offsets[id + 1]!)
  }

  /** What was gathered. Either `again` or `end` must follow. */
  take(): Dictionary {
    const bytes = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.used)
    return new Dictionary(bytes, this.offsets.subarray(0, this.entries + 1), this.entries)
  }

  /** Starts anew after `take`. */
  again(): void {
    this.fresh(Math.max(1 << 16, this.used + (this.used >> 2)))
  }

  /** Nothing more will be gathered. @param taken whether `take` has given the texts away */
  end(taken: boolean): void {
    giveMemory(this.table.buffer)
    this.table = new Int32Array(0)
    if (taken) return
    giveMemory(this.bytes.buffer)
    giveMemory(this.offsets.buffer)
  }

  private fresh(byteCapacity: number): void {
    // Its own ArrayBuffer, never the pool of small Buffers: it is handed to other threads.
    this.bytes = Buffer.from(takeMemory(roundUp(byteCapacity, 1 << 16)))
    this.words = new DataView(this.bytes.buffer)
    this.used = 0
    const entries = Math.max(FIRST_ENTRIES, this.entries + (this.entries >> 2))
    this.offsets = new Uint32Array(takeMemory(roundUp(entries * 4, 1 << 14)))
    this.offsets[0] = 0
    this.offsets[1] = 0
    this.entries = 1
    this.interned = 0
    this.table.fill(0)
  }

  private encode(text: string): number {
    if (this.scratch.length < text.length * 3) this.scratch = Buffer.allocUnsafe(text.length * 4)
    return this.scratch.utf8Write(text, 0)
  }

  private wordsOf(source: Uint8Array): DataView {
    if (source !== this.source) {
      this.source = source
      this.sourceWords = new DataView(source.buffer, source.byteOffset, source.byteLength)
    }
    return this.sourceWords
  }

  private add(from: DataView, start: number, length: number): number {
    if (this.used + length > this.bytes.length) this.growBytes(length)
    const id = this.entries++
    if (id + 1 >= this.offsets.length) this.growOffsets()
    const { words } = this
    const at = this.used
    let i = 0
    for (; i + 4 <= length; i += 4) words.setInt32(at + i, from.getInt32(start + i, true), true)
    for (; i < length; i++) words.setUint8(at + i, from.getUint8(start + i))
    this.used = at + length
    this.offsets[id] = at
    this.offsets[id + 1] = at + length
    return id
  }

  private fill(table: Int32Array, place: number, id: number, hash: number, length: number): void {
    table[place] = id
    table[place + 1] = hash
    table[place + 2] = this.offsets[id]!
    table[place + 3] = length
  }

  private growBytes(need: number): void {
    const larger = Buffer.from(new ArrayBuffer(Math.max(this.bytes.length * 2, this.used + need)))
    this.bytes.copy(larger, 0, 0, this.used)
    this.bytes = larger
    this.words = new DataView(larger.buffer)
  }

  private growOffsets(): void {
    const larger = new Uint32Array(this.offsets.length * 2)
    larger.set(this.offsets)
    this.offsets = larger
  }

  private growTable(): void {
    const old = this.table
    this.table = new Int32Array(old.length * 2)
    const mask = this.table.length - PLACE
    for (let from = 0; from < old.length; from += PLACE) {
      if (old[from] === 0) continue
      let place = (old[from + 1]! * PLACE) & mask
      for (let probes = 0; probes < MOST_PROBES; probes++) {
        if (this.table[place] === 0) {
          this.fill(this.table, place, old[from]!, old[from + 1]!, old[from + 3]!)
          break
        }
        place = (place + PLACE) & mask
      }
    }
  }
}

/** Few sizes, so that memory given back fits again. */
function roundUp(size: number, to: number): number {
  return Math.ceil(size / to) * to
}

/** MurmurHash3_x86_32 (Appleby 2011, public domain). @returns 32 bits without sign */
function hashOf(words: DataView, start: number, end: number): number {
  let hash = 0x811c9dc5
  let at = start
  for (; at + 4 <= end; at += 4) {
    let block = Math.imul(words.getInt32(at, true), 0xcc9e2d51)
    block = (block << 15) | (block >>> 17)
    hash ^= Math.imul(block, 0x1b873593)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  if (at < end) {
    let rest = words.getUint8(at)
    if (at + 1 < end) rest |= words.getUint8(at + 1) << 8
    if (at + 2 < end) rest |= words.getUint8(at + 2) << 16
    rest = Math.imul(rest, 0xcc9e2d51)
    hash ^= Math.imul((rest << 15) | (rest >>> 17), 0x1b873593)
  }
  return finish(hash ^ (end - start))
}

/** MurmurHash3's finaliser: every bit of the input changes half of the bits of the output. */
export function finish(hash: number): number {
  let h = hash
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export function hashText(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  return hashOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
}

function equal(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let i = 0
  for (; i + 4 <= length; i += 4) if (a.getInt32(aStart + i, true) !== b.getInt32(bStart + i, true)) return false
  for (; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false
  return true
}
