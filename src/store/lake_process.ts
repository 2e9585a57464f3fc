import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { resourceUsage } from 'node:process'
import { writeFailure } from './lake_failure.ts'
import { FRAME, FrameReader, readBatch } from './lake_frames.ts'
import { type LakeCounts, LakeStore, type LakeStoreOptions } from './lake_store.ts'

/**
 * The lake's own process: reads frames from standard input, one after another, and answers on standard output with a line
 * of JSON each. It does one thing at a time and reads on when that is done: the pipe is its queue. When the engine goes
 * away without a word, what still waits in memory is not written: those events come again from the journal.
 */

export interface LakeProcessConfig extends LakeStoreOptions {
  readonly dir: string
}

export type LakeAnswer =
  | { readonly is: 'open' }
  | { readonly is: 'taken' }
  | { readonly is: 'flushed' }
  | { readonly is: 'closed'; readonly counts: LakeCounts; readonly cpuSeconds: number; readonly peakBytes: number }
  | { readonly is: 'failed'; readonly message: string }

const STDIN = 0
const STDOUT = 1

function answer(message: LakeAnswer): void {
  writeSync(STDOUT, `${JSON.stringify(message)}\n`)
}

function decode(payload: ArrayBuffer): unknown {
  return JSON.parse(Buffer.from(payload).toString('utf8'))
}

class LakeService {
  private readonly store: LakeStore
  private readonly frames = new FrameReader()

  constructor(config: LakeProcessConfig) {
    this.store = new LakeStore(config.dir, config)
  }

  take(piece: Uint8Array): void {
    this.frames.push(piece, (kind, payload) => this.frame(kind, payload))
  }

  private frame(kind: number, payload: ArrayBuffer): void {
    switch (kind) {
      case FRAME.batch:
        this.store.add(readBatch(payload))
        answer({ is: 'taken' })
        return
      case FRAME.devices:
        for (const [index, id] of decode(payload) as [number, string][]) this.store.defineDevice(index, id)
        return
      case FRAME.flush:
        this.store.flush()
        answer({ is: 'flushed' })
        return
      case FRAME.close: {
        const counts = this.store.close()
        const { userCPUTime, systemCPUTime, maxRSS } = resourceUsage()
        answer({ is: 'closed', counts, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: maxRSS * 1024 })
      }
    }
  }
}

/** Bytes read from the pipe at a time. */
const READ_BYTES = 1 << 20

function serve(config: LakeProcessConfig): void {
  const orFail = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      answer({ is: 'failed', message: writeFailure(error, config.dir).message })
      process.exit(1)
    }
  }
  orFail(() => {
    const service = new LakeService(config)
    answer({ is: 'open' })
    const buffer = Buffer.alloc(READ_BYTES)
    // One buffer for all reads: pieces are copied into their frames at once.
    new Socket({
      fd: STDIN,
      readable: true,
      writable: false,
      onread: {
        buffer,
        callback: (size) => {
          orFail(() => service.take(buffer.subarray(0, size)))
          return true
        },
      },
    } as SocketConstructorOpts)
  })
}

// Ctrl-C reaches the whole group of processes; when to stop is the engine's decision.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

serve(JSON.parse(process.argv[2] ?? '{}') as LakeProcessConfig)
