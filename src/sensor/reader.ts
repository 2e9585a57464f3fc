import { Worker } from 'node:worker_threads'
import { type BatchTransfer, type EventBatch, fromTransfer } from '../event/batch.ts'
import {
  type ReadReport,
  type ReadReportData,
  type RejectReason,
  type Sensor,
  SourceFailure,
  type SourceFile,
} from './sensor.ts'
import { sensors } from './sensors.ts'

/** Reads files, on this thread or on others: the batches and the report are the same. */
export interface FileReader {
  /** @throws SourceFailure */
  read(file: SourceFile, sensor: Sensor, report: ReadReport): AsyncIterable<EventBatch>
  close(): Promise<void>
}

/** @param threads reading threads beside the engine's; 0 reads on the engine's own */
export function fileReader(threads: number): FileReader {
  return threads === 0 ? localReader : new ThreadedReader(threads)
}

const localReader: FileReader = {
  read: (file, sensor, report) => sensor.read(file, report),
  async close() {},
}

/** Batches that a thread may send ahead of their use, per file. */
export const BATCHES_AHEAD = 4

export type ToWorker =
  | { is: 'read'; id: number; path: string; shown: string; bytes: number; sensor: string }
  | { is: 'more'; id: number }
  | { is: 'stop'; id: number }

export type FromWorker =
  | { is: 'batch'; id: number; batch: BatchTransfer }
  | { is: 'end'; id: number; report: ReadReportData }
  | { is: 'failed'; id: number; reason: RejectReason | undefined; message: string; report: ReadReportData }

/** What arrives for one file, in order, and who waits for it. */
interface Inbox {
  readonly messages: FromWorker[]
  wake: (() => void) | undefined
}

class ThreadedReader implements FileReader {
  private readonly workers: Worker[]
  private readonly inboxes = new Map<number, Inbox>()
  private nextId = 0

  constructor(threads: number) {
    this.workers = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL('./read_worker.ts', import.meta.url))
      worker.on('message', (message: FromWorker) => {
        const inbox = this.inboxes.get(message.id)
        inbox?.messages.push(message)
        inbox?.wake?.()
      })
      worker.on('error', (error) => this.failAll(`a reading thread died: ${error.message}`))
      worker.unref()
      return worker
    })
  }

  async *read(file: SourceFile, sensor: Sensor, report: ReadReport): AsyncGenerator<EventBatch> {
    const id = this.nextId++
    const worker = this.workers[id % this.workers.length]!
    const inbox: Inbox = { messages: [], wake: undefined }
    this.inboxes.set(id, inbox)
    const send = (message: ToWorker): void => worker.postMessage(message)
    send({ is: 'read', id, path: file.path, shown: file.shown, bytes: file.bytes, sensor: sensor.name })
    worker.ref()
    try {
      for (;;) {
        const message = inbox.messages.shift()
        if (message === undefined) {
          await new Promise<void>((resolve) => {
            inbox.wake = resolve
          })
          inbox.wake = undefined
          continue
        }
        if (message.is === 'batch') {
          send({ is: 'more', id })
          yield fromTransfer(message.batch)
          continue
        }
        report.add(message.report)
        if (message.is === 'failed') {
          if (message.reason === undefined) throw new Error(message.message)
          throw new SourceFailure(message.reason, message.message)
        }
        return
      }
    } finally {
      send({ is: 'stop', id })
      this.inboxes.delete(id)
      if (this.inboxes.size === 0) for (const each of this.workers) each.unref()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }

  private failAll(message: string): void {
    const report = { rejected: new Map(), repaired: new Map(), notes: [] }
    for (const [id, inbox] of this.inboxes) {
      inbox.messages.push({ is: 'failed', id, reason: undefined, message, report })
      inbox.wake?.()
    }
  }
}

/** @throws Error for a name that is in no list: the two sides of a thread border disagree */
export function sensorNamed(name: string): Sensor {
  const found = sensors.find((sensor) => sensor.name === name)
  if (!found) throw new Error(`no sensor is called ${name}`)
  return found
}
