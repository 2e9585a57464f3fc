import { BloomFilter } from './bloom_filter.ts'
import type { PageMemory } from './page_memory.ts'
import type { Column } from './parquet_column.ts'
import { levels } from './parquet_levels.ts'
import { dictionaryIds, type EncodedChunk, PAGE_BYTES, PLAIN } from './parquet_page.ts'
import type { Scratch } from './parquet_scratch.ts'
import type { TextPool } from './text_pool.ts'

/** Longer text is no bound worth keeping in the statistics. */
const LONGEST_BOUND = 64

/** Encodes text given as ids of a pool; undefined when there is none but NULL. */
export function encodeTexts(
  column: Column,
  ids: Uint32Array,
  pool: TextPool,
  from: number,
  to: number,
  scratch: Scratch,
): EncodedChunk | undefined {
  const { present, ids: local, memory } = scratch
  let count = 0
  for (let i = from; i < to; i++) {
    const id = ids[i]!
    present[i - from] = id === 0 ? 0 : 1
    if (id !== 0) local[count++] = id
  }
  if (count === 0) return undefined
  const rows = to - from
  const distinct = localIds(local, count, pool, scratch)
  const encoded: EncodedChunk = { pages: [], values: rows, nulls: rows - count, ...boundsOf(distinct, pool) }
  if (column.bloom) {
    encoded.bloom = new BloomFilter(distinct.length)
    const words = new DataView(pool.bytes.buffer, pool.bytes.byteOffset, pool.bytes.byteLength)
    for (const id of distinct) encoded.bloom.add(words, pool.offsets[id]!, pool.offsets[id + 1]!)
  }
  const dictionaryBytes = plainSize(distinct, pool)
  if (dictionaryBytes <= PAGE_BYTES && distinct.length * 2 <= Math.max(2, count)) {
    const dictionary = plainTexts(distinct, pool, dictionaryBytes, memory)
    encoded.pages.push(
      { dictionary: true, parts: [dictionary], values: distinct.length, encoding: PLAIN },
      dictionaryIds(levels(present, 0, rows, 1, memory), local, 0, count, distinct.length, rows, memory),
    )
  } else plainPages(ids, pool, present, from, to, encoded, memory)
  return encoded
}

/** Replaces pool ids by places in the chunk's own dictionary; returns the pool ids in the order of those places. */
export function localIds(ids: Uint32Array, count: number, pool: TextPool, scratch: Scratch): number[] {
  const generation = scratch.next(pool.size)
  const { local, stamp } = scratch
  const distinct: number[] = []
  for (let i = 0; i < count; i++) {
    const id = ids[i]!
    if (stamp[id] !== generation) {
      stamp[id] = generation
      local[id] = distinct.length
      distinct.push(id)
    }
    ids[i] = local[id]!
  }
  return distinct
}

/** Bytes of the values in PLAIN: four of length and the text, each. */
export function plainSize(ids: readonly number[], pool: TextPool): number {
  let size = 0
  for (const id of ids) size += 4 + pool.offsets[id + 1]! - pool.offsets[id]!
  return size
}

export function plainTexts(ids: readonly number[], pool: TextPool, size: number, memory: PageMemory): Buffer {
  const out = memory.take(size)
  let at = 0
  for (const id of ids) at = putText(out, at, pool.bytes, pool.offsets[id]!, pool.offsets[id + 1]!)
  return out
}

function putText(out: Buffer, start: number, source: Uint8Array, from: number, to: number): number {
  const length = to - from
  let at = start
  out[at++] = length & 0xff
  out[at++] = (length >>> 8) & 0xff
  out[at++] = (length >>> 16) & 0xff
  out[at++] = length >>> 24
  if (length > 64) {
    out.set(source.subarray(from, to), at)
    return at + length
  }
  for (let i = from; i < to; i++) out[at++] = source[i]!
  return at
}

function compareText(pool: TextPool, a: number, b: number): number {
  const { bytes, offsets } = pool
  let i = offsets[a]!
  let j = offsets[b]!
  const endA = offsets[a + 1]!
  const endB = offsets[b + 1]!
  for (; i < endA && j < endB; i++, j++) {
    const difference = bytes[i]! - bytes[j]!
    if (difference !== 0) return difference
  }
  return endA - i - (endB - j)
}

/** Least and greatest text in the order of bytes; neither when one is too long to be worth keeping. */
function boundsOf(ids: readonly number[], pool: TextPool): { min?: Buffer; max?: Buffer } {
  let min = ids[0]!
  let max = min
  for (const id of ids) {
    if (compareText(pool, id, min) < 0) min = id
    if (compareText(pool, id, max) > 0) max = id
  }
  const bytesOf = (id: number) => Buffer.from(pool.bytes.subarray(pool.offsets[id]!, pool.offsets[id + 1]!))
  const bounds = { min: bytesOf(min), max: bytesOf(max) }
  return bounds.min.length > LONGEST_BOUND || bounds.max.length > LONGEST_BOUND ? {} : bounds
}

function plainPages(
  ids: Uint32Array,
  pool: TextPool,
  present: Uint32Array,
  from: number,
  to: number,
  encoded: EncodedChunk,
  memory: PageMemory,
): void {
  for (let row = from; row < to; ) {
    const first = row
    let size = 0
    for (; row < to && (size < PAGE_BYTES || row === first); row++) {
      const id = ids[row]!
      if (id !== 0) size += 4 + pool.offsets[id + 1]! - pool.offsets[id]!
    }
    const body = memory.take(size)
    let at = 0
    for (let i = first; i < row; i++) {
      const id = ids[i]!
      if (id !== 0) at = putText(body, at, pool.bytes, pool.offsets[id]!, pool.offsets[id + 1]!)
    }
    const parts = [...levels(present, first - from, row - from, 1, memory), body]
    encoded.pages.push({ dictionary: false, parts, values: row - first, encoding: PLAIN })
  }
}

/**
 * Encodes text that seldom repeats and stands in PLAIN form already (see `ColumnData`); undefined when there is none
 * but NULL.
 */
export function encodePlain(
  column: Column,
  source: Uint8Array,
  at: Uint32Array,
  from: number,
  to: number,
  scratch: Scratch,
): EncodedChunk | undefined {
  const { present, memory } = scratch
  let count = 0
  for (let i = from; i < to; i++) {
    const here = at[i] === 0 ? 0 : 1
    present[i - from] = here
    count += here
  }
  if (count === 0) return undefined
  const encoded: EncodedChunk = { pages: [], values: to - from, nulls: to - from - count }
  if (column.bloom) encoded.bloom = new BloomFilter(count)
  const words = new DataView(source.buffer, source.byteOffset, source.byteLength)
  for (let row = from; row < to; ) {
    const page = copyPlain(words, at, row, to, memory, encoded.bloom)
    const parts = [...levels(present, row - from, page.end - from, 1, memory), page.body]
    encoded.pages.push({ dictionary: false, parts, values: page.end - row, encoding: PLAIN })
    row = page.end
  }
  return encoded
}

/**
 * Copies values until the page is full. By words, also beyond a value's end: there is room for it on both sides, and the
 * next value overwrites it.
 */
function copyPlain(
  source: DataView,
  at: Uint32Array,
  from: number,
  to: number,
  memory: PageMemory,
  bloom: BloomFilter | undefined,
): { body: Buffer; end: number } {
  let out = memory.take(PAGE_BYTES + (PAGE_BYTES >> 4))
  let target = new DataView(out.buffer, out.byteOffset, out.byteLength)
  let used = 0
  let row = from
  for (; row < to && used < PAGE_BYTES; row++) {
    const start = at[row]!
    if (start === 0) continue
    const size = 4 + source.getInt32(start, true)
    if (used + size + 4 > out.length) {
      const larger = memory.take(used + size + 4)
      out.copy(larger, 0, 0, used)
      out = larger
      target = new DataView(out.buffer, out.byteOffset, out.byteLength)
    }
    for (let i = 0; i < size; i += 4) target.setInt32(used + i, source.getInt32(start + i, true), true)
    bloom?.add(target, used + 4, used + size)
    used += size
  }
  return { body: out.subarray(0, used), end: row }
}
