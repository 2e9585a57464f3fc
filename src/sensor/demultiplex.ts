import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { type BatchTransfer, type EventBatch, fromTransfer, toTransfer } from '../event/batch.ts'
import type { LogType } from '../event/log_types.ts'

/** Bytes of batches kept in memory before the rest goes to a temporary folder. */
const KEPT_IN_MEMORY = 256 * 1024 * 1024

/** One log type's part of a file that holds many. */
export interface TypePart {
  readonly type: LogType
  /** `known` (µs) of its first row; NaN in a log without times. */
  readonly firstKnown: number
  /** In the order of the file. May be called once. */
  batches(): AsyncIterable<EventBatch>
}

/**
 * Takes a file that holds many log types apart (a combined Zeek file, EVE, a capture). Merging needs the next row of
 * *every* log; the next row of a rare one may stand anywhere, so the whole file is read first. Its columns stay in memory
 * up to a bound and wait in a temporary folder beyond it.
 */
export async function demultiplex(
  batches: AsyncIterable<EventBatch>,
  keptInMemory = KEPT_IN_MEMORY,
): Promise<{ parts: readonly TypePart[]; dispose(): Promise<void> }> {
  const parts = new Map<LogType, { firstKnown: number; memory: EventBatch[]; spill: SpillFile | undefined }>()
  let bytes = 0
  let folder: string | undefined
  for await (const batch of batches) {
    let part = parts.get(batch.type)
    if (!part) {
      part = { firstKnown: batch.known[0]!, memory: [], spill: undefined }
      parts.set(batch.type, part)
    }
    const size = bytesOf(batch)
    // Once a type has gone to disk it stays there, so that its batches keep their order.
    if (part.spill === undefined && bytes + size <= keptInMemory) {
      bytes += size
      part.memory.push(batch)
      continue
    }
    folder ??= await mkdtemp(join(tmpdir(), 'thymus-demultiplex-'))
    part.spill ??= new SpillFile(join(folder, `${batch.type.name}.batches`))
    await part.spill.write(batch)
  }
  for (const part of parts.values()) await part.spill?.finish()
  return {
    parts: [...parts].map(([type, part]) => ({
      type,
      firstKnown: part.firstKnown,
      async *batches() {
        for (let index = 0; index < part.memory.length; index++) {
          const batch = part.memory[index]!
          part.memory[index] = undefined as never
          yield batch
        }
        if (part.spill) yield* part.spill.read()
      },
    })),
    async dispose() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

function bytesOf(batch: EventBatch): number {
  const columns = new Set<ArrayBufferView>([...batch.numbers, ...batch.strings, batch.dictionary.bytes])
  let bytes = 0
  for (const column of columns) bytes += column.byteLength
  return bytes
}

/** Batches of one type, one after the other: length (4 bytes, little endian), then the structured clone. */
class SpillFile {
  private readonly path: string
  private readonly stream: WriteStream

  constructor(path: string) {
    this.path = path
    this.stream = createWriteStream(path)
  }

  async write(batch: EventBatch): Promise<void> {
    const body = serialize(trimmed(toTransfer(batch).transfer))
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    this.stream.write(head)
    if (!this.stream.write(body)) await new Promise<void>((resolve) => this.stream.once('drain', () => resolve()))
  }

  async finish(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.stream.once('error', reject)
      this.stream.end(() => resolve())
    })
  }

  async *read(): AsyncGenerator<EventBatch> {
    let buffered: Buffer = Buffer.alloc(0)
    for await (const chunk of createReadStream(this.path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
      while (buffered.length >= 4 && buffered.length >= 4 + buffered.readUInt32LE(0)) {
        const end = 4 + buffered.readUInt32LE(0)
        yield fromTransfer(deserialize(buffered.subarray(4, end)) as BatchTransfer)
        buffered = buffered.subarray(end)
      }
    }
  }
}

/** Columns are made for full batches; what lies behind the last row need not be written. */
function trimmed(transfer: BatchTransfer): BatchTransfer {
  const { rows } = transfer
  return {
    ...transfer,
    numbers: transfer.numbers.map(([slot, column]) => [slot, column.subarray(0, rows)] as const),
    strings: transfer.strings.map(([slot, column]) => [slot, column.subarray(0, rows)] as const),
    extra: transfer.extra.subarray(0, rows),
    known: transfer.known.subarray(0, rows),
    keyHigh: transfer.keyHigh.subarray(0, rows),
    keyLow: transfer.keyLow.subarray(0, rows),
    line: transfer.line.subarray(0, rows),
  }
}
