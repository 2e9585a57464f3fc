/**
 * Rows of a few 32-bit words in pages that never move: the memory of everything the behaviour station learns. A page is
 * allocated when its first row is needed, so growth costs one page at a time (which the system fills lazily).
 *
 * A snapshot shares the rows: a block of 128 rows is copied aside when it is first written after the barrier, so no write
 * ever costs more than one block.
 *
 * Words are signed (`Int32Array` reads stay small integers in V8); who needs the unsigned value says `>>> 0`.
 */
export class PagedRows {
  /** Words a row. */
  readonly words: number
  readonly pages: Int32Array[] = []
  /** While a snapshot is under way, by block: 0 no longer needed, -1 shared with it, n > 0 copied to place n - 1. */
  private copied: Int32Array | undefined
  private copies: Int32Array[] = []
  private copyCount = 0
  /** Blocks copied because the engine wrote to them while a snapshot was under way, in all. */
  blocksCopied = 0

  constructor(words: number) {
    this.words = words
  }

  /** Bytes of all pages, and of what a snapshot has made us copy. */
  get bytes(): number {
    const copies = this.copies.length * this.words * 4 * BLOCK_ROWS * BLOCKS_OF_CHUNK
    return this.pages.reduce((sum, page) => sum + page.byteLength, copies)
  }

  /** Makes sure that a row can be read and written. The first page begins small and doubles: most tables stay small. */
  reserve(row: number): void {
    if (row < PAGE_ROWS) {
      const first = this.pages[0]
      if (first !== undefined && row * this.words < first.length) return
      let rows = FIRST_ROWS
      while (rows <= row) rows *= 2
      const larger = new Int32Array(this.words * rows)
      if (first !== undefined) larger.set(first)
      this.pages[0] = larger
      return
    }
    this.reserve(PAGE_ROWS - 1)
    while (row >>> PAGE_SHIFT >= this.pages.length) this.pages.push(new Int32Array(this.words * PAGE_ROWS))
  }

  get(row: number, word: number): number {
    return this.pages[row >>> PAGE_SHIFT]![(row & PAGE_MASK) * this.words + word]!
  }

  set(row: number, word: number, value: number): void {
    if (this.copied !== undefined && this.copied[row >>> BLOCK_SHIFT] === -1) this.copyBlock(row >>> BLOCK_SHIFT)
    this.pages[row >>> PAGE_SHIFT]![(row & PAGE_MASK) * this.words + word] = value
  }

  private copyBlock(block: number): void {
    const place = this.copyCount++
    const blockWords = BLOCK_ROWS * this.words
    const chunk = Math.floor(place / BLOCKS_OF_CHUNK)
    if (chunk === this.copies.length) this.copies.push(new Int32Array(blockWords * BLOCKS_OF_CHUNK))
    const from = (block % BLOCKS_OF_PAGE) * blockWords
    const page = this.pages[Math.floor(block / BLOCKS_OF_PAGE)]!
    this.copies[chunk]!.set(page.subarray(from, from + blockWords), (place % BLOCKS_OF_CHUNK) * blockWords)
    this.copied![block] = place + 1
    this.blocksCopied++
  }

  /**
   * The barrier: from here on a snapshot reads each row as it stands now, whatever the engine writes.
   * @param rows how many rows, from row 0, belong to the snapshot
   * @throws Error while an earlier snapshot is under way
   */
  freeze(rows: number): FrozenRows {
    if (this.copied !== undefined) throw new Error('a snapshot of these rows is under way; wait until it is written')
    const copied = new Int32Array(Math.ceil(rows / BLOCK_ROWS)).fill(-1)
    this.copied = copied
    const blockBytes = BLOCK_ROWS * this.words * 4
    const pieceBlocks = Math.max(1, Math.floor(PIECE_BYTES / blockBytes))
    const total = rows * this.words * 4
    const read = (piece: number, into: Uint8Array): number => {
      const first = piece * pieceBlocks
      const end = Math.min(first + pieceBlocks, copied.length)
      for (let block = first; block < end; block++) {
        into.set(this.frozenBlock(block, copied[block]!), (block - first) * blockBytes)
        copied[block] = 0
      }
      return Math.min(total - first * blockBytes, (end - first) * blockBytes)
    }
    const release = (): void => {
      if (this.copied !== copied) return
      this.copied = undefined
      this.copies = []
      this.copyCount = 0
    }
    return {
      bytes: total,
      pieces: Math.ceil(copied.length / pieceBlocks),
      pieceBytes: pieceBlocks * blockBytes,
      read,
      release,
    }
  }

  private frozenBlock(block: number, place: number): Uint8Array {
    const blockWords = BLOCK_ROWS * this.words
    const from =
      place > 0
        ? this.copies[Math.floor((place - 1) / BLOCKS_OF_CHUNK)]!
        : this.pages[Math.floor(block / BLOCKS_OF_PAGE)]!
    const at = (place > 0 ? (place - 1) % BLOCKS_OF_CHUNK : block % BLOCKS_OF_PAGE) * blockWords
    return new Uint8Array(from.buffer, from.byteOffset + at * 4, blockWords * 4)
  }

  /**
   * Takes the bytes of a snapshot as its pages, without copying whole ones.
   * @param bytes what `freeze` gave; best when 4-byte aligned
   */
  restore(bytes: Uint8Array): void {
    const pageBytes = this.words * 4 * PAGE_ROWS
    this.pages.length = 0
    for (let at = 0; at < bytes.byteLength; at += pageBytes) {
      const rest = bytes.byteLength - at
      if (rest >= pageBytes && (bytes.byteOffset + at) % 4 === 0) {
        this.pages.push(new Int32Array(bytes.buffer, bytes.byteOffset + at, pageBytes / 4))
        continue
      }
      // A first page that is not full stands as small as `reserve` would have made it.
      let rows = at === 0 ? FIRST_ROWS : PAGE_ROWS
      while (rows * this.words * 4 < Math.min(rest, pageBytes)) rows *= 2
      const page = new Int32Array(this.words * rows)
      new Uint8Array(page.buffer).set(bytes.subarray(at, at + Math.min(rest, pageBytes)))
      this.pages.push(page)
    }
  }
}

/** What a snapshot reads: rows as they stood at the barrier, in pieces, in order, each once. */
export interface FrozenRows {
  readonly bytes: number
  readonly pieces: number
  /** Most bytes of a piece. */
  readonly pieceBytes: number
  /** Copies a piece; returns its bytes. */
  read(piece: number, into: Uint8Array): number
  /** Ends the snapshot, finished or given up. */
  release(): void
}

export const PAGE_SHIFT = 17
export const PAGE_MASK: number = (1 << PAGE_SHIFT) - 1
const PAGE_ROWS = 1 << PAGE_SHIFT
/** A multiple of a block. */
const FIRST_ROWS = 256
const BLOCK_SHIFT = 7
const BLOCK_ROWS = 1 << BLOCK_SHIFT
const BLOCKS_OF_PAGE = PAGE_ROWS / BLOCK_ROWS
const BLOCKS_OF_CHUNK = 256
/** What a snapshot moves in one step: a few hundred microseconds. */
const PIECE_BYTES = 256 * 1024
