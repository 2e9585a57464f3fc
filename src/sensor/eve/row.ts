import type { EventBatch } from '../../event/batch.ts'
import { BatchBuilder } from '../../event/batch_builder.ts'
import { completeDceRpc } from '../../event/dce_rpc_names.ts'
import { type Field, logType, SET_SEPARATOR } from '../../event/log_types.ts'
import type { Micros } from '../../event/time.ts'
import type { ReadReport } from '../sensor.ts'
import { canonicalAddress } from './addresses.ts'
import { type JsonObject, sortedJson } from './json_reader.ts'

/** Times and intervals in integer µs. */
export type RowValue = string | number | boolean | readonly string[] | undefined

/** One event on its way into a batch. */
export interface EveRow {
  /** Log type: Zeek's, or `suricata_…`. */
  readonly type: string
  /** Line of the record that completed it. */
  readonly line: number
  readonly ts: Micros
  /** When the sensor could have said it, where that is neither `ts` nor `ts` + duration (a lookup with its answer). */
  readonly written?: Micros | undefined
  /** By Zeek's field names. */
  readonly fields: Readonly<Record<string, RowValue>>
  /** What has no column. */
  readonly extra?: JsonObject | undefined
}

/** Gathers rows into batches, one builder a log type. */
export class RowWriter {
  private readonly builders = new Map<string, BatchBuilder>()
  private readonly report: ReadReport

  constructor(report: ReadReport) {
    this.report = report
  }

  /** Takes a row; returns a batch when one is full. A row without a believable time is rejected. */
  put(row: EveRow): EventBatch | undefined {
    const builder = this.builderOf(row.type)
    const { slots, fields } = builder.type
    builder.setNumber(0, row.ts)
    if (row.written !== undefined) setField(builder, fields[slots.get('_write_ts')!]!, row.written)
    for (const [name, value] of Object.entries(row.fields)) {
      if (value === undefined) continue
      const slot = slots.get(name)
      if (slot === undefined) throw new Error(`log type ${row.type} has no field ${name}`)
      setField(builder, fields[slot]!, value)
    }
    if (row.extra !== undefined) builder.setExtra(sortedJson(row.extra))
    if (row.type === 'dce_rpc') completeDceRpc(builder)
    const refusal = builder.commit(row.line)
    if (refusal !== undefined) {
      this.report.reject(refusal, row.line, {
        field: 'timestamp',
        value: String(row.ts),
        expected: 'a time between 1970 and 2100',
      })
    }
    return builder.full ? builder.take() : undefined
  }

  /** The rows gathered so far, log types in order of their name. */
  *take(): Generator<EventBatch> {
    const names = [...this.builders.keys()].sort()
    for (const name of names) {
      const batch = this.builders.get(name)!.take()
      if (batch) yield batch
    }
  }

  private builderOf(name: string): BatchBuilder {
    const type = logType(name)
    let builder = this.builders.get(type.name)
    if (!builder) {
      builder = new BatchBuilder(type)
      this.builders.set(type.name, builder)
    }
    return builder
  }
}

/** A value that does not fit its field's kind is left out: the rest of the record is still true. */
function setField(builder: BatchBuilder, field: Field, value: Exclude<RowValue, undefined>): void {
  if (field.numeric) {
    const number = typeof value === 'boolean' ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number) && fits(field, number))
      builder.setNumber(field.slot, number)
    return
  }
  if (typeof value === 'object') {
    builder.setText(field.slot, value.map((item) => item.replaceAll(SET_SEPARATOR, ' ')).join(SET_SEPARATOR))
    return
  }
  const text = field.kind === 'addr' ? canonicalAddress(String(value)) : String(value)
  if (text !== undefined && text !== '') builder.setText(field.slot, text)
}

function fits(field: Field, number: number): boolean {
  switch (field.kind) {
    case 'port':
      return Number.isInteger(number) && number >= 0 && number <= 65_535
    case 'count':
      return Number.isSafeInteger(number) && number >= 0
    case 'bool':
      return number === 0 || number === 1
    case 'time':
    case 'interval':
    case 'int':
      return Number.isSafeInteger(number)
    default:
      return true
  }
}
