import { parentPort } from 'node:worker_threads'
import { toTransfer } from '../event/batch.ts'
import { sourceFile } from './discover.ts'
import { BATCHES_AHEAD, type FromWorker, sensorNamed, type ToWorker } from './reader.ts'
import { ReadReport, SourceFailure } from './sensor.ts'

/** A reading thread: files are read here and arrive at the engine as columns whose buffers were handed over, not copied. */

interface Reading {
  credit: number
  stopped: boolean
  wake: (() => void) | undefined
}

const port = parentPort!
const readings = new Map<number, Reading>()

port.on('message', (message: ToWorker) => {
  if (message.is === 'read') {
    void read(message)
    return
  }
  const reading = readings.get(message.id)
  if (reading === undefined) return
  if (message.is === 'more') reading.credit++
  else reading.stopped = true
  reading.wake?.()
})

async function read(order: Extract<ToWorker, { is: 'read' }>): Promise<void> {
  const { id } = order
  const reading: Reading = { credit: BATCHES_AHEAD, stopped: false, wake: undefined }
  readings.set(id, reading)
  const report = new ReadReport(order.shown)
  const send = (message: FromWorker, buffers: ArrayBuffer[] = []): void => port.postMessage(message, buffers)
  try {
    const file = sourceFile(order.path, order.shown, order.bytes)
    for await (const batch of sensorNamed(order.sensor).read(file, report)) {
      while (reading.credit === 0 && !reading.stopped) {
        await new Promise<void>((resolve) => {
          reading.wake = resolve
        })
      }
      if (reading.stopped) return
      reading.credit--
      const { transfer, buffers } = toTransfer(batch)
      send({ is: 'batch', id, batch: transfer }, buffers)
    }
    send({ is: 'end', id, report: { rejected: report.rejected, repaired: report.repaired, notes: report.notes } })
  } catch (error) {
    const reason = error instanceof SourceFailure ? error.reason : undefined
    const message = error instanceof Error ? error.message : String(error)
    const { rejected, repaired, notes } = report
    send({ is: 'failed', id, reason, message, report: { rejected, repaired, notes } })
  } finally {
    readings.delete(id)
  }
}
