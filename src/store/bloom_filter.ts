/**
 * Parquet's split-block Bloom filter over XXH64, so that a question for one uid or address skips the row groups that
 * cannot hold it. A filter must never deny what is there: hash and block layout follow
 * apache/parquet-format BloomFilter.md and the xxHash specification (Collet, XXH64, seed 0) to the bit.
 *
 * 64-bit words are kept as two 32-bit halves: BigInt arithmetic costs ten times as much.
 */

/** The five primes of XXH64, by halves. */
const P1H = 0x9e3779b1
const P1L = 0x85ebca87
const P2H = 0xc2b2ae3d
const P2L = 0x27d4eb4f
const P3H = 0x165667b1
const P3L = 0x9e3779f9
const P4H = 0x85ebca77
const P4L = 0xc2b2ae63
const P5H = 0x27d4eb2f
const P5L = 0x165667c5

/** Parquet's eight odd constants that pick a bit of each word of a block. */
const SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31]

/** High 32 bits of the product of two unsigned 32-bit numbers: by halves, each step below 2³². */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0
  const cross = ((middle & 0xffff) + Math.imul(a0, b1)) | 0
  return (Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16)) | 0
}

/** High half of (high, low) × (byHigh, byLow); the low half is Math.imul(low, byLow). */
function productHigh(high: number, low: number, byHigh: number, byLow: number): number {
  return (multiplyHigh(low, byLow) + Math.imul(high, byLow) + Math.imul(low, byHigh)) | 0
}

/** 1 when the low halves overflow as they are added. */
function carry(a: number, b: number): number {
  return (a >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0
}

/** XXH64 (seed 0) of bytes[start … end]; its halves are left in `result`, the high one first. */
export function hash64(bytes: DataView, start: number, end: number, result: Int32Array): void {
  const length = end - start
  let at = start
  let high = P5H
  let low = P5L
  if (length >= 32) {
    at = hashStripes(bytes, start, end, result)
    high = result[0]!
    low = result[1]!
  }
  high = (high + carry(low, length)) | 0
  low = (low + length) | 0
  let t = 0
  for (; at + 8 <= end; at += 8) {
    const wordLow = bytes.getInt32(at, true)
    const wordHigh = bytes.getInt32(at + 4, true)
    const h = productHigh(wordHigh, wordLow, P2H, P2L)
    const l = Math.imul(wordLow, P2L)
    // rotate by 31, × P1
    const rh = (h << 31) | (l >>> 1)
    const rl = (l << 31) | (h >>> 1)
    high ^= productHigh(rh, rl, P1H, P1L)
    low ^= Math.imul(rl, P1L)
    // rotate by 27, × P1, + P4
    t = (high << 27) | (low >>> 5)
    low = (low << 27) | (high >>> 5)
    high = productHigh(t, low, P1H, P1L)
    low = Math.imul(low, P1L)
    high = (high + P4H + carry(low, P4L)) | 0
    low = (low + P4L) | 0
  }
  if (at + 4 <= end) {
    const word = bytes.getInt32(at, true)
    high ^= productHigh(0, word, P1H, P1L)
    low ^= Math.imul(word, P1L)
    t = (high << 23) | (low >>> 9)
    low = (low << 23) | (high >>> 9)
    high = productHigh(t, low, P2H, P2L)
    low = Math.imul(low, P2L)
    high = (high + P3H + carry(low, P3L)) | 0
    low = (low + P3L) | 0
    at += 4
  }
  for (; at < end; at++) {
    const byte = bytes.getUint8(at)
    high ^= productHigh(0, byte, P5H, P5L)
    low ^= Math.imul(byte, P5L)
    t = (high << 11) | (low >>> 21)
    low = (low << 11) | (high >>> 21)
    high = productHigh(t, low, P1H, P1L)
    low = Math.imul(low, P1L)
  }
  low ^= high >>> 1 // h ^= h >>> 33
  high = productHigh(high, low, P2H, P2L)
  low = Math.imul(low, P2L)
  low ^= (low >>> 29) | (high << 3) // h ^= h >>> 29
  high ^= high >>> 29
  high = productHigh(high, low, P3H, P3L)
  low = Math.imul(low, P3L)
  low ^= high // h ^= h >>> 32
  result[0] = high
  result[1] = low
}

/** The four accumulators of the long form, high halves first. */
const lanes = new Int32Array(8)
const TURNS = [1, 7, 12, 18]

/** Stripes of 32 bytes through four accumulators, merged into `result`. Returns where the rest begins. */
function hashStripes(bytes: DataView, start: number, end: number, result: Int32Array): number {
  // P1 + P2, P2, 0, 0 − P1
  lanes[0] = (P1H + P2H + carry(P1L, P2L)) | 0
  lanes[1] = (P1L + P2L) | 0
  lanes[2] = P2H
  lanes[3] = P2L
  lanes[4] = 0
  lanes[5] = 0
  lanes[6] = ~P1H
  lanes[7] = -P1L | 0
  let at = start
  for (; at + 32 <= end; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      const wordLow = bytes.getInt32(at + lane * 8, true)
      const wordHigh = bytes.getInt32(at + lane * 8 + 4, true)
      let low = Math.imul(wordLow, P2L)
      let high = productHigh(wordHigh, wordLow, P2H, P2L)
      high = (high + lanes[lane * 2]! + carry(low, lanes[lane * 2 + 1]!)) | 0
      low = (low + lanes[lane * 2 + 1]!) | 0
      const turnedHigh = (high << 31) | (low >>> 1)
      const turnedLow = (low << 31) | (high >>> 1)
      lanes[lane * 2] = productHigh(turnedHigh, turnedLow, P1H, P1L)
      lanes[lane * 2 + 1] = Math.imul(turnedLow, P1L)
    }
  }
  let high = 0
  let low = 0
  for (let lane = 0; lane < 4; lane++) {
    const by = TURNS[lane]!
    const laneHigh = lanes[lane * 2]!
    const laneLow = lanes[lane * 2 + 1]!
    const turnedHigh = (laneHigh << by) | (laneLow >>> (32 - by))
    const turnedLow = (laneLow << by) | (laneHigh >>> (32 - by))
    high = (high + turnedHigh + carry(low, turnedLow)) | 0
    low = (low + turnedLow) | 0
  }
  for (let lane = 0; lane < 4; lane++) {
    const laneHigh = lanes[lane * 2]!
    const laneLow = lanes[lane * 2 + 1]!
    const h = productHigh(laneHigh, laneLow, P2H, P2L)
    const l = Math.imul(laneLow, P2L)
    const turnedHigh = (h << 31) | (l >>> 1)
    const turnedLow = (l << 31) | (h >>> 1)
    high ^= productHigh(turnedHigh, turnedLow, P1H, P1L)
    low ^= Math.imul(turnedLow, P1L)
    const product = productHigh(high, low, P1H, P1L)
    low = Math.imul(low, P1L)
    high = (product + P4H + carry(low, P4L)) | 0
    low = (low + P4L) | 0
  }
  result[0] = high
  result[1] = low
  return at
}

/** Bits a value: 12 give one false "maybe" in about 250. */
const BITS_A_VALUE = 12
const BLOCK_BYTES = 32
const MOST_BYTES = 1 << 17

/** One column chunk's filter. */
export class BloomFilter {
  readonly bytes: Uint8Array
  private readonly words: Int32Array
  private readonly blocks: number
  private readonly hash = new Int32Array(2)

  /** @param distinct how many different values will be added, at most */
  constructor(distinct: number) {
    let size = BLOCK_BYTES
    while (size * 8 < distinct * BITS_A_VALUE && size < MOST_BYTES) size *= 2
    this.words = new Int32Array(size / 4)
    this.bytes = new Uint8Array(this.words.buffer)
    this.blocks = size / BLOCK_BYTES
  }

  add(bytes: DataView, start: number, end: number): void {
    hash64(bytes, start, end, this.hash)
    // Block: the upper half, scaled to the number of blocks (a power of two).
    const block = Math.floor(((this.hash[0]! >>> 0) * this.blocks) / 0x100000000) * 8
    const key = this.hash[1]!
    for (let word = 0; word < 8; word++) {
      this.words[block + word]! |= 1 << (Math.imul(key, SALT[word]!) >>> 27)
    }
  }
}
