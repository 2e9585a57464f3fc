/**
 * Parquet's split-block Bloom filter over XXH64, so that a question for one uid or address skips the row groups that
 * cannot hold it. A filter must never deny what is there: hash and block layout follow
 * apache/parquet-format BloomFilter.md and the xxHash specification (Collet, XXH64, seed 0) to the bit.
 *
 * 64-bit words are kept as two 32-bit halves: BigInt arithmetic costs ten times as much.
 */

const P1 = [0x9e3779b1, 0x85ebca87] as const
const P2 = [0xc2b2ae3d, 0x27d4eb4f] as const
const P3 = [0x165667b1, 0x9e3779f9] as const
const P4 = [0x85ebca77, 0xc2b2ae63] as const
const P5 = [0x27d4eb2f, 0x165667c5] as const

/** Parquet's eight odd constants that pick a bit of each word of a block. */
const SALT = [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31]

/** The value under work: only ever live within one call of `hash64`. */
let high = 0
let low = 0

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const middle = a1 * b0 + ((a0 * b0) >>> 16)
  const cross = (middle & 0xffff) + a0 * b1
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) | 0
}

/** (high, low) ← (high, low) × constant */
function multiply(byHigh: number, byLow: number): void {
  const newHigh = (multiplyHigh(low, byLow) + Math.imul(high, byLow) + Math.imul(low, byHigh)) | 0
  low = Math.imul(low, byLow)
  high = newHigh
}

function add(otherHigh: number, otherLow: number): void {
  const sum = (low >>> 0) + (otherLow >>> 0)
  high = (high + otherHigh + (sum > 0xffffffff ? 1 : 0)) | 0
  low = sum | 0
}

/** Rotates left by 1 to 31. */
function rotate(by: number): void {
  const newHigh = (high << by) | (low >>> (32 - by))
  low = (low << by) | (high >>> (32 - by))
  high = newHigh
}

const read32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

/** The four accumulators of the long form. */
const lanes = new Int32Array(8)

/** XXH64 (seed 0) of bytes[start … end]; the halves are left in `result`. */
export function hash64(bytes: Uint8Array, start: number, end: number, result: Int32Array): void {
  const length = end - start
  let at = start
  if (length >= 32) {
    at = hashStripes(bytes, start, end)
  } else {
    high = P5[0]
    low = P5[1]
  }
  add(0, length)
  for (; at + 8 <= end; at += 8) {
    const savedHigh = high
    const savedLow = low
    low = read32(bytes, at)
    high = read32(bytes, at + 4)
    multiply(P2[0], P2[1])
    rotate(31)
    multiply(P1[0], P1[1])
    high ^= savedHigh
    low ^= savedLow
    rotate(27)
    multiply(P1[0], P1[1])
    add(P4[0], P4[1])
  }
  if (at + 4 <= end) {
    const savedHigh = high
    const savedLow = low
    low = read32(bytes, at)
    high = 0
    multiply(P1[0], P1[1])
    high ^= savedHigh
    low ^= savedLow
    rotate(23)
    multiply(P2[0], P2[1])
    add(P3[0], P3[1])
    at += 4
  }
  for (; at < end; at++) {
    const savedHigh = high
    const savedLow = low
    low = bytes[at]!
    high = 0
    multiply(P5[0], P5[1])
    high ^= savedHigh
    low ^= savedLow
    rotate(11)
    multiply(P1[0], P1[1])
  }
  low ^= high >>> 1 // h ^= h >>> 33
  multiply(P2[0], P2[1])
  low ^= (low >>> 29) | (high << 3) // h ^= h >>> 29
  high ^= high >>> 29
  multiply(P3[0], P3[1])
  low ^= high // h ^= h >>> 32
  result[0] = high
  result[1] = low
}

function round(lane: number, bytes: Uint8Array, at: number): void {
  low = read32(bytes, at)
  high = read32(bytes, at + 4)
  multiply(P2[0], P2[1])
  add(lanes[lane * 2]!, lanes[lane * 2 + 1]!)
  rotate(31)
  multiply(P1[0], P1[1])
  lanes[lane * 2] = high
  lanes[lane * 2 + 1] = low
}

/** Stripes of 32 bytes through four accumulators, merged into (high, low). Returns where the rest begins. */
function hashStripes(bytes: Uint8Array, start: number, end: number): number {
  high = P1[0]
  low = P1[1]
  add(P2[0], P2[1])
  lanes[0] = high
  lanes[1] = low
  lanes[2] = P2[0]
  lanes[3] = P2[1]
  lanes[4] = 0
  lanes[5] = 0
  // 0 − P1
  lanes[6] = (~P1[0] + (P1[1] === 0 ? 1 : 0)) | 0
  lanes[7] = -P1[1] | 0
  let at = start
  for (; at + 32 <= end; at += 32) for (let lane = 0; lane < 4; lane++) round(lane, bytes, at + lane * 8)
  let sumHigh = 0
  let sumLow = 0
  for (let lane = 0; lane < 4; lane++) {
    high = lanes[lane * 2]!
    low = lanes[lane * 2 + 1]!
    rotate([1, 7, 12, 18][lane]!)
    add(sumHigh, sumLow)
    sumHigh = high
    sumLow = low
  }
  for (let lane = 0; lane < 4; lane++) {
    low = lanes[lane * 2 + 1]!
    high = lanes[lane * 2]!
    multiply(P2[0], P2[1])
    rotate(31)
    multiply(P1[0], P1[1])
    high ^= sumHigh
    low ^= sumLow
    multiply(P1[0], P1[1])
    add(P4[0], P4[1])
    sumHigh = high
    sumLow = low
  }
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

  add(bytes: Uint8Array, start: number, end: number): void {
    hash64(bytes, start, end, this.hash)
    // Block: the upper half, scaled to the number of blocks (a power of two).
    const block = Math.floor(((this.hash[0]! >>> 0) * this.blocks) / 0x100000000) * 8
    const key = this.hash[1]!
    for (let word = 0; word < 8; word++) {
      this.words[block + word]! |= 1 << (Math.imul(key, SALT[word]!) >>> 27)
    }
  }
}
