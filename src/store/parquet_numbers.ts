import type { PageMemory } from './page_memory.ts'
import type { Column, ColumnShape } from './parquet_column.ts'
import { deltaPacked } from './parquet_delta.ts'
import { levels, sameLevels } from './parquet_levels.ts'
import {
  BYTE_STREAM_SPLIT,
  DELTA_BINARY_PACKED,
  dictionaryIds,
  type EncodedChunk,
  type Page,
  PLAIN,
} from './parquet_page.ts'
import type { Scratch } from './parquet_scratch.ts'

/** Numbers of a column lie in [−limit, limit). */
const LIMIT: Readonly<Record<ColumnShape, number>> = {
  boolean: 2,
  integer: 2 ** 31,
  bigint: 2 ** 63,
  double: Number.POSITIVE_INFINITY,
  doubles: Number.POSITIVE_INFINITY,
  text: 0,
  texts: 0,
}

/** When most of so many first values differ, the rest will too. */
const SAMPLE = 1024
const DIFFERENT = 0.6

/** Encodes numbers; undefined when there is none but NULL. What the type cannot hold is NULL: nothing wraps around. */
export function encodeNumbers(
  column: Column,
  source: Float64Array,
  from: number,
  to: number,
  seldomRepeats: boolean,
  scratch: Scratch,
): EncodedChunk | undefined {
  const rows = to - from
  const { shape } = column
  const { memory } = scratch
  const { count, min, max } = boundsOf(source, from, to, LIMIT[shape])
  if (count === 0) return undefined
  const all = count === rows
  const values = all ? source.subarray(from, to) : present(source, from, to, LIMIT[shape], scratch)
  const definition = all ? sameLevels(rows, 1, memory) : levels(scratch.present, 0, rows, 1, memory)
  const encoded: EncodedChunk = {
    pages: [],
    values: rows,
    nulls: rows - count,
    min: boundBytes(shape, min, -0),
    max: boundBytes(shape, max, 0),
  }
  const distinct = shape === 'boolean' ? undefined : distinctOf(values, count, min === max, seldomRepeats, scratch)
  if (distinct === undefined) {
    encoded.pages.push(plainPage(shape, definition, values, count, rows, memory))
    return encoded
  }
  const dictionary = plainNumbers(shape, distinct, distinct.length, memory)
  encoded.pages.push(
    { dictionary: true, parts: [dictionary], values: distinct.length, encoding: PLAIN },
    dictionaryIds(definition, scratch.ids, 0, count, distinct.length, rows, memory),
  )
  return encoded
}

/** A bound of the statistics. Of doubles, −0 stands below 0 (parquet.thrift, ColumnOrder): `zero` says which to write. */
function boundBytes(shape: ColumnShape, bound: number, zero: number): Buffer {
  const memory = { take: (size: number) => Buffer.alloc(size) }
  return plainNumbers(shape, Float64Array.of(shape === 'double' && bound === 0 ? zero : bound), 1, memory)
}

/** How many values there are, and the least and greatest. */
function boundsOf(
  source: Float64Array,
  from: number,
  to: number,
  limit: number,
): { count: number; min: number; max: number } {
  let count = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let i = from; i < to; i++) {
    const value = source[i]!
    // NaN fails both comparisons.
    if (value < limit && value >= -limit) {
      count++
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  return { count, min, max }
}

function present(source: Float64Array, from: number, to: number, limit: number, scratch: Scratch): Float64Array {
  const { present: here, numbers: values } = scratch
  let count = 0
  for (let i = from; i < to; i++) {
    const value = source[i]!
    const is = value < limit && value >= -limit
    here[i - from] = is ? 1 : 0
    if (is) values[count++] = value
  }
  return values
}

const doubleBits = new Float64Array(1)
const words = new Uint32Array(doubleBits.buffer)

/** The different values, with the place of each in `scratch.ids`; undefined when a dictionary would not pay. */
function distinctOf(
  values: Float64Array,
  count: number,
  allSame: boolean,
  seldomRepeats: boolean,
  scratch: Scratch,
): Float64Array | undefined {
  if (allSame) {
    scratch.ids.fill(0, 0, count)
    return values.slice(0, 1)
  }
  if (seldomRepeats) return undefined
  const generation = scratch.next(0)
  const { numberKeys: keys, numberTable: table, numberStamp: stamp, ids } = scratch
  const mask = table.length - 1
  const limit = Math.min(keys.length, count >>> 1)
  let found = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    doubleBits[0] = value
    let place = Math.imul(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1), 0x85ebca6b)
    place = (place ^ (place >>> 15)) & mask
    while (stamp[place] === generation && keys[table[place]!] !== value) place = (place + 1) & mask
    if (stamp[place] !== generation) {
      if (found >= limit || (i < SAMPLE && found > SAMPLE * DIFFERENT)) return undefined
      stamp[place] = generation
      table[place] = found
      keys[found++] = value
    }
    ids[i] = table[place]!
  }
  return keys.slice(0, found)
}

/** A page without a dictionary, in the encoding that suits its numbers. */
function plainPage(
  shape: ColumnShape,
  definition: readonly Buffer[],
  values: Float64Array,
  count: number,
  rows: number,
  memory: PageMemory,
): Page {
  const page = (body: Buffer, encoding: number): Page => ({
    dictionary: false,
    parts: [...definition, body],
    values: rows,
    encoding,
  })
  if (shape === 'double') return page(splitDoubles(values, count, memory), BYTE_STREAM_SPLIT)
  const packed = shape === 'boolean' ? undefined : deltaPacked(values, count, memory)
  return packed ? page(packed, DELTA_BINARY_PACKED) : page(plainNumbers(shape, values, count, memory), PLAIN)
}

/**
 * Doubles, all first bytes, then all second bytes … (Encodings.md, BYTE_STREAM_SPLIT): zstd then makes 4.2 bytes of a time,
 * not 6.5, and is done sooner.
 */
function splitDoubles(values: Float64Array, count: number, memory: PageMemory): Buffer {
  const out = memory.take(count * 8)
  const bytes = new Uint8Array(values.buffer, values.byteOffset, count * 8)
  for (let stream = 0; stream < 8; stream++) {
    let at = stream * count
    for (let i = stream; i < count * 8; i += 8) out[at++] = bytes[i]!
  }
  return out
}

/** Parquet's PLAIN encoding: one after another, little-endian; booleans as bits. */
export function plainNumbers(
  shape: ColumnShape,
  values: Float64Array,
  count: number,
  memory: Pick<PageMemory, 'take'>,
): Buffer {
  if (shape === 'boolean') return plainBits(values, count, memory.take(Math.ceil(count / 8)))
  const width = shape === 'integer' ? 4 : 8
  const out = memory.take(count * width)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  if (shape === 'integer') for (let i = 0; i < count; i++) view.setInt32(i * 4, values[i]!, true)
  else if (shape === 'bigint') {
    for (let i = 0; i < count; i++) {
      const upper = Math.floor(values[i]! / 0x100000000)
      view.setInt32(i * 8, values[i]! - upper * 0x100000000, true)
      view.setInt32(i * 8 + 4, upper, true)
    }
  } else for (let i = 0; i < count; i++) view.setFloat64(i * 8, values[i]!, true)
  return out
}

function plainBits(values: Float64Array, count: number, out: Buffer): Buffer {
  out.fill(0)
  for (let i = 0; i < count; i++) if (values[i]! !== 0) out[i >>> 3]! |= 1 << (i & 7)
  return out
}
