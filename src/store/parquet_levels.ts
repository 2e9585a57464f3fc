import type { PageMemory } from './page_memory.ts'

/**
 * Parquet's "RLE / bit-packing hybrid", which holds definition levels, repetition levels and dictionary ids.
 * Source: apache/parquet-format, Encodings.md. Only two of its forms are written: one run when all values are the same,
 * otherwise everything bit-packed (what repeats is zstd's business).
 */

/** Bits needed for ids 0 … count − 1; at least 1, since some readers stumble over a width of 0. */
export function bitWidth(count: number): number {
  return Math.max(1, 32 - Math.clz32(Math.max(1, count - 1)))
}

/** @param values each below 2^width; width at most 20 */
export function hybrid(values: Uint32Array, from: number, to: number, width: number, memory: PageMemory): Buffer {
  const count = to - from
  const first = count === 0 ? 0 : values[from]!
  let same = true
  for (let i = from + 1; i < to && same; i++) same = values[i] === first
  return same ? run(count, first, width, memory) : packed(values, from, to, width, memory)
}

function run(count: number, value: number, width: number, memory: PageMemory): Buffer {
  const out = memory.take(8)
  let at = varint(out, 0, count * 2)
  for (let bits = 0; bits < width; bits += 8) out[at++] = (value >>> bits) & 0xff
  return out.subarray(0, at)
}

function packed(values: Uint32Array, from: number, to: number, width: number, memory: PageMemory): Buffer {
  const groups = Math.ceil((to - from) / 8)
  const out = memory.take(8 + groups * width)
  let at = varint(out, 0, groups * 2 + 1)
  const end = at + groups * width
  let bits = 0
  let held = 0
  for (let i = from; i < to; i++) {
    bits |= values[i]! << held
    held += width
    while (held >= 8) {
      out[at++] = bits & 0xff
      bits >>>= 8
      held -= 8
    }
  }
  if (held > 0) out[at++] = bits & 0xff
  // The last group is filled up with zeros.
  while (at < end) out[at++] = 0
  return out.subarray(0, end)
}

function varint(out: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  out[at++] = rest
  return at
}

/** Levels as a data page (version 1) holds them: four bytes of length, then the hybrid. */
export function levels(
  values: Uint32Array,
  from: number,
  to: number,
  width: number,
  memory: PageMemory,
): readonly Buffer[] {
  const body = hybrid(values, from, to, width, memory)
  const length = memory.take(4)
  length.writeUInt32LE(body.length, 0)
  return [length, body]
}

/** Definition levels of a flat column whose rows all have a value, or (0) all have none. */
export function sameLevels(rows: number, level: 0 | 1, memory: PageMemory): readonly Buffer[] {
  const body = run(rows, level, 1, memory)
  const length = memory.take(4)
  length.writeUInt32LE(body.length, 0)
  return [length, body]
}
