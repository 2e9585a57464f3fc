import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UseCache } from './use_cache.ts'

test('a use cache only ever tells what was remembered of the same owner, value and day', () => {
  const small = fc.integer({ min: 0, max: 40 })
  const step = fc.record({ owner: small, a: small, b: small, later: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const cache = new UseCache(16)
      const links = new Map<string, number>()
      let day = 0
      for (const { owner, a, b, later } of steps) {
        if (later) {
          day++
          links.clear()
        }
        const key = `${owner} ${a} ${b}`
        const found = cache.find(owner, a, b, day)
        if (found !== 0) assert.equal(found, links.get(key))
        const link = found === 0 ? links.size + 1 : found
        cache.remember(owner, a, b, day, link)
        links.set(key, link)
        assert.equal(cache.find(owner, a, b, day), link)
      }
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('an earlier day goes past a use cache, and a link that goes empties it', () => {
  const cache = new UseCache(16)
  cache.remember(7, 1, 2, 5, 33)
  cache.remember(7, 1, 2, 4, 44)
  assert.equal(cache.find(7, 1, 2, 4), 0)
  assert.equal(cache.find(7, 1, 2, 5), 33)
  cache.linkGone(4)
  assert.equal(cache.find(7, 1, 2, 5), 33)
  cache.linkGone(5)
  assert.equal(cache.find(7, 1, 2, 5), 0)
})
