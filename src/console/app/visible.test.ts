import assert from 'node:assert/strict'
import { test } from 'node:test'
import { piecesOf, visible } from './visible.ts'

test('a mark that turns the direction of writing is named, the rest stands as it was', () => {
  assert.deepEqual(piecesOf('photo\u202egpj.exe'), [
    { at: 0, text: 'photo' },
    { at: 5, hidden: 'U+202E' },
    { at: 6, text: 'gpj.exe' },
  ])
})

test('escape sequences and blanks without width are named', () => {
  assert.equal(visible('\u001b[31mred\u200b'), '⟨U+001B⟩[31mred⟨U+200B⟩')
})

test('letters of every script and markup stand as they are', () => {
  for (const text of ['Übergröße', '服务器', 'خادم', '<img src=x onerror=alert(1)>', '']) {
    assert.deepEqual(piecesOf(text), [{ at: 0, text }])
  }
})
