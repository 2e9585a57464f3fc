import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table, visible, wrap } from './terminal.ts'

test('terminal escapes, line breaks and marks of direction from the network are shown, not obeyed', () => {
  assert.equal(visible('a\u001b[2Jb'), 'a\\u{1b}[2Jb')
  assert.equal(visible('one\ntwo'), 'one\\u{a}two')
  assert.equal(visible('exe.\u202egpj'), 'exe.\\u{202e}gpj')
  assert.equal(visible('Müller 文件'), 'Müller 文件')
})

test('a table lines up, numbers to the right', () => {
  assert.equal(
    table([
      ['host', '7', 'x'],
      ['10.0.0.1', '123', 'y'],
    ]),
    'host        7  x\n10.0.0.1  123  y',
  )
})

test('long sentences are broken at blanks', () => {
  assert.equal(wrap('aaa bbb ccc', 7, '  '), 'aaa bbb\n  ccc')
})
