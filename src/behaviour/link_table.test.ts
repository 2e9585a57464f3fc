import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LinkTable } from './link_table.ts'

interface Known {
  readonly owner: number
  readonly value: number
  days: Set<number>
  first: number
  last: number
}

/** What the table must be equal to: a Map of sets of days, with the same memory of 32 days behind the last. */
class NaiveLinks {
  readonly links = new Map<string, Known>()

  touch(owner: number, value: number, day: number): void {
    const key = `${owner} ${value}`
    const known = this.links.get(key)
    if (!known) {
      this.links.set(key, { owner, value, days: new Set([day]), first: day, last: day })
      return
    }
    if (day <= known.last - 32 && day >= known.first) return
    known.days.add(day)
    known.first = Math.min(known.first, day)
    known.last = Math.max(known.last, day)
  }
}

function assertEqual(table: LinkTable, naive: NaiveLinks): void {
  assert.equal(table.size, naive.links.size)
  const byOwner = new Map<number, Set<number>>()
  for (const known of naive.links.values()) {
    const link = table.find(known.owner, known.value)
    assert.notEqual(link, 0, `owner ${known.owner}, value ${known.value} is missing`)
    assert.equal(table.owner(link), known.owner)
    assert.equal(table.value(link), known.value)
    assert.equal(table.firstDay(link), known.first)
    assert.equal(table.lastDay(link), known.last)
    let bitmap = 0
    for (const day of known.days) if (known.last - day < 32) bitmap |= 1 << (known.last - day)
    assert.equal(table.bitmap(link), bitmap >>> 0)
    byOwner.set(known.owner, (byOwner.get(known.owner) ?? new Set()).add(known.value))
  }
  for (const [owner, values] of byOwner) {
    const chain = new Set<number>()
    for (let link = table.first(owner); link !== 0; link = table.next(link)) chain.add(table.value(link))
    assert.deepEqual([...chain].sort(), [...values].sort())
    assert.equal(table.countOf(owner), values.size)
  }
}

const FIRST = 20_000
/** Owners up to the largest that 32 bits hold: reading them as signed must not matter. */
const owner = fc.constantFrom(0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe)
const operation = fc.record({ owner, value: fc.integer({ min: 1, max: 400 }), day: fc.integer({ min: 0, max: 60 }) })

test('the link table equals a naive Map of sets of days, whatever the order of days', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 600 }), fc.integer(), (operations, seed) => {
      const table = new LinkTable({ links: 1e6, linksOfOwner: 1e6 }, seed, () => assert.fail('nothing is evicted'), 4)
      const naive = new NaiveLinks()
      for (const { owner, value, day } of operations) {
        const isNew = !naive.links.has(`${owner} ${value}`)
        table.touch(owner, value, FIRST + day)
        assert.equal(table.wasNew, isNew)
        naive.touch(owner, value, FIRST + day)
      }
      assertEqual(table, naive)
      for (const known of naive.links.values())
        if (known.last - known.first < 32)
          assert.equal(table.days(table.find(known.owner, known.value)), known.days.size)
    }),
    { seed: 3, numRuns: 60, endOnFailure: true },
  )
})

test('a full table forgets the links least recently used, and an owner over its share its own', () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1500, maxLength: 3000 }), (operations) => {
      const bounds = { links: 900, linksOfOwner: 300 }
      const naive = new NaiveLinks()
      let byOwner: number | undefined
      const table = new LinkTable(
        bounds,
        7,
        (_link, gone, value, lastDay) => {
          const key = `${gone} ${value}`
          assert.equal(naive.links.get(key)?.last, lastDay)
          if (byOwner !== undefined) assert.equal(gone, byOwner, 'a full owner costs nobody else a link')
          naive.links.delete(key)
        },
        4,
      )
      operations.forEach(({ owner, value, day }, index) => {
        byOwner = undefined
        const before = [...naive.links.values()].map(({ last }) => last).sort((a, b) => a - b)
        const evictedBefore = table.evictedByAge
        table.ensureRoom()
        const evicted = table.evictedByAge - evictedBefore
        if (evicted > 0) {
          // None that stays is older than the day by which as many links as may go were last used.
          const limit = before[Math.max(256, before.length >>> 4) - 1]!
          const kept = [...naive.links.values()]
          assert.equal(before.length - kept.length, evicted)
          const keptNewer = kept.filter(({ last }) => last > limit).length
          assert.equal(keptNewer, before.filter((last) => last > limit).length, 'nothing newer than the limit went')
        }
        byOwner = owner
        // Days move on, so that ages differ.
        table.touch(owner, value, FIRST + Math.floor(index / 40) + (day % 3))
        naive.touch(owner, value, FIRST + Math.floor(index / 40) + (day % 3))
        assert.ok(table.countOf(owner) <= bounds.linksOfOwner)
        assert.ok(table.size <= bounds.links)
      })
      assertEqual(table, naive)
    }),
    { seed: 5, numRuns: 3, endOnFailure: true },
  )
})

test('an owner over its share keeps what it used last, and of one day what it began last', () => {
  const gone: number[] = []
  const table = new LinkTable({ links: 1000, linksOfOwner: 16 }, 1, (_link, _owner, value) => gone.push(value), 4)
  for (let value = 1; value <= 16; value++) table.touch(5, value, FIRST + (value <= 4 ? 0 : 1))
  table.touch(5, 1, FIRST + 2)
  table.touch(5, 17, FIRST + 2)
  assert.deepEqual(gone.sort(), [2, 3])
  assert.notEqual(table.find(5, 1), 0)
})

test('the seed of the hash is not observable: same links, same rows, same chains', () => {
  const heads = [1, 2, 0x7fffffff].map((seed) => {
    const table = new LinkTable({ links: 500, linksOfOwner: 100 }, seed, () => {}, 8)
    for (let i = 0; i < 5000; i++) {
      table.ensureRoom()
      table.touch((i * 7919) % 13, (i * 104_729) % 997, FIRST + Math.floor(i / 300))
    }
    const bytes = Buffer.alloc(1 << 20)
    const rows = table.links.rows.freeze(table.links.end)
    const length = rows.read(0, bytes)
    return [table.head().join(), bytes.subarray(0, length).toString('base64')]
  })
  assert.deepEqual(heads[0], heads[1])
  assert.deepEqual(heads[0], heads[2])
})
