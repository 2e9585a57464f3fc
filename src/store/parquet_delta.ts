import type { PageMemory } from './page_memory.ts'

/**
 * Parquet's DELTA_BINARY_PACKED: whole numbers as differences, each block of 128 above its own least, each 32 of them in
 * as few bits as they need. Source: apache/parquet-format, Encodings.md. Half the bytes of PLAIN behind zstd for byte
 * counts, ports and positions, and sooner done.
 */

const BLOCK = 128
const MINI = 32
const MINIS = BLOCK / MINI
/** Wider differences (within a block) are not worth it. */
const MOST_BITS = 31
/** Differences of such numbers are exact in a double. */
const MOST = 2 ** 51

const deltas = new Float64Array(BLOCK)
const above = new Uint32Array(BLOCK)

/**
 * @param values whole numbers
 * @returns the encoded page body, or undefined when the numbers are too far apart for it
 */
export function deltaPacked(values: Float64Array, count: number, memory: PageMemory): Buffer | undefined {
  const out = memory.take(40 + count * 5 + BLOCK * 5)
  let at = varint(out, 0, BLOCK)
  at = varint(out, at, MINIS)
  at = varint(out, at, count)
  let last = values[0]!
  if (!(last < MOST && last > -MOST)) return undefined
  at = zigzag(out, at, last)
  for (let from = 1; from < count; from += BLOCK) {
    const here = Math.min(BLOCK, count - from)
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < here; i++) {
      const value = values[from + i]!
      if (!(value < MOST && value > -MOST)) return undefined
      const delta = value - last
      last = value
      deltas[i] = delta
      if (delta < least) least = delta
    }
    at = zigzag(out, at, least)
    const widthsAt = at
    at += MINIS
    for (let mini = 0; mini < MINIS; mini++) {
      const first = mini * MINI
      let most = 0
      for (let i = first; i < first + MINI; i++) {
        const difference = i < here ? deltas[i]! - least : 0
        if (difference > most) most = difference
        above[i] = difference
      }
      if (most >= 2 ** MOST_BITS) return undefined
      const width = first < here ? 32 - Math.clz32(most) : 0
      out[widthsAt + mini] = width
      at = pack(out, at, first, width)
    }
  }
  return out.subarray(0, at)
}

/** Packs 32 values of `above`, least significant bit first: exactly `width` times four bytes. */
function pack(out: Buffer, start: number, first: number, width: number): number {
  let at = start
  let bits = 0
  let held = 0
  for (let i = first; i < first + MINI && width > 0; i++) {
    const value = above[i]!
    bits |= value << held
    held += width
    if (held < 32) continue
    out[at++] = bits & 0xff
    out[at++] = (bits >>> 8) & 0xff
    out[at++] = (bits >>> 16) & 0xff
    out[at++] = bits >>> 24
    held -= 32
    bits = held === 0 ? 0 : value >>> (width - held)
  }
  return at
}

function varint(out: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  out[at++] = rest
  return at
}

function zigzag(out: Buffer, start: number, value: number): number {
  return varint(out, start, value < 0 ? -2 * value - 1 : 2 * value)
}
