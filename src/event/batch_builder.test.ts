import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { elementsAt, fromTransfer, textAt, toTransfer } from './batch.ts'
import { BatchBuilder } from './batch_builder.ts'
import { logType, slotOf } from './log_types.ts'

const conn = logType('conn')
const [ts, uid, origHost, duration, service, tunnels] = [
  'ts',
  'uid',
  'id.orig_h',
  'duration',
  'service',
  'tunnel_parents',
].map((field) => slotOf(conn, field)) as [number, number, number, number, number, number]

function keyOf(fill: (builder: BatchBuilder) => void): string {
  const builder = new BatchBuilder(conn)
  fill(builder)
  assert.equal(builder.commit(1), undefined)
  const batch = builder.take()!
  return `${batch.keyHigh[0]}-${batch.keyLow[0]}`
}

test('the event key does not depend on the order of the fields', () => {
  const one = keyOf((b) => {
    b.setNumber(ts, 5)
    b.setText(uid, 'C1')
    b.setText(service, 'dns')
  })
  const other = keyOf((b) => {
    b.setText(service, 'dns')
    b.setText(uid, 'C1')
    b.setNumber(ts, 5)
  })
  assert.equal(one, other)
})

test('the event key changes with any value, and with the field that a value stands in', () => {
  const base = keyOf((b) => {
    b.setNumber(ts, 5)
    b.setText(service, 'dns')
  })
  const otherValue = keyOf((b) => {
    b.setNumber(ts, 5)
    b.setText(service, 'dnt')
  })
  const otherField = keyOf((b) => {
    b.setNumber(ts, 5)
    b.setText(slotOf(conn, 'history'), 'dns')
  })
  const otherTime = keyOf((b) => {
    b.setNumber(ts, 6)
    b.setText(service, 'dns')
  })
  assert.equal(new Set([base, otherValue, otherField, otherTime]).size, 4)
})

test('known is when the record ended, or when it was written if the log says so', () => {
  const builder = new BatchBuilder(conn)
  builder.setNumber(ts, 1000)
  builder.setNumber(duration, 500)
  builder.commit(1)
  builder.setNumber(ts, 1000)
  builder.setNumber(duration, 500)
  builder.setNumber(slotOf(conn, '_write_ts'), 9000)
  builder.commit(2)
  assert.deepEqual([...builder.take()!.known.subarray(0, 2)], [1500, 9000])
})

test('a record without time, before 1970 or after 2100 is refused and leaves no trace in the next row', () => {
  const builder = new BatchBuilder(conn)
  builder.setText(service, 'dns')
  assert.equal(builder.commit(1), 'ts-missing')
  builder.setNumber(ts, -1)
  assert.equal(builder.commit(2), 'ts-out-of-range')
  builder.setNumber(ts, 9e15)
  assert.equal(builder.commit(3), 'ts-out-of-range')
  builder.setNumber(ts, 7)
  assert.equal(builder.commit(4), undefined)
  const batch = builder.take()!
  assert.equal(batch.rows, 1)
  assert.equal(textAt(batch, service, 0), '')
})

test('what is put in comes out, also after a transfer', () => {
  const row = fc.record({
    ts: fc.integer({ min: 0, max: 2 ** 40 }),
    host: fc.string(),
    tunnels: fc.array(fc.stringMatching(/^[a-z]+$/)),
  })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 300 }), (rows) => {
      const builder = new BatchBuilder(conn)
      rows.forEach((item, index) => {
        builder.setNumber(ts, item.ts)
        builder.setText(origHost, item.host)
        builder.setText(tunnels, item.tunnels.join('\x1f'))
        assert.equal(builder.commit(index + 1), undefined)
      })
      const { transfer, buffers } = toTransfer(builder.take()!)
      const batch = fromTransfer(structuredClone(transfer, { transfer: buffers }))
      rows.forEach((item, index) => {
        assert.equal(batch.numbers[ts]![index], item.ts)
        assert.equal(textAt(batch, origHost, index), item.host)
        assert.deepEqual(elementsAt(batch, tunnels, index), item.tunnels)
        assert.equal(batch.line[index], index + 1)
      })
    }),
    { seed: 1, numRuns: 50 },
  )
})

test('values made to collide cost dictionary bytes, not time that grows with every record', () => {
  const builder = new BatchBuilder(conn)
  for (let i = 0; i < 5000; i++) {
    builder.setNumber(ts, i)
    builder.setText(origHost, `10.0.${i >> 8}.${i & 255}`)
    builder.commit(i + 1)
  }
  const batch = builder.take()!
  assert.equal(batch.dictionary.size, 5001)
  assert.equal(textAt(batch, origHost, 4999), '10.0.19.135')
})

test('text longer than any before it is stored as it is, in a field and in extra', () => {
  const builder = new BatchBuilder(conn)
  const long = 'Ω'.repeat(5000)
  builder.setNumber(ts, 1)
  builder.setText(service, long)
  builder.setExtra(`{"x":"${long.repeat(4)}"}`)
  builder.commit(1)
  const batch = builder.take()!
  assert.equal(textAt(batch, service, 0), long)
  assert.equal(batch.dictionary.text(batch.extra[0]!), `{"x":"${long.repeat(4)}"}`)
})
