import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DistinctToday } from './distinct_today.ts'
import { GroupVolumes } from './group_volumes.ts'
import { BINS, binOf, leastOf, MOST_AMOUNT, mostOf, nextCrossing } from './half_octaves.ts'
import { FACTS, FAMILIES_OF_METRICS } from './metric.ts'
import { METRICS } from './metrics_list.ts'
import { addOwnDay, HISTORY_WORDS, ownDaysFrom, weighedDays } from './volume_history.ts'

const SEED = { seed: 11 }

test('an amount lies between the ends of its bin, and the next crossing is the least amount of a higher one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MOST_AMOUNT }), (amount) => {
      const bin = binOf(amount)
      assert.ok(leastOf(bin) <= amount && amount <= mostOf(bin))
      assert.ok(mostOf(bin) < 1.42 * amount + 1)
      const next = nextCrossing(amount)
      if (next < MOST_AMOUNT) {
        assert.ok(binOf(next) > bin)
        assert.equal(binOf(next - 1), bin)
      }
    }),
    SEED,
  )
  assert.equal(binOf(0), 0)
  assert.ok(binOf(MOST_AMOUNT) < BINS)
})

test('own days are counted as they were: exactly within 14 days, at most one day off after the weights have halved', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 20, max: 27 }), { minLength: 1, maxLength: 60 }), (bins) => {
      const words = new Int32Array(HISTORY_WORDS)
      let generation = 0
      bins.forEach((bin, day) => {
        addOwnDay(words, 0, bin, Math.floor(day / 14) - generation)
        generation = Math.floor(day / 14)
      })
      for (let from = 20; from <= 28; from++) {
        let expected = 0
        let beyond = 0
        bins.forEach((bin, day) => {
          const weight = 2 ** -(generation - Math.floor(day / 14))
          if (bin >= from) expected += weight
          else beyond += weight * 4 ** (bin - from)
        })
        const found = ownDaysFrom(words, 0, from, 0)
        // What falls out of the range below is counted in the lowest bin, and halving rounds down.
        assert.ok(found <= expected + beyond + 1e-9, `${found} of ${expected}`)
        assert.ok(found > expected - 1 - 16 / 8 / 2, `${found} of ${expected}`)
      }
      assert.ok(ownDaysFrom(words, 0, 1, 0) <= weighedDays(bins.length) + 1.01)
    }),
    { ...SEED, numRuns: 60 },
  )
})

test('a range that is left above moves up and forgets nothing', () => {
  const words = new Int32Array(HISTORY_WORDS)
  for (let day = 0; day < 5; day++) addOwnDay(words, 0, 3, 0)
  addOwnDay(words, 0, 60, 0)
  assert.equal(ownDaysFrom(words, 0, 60, 0), 1 + 5 * 4 ** -15, 'the five days stand at the lower end')
  assert.equal(ownDaysFrom(words, 0, 1, 0), 6)
  assert.equal(ownDaysFrom(words, 0, 60, 1), 0.5 + 2.5 * 4 ** -15)
})

test('a tail never rises with the amount, and is the own days once there are many of them', () => {
  const volumes = new GroupVolumes()
  const members = new Float64Array(9)
  for (let day = 0; day < 200; day++) volumes.add(1, 5 + (day % 12))
  volumes.closeDay()
  members[1] = members[8] = 190
  let before = 1
  for (let bin = 1; bin < BINS; bin++) {
    const tail = volumes.tail(bin, 1, { hits: 0, days: 0 }, members)
    assert.ok(tail <= before && tail > 0)
    before = tail
  }
  const own = volumes.tail(20, 1, { hits: 20, days: 20 }, members)
  assert.ok(own > 0.5, `what one does every day is no news: ${own}`)
  assert.ok(volumes.tail(40, 1, { hits: 0, days: 20 }, members) < 1 / 500)
})

test('distinct values are counted exactly in all three windows, as a recount says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ value: fc.integer({ min: 0, max: 30 }), wait: fc.constantFrom(0, 0, 0, 1, 5, 12) }), {
        minLength: 1,
        maxLength: 200,
      }),
      (met) => {
        const distinct = new DistinctToday(3)
        const raise = { five: 0, hour: 0, day: 0 }
        const windows = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()]
        const truth = [new Map<number, Set<number>>(), new Map<number, Set<number>>(), new Map<number, Set<number>>()]
        let five = 288 * 20_000
        let day = 0
        for (const { value, wait } of met) {
          five = Math.min(288 * 20_001 - 1, five + wait)
          const keys = [five, Math.floor(five / 12), 0]
          keys.forEach((key, window) => {
            const set = truth[window]!.get(key) ?? new Set()
            truth[window]!.set(key, set.add(value))
          })
          if (!distinct.meet(7, value, day, five, raise)) continue
          day += raise.day
          const raised = [raise.five, raise.hour, raise.day]
          keys.forEach((key, window) => {
            windows[window]!.set(key, (windows[window]!.get(key) ?? 0) + raised[window]!)
          })
        }
        for (const window of [0, 1, 2])
          for (const [key, set] of truth[window]!) assert.equal(windows[window]!.get(key), set.size)
      },
    ),
    { ...SEED, numRuns: 80 },
  )
})

test('beyond a thousand distinct values are estimated from a sample, and their memory stays bounded', () => {
  for (const many of [1000, 5000, 15_000, 100_000]) {
    const distinct = new DistinctToday(5)
    const raise = { five: 0, hour: 0, day: 0 }
    let count = 0
    for (let round = 0; round < 2; round++)
      for (let value = 0; value < many; value++)
        if (distinct.meet(1, Math.imul(value, 0x9e3779b1), count, 5_760_000 + round, raise)) count += raise.day
    assert.ok(Math.abs(count - many) <= (many <= 1024 ? 0 : 0.2 * many), `${count} of ${many}`)
    assert.ok(distinct.head()[0]! < 3500)
  }
})

test('no metric has the id of another, and each can be said by some log', () => {
  assert.equal(new Set(METRICS.map(({ id }) => id)).size, METRICS.length)
  assert.ok(METRICS.every(({ id }) => id >= 0 && id < 64))
  assert.ok(FACTS.length <= 31, 'facts are bits of a small integer')
  for (const family of Object.keys(FAMILIES_OF_METRICS))
    assert.ok(
      METRICS.some((metric) => metric.family === family),
      family,
    )
})
