import { writeSync } from 'node:fs'
import { resourceUsage } from 'node:process'
import { writeFailure } from './lake_failure.ts'
import { FRAME, readBatch, readFrame } from './lake_frames.ts'
import { type LakeCounts, LakeStore, type LakeStoreOptions } from './lake_store.ts'

/**
 * The lake's own process: reads frames from standard input, one after another, and answers on standard output with a line
 * of JSON each. It does one thing at a time and waits for it, so it needs no event loop; the pipe is its queue. When the engine
 * goes away without a word, what still waits in memory is not written: those events come again from the journal.
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

function serve(config: LakeProcessConfig): void {
  const store = new LakeStore(config.dir, config)
  answer({ is: 'open' })
  for (;;) {
    const frame = readFrame(STDIN)
    if (frame === undefined) return
    switch (frame.kind) {
      case FRAME.batch:
        store.add(readBatch(frame.payload))
        answer({ is: 'taken' })
        break
      case FRAME.devices:
        for (const [index, id] of decode(frame.payload) as [number, string][]) store.defineDevice(index, id)
        break
      case FRAME.flush:
        store.flush()
        answer({ is: 'flushed' })
        break
      case FRAME.close: {
        const counts = store.close()
        const { userCPUTime, systemCPUTime, maxRSS } = resourceUsage()
        answer({ is: 'closed', counts, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: maxRSS * 1024 })
        return
      }
    }
  }
}

// Ctrl-C reaches the whole group of processes; when to stop is the engine's decision.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

const config = JSON.parse(process.argv[2] ?? '{}') as LakeProcessConfig
try {
  serve(config)
} catch (error) {
  answer({ is: 'failed', message: writeFailure(error, config.dir).message })
  process.exitCode = 1
}
