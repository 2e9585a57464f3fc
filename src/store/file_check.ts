import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { LakeFile } from './catalog.ts'

const READ_BYTES = 4 << 20

/**
 * Verifies files of the lake against their size and CRC-32 in the catalogue, each once in the life of a process: a
 * flipped bit would otherwise be read as if it were right (Parquet readers rarely notice). About a second a gigabyte.
 */
export class FileCheck {
  private readonly lakeDir: string
  private readonly sound = new Set<string>()

  constructor(lakeDir: string) {
    this.lakeDir = lakeDir
  }

  /** @returns what is wrong with the file, in words; undefined when it is as it was written */
  async problemOf(file: LakeFile): Promise<string | undefined> {
    if (this.sound.has(file.name)) return undefined
    let handle: FileHandle
    try {
      handle = await open(join(this.lakeDir, file.name))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'ENOENT' ? 'is missing' : `cannot be read: ${message}`
    }
    try {
      const { size } = await handle.stat()
      if (size !== file.bytes) return `has ${size} bytes, and had ${file.bytes} when it was written`
      if ((await checksumOf(handle)) !== file.crc32) return 'has changed since it was written (its checksum differs)'
    } catch (error) {
      return `cannot be read: ${(error as Error).message}`
    } finally {
      await handle.close()
    }
    this.sound.add(file.name)
    return undefined
  }
}

async function checksumOf(handle: FileHandle): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  let checksum = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null)
    if (bytesRead === 0) return checksum
    checksum = crc32(buffer.subarray(0, bytesRead), checksum)
  }
}
