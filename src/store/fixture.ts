import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { EventBatch } from '../event/batch.ts'
import { BatchBuilder } from '../event/batch_builder.ts'
import { type LogType, logType, SET_SEPARATOR, slotOf } from '../event/log_types.ts'
import { microsOf } from '../event/time.ts'
import { type LakeRowColumns, NO_DEVICE } from './lake_frames.ts'

/** What the tests of this folder share: batches from plain objects, and a directory that goes away. */

/** Field values as people write them: times and lengths of time in seconds, sets as arrays; `extra` is an object. */
export type FieldValues = Readonly<Record<string, unknown>>

export function batchOf(type: LogType | string, rows: readonly FieldValues[]): EventBatch {
  const log = typeof type === 'string' ? logType(type) : type
  const builder = new BatchBuilder(log)
  rows.forEach((row, index) => {
    for (const [name, value] of Object.entries(row)) setField(builder, log, name, value)
    const refused = builder.commit(index + 1)
    if (refused) throw new Error(`row ${index}: ${refused}`)
  })
  const batch = builder.take()
  if (!batch) throw new Error('a batch needs a row')
  return batch
}

function setField(builder: BatchBuilder, type: LogType, name: string, value: unknown): void {
  if (value === null || value === undefined) return
  if (name === 'extra') {
    builder.setExtra(JSON.stringify(value))
    return
  }
  const slot = slotOf(type, name)
  const { kind, numeric } = type.fields[slot]!
  if (kind === 'time' || kind === 'interval') builder.setNumber(slot, microsOf(Number(value)))
  else if (numeric) builder.setNumber(slot, Number(value))
  else {
    const bytes = Buffer.from(Array.isArray(value) ? value.join(SET_SEPARATOR) : String(value), 'utf8')
    builder.setBytes(slot, bytes, 0, bytes.length)
  }
}

/** Row columns of a batch: positions from `first` on, devices by `deviceOf`. */
export function rowColumns(
  batch: EventBatch,
  first = 0,
  deviceOf: (row: number) => number = () => NO_DEVICE,
): LakeRowColumns & { skip?: Uint8Array } {
  const device = new Uint32Array(batch.rows)
  const sequence = new Float64Array(batch.rows)
  for (let row = 0; row < batch.rows; row++) {
    device[row] = deviceOf(row)
    sequence[row] = first + row
  }
  return { device, peer: new Uint32Array(batch.rows).fill(NO_DEVICE), sequence }
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-lake-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
