import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import type { FrozenRows } from './paged_rows.ts'

/**
 * Snapshots of the engine's state: one file a generation, two generations kept.
 *
 *     "THYMUSNP" · u32 format · u32 0
 *     sections, each beginning at a multiple of 8
 *     table of contents: JSON [{name, offset, length, crc32}]
 *     u32 length of the table · u32 CRC-32 of the table · u32 CRC-32 of everything before the table · u32 format · "PNSUMYHT"
 *
 * Numbers are little endian. A file is visible under its name only when whole: it is written as `.tmp`, flushed to the
 * disk, renamed, and the directory flushed.
 */
export const SNAPSHOT_FORMAT = 2

const HEAD = Buffer.from('THYMUSNP', 'latin1')
const TAIL = Buffer.from('PNSUMYHT', 'latin1')
const HEAD_BYTES = 16
const TAIL_BYTES = 24
const ALIGNMENT = 8
const NAME = /^engine-(\d{12})\.snapshot$/
const KEPT_GENERATIONS = 2
/** Read and written in pieces: one call of the system moves at most 2 GiB. */
const PIECE = 64 * 1024 * 1024

interface SectionEntry {
  readonly name: string
  readonly offset: number
  readonly length: number
  readonly crc32: number
}

export interface SnapshotWritten {
  readonly file: string
  readonly bytes: number
  /** The longest time (ms) for which one step held the thread. */
  readonly longestPauseMillis: number
}

type Pending =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly rows: FrozenRows }

/**
 * Writes one snapshot. Adding is the barrier: what is added is the state as it stands at that moment. All stations add
 * theirs between the same two events; then `write` runs beside the engine, a piece at a time, each time the thread is free.
 *
 *     const writer = new SnapshotWriter()
 *     behaviour.addTo(writer); writer.add('devices', bytes)
 *     const written = writer.write(directory)      // goes on while events are processed
 */
export class SnapshotWriter {
  private readonly pending: Pending[] = []
  private readonly names = new Set<string>()
  private started = false

  /** Adds a section. The bytes are not copied: the caller must not write to them until `write` has ended. */
  add(name: string, bytes: Uint8Array): void {
    this.claim(name)
    this.pending.push({ name, bytes })
  }

  /** Adds a section of rows that the engine may go on writing to. */
  addRows(name: string, rows: FrozenRows): void {
    this.claim(name)
    this.pending.push({ name, rows })
  }

  /** Gives the snapshot up, so that another can be begun. */
  abandon(): void {
    for (const section of this.pending) if ('rows' in section) section.rows.release()
    this.pending.length = 0
  }

  /**
   * Writes the file and removes all but the two newest generations. Yields the thread after each piece.
   * @param directory is made when it is not there
   */
  async write(directory: string): Promise<SnapshotWritten> {
    if (this.started) throw new Error('a snapshot is written once; make a new SnapshotWriter')
    this.started = true
    try {
      await mkdir(directory, { recursive: true })
      const generations = await generationsIn(directory)
      const generation = (generations[0]?.generation ?? 0) + 1
      const file = path.join(directory, `engine-${String(generation).padStart(12, '0')}.snapshot`)
      const temporary = `${file}.tmp`
      const handle = await open(temporary, 'w')
      let written: { bytes: number; longestPauseMillis: number }
      try {
        written = await this.writeTo(handle)
        await handle.sync()
      } catch (error) {
        await handle.close()
        await rm(temporary, { force: true })
        throw new Error(
          `${temporary}: the snapshot could not be written (${messageOf(error)}); the one before it stays`,
          {
            cause: error,
          },
        )
      }
      await handle.close()
      await rename(temporary, file)
      await syncDirectory(directory)
      await removeOld(directory)
      return { file, ...written }
    } finally {
      this.abandon()
    }
  }

  private async writeTo(handle: FileHandle): Promise<{ bytes: number; longestPauseMillis: number }> {
    const out = new Output(handle)
    const head = Buffer.alloc(HEAD_BYTES)
    HEAD.copy(head)
    head.writeUInt32LE(SNAPSHOT_FORMAT, 8)
    await out.put(head)
    const entries: SectionEntry[] = []
    for (const section of this.pending) {
      const offset = out.position
      let sum = 0
      let length = 0
      if ('bytes' in section) {
        for (let at = 0; at < section.bytes.byteLength; at += PIECE) {
          const piece = section.bytes.subarray(at, at + PIECE)
          sum = crc32(piece, sum)
          length += piece.byteLength
          await out.put(piece)
        }
      } else {
        const { rows } = section
        const staging = Buffer.alloc(rows.pieceBytes)
        for (let index = 0; index < rows.pieces; index++) {
          const began = performance.now()
          const piece = staging.subarray(0, rows.read(index, staging))
          sum = crc32(piece, sum)
          length += piece.byteLength
          const flushed = out.put(piece)
          out.longestPauseMillis = Math.max(out.longestPauseMillis, performance.now() - began)
          await flushed
        }
        rows.release()
      }
      entries.push({ name: section.name, offset, length, crc32: sum })
      const padding = (ALIGNMENT - (out.position % ALIGNMENT)) % ALIGNMENT
      if (padding > 0) await out.put(new Uint8Array(padding))
    }
    const whole = out.sum
    const table = Buffer.from(JSON.stringify(entries), 'utf8')
    await out.put(table)
    const tail = Buffer.alloc(TAIL_BYTES)
    tail.writeUInt32LE(table.byteLength, 0)
    tail.writeUInt32LE(crc32(table), 4)
    tail.writeUInt32LE(whole, 8)
    tail.writeUInt32LE(SNAPSHOT_FORMAT, 12)
    TAIL.copy(tail, 16)
    await out.put(tail)
    return { bytes: out.position, longestPauseMillis: out.longestPauseMillis }
  }

  private claim(name: string): void {
    if (this.started) throw new Error(`section ${name} comes after the snapshot was begun to be written`)
    if (this.names.has(name)) throw new Error(`two sections of a snapshot are called ${name}`)
    this.names.add(name)
  }
}

/** Appends to a file, summing as it goes. */
class Output {
  position = 0
  /** CRC-32 of everything so far. */
  sum = 0
  longestPauseMillis = 0
  private readonly handle: FileHandle

  constructor(handle: FileHandle) {
    this.handle = handle
  }

  async put(bytes: Uint8Array): Promise<void> {
    this.sum = crc32(bytes, this.sum)
    const at = this.position
    this.position += bytes.byteLength
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.byteLength - done, at + done)
      done += bytesWritten
    }
  }
}

export type SnapshotRead =
  | {
      readonly is: 'read'
      readonly file: string
      readonly sections: ReadonlyMap<string, Uint8Array>
      /** In words: newer generations that could not be used, and why. To be said aloud. */
      readonly warnings: readonly string[]
    }
  /** No snapshot has ever been written there. */
  | { readonly is: 'none' }
  /** There are snapshots, and none can be used. */
  | { readonly is: 'refused'; readonly reasons: readonly string[] }

/** Reads the newest whole snapshot of a directory. Sections begin at multiples of 8 in memory. */
export async function readSnapshot(directory: string): Promise<SnapshotRead> {
  const reasons: string[] = []
  for (const { name } of await generationsIn(directory)) {
    const file = path.join(directory, name)
    const result = await readFile(file).catch((error: unknown) => `${file}: cannot be read (${messageOf(error)})`)
    if (typeof result !== 'string') {
      const warnings = reasons.map((reason) => `${reason}; going on from ${name}, the snapshot before it`)
      return { is: 'read', file, sections: result, warnings }
    }
    reasons.push(result)
  }
  return reasons.length === 0 ? { is: 'none' } : { is: 'refused', reasons }
}

/** The sections, or in words why the file cannot be used. */
async function readFile(file: string): Promise<ReadonlyMap<string, Uint8Array> | string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size < HEAD_BYTES + TAIL_BYTES) return `${file}: too short to be a snapshot (${size} bytes)`
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(PIECE, size - at), at)
      if (bytesRead === 0) return `${file}: ended after ${at} of ${size} bytes`
      at += bytesRead
    }
    return parse(file, bytes)
  } finally {
    await handle.close()
  }
}

function parse(file: string, bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.compare(HEAD, 0, HEAD.byteLength, 0, HEAD.byteLength) !== 0) return `${file}: not a snapshot of Thymus`
  const format = buffer.readUInt32LE(HEAD.byteLength)
  if (format !== SNAPSHOT_FORMAT)
    return `${file}: format ${format}, and this version of Thymus reads format ${SNAPSHOT_FORMAT}; start it once with the version that wrote it, or begin with an empty state directory`
  const tail = buffer.subarray(buffer.byteLength - TAIL_BYTES)
  if (tail.compare(TAIL, 0, TAIL.byteLength, 16) !== 0) return `${file}: cut off: its end is missing`
  const tableBytes = tail.readUInt32LE(0)
  const tableAt = buffer.byteLength - TAIL_BYTES - tableBytes
  if (tableAt < HEAD_BYTES) return `${file}: damaged: its table of contents does not fit into it`
  const table = buffer.subarray(tableAt, tableAt + tableBytes)
  if (crc32(table) !== tail.readUInt32LE(4)) return `${file}: damaged: the checksum of its table of contents is wrong`
  if (tail.readUInt32LE(12) !== format) return `${file}: damaged: its end names another format than its beginning`
  const entries: unknown = JSON.parse(table.toString('utf8'))
  if (!Array.isArray(entries) || !entries.every(isEntry)) return `${file}: damaged: its table of contents is not one`
  const sections = new Map<string, Uint8Array>()
  for (const { name, offset, length, crc32: expected } of entries) {
    if (offset + length > tableAt) return `${file}: damaged: section ${name} does not fit into it`
    const section = bytes.subarray(offset, offset + length)
    if (crc32(section) !== expected) return `${file}: damaged: the checksum of section ${name} is wrong`
    sections.set(name, section)
  }
  if (crc32(buffer.subarray(0, tableAt)) !== tail.readUInt32LE(8)) return `${file}: damaged: its checksum is wrong`
  return sections
}

function isEntry(entry: unknown): entry is SectionEntry {
  if (typeof entry !== 'object' || entry === null) return false
  const { name, offset, length, crc32: sum } = entry as Record<keyof SectionEntry, unknown>
  return typeof name === 'string' && [offset, length, sum].every((n) => Number.isSafeInteger(n) && Number(n) >= 0)
}

/** Newest first. */
async function generationsIn(directory: string): Promise<readonly { name: string; generation: number }[]> {
  let names: readonly string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  return names
    .flatMap((name) => {
      const match = NAME.exec(name)
      return match ? [{ name, generation: Number(match[1]) }] : []
    })
    .sort((a, b) => b.generation - a.generation)
}

async function removeOld(directory: string): Promise<void> {
  for (const { name } of (await generationsIn(directory)).slice(KEPT_GENERATIONS)) await rm(path.join(directory, name))
  for (const name of await readdir(directory)) {
    if (name.endsWith('.snapshot.tmp')) await rm(path.join(directory, name))
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
