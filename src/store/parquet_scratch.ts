import { PageMemory } from './page_memory.ts'
import type { ColumnChunk } from './parquet_page.ts'

/** More different numbers than this in a row group: no dictionary. */
const MOST_DISTINCT_NUMBERS = 4096

/** Working memory that is used again for every chunk. */
export class Scratch {
  readonly memory = new PageMemory()
  readonly present: Uint32Array
  readonly numbers: Float64Array
  readonly ids: Uint32Array
  /** Text: place in the chunk's own dictionary by pool id, valid where `stamp` is the chunk's `generation`. */
  local: Uint32Array = new Uint32Array(1 << 12)
  stamp: Uint32Array = new Uint32Array(1 << 12)
  readonly numberKeys = new Float64Array(MOST_DISTINCT_NUMBERS)
  readonly numberTable = new Int32Array(MOST_DISTINCT_NUMBERS * 4)
  readonly numberStamp = new Uint32Array(MOST_DISTINCT_NUMBERS * 4)
  /** Chunks of columns without any value: the same for every such column of a kind. */
  readonly emptyChunks = new Map<string, ColumnChunk>()
  private generation = 0

  /** @param rows of a row group, at most */
  constructor(rows: number) {
    this.present = new Uint32Array(rows)
    this.numbers = new Float64Array(rows)
    this.ids = new Uint32Array(rows)
  }

  /** Makes room for pool ids below `size` and forgets the last chunk. @returns the stamp of this chunk */
  next(size: number): number {
    if (this.local.length < size) {
      this.local = new Uint32Array(size * 2)
      this.stamp = new Uint32Array(size * 2)
      this.numberStamp.fill(0)
      this.generation = 0
    }
    return ++this.generation
  }
}
