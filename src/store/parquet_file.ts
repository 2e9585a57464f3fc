import { writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Column, encodeChunk, isList, PHYSICAL } from './parquet_column.ts'
import type { ColumnChunk } from './parquet_page.ts'
import { Scratch } from './parquet_scratch.ts'
import {
  binary,
  bool,
  i16,
  i32,
  i64,
  list,
  struct,
  type ThriftStruct,
  type ThriftValue,
  text,
  thriftBytes,
} from './parquet_thrift.ts'

/**
 * Writes a Parquet file (apache/parquet-format 2.x, data pages of version 1, zstd level 1 with checksums, dictionaries,
 * statistics, Bloom filters) that DuckDB, Spark, Trino and pandas read.
 *
 * Why not DuckDB's own COPY: batches come as columns with their text in dictionaries already. To take them apart for
 * DuckDB, and have it sort and write, costs 2.7 times the `JSON.parse` floor; this costs 1.6 (bench/lake.ts --duckdb, one run). And
 * COPY makes no Bloom filters for columns that seldom repeat, such as uid, and no checksums. DuckDB and hyparquet are the
 * oracles of its tests.
 */

/** Rows of a row group: small enough that a question about one device reads little. */
export const ROW_GROUP_ROWS = 20_480
const MAGIC = Buffer.from('PAR1')
const REQUIRED = 0
const OPTIONAL = 1
const REPEATED = 2
/** Parquet's old names for what a column means; written beside the new ones, for old readers. */
const CONVERTED_UTF8 = 0
const CONVERTED_LIST = 3

export interface ParquetSummary {
  readonly bytes: number
  /** CRC-32 of the whole file. */
  readonly crc32: number
}

export interface ParquetOptions {
  /** Columns by which the rows are sorted, in order; NULLs last. */
  readonly sortedBy: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * @param fd open for writing, at its beginning
 * @throws what `fs.writeSync` throws (ENOSPC, EIO, …); the file is then worth nothing
 */
export function writeParquet(
  fd: number,
  columns: readonly Column[],
  rows: number,
  options: ParquetOptions,
): ParquetSummary {
  const out = new FileSink(fd)
  out.put(MAGIC)
  const scratch = new Scratch(ROW_GROUP_ROWS)
  const borders: number[] = []
  for (let from = 0; from < rows; from += ROW_GROUP_ROWS) borders.push(from)
  // A column at a time: its values lie together in memory, those of a row group do not.
  const chunks = columns.map((column) => {
    const data = column.load()
    return borders.map((from) => encodeChunk(column, data, from, Math.min(from + ROW_GROUP_ROWS, rows), scratch))
  })
  const placed = borders.map((from, group) => {
    const offset = out.position
    const parts = columns.map((column, index) => placeChunk(out, column, chunks[index]![group]!))
    return { from, offset, end: out.position, parts }
  })
  const groups = placed.map(({ from, offset, end, parts }, ordinal): ThriftValue => {
    const metas = parts.map((part) => chunkMeta(out, part))
    const size = parts.reduce((sum, part) => sum + part.chunk.uncompressed, 0)
    const sorting = options.sortedBy.map((name) =>
      struct([1, i32(columns.findIndex((column) => column.name === name))], [2, bool(false)], [3, bool(false)]),
    )
    return struct(
      [1, list('struct', metas)],
      [2, i64(size)],
      [3, i64(Math.min(ROW_GROUP_ROWS, rows - from))],
      [4, list('struct', sorting)],
      [5, i64(offset)],
      [6, i64(end - offset)],
      [7, i16(ordinal)],
    )
  })
  const footer = thriftBytes(fileMetadata(columns, rows, groups, options.metadata))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footer.length)
  out.put(footer)
  out.put(length)
  out.put(MAGIC)
  out.flush()
  return { bytes: out.position, crc32: out.crc }
}

interface PlacedChunk {
  readonly column: Column
  readonly chunk: ColumnChunk
  readonly offset: number
}

function placeChunk(out: FileSink, column: Column, chunk: ColumnChunk): PlacedChunk {
  const offset = out.position
  for (const piece of chunk.pieces) out.put(piece)
  return { column, chunk, offset }
}

/** Writes the chunk's Bloom filter and tells where everything is. */
function chunkMeta(out: FileSink, placed: PlacedChunk): ThriftValue {
  const { column, chunk, offset } = placed
  const bloom = chunk.bloom ? putBloomFilter(out, chunk.bloom.bytes) : undefined
  const path = isList(column.shape) ? [column.name, 'list', 'element'] : [column.name]
  const statistics = struct(
    [3, i64(chunk.nulls)],
    [5, chunk.max && binary(chunk.max)],
    [6, chunk.min && binary(chunk.min)],
  )
  const meta = struct(
    [1, i32(PHYSICAL[column.shape])],
    [2, list('i32', chunk.encodings.map(i32))],
    [3, list('binary', path.map(text))],
    [4, i32(chunk.codec)],
    [5, i64(chunk.values)],
    [6, i64(chunk.uncompressed)],
    [7, i64(chunk.bytes)],
    [9, i64(offset + chunk.dictionaryBytes)],
    [11, chunk.dictionaryBytes > 0 ? i64(offset) : undefined],
    [12, statistics],
    [14, bloom && i64(bloom.offset)],
    [15, bloom && i32(bloom.length)],
  )
  return struct([2, i64(offset)], [3, meta])
}

function putBloomFilter(out: FileSink, bits: Uint8Array): { offset: number; length: number } {
  const offset = out.position
  const header = thriftBytes([
    [1, i32(bits.length)],
    [2, struct([1, struct()])],
    [3, struct([1, struct()])],
    [4, struct([1, struct()])],
  ])
  out.put(header)
  out.put(Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength))
  return { offset, length: out.position - offset }
}

function fileMetadata(
  columns: readonly Column[],
  rows: number,
  groups: readonly ThriftValue[],
  metadata: Readonly<Record<string, string>>,
): ThriftStruct {
  const schema = [
    struct([3, i32(REQUIRED)], [4, text('schema')], [5, i32(columns.length)]),
    ...columns.flatMap((column) => schemaOf(column)),
  ]
  const notes = Object.entries(metadata).map(([key, value]) => struct([1, text(key)], [2, text(value)]))
  const typeOrder = struct([1, struct()])
  return [
    [1, i32(1)],
    [2, list('struct', schema)],
    [3, i64(rows)],
    [4, list('struct', groups)],
    [5, list('struct', notes)],
    [6, text('thymus')],
    [
      7,
      list(
        'struct',
        columns.map(() => typeOrder),
      ),
    ],
  ]
}

function schemaOf(column: Column): ThriftValue[] {
  const { name, shape } = column
  const string: ThriftStruct = [
    [6, i32(CONVERTED_UTF8)],
    [10, struct([1, struct()])],
  ]
  const leaf = (leafName: string): ThriftValue =>
    struct(
      [1, i32(PHYSICAL[shape])],
      [3, i32(OPTIONAL)],
      [4, text(leafName)],
      ...(PHYSICAL[shape] === PHYSICAL.text ? string : []),
    )
  if (!isList(shape)) return [leaf(name)]
  return [
    struct([3, i32(OPTIONAL)], [4, text(name)], [5, i32(1)], [6, i32(CONVERTED_LIST)], [10, struct([3, struct()])]),
    struct([3, i32(REPEATED)], [4, text('list')], [5, i32(1)]),
    leaf('element'),
  ]
}

const WRITE_BYTES = 1 << 20

/** Gathers small pieces into large writes and keeps the checksum of all that was written. */
class FileSink {
  position = 0
  crc = 0
  private readonly fd: number
  private pieces: Buffer[] = []
  private held = 0

  constructor(fd: number) {
    this.fd = fd
  }

  put(piece: Buffer): void {
    this.pieces.push(piece)
    this.position += piece.length
    this.held += piece.length
    if (this.held >= WRITE_BYTES) this.flush()
  }

  flush(): void {
    const block = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces)
    this.pieces = []
    this.held = 0
    this.crc = crc32(block, this.crc)
    for (let at = 0; at < block.length; ) at += writeSync(this.fd, block, at)
  }
}
