import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { EventBatch } from '../event/batch.ts'
import { LakeFailure } from './lake_failure.ts'
import { batchFrame, FRAME, jsonFrame, type LakeRowColumns } from './lake_frames.ts'
import type { LakeAnswer, LakeProcessConfig } from './lake_process.ts'
import type { LakeCounts, LakeStoreOptions } from './lake_store.ts'

export interface LakeSummary extends LakeCounts {
  /** Of the lake process. */
  readonly cpuSeconds: number
  readonly peakBytes: number
}

/** Bytes on their way to the lake process at which the engine has to wait, and at which it goes on. */
const HIGH_WATER = 32 << 20
const LOW_WATER = 16 << 20
/** Frame buffers kept for use again. */
const SPARE_BUFFERS = 8

type Waiting<Value> = { readonly resolve: (value: Value) => void; readonly reject: (error: Error) => void }

/**
 * The engine's end of the event lake: hands batches to the lake process, which sorts them and writes them as Parquet.
 *
 *     const lake = await LakeWriter.open(join(out, 'lake'), { fresh: true })
 *     lake.defineDevice(0, '9f86d081884c7d65')          // before the first batch that names device 0
 *     const wait = lake.append(batch, { device, peer, sequence, skip })
 *     if (wait) await wait                               // the lake process is behind
 *     const summary = await lake.close()
 *
 * A batch is handed over once, when its last row was walked; it is copied, so its columns may be used again at once.
 * After a failure (the process died, the disk is full) every call throws the same `LakeFailure`.
 */
export class LakeWriter {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  private readonly dir: string
  private readonly spare: Buffer[] = []
  /** Sizes of the batches that the process has not taken yet, oldest first. */
  private readonly inFlight: number[] = []
  private inFlightBytes = 0
  private newDevices: [number, string][] = []
  private failure: LakeFailure | undefined
  private opened: Waiting<void> | undefined
  private slack: Waiting<void> | undefined
  private slackPromise: Promise<void> | undefined
  private waits = 0
  private flushes: Waiting<void>[] = []
  private closing: Waiting<LakeSummary> | undefined
  private answerRest = ''
  private complaints = ''
  private done = false

  private constructor(dir: string, options: LakeStoreOptions) {
    this.dir = dir
    const config: LakeProcessConfig = { ...options, dir }
    const program = fileURLToPath(new URL('./lake_process.ts', import.meta.url))
    // Its memory is a few large arrays: helper threads for collecting garbage cost more processor time than they save.
    const flags = ['--single-threaded-gc']
    const args = [...flags, program, JSON.stringify(config)]
    this.child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.hear(text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-2000)
    })
    // A broken pipe is told by the process's end, with a reason.
    this.child.stdin.on('error', () => {})
    this.child.on('error', (error) => this.fail(`${dir}: cannot start the lake process: ${error.message}`))
    this.child.on('close', (code, signal) => this.ended(code, signal))
  }

  /** A process that merely waits for batches must not keep a failed engine from ending. */
  private keepAlive(wanted: boolean): void {
    const { child } = this
    if (wanted) child.ref()
    else child.unref()
    for (const pipe of [child.stdin, child.stdout, child.stderr] as unknown as Socket[]) {
      if (wanted) pipe.ref()
      else pipe.unref()
    }
  }

  /** Waits for an answer of the process. */
  private waitFor<Value>(place: (waiting: Waiting<Value>) => void): Promise<Value> {
    this.waits++
    this.keepAlive(true)
    return new Promise<Value>((resolve, reject) => place({ resolve, reject })).finally(() => {
      this.waits--
      if (this.waits === 0) this.keepAlive(false)
    })
  }

  /**
   * Starts the lake process and opens the lake, making the directory where needed.
   * @throws LakeFailure when another process writes to it, or it cannot be opened
   */
  static async open(dir: string, options: LakeStoreOptions): Promise<LakeWriter> {
    const writer = new LakeWriter(dir, options)
    await writer.waitFor<void>((waiting) => {
      writer.opened = waiting
    })
    return writer
  }

  /** Id of the process, for whoever watches it. */
  get pid(): number | undefined {
    return this.child.pid
  }

  /** Says which id (16 hexadecimal digits) a device index stands for; before the first batch that uses it. */
  defineDevice(index: number, id: string): void {
    this.newDevices.push([index, id])
  }

  /**
   * Hands a batch over.
   * @returns a promise when the lake process is behind and the caller must wait before the next batch; else nothing
   * @throws LakeFailure when the lake can no longer be written
   */
  append(batch: EventBatch, columns: LakeRowColumns): Promise<void> | undefined {
    this.check()
    this.sendDevices()
    const frame = batchFrame(batch, columns, (size) => this.buffer(size))
    this.inFlight.push(frame.length)
    this.inFlightBytes += frame.length
    this.child.stdin.write(frame, () => {
      if (this.spare.length < SPARE_BUFFERS) this.spare.push(Buffer.from(frame.buffer))
    })
    return this.inFlightBytes > HIGH_WATER ? this.waitForSlack() : undefined
  }

  /** Resolves when all that was handed over is in files that the catalogue lists: before a snapshot is committed. */
  async flush(): Promise<void> {
    this.check()
    this.sendDevices()
    this.child.stdin.write(jsonFrame(FRAME.flush, null))
    await this.waitFor<void>((waiting) => this.flushes.push(waiting))
  }

  /** Writes what waits and ends the process. */
  async close(): Promise<LakeSummary> {
    this.check()
    this.sendDevices()
    this.child.stdin.end(jsonFrame(FRAME.close, null))
    return this.waitFor<LakeSummary>((waiting) => {
      this.closing = waiting
    })
  }

  /** Gives up: what was not yet written is lost, what is listed stays. For a run that ends in an error. */
  abandon(): void {
    this.done = true
    this.child.stdin.destroy()
  }

  private check(): void {
    if (this.failure) throw this.failure
    if (this.done) throw new LakeFailure(`${this.dir}: the lake is closed`)
  }

  private sendDevices(): void {
    if (this.newDevices.length === 0) return
    this.child.stdin.write(jsonFrame(FRAME.devices, this.newDevices))
    this.newDevices = []
  }

  private buffer(size: number): Buffer {
    const index = this.spare.findIndex((spare) => spare.length >= size)
    if (index >= 0) return this.spare.splice(index, 1)[0]!
    this.spare.shift()
    return Buffer.from(new ArrayBuffer(size + (size >> 3)))
  }

  private waitForSlack(): Promise<void> {
    this.slackPromise ??= this.waitFor<void>((waiting) => {
      this.slack = waiting
    }).finally(() => {
      this.slackPromise = undefined
    })
    return this.slackPromise
  }

  private hear(text: string): void {
    const lines = (this.answerRest + text).split('\n')
    this.answerRest = lines.pop() ?? ''
    for (const line of lines) this.heard(JSON.parse(line) as LakeAnswer)
  }

  private heard(answer: LakeAnswer): void {
    switch (answer.is) {
      case 'open':
        this.opened?.resolve()
        this.opened = undefined
        return
      case 'taken':
        this.inFlightBytes -= this.inFlight.shift() ?? 0
        if (this.inFlightBytes < LOW_WATER && this.slack) {
          this.slack.resolve()
          this.slack = undefined
        }
        return
      case 'flushed':
        this.flushes.shift()?.resolve()
        return
      case 'failed':
        this.fail(answer.message)
        return
      case 'closed': {
        this.done = true
        const { counts, cpuSeconds, peakBytes } = answer
        this.closing?.resolve({ ...counts, cpuSeconds, peakBytes })
        this.closing = undefined
      }
    }
  }

  private ended(code: number | null, signal: string | null): void {
    if (this.done) return
    const how = signal ? `was killed (${signal})` : `ended with code ${code}`
    const said = this.complaints.trim()
    this.fail(
      `${this.dir}: the lake process ${how} before the lake was closed. Files that the lake lists are whole; ` +
        `rows that were not yet written are lost.${said ? `\n${said}` : ''}`,
    )
  }

  private fail(message: string): void {
    if (this.failure) return
    const failure = new LakeFailure(message)
    this.failure = failure
    const waiting = [this.opened, this.slack, this.closing, ...this.flushes]
    this.opened = undefined
    this.slack = undefined
    this.closing = undefined
    this.flushes = []
    for (const one of waiting) one?.reject(failure)
    this.child.stdin.destroy()
  }
}
