import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LONGEST_TEXT, TextTable } from './text_table.ts'

test('a text has one number, and its number its text, cut to 256 bytes between characters', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 50 }),
      fc.integer(),
      (texts, seed) => {
        const table = new TextTable({ texts: 1000, bytes: 1e6 }, seed)
        const numbers = texts.map((text) => table.intern(text))
        texts.forEach((text, index) => {
          const kept = table.text(numbers[index]!)
          const whole = Buffer.from(text).toString()
          assert.ok(whole.startsWith(kept))
          assert.ok(Buffer.byteLength(kept) <= LONGEST_TEXT)
          if (Buffer.byteLength(text) <= LONGEST_TEXT) assert.equal(kept, whole)
          else assert.ok(Buffer.byteLength(kept) > LONGEST_TEXT - 4)
          assert.equal(table.intern(text), numbers[index])
        })
      },
    ),
    { seed: 2, numRuns: 30 },
  )
})

test('texts that nobody refers to are dropped when room is needed; one that is referred to keeps number and text', () => {
  const table = new TextTable({ texts: 200, bytes: 1e6 }, 1)
  const held = ['alpha', 'beta', 'gamma'].map((text) => table.intern(text))
  for (const number of held) table.hold(number)
  const { generation } = table
  for (let i = 0; i < 10_000; i++) {
    table.ensureRoom()
    const number = table.intern(`name ${i}`)
    assert.notEqual(number, 0)
    assert.ok(!held.includes(number), 'a number that is held is not given to another text')
  }
  assert.ok(table.size <= 200)
  assert.ok(table.dropped > 9000)
  assert.notEqual(table.generation, generation, 'memos are told')
  assert.deepEqual(
    held.map((number) => table.text(number)),
    ['alpha', 'beta', 'gamma'],
  )
})

test('when everything is held a further text is refused and counted, and the bytes stay bounded', () => {
  const table = new TextTable({ texts: 1e6, bytes: 64 * 1024 }, 1)
  let kept = 0
  for (let i = 0; i < 5000; i++) {
    table.ensureRoom()
    const number = table.intern(`${i}`.padStart(100, 'x'))
    if (number === 0) continue
    kept++
    table.hold(number)
  }
  assert.equal(kept, (64 * 1024) / 128)
  assert.equal(table.refused, 5000 - kept)
})
