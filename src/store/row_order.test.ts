import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sortedRows } from './row_order.ts'

test('rows are sorted by rank, then time, absent times last, ties in their order', () => {
  const key = fc.record({
    rank: fc.oneof(fc.nat(5), fc.nat(100_000)),
    time: fc.oneof(
      fc.constant(Number.NaN),
      fc.nat(50),
      fc.integer({ min: 1_700_000_000_000_000, max: 1_700_000_001_000_000 }),
      fc.integer({ min: 0, max: 4_102_444_800_000_000 }),
    ),
  })
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
      const rank = Uint32Array.from(keys, (each) => each.rank)
      const time = Float64Array.from(keys, (each) => each.time)
      const rows = Uint32Array.from(keys, (_, row) => row)
      const late = (row: number): number => (Number.isNaN(time[row]!) ? Number.POSITIVE_INFINITY : time[row]!)
      const expected = [...rows].sort((a, b) => {
        if (rank[a] !== rank[b]) return rank[a]! - rank[b]!
        return late(a) === late(b) ? a - b : late(a) < late(b) ? -1 : 1
      })
      assert.deepEqual([...sortedRows(rows, rank, time)], expected)
    }),
    { seed: 1, numRuns: 300 },
  )
})
