import type { PageMemory } from './page_memory.ts'
import type { ColumnData } from './parquet_column.ts'
import { levels } from './parquet_levels.ts'
import { plainNumbers } from './parquet_numbers.ts'
import { dictionaryIds, type EncodedChunk, PAGE_BYTES, PLAIN } from './parquet_page.ts'
import type { Scratch } from './parquet_scratch.ts'
import { localIds, plainSize, plainTexts } from './parquet_texts.ts'
import type { TextPool } from './text_pool.ts'

/**
 * A list is "optional group (LIST) { repeated group list { optional element } }": definition 0 no list, 1 an empty one,
 * 2 a NULL element, 3 an element; repetition 1 within a list (apache/parquet-format, LogicalTypes.md).
 */
type Lists = Extract<ColumnData, { holds: 'lists' }>

export function encodeLists(data: Lists, from: number, to: number, scratch: Scratch): EncodedChunk {
  const { elements } = data
  return elements instanceof Uint32Array
    ? textLists(data, elements, from, to, scratch)
    : numberLists(data, elements, from, to, scratch.memory)
}

/** Levels of a run of lists. */
interface ListLevels {
  readonly parts: readonly Buffer[]
  readonly entries: number
  readonly nulls: number
}

function levelsOf(
  { first, count }: Lists,
  from: number,
  to: number,
  memory: PageMemory,
  isNull: (element: number) => boolean,
): ListLevels {
  let entries = 0
  for (let row = from; row < to; row++) entries += Math.max(1, count[row]!)
  const repetition = new Uint32Array(entries)
  const definition = new Uint32Array(entries)
  let entry = 0
  let nulls = 0
  for (let row = from; row < to; row++) {
    const here = count[row]!
    if (here <= 0) {
      definition[entry++] = here < 0 ? 0 : 1
      nulls++
      continue
    }
    for (let k = 0; k < here; k++) {
      const absent = isNull(first[row]! + k)
      if (absent) nulls++
      repetition[entry] = k === 0 ? 0 : 1
      definition[entry++] = absent ? 2 : 3
    }
  }
  const parts = [...levels(repetition, 0, entries, 1, memory), ...levels(definition, 0, entries, 2, memory)]
  return { parts, entries, nulls }
}

/** The row after the last one whose elements still fit into a page that begins with `from`. */
function endOfPage(from: number, to: number, sizeOf: (row: number) => number): number {
  let row = from
  for (let size = 0; row < to && (size < PAGE_BYTES || row === from); row++) size += sizeOf(row)
  return row
}

function numberLists(data: Lists, elements: Float64Array, from: number, to: number, memory: PageMemory): EncodedChunk {
  const { first, count } = data
  const encoded: EncodedChunk = { pages: [], values: 0, nulls: 0 }
  const isNull = (element: number): boolean => Number.isNaN(elements[element]!)
  for (let row = from; row < to; ) {
    const end = endOfPage(row, to, (each) => Math.max(0, count[each]!) * 8)
    const { parts, entries, nulls } = levelsOf(data, row, end, memory, isNull)
    const values: number[] = []
    for (; row < end; row++) {
      for (let k = 0; k < count[row]!; k++) {
        const element = first[row]! + k
        if (!isNull(element)) values.push(elements[element]!)
      }
    }
    const body = plainNumbers('double', Float64Array.from(values), values.length, memory)
    encoded.pages.push({ dictionary: false, parts: [...parts, body], values: entries, encoding: PLAIN })
    encoded.values += entries
    encoded.nulls += nulls
  }
  return encoded
}

function textLists(data: Lists, elements: Uint32Array, from: number, to: number, scratch: Scratch): EncodedChunk {
  const { memory } = scratch
  const { first, count, pool } = data
  const encoded: EncodedChunk = { pages: [], values: 0, nulls: 0 }
  const ids = idsOf(data, elements, from, to)
  const distinct = localIds(ids, ids.length, pool, scratch)
  const dictionaryBytes = plainSize(distinct, pool)
  const useDictionary = ids.length > 0 && dictionaryBytes <= PAGE_BYTES && distinct.length * 2 <= ids.length
  if (useDictionary) {
    const dictionary = plainTexts(distinct, pool, dictionaryBytes, memory)
    encoded.pages.push({ dictionary: true, parts: [dictionary], values: distinct.length, encoding: PLAIN })
  }
  const sizeOf = (row: number): number => {
    if (useDictionary) return Math.max(0, count[row]!) * 4
    let size = 0
    for (let k = 0; k < count[row]!; k++) size += textSize(elements[first[row]! + k]!, pool)
    return size
  }
  let element = 0
  for (let row = from; row < to; ) {
    const start = row
    row = endOfPage(row, to, sizeOf)
    const { parts, entries, nulls } = levelsOf(data, start, row, memory, () => false)
    let values = 0
    for (let i = start; i < row; i++) values += Math.max(0, count[i]!)
    encoded.values += entries
    encoded.nulls += nulls
    if (useDictionary) {
      encoded.pages.push(dictionaryIds(parts, ids, element, element + values, distinct.length, entries, memory))
    } else {
      const here = Array.from(ids.subarray(element, element + values), (id) => distinct[id]!)
      const body = plainTexts(here, pool, plainSize(here, pool), memory)
      encoded.pages.push({ dictionary: false, parts: [...parts, body], values: entries, encoding: PLAIN })
    }
    element += values
  }
  return encoded
}

const textSize = (id: number, pool: TextPool): number => 4 + pool.offsets[id + 1]! - pool.offsets[id]!

/** Pool ids of all elements of the rows, one after another. */
function idsOf({ first, count }: Lists, elements: Uint32Array, from: number, to: number): Uint32Array {
  let total = 0
  for (let row = from; row < to; row++) total += Math.max(0, count[row]!)
  const ids = new Uint32Array(total)
  let at = 0
  for (let row = from; row < to; row++) for (let k = 0; k < count[row]!; k++) ids[at++] = elements[first[row]! + k]!
  return ids
}
