import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveBack, textAt } from './batch.ts'
import { BatchBuilder } from './batch_builder.ts'
import { giveMemory, takeMemory } from './column_memory.ts'
import { logType, slotOf } from './log_types.ts'

test('memory given back is lent again, once', () => {
  const block = takeMemory(12_345)
  giveMemory(block)
  giveMemory(block)
  assert.equal(takeMemory(12_345), block)
  assert.notEqual(takeMemory(12_345), block)
})

test('memory that was not lent here is not taken', () => {
  const strange = new ArrayBuffer(54_321)
  giveMemory(strange)
  assert.notEqual(takeMemory(54_321), strange)
})

test('a batch in used memory has the same columns, keys and texts as in fresh memory', () => {
  const type = logType('conn')
  const [TS, UID, STATE, BYTES] = ['ts', 'uid', 'conn_state', 'orig_bytes'].map((name) => slotOf(type, name)) as [
    number,
    number,
    number,
    number,
  ]
  const builder = new BatchBuilder(type)
  /** Rows whose later fields come and go, so that what an earlier batch left there would show. */
  const fill = (rows: number, sparse: boolean) => {
    for (let row = 0; row < rows; row++) {
      builder.setNumber(TS, 1_700_000_000_000_000 + row)
      builder.setText(UID, `C${row}`)
      if (!sparse || row % 700 === 699) {
        builder.setText(STATE, row % 2 === 0 ? 'SF' : 'S0')
        builder.setNumber(BYTES, row)
      }
      assert.equal(builder.commit(row + 1), undefined)
    }
    const batch = builder.take()
    assert.ok(batch)
    return batch
  }
  const read = (batch: ReturnType<typeof fill>) => ({
    keys: [...batch.keyHigh.subarray(0, batch.rows), ...batch.keyLow.subarray(0, batch.rows)],
    bytes: [...batch.numbers[BYTES]!.subarray(0, batch.rows)],
    states: Array.from({ length: batch.rows }, (_, row) => textAt(batch, STATE, row)),
    uids: Array.from({ length: batch.rows }, (_, row) => textAt(batch, UID, row)),
  })
  const fresh = read(fill(2000, true))
  const full = fill(8192, false)
  const memory = full.known.buffer
  fill(1, false)
  giveBack(full)
  fill(1, false)
  const used = fill(2000, true)
  assert.equal(used.known.buffer, memory)
  assert.deepEqual(read(used), fresh)
})
