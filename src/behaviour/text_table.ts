import { KeyedRows } from './keyed_rows.ts'
import { type FrozenRows, PagedRows } from './paged_rows.ts'

/** Longer texts are cut to this many bytes of UTF-8: enough for any name, and bounded whatever the network sends. */
export const LONGEST_TEXT = 256
/** Texts are kept in blocks of these many bytes. */
const BLOCKS = [16, 32, 64, 128, 256] as const
const BLOCK_NUMBER_BITS = 28
const BLOCK_NUMBER_MASK = 2 ** BLOCK_NUMBER_BITS - 1

const ROW_WORDS = 5
const PLACE = 3
/** References (24 bits, ends there: such a text stays) and length (8 bits, less one). */
const USE = 4
const MOST_REFERENCES = 0xff_ffff
/** Texts with one hash: so many are told apart, more only an adversary makes. */
const MOST_ALIKE = 8
const MOST_STEPS = 4096
const DROPPED_AT_ONCE = 64
/** Texts that one event may bring. */
const SPARE = 16

export interface TextBounds {
  readonly texts: number
  /** Bytes of all blocks. */
  readonly bytes: number
}

/**
 * Interned text: each text stands once, as bytes in blocks, and is named by a number from 1. A text that nothing refers
 * to may be dropped when room is needed; one that is referred to stays, so a number never changes its meaning under a
 * value that names it.
 *
 * The key of a row is a content hash of 64 bits and a counter that tells texts of one hash apart.
 */
export class TextTable {
  private readonly rows: KeyedRows
  private readonly bounds: TextBounds
  private readonly blocks = BLOCKS.map((bytes) => new PagedRows(bytes / 4))
  private readonly blockHigh = new Int32Array(BLOCKS.length)
  private readonly blockFree = new Int32Array(BLOCKS.length)
  private blockBytes = 0
  private hand = 1
  private readonly scratch = Buffer.alloc(LONGEST_TEXT * 4)
  private readonly blockScratch = new Int32Array(LONGEST_TEXT / 4)
  private readonly blockText = Buffer.from(this.blockScratch.buffer)
  /** Changes whenever a number may have changed its meaning: memos of numbers end then. */
  generation = 1
  dropped = 0
  cut = 0
  refused = 0

  constructor(bounds: TextBounds, seed: number) {
    this.bounds = bounds
    this.rows = new KeyedRows(ROW_WORDS, 3, 256, seed)
  }

  get size(): number {
    return this.rows.size
  }

  get bytes(): number {
    return this.rows.bytes + this.blocks.reduce((sum, rows) => sum + rows.bytes, 0)
  }

  /**
   * The number of a text; 0 for the empty text, and when there is no room (`refused` counts). A new text has no
   * references: `hold` it, or the next `ensureRoom` may drop it. Drops nothing itself.
   */
  intern(text: string): number {
    if (text === '') return 0
    const bytes = this.scratch
    let length = bytes.write(text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT + 1) : text, 'utf8')
    if (length > LONGEST_TEXT) {
      length = LONGEST_TEXT
      // Never within a character: continuation bytes are 10xxxxxx (RFC 3629).
      while ((bytes[length]! & 0xc0) === 0x80) length--
      this.cut++
    }
    const high = hashBytes(bytes, length, 0x811c9dc5)
    const low = hashBytes(bytes, length, 0x9747b28c)
    for (let alike = 0; alike < MOST_ALIKE; alike++) {
      const row = this.rows.find(alike, high, low)
      if (row === 0) return this.add(alike, high, low, length)
      if (this.equals(row, length)) return row
    }
    this.refused++
    return 0
  }

  text(row: number): string {
    if (row === 0 || row >= this.rows.end || !this.rows.isLive(row)) return ''
    const length = this.readBlock(row)
    return this.blockText.utf8Slice(0, length)
  }

  hold(row: number): void {
    if (row === 0) return
    const use = this.rows.rows.get(row, USE)
    if (use >>> 8 < MOST_REFERENCES) this.rows.rows.set(row, USE, use + 256)
  }

  release(row: number): void {
    if (row === 0) return
    const use = this.rows.rows.get(row, USE)
    const references = use >>> 8
    if (references > 0 && references < MOST_REFERENCES) this.rows.rows.set(row, USE, use - 256)
  }

  /** Drops some texts that nobody refers to when little room is left; to be called between events. */
  ensureRoom(): void {
    const { texts, bytes } = this.bounds
    if (this.rows.size + SPARE <= texts && this.blockBytes + SPARE * LONGEST_TEXT <= bytes) return
    let freed = 0
    for (let steps = Math.min(this.rows.end, MOST_STEPS); steps > 0 && freed < DROPPED_AT_ONCE; steps--) {
      const row = this.hand
      this.hand = row + 1 >= this.rows.end ? 1 : row + 1
      if (!this.rows.isLive(row) || this.rows.rows.get(row, USE) >>> 8 !== 0) continue
      // A text whose hash equals another's keeps its place, or the other would no longer be found.
      const { rows } = this.rows
      if (this.rows.find(rows.get(row, 0) + 1, rows.get(row, 1), rows.get(row, 2)) !== 0) continue
      this.drop(row)
      freed++
    }
  }

  private add(alike: number, high: number, low: number, length: number): number {
    const size = BLOCKS.findIndex((bytes) => length <= bytes)
    if (this.rows.size >= this.bounds.texts || this.blockBytes + BLOCKS[size]! > this.bounds.bytes) {
      this.refused++
      return 0
    }
    const blocks = this.blocks[size]!
    let block = this.blockFree[size]!
    if (block !== 0) this.blockFree[size] = blocks.get(block, 0)
    else {
      block = this.blockHigh[size]! + 1
      this.blockHigh[size] = block
      blocks.reserve(block)
    }
    this.blockBytes += BLOCKS[size]!
    this.blockScratch.fill(0)
    this.scratch.copy(this.blockText, 0, 0, length)
    for (let word = 0; word < blocks.words; word++) blocks.set(block, word, this.blockScratch[word]!)
    const row = this.rows.insert(alike, high, low)
    this.rows.rows.set(row, PLACE, size * 2 ** BLOCK_NUMBER_BITS + block)
    this.rows.rows.set(row, USE, length - 1)
    return row
  }

  private drop(row: number): void {
    const place = this.rows.rows.get(row, PLACE)
    const size = place >>> BLOCK_NUMBER_BITS
    const block = place & BLOCK_NUMBER_MASK
    this.blocks[size]!.set(block, 0, this.blockFree[size]!)
    this.blockFree[size] = block
    this.blockBytes -= BLOCKS[size]!
    this.rows.remove(row)
    this.dropped++
    this.generation++
  }

  private readBlock(row: number): number {
    const place = this.rows.rows.get(row, PLACE)
    const blocks = this.blocks[place >>> BLOCK_NUMBER_BITS]!
    const block = place & BLOCK_NUMBER_MASK
    for (let word = 0; word < blocks.words; word++) this.blockScratch[word] = blocks.get(block, word)
    return (this.rows.rows.get(row, USE) & 0xff) + 1
  }

  private equals(row: number, length: number): boolean {
    if ((this.rows.rows.get(row, USE) & 0xff) + 1 !== length) return false
    this.readBlock(row)
    return this.blockText.compare(this.scratch, 0, length, 0, length) === 0
  }

  /** For a snapshot: what is no page. */
  head(): Int32Array {
    return Int32Array.from([
      ...this.rows.head,
      this.hand,
      this.dropped,
      this.cut,
      this.refused,
      this.blockBytes,
      ...this.blockHigh,
      ...this.blockFree,
    ])
  }

  /** For a snapshot: the pages of the rows, then of each size of block. */
  freeze(): readonly FrozenRows[] {
    return [
      this.rows.rows.freeze(this.rows.end),
      ...this.blocks.map((rows, size) => rows.freeze(this.blockHigh[size] === 0 ? 0 : this.blockHigh[size]! + 1)),
    ]
  }

  restore(head: Int32Array, pages: readonly Uint8Array[]): void {
    this.rows.restore([head[0]!, head[1]!, head[2]!], pages[0]!)
    this.hand = head[3]!
    this.dropped = head[4]!
    this.cut = head[5]!
    this.refused = head[6]!
    this.blockBytes = head[7]!
    this.blocks.forEach((rows, size) => {
      this.blockHigh[size] = head[8 + size]!
      this.blockFree[size] = head[8 + BLOCKS.length + size]!
      rows.restore(pages[1 + size]!)
    })
    this.generation++
  }

  /** How many sections `freeze` gives. */
  static readonly parts: number = 1 + BLOCKS.length
}

/** FNV-1a with MurmurHash3's finaliser. */
function hashBytes(bytes: Uint8Array, length: number, basis: number): number {
  let hash = basis
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
