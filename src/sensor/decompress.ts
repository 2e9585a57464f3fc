import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import { SourceFailure } from './sensor.ts'

const PLAIN_CHUNK = 1 << 18
const LENT_CHUNK = 1 << 20
const PACKED_CHUNK = 1 << 16
/** After a chunk that unpacked to more than this, smaller ones are fed: a bomb stays small in memory. */
const LARGE_OUTPUT = 1 << 23
const CAREFUL_CHUNK = 1 << 12

type Packing = 'plain' | 'gzip' | 'zstd'

/**
 * The bytes of a file, unpacked if it is packed (gzip with one or many members, zstd with one or many frames): told by its
 * first bytes, never by its name.
 * @param lent see SourceFile.open
 * @throws SourceFailure `unreadable`; `truncated-compression` after everything that could be unpacked was handed over
 */
export async function* openDecompressed(path: string, lent = false): AsyncGenerator<Uint8Array> {
  const file = await opened(path)
  try {
    const first = await readChunk(file, PACKED_CHUNK, path)
    const packing = packingOf(first)
    if (packing === 'plain') {
      if (first.length > 0) yield first
      const memory = lent ? Buffer.allocUnsafeSlow(LENT_CHUNK) : undefined
      for (;;) {
        const chunk = await readChunk(file, memory ?? PLAIN_CHUNK, path)
        if (chunk.length === 0) break
        yield chunk
      }
    } else yield* unpacked(file, first, packing, path)
  } finally {
    await file.close()
  }
}

/** RFC 1952; RFC 8878, whose frames may begin with one to be skipped (pzstd writes them). */
function packingOf(head: Uint8Array): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd'
  return (head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18 ? 'zstd' : 'plain'
}

/** So many bytes tell the packing. */
const MAGIC_BYTES = 4

async function* unpacked(
  file: FileHandle,
  first: Buffer,
  packing: 'gzip' | 'zstd',
  path: string,
): AsyncGenerator<Uint8Array> {
  let unpacker = new Unpacker(packing)
  let chunk = first
  let chunkSize = PACKED_CHUNK
  try {
    while (chunk.length > 0) {
      let rest = await unpacker.feed(chunk)
      let length = 0
      for (const piece of unpacker.taken()) {
        length += piece.length
        yield piece
      }
      if (length > LARGE_OUTPUT) chunkSize = CAREFUL_CHUNK
      if (unpacker.failure !== undefined) break
      if (!unpacker.ended) {
        chunk = await readChunk(file, chunkSize, path)
        continue
      }
      // zstd ends with its frame (gzip does not): what follows is another frame, or nothing of ours.
      if (rest.length < MAGIC_BYTES) rest = Buffer.concat([rest, await readChunk(file, chunkSize, path)])
      if (packingOf(rest) !== packing) return
      unpacker.close()
      unpacker = new Unpacker(packing)
      chunk = rest
    }
    await unpacker.finish()
    yield* unpacker.taken()
  } finally {
    unpacker.close()
  }
  if (unpacker.failure !== undefined) {
    const why = `the ${packing} data ends or breaks in the middle: ${unpacker.failure.message}`
    throw new SourceFailure('truncated-compression', why, { cause: unpacker.failure })
  }
}

/**
 * An unpacker that is fed by hand. A stream of Node that fails throws away what it has unpacked and nobody has read yet;
 * so its output is taken after every chunk, and its end is told apart from its last chunk.
 */
class Unpacker {
  failure: Error | undefined
  /** It came to an end by itself. */
  ended = false
  private readonly stream: (Gunzip | ZstdDecompress) & { readonly bytesWritten: number }
  private output: Buffer[] = []
  private fed = 0
  private readonly closed: Promise<void>
  private wake: () => void = () => {}

  constructor(packing: 'gzip' | 'zstd') {
    const options = { chunkSize: PLAIN_CHUNK }
    this.stream = packing === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
    this.stream.on('data', (chunk: Buffer) => this.output.push(chunk))
    this.stream.on('error', (error: Error) => {
      this.failure = error
      this.wake()
    })
    this.stream.on('end', () => {
      this.ended = true
      this.wake()
    })
    this.closed = new Promise((resolve) => this.stream.once('close', resolve))
  }

  /** @returns what it did not take, because it had ended before */
  async feed(chunk: Buffer): Promise<Buffer> {
    await new Promise<void>((resolve) => {
      this.wake = resolve
      this.stream.write(chunk, () => resolve())
    })
    const taken = this.ended ? this.stream.bytesWritten - this.fed : chunk.length
    this.fed += chunk.length
    return chunk.subarray(taken)
  }

  taken(): Buffer[] {
    const { output } = this
    this.output = []
    return output
  }

  /** After the last chunk. */
  async finish(): Promise<void> {
    if (this.failure !== undefined) return
    this.stream.end()
    await this.closed
  }

  close(): void {
    this.stream.destroy()
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** @param into memory to read into, or the size of a piece of its own */
async function readChunk(file: FileHandle, into: Buffer | number, path: string): Promise<Buffer> {
  const chunk = typeof into === 'number' ? Buffer.allocUnsafeSlow(into) : into
  try {
    const { bytesRead } = await file.read(chunk, 0, chunk.length)
    return chunk.subarray(0, bytesRead)
  } catch (error) {
    throw unreadable(path, error)
  }
}

export function unreadable(path: string, error: unknown): SourceFailure {
  const why = error instanceof Error ? error.message : String(error)
  return new SourceFailure('unreadable', `cannot read ${path}: ${why}`, { cause: error })
}
