import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { microsOfIso } from './iso_time.ts'

test('a time is exact to the microsecond in every zone it may be written in', () => {
  const expected = 1_622_987_986_457_984
  for (const text of [
    '2021-06-06T15:59:46.457984+0200',
    '2021-06-06T15:59:46.457984+02:00',
    '2021-06-06T13:59:46.457984Z',
    '2021-06-06T13:59:46.457984',
    '2021-06-06T08:29:46.457984-0530',
    '2021-06-06T13:59:46.457984999Z',
  ]) {
    assert.equal(microsOfIso(text), expected, text)
  }
  assert.equal(microsOfIso('2021-06-06T13:59:46.5Z'), 1_622_987_986_500_000)
  assert.equal(microsOfIso('2021-06-06T13:59:46Z'), 1_622_987_986_000_000)
  assert.equal(microsOfIso('2024-02-29T23:59:60Z'), Date.UTC(2024, 2, 1) * 1000)
})

test('what is no time, or a day that does not exist, is not read as one', () => {
  for (const text of [
    '',
    'ts-error',
    '2021-13-06T00:00:00Z',
    '2021-02-29T00:00:00Z',
    '2021-06-06T24:00:00Z',
    '2021-06-06',
    '1622987986',
    '2021-06-06T13:59:46+99:00',
  ]) {
    assert.equal(microsOfIso(text), undefined, text)
  }
})

test('any moment between 1970 and 2100 comes back as it was', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_102_444_799_999 }),
      fc.integer({ min: 0, max: 999 }),
      (milliseconds, micros) => {
        const text = new Date(milliseconds).toISOString().replace('Z', `${String(micros).padStart(3, '0')}+0000`)
        assert.equal(microsOfIso(text), milliseconds * 1000 + micros)
      },
    ),
    { seed: 3, numRuns: 500 },
  )
})
