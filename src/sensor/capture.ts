import type { EventBatch } from '../event/batch.ts'
import { looksLikeCapture } from './capture/capture_pieces.ts'
import { Trace } from './capture/trace.ts'
import { dissect } from './capture/tshark.ts'
import type { ReadReport, Sensor, SourceFile } from './sensor.ts'

/**
 * Packet captures (pcap, pcapng), dissected by tshark, as the events that Zeek would have logged: connections, and of the
 * protocols in them what models and analysts use. tshark is the only program needed; the capture is streamed through it.
 */
export const capture: Sensor = {
  name: 'capture',
  manyTypes: true,

  recognises(head: Uint8Array): boolean {
    return looksLikeCapture(head)
  },

  async *read(file: SourceFile, report: ReadReport): AsyncGenerator<EventBatch> {
    const trace = new Trace(report)
    for await (const { lines, packetsBefore } of dissect(file, report)) {
      for (const line of lines) trace.packet(line, packetsBefore)
      yield* trace.writer.takeFull()
    }
    trace.finish()
    yield* trace.writer.takeRest()
  },
}
