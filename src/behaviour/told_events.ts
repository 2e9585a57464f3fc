import assert from 'node:assert/strict'
import type { EventBatch } from '../event/batch.ts'
import { BatchBuilder } from '../event/batch_builder.ts'
import { logType } from '../event/log_types.ts'

/** A record as tests tell it: Zeek's names, `at` in microseconds. */
export interface ToldEvent {
  readonly at: number
  readonly fields: Readonly<Record<string, string | number>>
}

/** For tests: records of one log as the sensors would hand them over. */
export function batchesOf(log: string, told: readonly ToldEvent[]): EventBatch[] {
  const batches: EventBatch[] = []
  const type = logType(log)
  const builder = new BatchBuilder(type)
  for (const { at, fields } of told) {
    builder.setNumber(0, at)
    for (const [name, value] of Object.entries(fields)) {
      const slot = type.slots.get(name)!
      if (typeof value === 'number') builder.setNumber(slot, value)
      else builder.setText(slot, value)
    }
    assert.equal(builder.commit(1), undefined)
    if (builder.full) batches.push(builder.take()!)
  }
  const last = builder.take()
  return last ? [...batches, last] : batches
}
