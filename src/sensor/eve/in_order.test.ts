import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InOrder } from './in_order.ts'
import type { EveRow } from './row.ts'

const row = (ts: number, line: number, fields: EveRow['fields'] = {}): EveRow => ({ type: 'conn', ts, line, fields })

function sorted(rows: readonly EveRow[], most: number): EveRow[] {
  const order = new InOrder(most)
  const out = rows.map((each) => order.add(each)).filter((each) => each !== undefined)
  return [...out, ...order.rest()]
}

test('rows come out in the order in which they were known; equals keep their places; none is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }), (times) => {
      const rows = times.map((ts, line) => row(ts, line))
      assert.deepEqual(
        sorted(rows, 100),
        [...rows].sort((a, b) => a.ts - b.ts || a.line - b.line),
      )
    }),
    { seed: 5 },
  )
})

test('disorder that is no wider than what is held is mended whatever the length of the file; nothing is lost beyond it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 50, maxLength: 200 }),
      fc.integer({ min: 9, max: 20 }),
      (shifts, most) => {
        const rows = shifts.map((shift, line) => row(line - shift, line))
        const out = sorted(rows, most)
        assert.deepEqual(
          out,
          [...rows].sort((a, b) => a.ts - b.ts || a.line - b.line),
        )
        assert.deepEqual(new Set(sorted(rows, 2)), new Set(rows))
      },
    ),
    { seed: 6 },
  )
})

test('a connection stands where it ended, a lookup where it was answered', () => {
  const long = row(0, 1, { duration: 100 })
  const lookup: EveRow = { type: 'dns', ts: 10, written: 60, line: 2, fields: {} }
  const short = row(50, 3)
  assert.deepEqual(sorted([long, lookup, short], 10), [short, lookup, long])
})
