import { constants, zstdCompressSync } from 'node:zlib'
import type { BloomFilter } from './bloom_filter.ts'
import type { PageMemory } from './page_memory.ts'
import { bitWidth, hybrid } from './parquet_levels.ts'
import { i32, struct, thriftBytes } from './parquet_thrift.ts'

/** Numbers of encodings, codecs and page types: apache/parquet-format, parquet.thrift. */
export const PLAIN = 0
const RLE = 3
export const DELTA_BINARY_PACKED = 5
const RLE_DICTIONARY = 8
export const BYTE_STREAM_SPLIT = 9
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const UNCOMPRESSED = 0
const ZSTD = 6

/** A page of text ends when it holds so many bytes. */
export const PAGE_BYTES = 1 << 20
/** What is smaller is not worth compressing. */
const SMALL = 64

/** Before it is compressed; its parts stand one after another, in memory that is used again for the next chunk. */
export interface Page {
  readonly dictionary: boolean
  readonly parts: readonly Uint8Array[]
  readonly values: number
  readonly encoding: number
}

/** A column chunk before it is compressed. */
export interface EncodedChunk {
  readonly pages: Page[]
  /** Values, with NULLs and with the elements of lists. */
  values: number
  nulls: number
  min?: Buffer
  max?: Buffer
  bloom?: BloomFilter
}

/** A column chunk as it is written. */
export interface ColumnChunk {
  readonly pieces: readonly Buffer[]
  readonly codec: number
  readonly encodings: readonly number[]
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

/** A data page of dictionary ids: levels, one byte of width, the ids. */
export function dictionaryIds(
  levelParts: readonly Buffer[],
  ids: Uint32Array,
  from: number,
  to: number,
  distinct: number,
  values: number,
  memory: PageMemory,
): Page {
  const width = bitWidth(distinct)
  const parts = [...levelParts, Buffer.of(width), hybrid(ids, from, to, width, memory)]
  return { dictionary: false, parts, values, encoding: RLE_DICTIONARY }
}

/** Compresses the pages; the memory of their parts is free afterwards. */
export function finishChunk(encoded: EncodedChunk, memory: PageMemory): ColumnChunk {
  let raw = 0
  for (const page of encoded.pages) for (const part of page.parts) raw += part.length
  const codec = raw < SMALL ? UNCOMPRESSED : ZSTD
  const pieces: Buffer[] = []
  let bytes = 0
  let uncompressed = 0
  let dictionaryBytes = 0
  const encodings = new Set([RLE])
  for (const page of encoded.pages) {
    const whole = memory.join(page.parts)
    const body = codec === ZSTD ? compress(whole) : Buffer.from(whole)
    const header = pageHeader(page, whole.length, body.length)
    pieces.push(header, body)
    bytes += header.length + body.length
    uncompressed += header.length + whole.length
    if (page.dictionary) dictionaryBytes = bytes
    encodings.add(page.encoding)
  }
  memory.reset()
  const { values, nulls, min, max, bloom } = encoded
  return {
    pieces,
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

function pageHeader(page: Page, size: number, compressedSize: number): Buffer {
  const kind = page.dictionary
    ? ([7, struct([1, i32(page.values)], [2, i32(PLAIN)])] as const)
    : ([5, struct([1, i32(page.values)], [2, i32(page.encoding)], [3, i32(RLE)], [4, i32(RLE)])] as const)
  return thriftBytes([
    [1, i32(page.dictionary ? DICTIONARY_PAGE : DATA_PAGE)],
    [2, i32(size)],
    [3, i32(compressedSize)],
    kind,
  ])
}
