import { levels, sameLevels } from './parquet_levels.ts'
import { encodeLists } from './parquet_lists.ts'
import { encodeNumbers } from './parquet_numbers.ts'
import { type ColumnChunk, type EncodedChunk, finishChunk, PLAIN } from './parquet_page.ts'
import type { Scratch } from './parquet_scratch.ts'
import { encodePlain, encodeTexts } from './parquet_texts.ts'
import type { TextPool } from './text_pool.ts'

/** How a column's values are stored; the SQL type follows from it. */
export type ColumnShape = 'double' | 'bigint' | 'integer' | 'boolean' | 'text' | 'texts' | 'doubles'

/** A column of a whole file, in the order in which its rows shall stand there. */
export type ColumnData =
  /** `NaN` is NULL. */
  | { readonly holds: 'numbers'; readonly values: Float64Array; readonly seldomRepeats: boolean }
  /** Ids of the pool; 0 is NULL. */
  | { readonly holds: 'texts'; readonly ids: Uint32Array; readonly pool: TextPool }
  /**
   * Text that seldom repeats: bytes[at[i] …] holds four bytes of length (little-endian), then the text; 0 is NULL. Four
   * bytes more follow the last text.
   */
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

export function isList(shape: ColumnShape): boolean {
  return shape === 'texts' || shape === 'doubles'
}

/** Encodes rows `from` … `to` of a column as one column chunk. */
export function encodeChunk(column: Column, data: ColumnData, from: number, to: number, scratch: Scratch): ColumnChunk {
  const encoded = encode(column, data, from, to, scratch)
  return encoded ? finishChunk(encoded, scratch.memory) : emptyChunk(column.shape, to - from, scratch)
}

/** Undefined when there is no value among the rows. */
function encode(
  column: Column,
  data: ColumnData,
  from: number,
  to: number,
  scratch: Scratch,
): EncodedChunk | undefined {
  switch (data.holds) {
    case 'nothing':
      return undefined
    case 'numbers':
      return encodeNumbers(column, data.values, from, to, data.seldomRepeats, scratch)
    case 'texts':
      return encodeTexts(column, data.ids, data.pool, from, to, scratch)
    case 'plain':
      return encodePlain(column, data.bytes, data.at, from, to, scratch)
    case 'lists':
      return encodeLists(data, from, to, scratch)
  }
}

function emptyChunk(shape: ColumnShape, rows: number, scratch: Scratch): ColumnChunk {
  const kind = `${isList(shape)} ${rows}`
  const known = scratch.emptyChunks.get(kind)
  if (known) return known
  const { memory } = scratch
  const none = new Uint32Array(rows)
  const parts = isList(shape)
    ? [...levels(none, 0, rows, 1, memory), ...levels(none, 0, rows, 2, memory)]
    : sameLevels(rows, 0, memory)
  const page = { dictionary: false, parts, values: rows, encoding: PLAIN }
  const chunk = finishChunk({ pages: [page], values: rows, nulls: rows }, memory)
  scratch.emptyChunks.set(kind, chunk)
  return chunk
}
