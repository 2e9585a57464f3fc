import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { SourceFailure } from './sensor.ts'

const PLAIN_CHUNK = 1 << 18
const PACKED_CHUNK = 1 << 16
/** After a chunk that unpacked to more than this, smaller ones are fed: a bomb stays small in memory. */
const LARGE_OUTPUT = 1 << 23
const CAREFUL_CHUNK = 1 << 12

type Packing = 'plain' | 'gzip' | 'zstd'

/**
 * The bytes of a file, unpacked if it is packed (gzip with one or many members, zstd with one or many frames): told by its
 * first bytes, never by its name.
 * @throws SourceFailure `unreadable`; `truncated-compression` after everything that could be unpacked was handed over
 */
export async function* openDecompressed(path: string): AsyncGenerator<Uint8Array> {
  const file = await opened(path)
  try {
    const first = await readChunk(file, PACKED_CHUNK, path)
    const packing = packingOf(first)
    if (packing === 'plain') {
      for (let chunk = first; chunk.length > 0; chunk = await readChunk(file, PLAIN_CHUNK, path)) yield chunk
    } else yield* unpacked(file, first, packing, path)
  } finally {
    await file.close()
  }
}

function packingOf(head: Uint8Array): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? 'zstd' : 'plain'
}

/**
 * Feeds the unpacker by hand. A stream that fails throws away what it has unpacked and nobody has read yet; so its output
 * is taken after every chunk, and its end is told apart from its last chunk.
 */
async function* unpacked(
  file: FileHandle,
  first: Buffer,
  packing: 'gzip' | 'zstd',
  path: string,
): AsyncGenerator<Uint8Array> {
  const unpacker: Transform =
    packing === 'gzip' ? createGunzip({ chunkSize: PLAIN_CHUNK }) : createZstdDecompress({ chunkSize: PLAIN_CHUNK })
  let output: Buffer[] = []
  let failure: Error | undefined
  const closed = new Promise<void>((resolve) => unpacker.once('close', resolve))
  unpacker.on('data', (chunk: Buffer) => output.push(chunk))
  unpacker.on('error', (error: Error) => {
    failure = error
  })
  try {
    let chunkSize = PACKED_CHUNK
    for (let chunk = first; chunk.length > 0; chunk = await readChunk(file, chunkSize, path)) {
      await new Promise<void>((resolve) => unpacker.write(chunk, () => resolve()))
      const ready = output
      output = []
      let length = 0
      for (const piece of ready) {
        length += piece.length
        yield piece
      }
      if (length > LARGE_OUTPUT) chunkSize = CAREFUL_CHUNK
      if (failure !== undefined) break
    }
    unpacker.end()
    await closed
    yield* output
  } finally {
    unpacker.destroy()
  }
  if (failure !== undefined) {
    throw new SourceFailure(
      'truncated-compression',
      `the ${packing} data ends or breaks in the middle: ${failure.message}`,
      {
        cause: failure,
      },
    )
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function readChunk(file: FileHandle, size: number, path: string): Promise<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(size)
  try {
    const { bytesRead } = await file.read(chunk, 0, size)
    return chunk.subarray(0, bytesRead)
  } catch (error) {
    throw unreadable(path, error)
  }
}

export function unreadable(path: string, error: unknown): SourceFailure {
  const why = error instanceof Error ? error.message : String(error)
  return new SourceFailure('unreadable', `cannot read ${path}: ${why}`, { cause: error })
}
