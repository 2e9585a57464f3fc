import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Random, uniqueText, Zipf } from './random.ts'

test('the same seed and label give the same numbers, whatever was drawn from the parent before', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string(), fc.nat(20), (seed, label, drawn) => {
      const one = Random.ofSeed(seed)
      const other = Random.ofSeed(seed)
      for (let i = 0; i < drawn; i++) other.next()
      assert.equal(one.fork(label, 3, 4).next(), other.fork(label, 3, 4).next())
    }),
    { seed: 1 },
  )
})

test('streams of neighbouring numbers and of swapped numbers differ', () => {
  const seen = new Set<number>()
  const root = Random.ofSeed(7)
  for (let a = 0; a < 60; a++) for (let b = 0; b < 60; b++) seen.add(root.fork('device', a, b).next())
  assert.ok(seen.size > 3595, `3600 streams gave ${seen.size} different first numbers`)
})

test('numbers are even over their range and means come out', () => {
  const random = Random.ofSeed(3)
  const tenths = new Array<number>(10).fill(0)
  let poisson = 0
  let exponential = 0
  for (let i = 0; i < 50_000; i++) {
    tenths[random.below(10)]!++
    poisson += random.poisson(2.5)
    exponential += random.exponential(3)
  }
  for (const count of tenths) assert.ok(Math.abs(count - 5000) < 350, `a tenth holds ${count} of 50000`)
  assert.ok(Math.abs(poisson / 50_000 - 2.5) < 0.05)
  assert.ok(Math.abs(exponential / 50_000 - 3) < 0.1)
})

test('uids do not repeat', () => {
  const random = Random.ofSeed(1)
  const uids = new Set(Array.from({ length: 100_000 }, () => uniqueText(random)))
  assert.equal(uids.size, 100_000)
  assert.match(uniqueText(random), /^[A-Za-z0-9]{16}$/)
})

test('a sample has no item twice', () => {
  fc.assert(
    fc.property(fc.nat(), fc.uniqueArray(fc.nat()), fc.nat(30), (seed, items, count) => {
      const taken = Random.ofSeed(seed).sample(items, count)
      assert.equal(new Set(taken).size, Math.min(count, items.length))
    }),
    { seed: 1 },
  )
})

test('the first rank of a Zipf draw is about twice as popular as the second', () => {
  const random = Random.ofSeed(5)
  const zipf = new Zipf(1000, 1)
  const counts = [0, 0, 0]
  for (let i = 0; i < 100_000; i++) {
    const rank = zipf.draw(random)
    if (rank < 3) counts[rank]!++
  }
  assert.ok(Math.abs(counts[0]! / counts[1]! - 2) < 0.15)
})
