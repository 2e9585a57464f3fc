import { constants, zstdCompressSync } from 'node:zlib'
import { BloomFilter } from './bloom_filter.ts'
import { bitWidth, hybrid, levels } from './parquet_levels.ts'
import { i32, struct, thriftBytes } from './parquet_thrift.ts'
import type { TextPool } from './text_pool.ts'

/** How a column's values are stored; the SQL type follows from it. */
export type ColumnShape = 'double' | 'bigint' | 'integer' | 'boolean' | 'text' | 'texts' | 'doubles'

/** A column of a whole file, in the order in which its rows shall stand there. */
export type ColumnData =
  /** `NaN` is NULL. */
  | { readonly holds: 'numbers'; readonly values: Float64Array; readonly seldomRepeats: boolean }
  /** Ids of the pool; 0 is NULL. */
  | { readonly holds: 'texts'; readonly ids: Uint32Array; readonly pool: TextPool }
  /** Text that seldom repeats: bytes[at[i] …] holds four bytes of length (little-endian), then the text; 0 is NULL. */
  | { readonly holds: 'plain'; readonly bytes: Uint8Array; readonly at: Uint32Array }
  /** Elements first[i] … first[i] + count[i] of `elements`; a count of −1 is NULL. */
  | {
      readonly holds: 'lists'
      readonly first: Uint32Array
      readonly count: Int32Array
      /** Pool ids (for texts) or numbers (`NaN` is a NULL element). */
      readonly elements: Uint32Array | Float64Array
      readonly pool: TextPool
    }
  | { readonly holds: 'nothing' }

export interface Column {
  readonly name: string
  readonly shape: ColumnShape
  /** Called once, when the column's turn has come: what it returns may be overwritten by the next column's. */
  load(): ColumnData
  /** Worth a Bloom filter: people look for single values of it. */
  readonly bloom: boolean
}

/** Parquet's physical types. */
export const PHYSICAL: Readonly<Record<ColumnShape, number>> = {
  boolean: 0,
  integer: 1,
  bigint: 2,
  double: 5,
  doubles: 5,
  text: 6,
  texts: 6,
}

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

const PLAIN = 0
const RLE = 3
const RLE_DICTIONARY = 8
const BYTE_STREAM_SPLIT = 9
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
export const UNCOMPRESSED = 0
export const ZSTD = 6

/** A page of text ends when it holds so many bytes. */
const PAGE_BYTES = 1 << 20
/** More different numbers than this in a row group: no dictionary. */
const MOST_DISTINCT_NUMBERS = 4096
/** When most of so many first values differ, the rest will too. */
const SAMPLE = 1024
/** Longer text is no bound worth keeping in the statistics. */
const LONGEST_BOUND = 64
/** What is smaller is not worth compressing. */
const SMALL = 64

export interface ColumnChunk {
  readonly pages: readonly Buffer[]
  readonly codec: number
  readonly encodings: readonly number[]
  /** Values, with NULLs and with the elements of lists. */
  readonly values: number
  readonly nulls: number
  readonly min: Buffer | undefined
  readonly max: Buffer | undefined
  readonly bytes: number
  readonly uncompressed: number
  /** Bytes of the dictionary page, which stands first; 0: there is none. */
  readonly dictionaryBytes: number
  readonly bloom: BloomFilter | undefined
}

interface Page {
  readonly dictionary: boolean
  readonly body: Buffer
  readonly values: number
  readonly encoding: number
}

/** What an encoder found out; `finish` makes the chunk of it. */
interface Encoded {
  readonly pages: Page[]
  values: number
  nulls: number
  min?: Buffer
  max?: Buffer
  bloom?: BloomFilter
}

/** Encodes rows `from` … `to` of a column as one column chunk. */
export function encodeChunk(column: Column, data: ColumnData, from: number, to: number, scratch: Scratch): ColumnChunk {
  switch (data.holds) {
    case 'nothing':
      return scratch.emptyChunk(column, to - from)
    case 'numbers':
      return finish(numbers(column, data.values, from, to, data.seldomRepeats, scratch))
    case 'texts':
      return finish(texts(column, data.ids, data.pool, from, to, scratch))
    case 'plain':
      return finish(plainColumn(column, data.bytes, data.at, from, to, scratch))
    case 'lists':
      return finish(lists(data, from, to, scratch))
  }
}

/** Working memory that is used again for every chunk. */
export class Scratch {
  readonly present: Uint32Array
  readonly numbers: Float64Array
  readonly ids: Uint32Array
  /** Text: place in the row group's dictionary by pool id, valid where `stamp` is this chunk's. */
  local: Uint32Array = new Uint32Array(1 << 12)
  stamp: Uint32Array = new Uint32Array(1 << 12)
  generation = 0
  private readonly emptyChunks = new Map<string, ColumnChunk>()
  readonly numberKeys = new Float64Array(MOST_DISTINCT_NUMBERS)
  readonly numberTable = new Int32Array(MOST_DISTINCT_NUMBERS * 4)
  readonly numberStamp = new Uint32Array(MOST_DISTINCT_NUMBERS * 4)

  constructor(rows: number) {
    this.present = new Uint32Array(rows)
    this.numbers = new Float64Array(rows)
    this.ids = new Uint32Array(rows)
  }

  /** The chunk of a column without any value: the same for every such column of a kind. */
  emptyChunk(column: Column, rows: number): ColumnChunk {
    const kind = `${isList(column.shape)} ${rows}`
    let chunk = this.emptyChunks.get(kind)
    if (chunk === undefined) {
      chunk = finish(nothing(column, rows))
      this.emptyChunks.set(kind, chunk)
    }
    return chunk
  }

  /** Makes room for pool ids below `size` and forgets the last chunk. */
  next(size: number): number {
    if (this.local.length < size) {
      this.local = new Uint32Array(size * 2)
      this.stamp = new Uint32Array(size * 2)
      this.generation = 0
      this.numberStamp.fill(0)
    }
    return ++this.generation
  }
}

function finish(encoded: Encoded): ColumnChunk {
  const raw = encoded.pages.reduce((sum, page) => sum + page.body.length, 0)
  const codec = raw < SMALL ? UNCOMPRESSED : ZSTD
  const pages: Buffer[] = []
  let bytes = 0
  let uncompressed = 0
  let dictionaryBytes = 0
  const encodings = new Set([RLE])
  for (const page of encoded.pages) {
    const body = codec === ZSTD ? compress(page.body) : page.body
    const header = pageHeader(page, body.length)
    pages.push(header, body)
    bytes += header.length + body.length
    uncompressed += header.length + page.body.length
    if (page.dictionary) dictionaryBytes = bytes
    encodings.add(page.encoding)
  }
  const { values, nulls, min, max, bloom } = encoded
  return {
    pages,
    codec,
    encodings: [...encodings],
    values,
    nulls,
    min,
    max,
    bytes,
    uncompressed,
    dictionaryBytes,
    bloom,
  }
}

/** With zstd's own checksum, so that any reader notices a page whose bits have changed. */
function compress(body: Buffer): Buffer {
  return zstdCompressSync(body, {
    params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
    chunkSize: Math.max(1024, body.length >> 1),
  })
}

function pageHeader(page: Page, compressedSize: number): Buffer {
  const kind = page.dictionary
    ? ([7, struct([1, i32(page.values)], [2, i32(PLAIN)])] as const)
    : ([5, struct([1, i32(page.values)], [2, i32(page.encoding)], [3, i32(RLE)], [4, i32(RLE)])] as const)
  return thriftBytes([
    [1, i32(page.dictionary ? DICTIONARY_PAGE : DATA_PAGE)],
    [2, i32(page.body.length)],
    [3, i32(compressedSize)],
    kind,
  ])
}

export function isList(shape: ColumnShape): boolean {
  return shape === 'texts' || shape === 'doubles'
}

function nothing(column: Column, rows: number): Encoded {
  const absent = new Uint32Array(rows)
  const list = column.shape === 'texts' || column.shape === 'doubles'
  const body = list
    ? Buffer.concat([levels(absent, 0, rows, 1), levels(absent, 0, rows, 2)])
    : levels(absent, 0, rows, 1)
  return { pages: [{ dictionary: false, body, values: rows, encoding: PLAIN }], values: rows, nulls: rows }
}

const doubleBits = new Float64Array(1)
const words = new Uint32Array(doubleBits.buffer)

function numbers(
  column: Column,
  source: Float64Array,
  from: number,
  to: number,
  seldomRepeats: boolean,
  scratch: Scratch,
): Encoded {
  const rows = to - from
  const { shape } = column
  const { count, min, max } = boundsOfNumbers(source, from, to, LIMIT[shape])
  if (count === 0) return nothing(column, rows)
  const values = count === rows ? source.subarray(from, to) : presentNumbers(source, from, to, LIMIT[shape], scratch)
  const definition = count === rows ? allPresent(rows) : levels(scratch.present, 0, rows, 1)
  const encoded: Encoded = { pages: [], values: rows, nulls: rows - count }
  // Bounds of doubles: −0 stands below 0 (parquet.thrift, ColumnOrder).
  encoded.min = plainNumbers(shape, Float64Array.of(shape === 'double' && min === 0 ? -0 : min), 1)
  encoded.max = plainNumbers(shape, Float64Array.of(shape === 'double' && max === 0 ? 0 : max), 1)
  let distinct: Float64Array | undefined
  if (shape !== 'boolean' && min === max) {
    distinct = Float64Array.of(min)
    scratch.ids.fill(0, 0, count)
  } else if (shape !== 'boolean' && !seldomRepeats) distinct = distinctNumbers(values, count, scratch)
  if (distinct === undefined) {
    const split = shape === 'double'
    const body = split
      ? splitDoubles(definition, values, count)
      : Buffer.concat([definition, plainNumbers(shape, values, count)])
    encoded.pages.push({ dictionary: false, body, values: rows, encoding: split ? BYTE_STREAM_SPLIT : PLAIN })
    return encoded
  }
  const dictionary = plainNumbers(shape, distinct, distinct.length)
  encoded.pages.push(
    { dictionary: true, body: dictionary, values: distinct.length, encoding: PLAIN },
    dictionaryPage([definition], scratch.ids, 0, count, distinct.length, rows),
  )
  return encoded
}

/** How many values there are, and the least and greatest. What the type cannot hold is NULL: nothing wraps around. */
function boundsOfNumbers(
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

function presentNumbers(source: Float64Array, from: number, to: number, limit: number, scratch: Scratch): Float64Array {
  const { present, numbers: values } = scratch
  let count = 0
  for (let i = from; i < to; i++) {
    const value = source[i]!
    const here = value < limit && value >= -limit
    present[i - from] = here ? 1 : 0
    if (here) values[count++] = value
  }
  return values
}

/** Definition levels of rows that all have a value. */
function allPresent(rows: number): Buffer {
  return levels(new Uint32Array(rows).fill(1), 0, rows, 1)
}

/** A data page of dictionary ids: levels, one byte of width, the ids. */
function dictionaryPage(
  levelParts: readonly Buffer[],
  ids: Uint32Array,
  from: number,
  to: number,
  distinct: number,
  values: number,
): Page {
  const width = bitWidth(distinct)
  const body = Buffer.concat([...levelParts, Buffer.of(width), hybrid(ids, from, to, width)])
  return { dictionary: false, body, values, encoding: RLE_DICTIONARY }
}

/** The different values, with the place of each in `scratch.ids`; undefined when a dictionary would not pay. */
function distinctNumbers(values: Float64Array, count: number, scratch: Scratch): Float64Array | undefined {
  const generation = scratch.next(0)
  const { numberKeys: keys, numberTable: table, numberStamp: stamp, ids } = scratch
  const mask = table.length - 1
  const limit = Math.min(MOST_DISTINCT_NUMBERS, count >>> 1)
  let found = 0
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    doubleBits[0] = value
    let place = Math.imul(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1), 0x85ebca6b)
    place = (place ^ (place >>> 15)) & mask
    while (stamp[place] === generation && keys[table[place]!] !== value) place = (place + 1) & mask
    if (stamp[place] !== generation) {
      if (found >= limit || (i < SAMPLE && found > SAMPLE * 0.6)) return undefined
      stamp[place] = generation
      table[place] = found
      keys[found++] = value
    }
    ids[i] = table[place]!
  }
  return keys.slice(0, found)
}

/**
 * Doubles, all first bytes, then all second bytes … (Encodings.md, BYTE_STREAM_SPLIT): zstd then makes 4.2 bytes of a time,
 * not 6.5, and is done sooner.
 */
function splitDoubles(definition: Buffer, values: Float64Array, count: number): Buffer {
  const out = Buffer.allocUnsafe(definition.length + count * 8)
  definition.copy(out)
  const bytes = new Uint8Array(values.buffer, values.byteOffset, count * 8)
  for (let stream = 0; stream < 8; stream++) {
    let at = definition.length + stream * count
    for (let i = stream; i < count * 8; i += 8) out[at++] = bytes[i]!
  }
  return out
}

function plainNumbers(shape: ColumnShape, values: Float64Array, count: number): Buffer {
  switch (shape) {
    case 'boolean': {
      const out = Buffer.alloc(Math.ceil(count / 8))
      for (let i = 0; i < count; i++) if (values[i]! !== 0) out[i >>> 3]! |= 1 << (i & 7)
      return out
    }
    case 'integer': {
      const out = new Int32Array(count)
      for (let i = 0; i < count; i++) out[i] = values[i]!
      return Buffer.from(out.buffer)
    }
    case 'bigint': {
      const out = new Int32Array(count * 2)
      for (let i = 0; i < count; i++) {
        const value = values[i]!
        const upper = Math.floor(value / 0x100000000)
        out[i * 2] = value - upper * 0x100000000
        out[i * 2 + 1] = upper
      }
      return Buffer.from(out.buffer)
    }
    default: {
      return Buffer.from(values.slice(0, count).buffer)
    }
  }
}

function texts(column: Column, ids: Uint32Array, pool: TextPool, from: number, to: number, scratch: Scratch): Encoded {
  const { present, ids: local } = scratch
  let count = 0
  for (let i = from; i < to; i++) {
    const id = ids[i]!
    present[i - from] = id === 0 ? 0 : 1
    if (id !== 0) local[count++] = id
  }
  if (count === 0) return nothing(column, to - from)
  const encoded: Encoded = { pages: [], values: to - from, nulls: to - from - count }
  const distinct = localIds(local, count, pool, scratch)
  Object.assign(encoded, boundsOf(distinct, pool))
  if (column.bloom) {
    encoded.bloom = new BloomFilter(distinct.length)
    for (const id of distinct) encoded.bloom.add(pool.bytes, pool.offsets[id]!, pool.offsets[id + 1]!)
  }
  let dictionaryBytes = 0
  for (const id of distinct) dictionaryBytes += pool.offsets[id + 1]! - pool.offsets[id]! + 4
  if (dictionaryBytes <= PAGE_BYTES && distinct.length * 2 <= Math.max(2, count)) {
    encoded.pages.push(
      { dictionary: true, body: plainTexts(distinct, pool, dictionaryBytes), values: distinct.length, encoding: PLAIN },
      dictionaryPage([levels(present, 0, to - from, 1)], local, 0, count, distinct.length, to - from),
    )
    return encoded
  }
  plainTextPages(ids, pool, present, from, to, encoded.pages)
  return encoded
}

/** Replaces pool ids by places in the chunk's own dictionary; returns the pool ids in the order of those places. */
function localIds(ids: Uint32Array, count: number, pool: TextPool, scratch: Scratch): number[] {
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

function plainTexts(ids: readonly number[], pool: TextPool, size: number): Buffer {
  const out = Buffer.allocUnsafe(size)
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

function plainTextPages(
  ids: Uint32Array,
  pool: TextPool,
  present: Uint32Array,
  from: number,
  to: number,
  pages: Page[],
): void {
  for (let row = from; row < to; ) {
    const first = row
    let size = 0
    for (; row < to && (size < PAGE_BYTES || row === first); row++) {
      const id = ids[row]!
      if (id !== 0) size += 4 + pool.offsets[id + 1]! - pool.offsets[id]!
    }
    const definition = levels(present, first - from, row - from, 1)
    const body = Buffer.allocUnsafe(definition.length + size)
    definition.copy(body)
    let at = definition.length
    for (let i = first; i < row; i++) {
      const id = ids[i]!
      if (id !== 0) at = putText(body, at, pool.bytes, pool.offsets[id]!, pool.offsets[id + 1]!)
    }
    pages.push({ dictionary: false, body, values: row - first, encoding: PLAIN })
  }
}

function plainColumn(
  column: Column,
  source: Uint8Array,
  at: Uint32Array,
  from: number,
  to: number,
  scratch: Scratch,
): Encoded {
  const { present } = scratch
  let count = 0
  for (let i = from; i < to; i++) {
    const here = at[i] === 0 ? 0 : 1
    present[i - from] = here
    count += here
  }
  if (count === 0) return nothing(column, to - from)
  const encoded: Encoded = { pages: [], values: to - from, nulls: to - from - count }
  const bloom = column.bloom ? new BloomFilter(count) : undefined
  if (bloom) encoded.bloom = bloom
  for (let row = from; row < to; ) {
    const first = row
    let body = Buffer.allocUnsafe(PAGE_BYTES >> 2)
    let used = 0
    for (; row < to && (used < PAGE_BYTES || row === first); row++) {
      const start = at[row]!
      if (start === 0) continue
      const size =
        4 + (source[start]! | (source[start + 1]! << 8) | (source[start + 2]! << 16) | (source[start + 3]! << 24))
      if (used + size > body.length)
        body = Buffer.concat([body.subarray(0, used)], Math.max(body.length * 2, used + size))
      for (let i = start; i < start + size; i++) body[used++] = source[i]!
      bloom?.add(source, start + 4, start + size)
    }
    const parts = [levels(present, first - from, row - from, 1), body.subarray(0, used)]
    encoded.pages.push({ dictionary: false, body: Buffer.concat(parts), values: row - first, encoding: PLAIN })
  }
  return encoded
}

/**
 * A list is "optional group (LIST) { repeated group list { optional element } }": definition 0 no list, 1 an empty one,
 * 2 a NULL element, 3 an element; repetition 1 within a list (apache/parquet-format, LogicalTypes.md).
 */
function lists(data: Extract<ColumnData, { holds: 'lists' }>, from: number, to: number, scratch: Scratch): Encoded {
  const { first, count, elements, pool } = data
  const encoded: Encoded = { pages: [], values: 0, nulls: 0 }
  const asTexts = elements instanceof Uint32Array
  const numeric = asTexts ? undefined : elements
  const total = totalElements(data, from, to)
  const ids = new Uint32Array(asTexts ? total.elements : 0)
  if (asTexts) {
    let at = 0
    for (let i = from; i < to; i++) {
      for (let k = 0; k < count[i]!; k++) ids[at++] = elements[first[i]! + k]!
    }
  }
  const distinct = asTexts ? localIds(ids, ids.length, pool, scratch) : []
  let dictionaryBytes = 0
  for (const id of distinct) dictionaryBytes += 4 + pool.offsets[id + 1]! - pool.offsets[id]!
  const useDictionary = asTexts && ids.length > 0 && dictionaryBytes <= PAGE_BYTES && distinct.length * 2 <= ids.length
  if (useDictionary) {
    const body = plainTexts(distinct, pool, dictionaryBytes)
    encoded.pages.push({ dictionary: true, body, values: distinct.length, encoding: PLAIN })
  }
  let element = 0
  for (let row = from; row < to; ) {
    const firstRow = row
    let size = 0
    let entries = 0
    let values = 0
    for (; row < to && (size < PAGE_BYTES || row === firstRow); row++) {
      const here = count[row]!
      entries += Math.max(1, here)
      for (let k = 0; k < here; k++) {
        if (numeric) {
          const isNull = Number.isNaN(numeric[first[row]! + k]!)
          if (!isNull) values++
          size += 8
        } else {
          const id = distinct[ids[element + values]!]!
          values++
          size += useDictionary ? 4 : 4 + pool.offsets[id + 1]! - pool.offsets[id]!
        }
      }
    }
    const repetition = new Uint32Array(entries)
    const definition = new Uint32Array(entries)
    const plain = numeric ? new Float64Array(values) : undefined
    let entry = 0
    let value = 0
    for (let i = firstRow; i < row; i++) {
      const here = count[i]!
      if (here <= 0) {
        definition[entry++] = here < 0 ? 0 : 1
        encoded.nulls++
        continue
      }
      for (let k = 0; k < here; k++) {
        repetition[entry] = k === 0 ? 0 : 1
        definition[entry++] = 3
        if (!numeric || !plain) continue
        const number = numeric[first[i]! + k]!
        if (Number.isNaN(number)) {
          definition[entry - 1] = 2
          encoded.nulls++
        } else plain[value++] = number
      }
    }
    encoded.values += entries
    const levelParts = [levels(repetition, 0, entries, 1), levels(definition, 0, entries, 2)]
    if (useDictionary) {
      encoded.pages.push(dictionaryPage(levelParts, ids, element, element + values, distinct.length, entries))
    } else {
      const body = plain
        ? Buffer.from(plain.buffer)
        : plainTexts(
            Array.from(ids.subarray(element, element + values), (id) => distinct[id]!),
            pool,
            size,
          )
      encoded.pages.push({
        dictionary: false,
        body: Buffer.concat([...levelParts, body]),
        values: entries,
        encoding: PLAIN,
      })
    }
    element += values
  }
  return encoded
}

function totalElements(data: Extract<ColumnData, { holds: 'lists' }>, from: number, to: number): { elements: number } {
  let elements = 0
  for (let i = from; i < to; i++) elements += Math.max(0, data.count[i]!)
  return { elements }
}
