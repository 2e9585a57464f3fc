import type { EventBatch } from '../../event/batch.ts'
import { BatchBuilder } from '../../event/batch_builder.ts'
import { type LogType, logType, SET_SEPARATOR, slotOf } from '../../event/log_types.ts'
import { DAY, type Micros } from '../../event/time.ts'
import type { ReadReport } from '../sensor.ts'
import type { Connection } from './connection.ts'

/**
 * The rows of one log type. A row is known when its packet was seen, so `_write_ts` is set wherever that is later than
 * the row's own times say: an event is told when its reply or its timeout comes, never before.
 */
class EventLog {
  readonly builder: BatchBuilder
  private readonly slots = new Map<string, number>()
  private readonly writeSlot: number
  private readonly type: LogType

  constructor(name: string) {
    this.type = logType(name)
    this.builder = new BatchBuilder(this.type)
    this.writeSlot = slotOf(this.type, '_write_ts')
  }

  slot(field: string): number {
    let slot = this.slots.get(field)
    if (slot === undefined) {
      slot = slotOf(this.type, field)
      this.slots.set(field, slot)
    }
    return slot
  }

  knownAt(clock: Micros): void {
    const { builder, type } = this
    const ts = builder.numberOf(0)
    const duration = type.durationSlot < 0 ? Number.NaN : builder.numberOf(type.durationSlot)
    const known = duration > 0 ? ts + duration : ts
    // A clock that has jumped by days says nothing about when this was known.
    if (clock > known && clock - known < DAY) builder.setNumber(this.writeSlot, clock)
  }
}

/** One event being written; absent values are left out. */
export class EventRow {
  private readonly log: EventLog

  constructor(log: EventLog) {
    this.log = log
  }

  text(field: string, value: string | undefined): this {
    if (value !== undefined && value !== '') this.log.builder.setText(this.log.slot(field), value)
    return this
  }

  number(field: string, value: number | undefined): this {
    if (value !== undefined && !Number.isNaN(value)) this.log.builder.setNumber(this.log.slot(field), value)
    return this
  }

  flag(field: string, value: boolean | undefined): this {
    return this.number(field, value === undefined ? undefined : value ? 1 : 0)
  }

  set(field: string, values: readonly (string | number)[]): this {
    if (values.length > 0) this.log.builder.setText(this.log.slot(field), values.join(SET_SEPARATOR))
    return this
  }
}

/** Collects the events of a capture, one builder a log type, in the order in which they became known. */
export class EventWriter {
  /** When what is written now became known: the time of the packet in hand, or of a timeout. */
  clock: Micros = 0
  private readonly logs = new Map<string, EventLog>()
  private readonly full: EventBatch[] = []
  private readonly report: ReadReport

  constructor(report: ReadReport) {
    this.report = report
  }

  /**
   * Writes an event.
   * @param packet number of the packet that began it
   */
  write(type: string, packet: number, fill: (row: EventRow) => void): void {
    let log = this.logs.get(type)
    if (log === undefined) {
      log = new EventLog(type)
      this.logs.set(type, log)
    }
    fill(new EventRow(log))
    log.knownAt(this.clock)
    const refusal = log.builder.commit(packet)
    if (refusal !== undefined) {
      this.report.reject(refusal, packet, { field: 'frame.time_epoch', expected: 'a time between 1970 and 2100' })
    }
    if (log.builder.full) this.take(log)
  }

  /** Writes an event of a connection: `ts`, `uid` and the four-tuple are set. */
  writeOf(connection: Connection, type: string, ts: Micros, packet: number, fill: (row: EventRow) => void): void {
    this.write(type, packet, (row) => {
      row
        .number('ts', ts)
        .text('uid', connection.uid)
        .text('id.orig_h', connection.originator.address)
        .number('id.orig_p', connection.originator.port)
        .text('id.resp_h', connection.responder.address)
        .number('id.resp_p', connection.responder.port)
      fill(row)
    })
  }

  /** Batches that are full, which are forgotten here. */
  takeFull(): EventBatch[] {
    return this.full.splice(0)
  }

  /** All that is left. */
  takeRest(): EventBatch[] {
    for (const log of this.logs.values()) this.take(log)
    return this.takeFull()
  }

  private take(log: EventLog): void {
    const batch = log.builder.take()
    if (batch) this.full.push(batch)
  }
}
