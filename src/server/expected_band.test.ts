import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedBand, FEWEST_DAYS } from './expected_band.ts'

/** A Monday, in hours since the epoch. */
const MONDAY = (Date.UTC(2025, 2, 3) / 3_600_000) | 0

/** 10 by night, 100 by day, less at weekends. */
function weeks(count: number): number[] {
  return Array.from({ length: count * 168 }, (_, hour) => {
    const weekend = Math.floor(hour / 24) % 7 >= 5
    return hour % 24 >= 8 && hour % 24 < 18 && !weekend ? 100 : 10
  })
}

test('nothing is expected before enough earlier days are known', () => {
  const { high, days } = expectedBand(MONDAY, weeks(1))
  assert.deepEqual(new Set(high.slice(0, FEWEST_DAYS * 24)), new Set([null]))
  assert.notEqual(high[FEWEST_DAYS * 24], null)
  assert.equal(days[FEWEST_DAYS * 24], FEWEST_DAYS)
})

test('an hour changes no expectation but later ones', () => {
  const calm = weeks(3)
  for (const at of [100, 200, 333]) {
    const spiked = calm.with(at, 99_999)
    const [before, after] = [expectedBand(MONDAY, calm), expectedBand(MONDAY, spiked)]
    for (const part of ['low', 'median', 'high'] as const) {
      assert.deepEqual(after[part].slice(0, at + 23), before[part].slice(0, at + 23))
    }
  }
})

test('what is expected of a prefix is what is expected of it in the whole', () => {
  const all = weeks(3).map((value, i) => value + ((i * 7919) % 13))
  const whole = expectedBand(MONDAY, all)
  const part = expectedBand(MONDAY, all.slice(0, 250))
  assert.deepEqual(part.high, whole.high.slice(0, 250))
})

test('a night is expected to be like nights and a weekend like weekends', () => {
  const { median } = expectedBand(MONDAY, weeks(3))
  const at = (day: number, hour: number): number | null | undefined => median[day * 24 + hour]
  assert.equal(at(15, 12), 100)
  assert.equal(at(15, 3), 10)
  assert.equal(at(19, 12), 10)
})

test('one wild hour does not become what is expected', () => {
  const { high } = expectedBand(MONDAY, weeks(3).with(9 * 24 + 12, 99_999))
  assert.ok(high[14 * 24 + 12]! <= 100)
})
