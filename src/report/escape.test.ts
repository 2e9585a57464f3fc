import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { csvCell, cut, escapeHtml, escapeMarkdown, patternString, safeJson, visible } from './escape.ts'
import { hostileText, RUNS } from './hostile.ts'

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

test('nothing that acts unseen is left: controls, marks of direction, joiners, tag characters, torn pairs', () => {
  assert.equal(visible('a\u001b[2Jb'), 'a\\u{1b}[2Jb')
  assert.equal(visible('exe.\u202egpj\u2066'), 'exe.\\u{202e}gpj\\u{2066}')
  assert.equal(visible('\u{e0041}'), '\\u{e0041}')
  assert.equal(visible('\ud800'), '\\u{d800}')
  assert.equal(visible('Müller 文件'), 'Müller 文件')
  fc.assert(
    fc.property(hostileText, (text) => !UNSEEN.test(visible(text))),
    RUNS,
  )
})

test('marks that are stacked to cover the lines above are few', () => {
  assert.ok([...visible(`Z${'\u0310'.repeat(50)}`)].length < 6)
})

test('HTML sees text only', () => {
  assert.equal(escapeHtml('<a href="x">\'`&'), '&lt;a href=&quot;x&quot;&gt;&#39;&#96;&amp;')
  fc.assert(
    fc.property(hostileText, (text) => !/[<>"'`]/.test(escapeHtml(text))),
    RUNS,
  )
})

test('Markdown sees text only, also where GitHub links without a mark', () => {
  assert.equal(escapeMarkdown('[x](y)'), '\\[x\\](y)')
  assert.equal(escapeMarkdown('a | b\n# c'), 'a \\| b\\\\u\\{a\\}\\# c')
  assert.equal(escapeMarkdown('- x'), '\\- x')
  assert.equal(escapeMarkdown('1. x'), '1\\. x')
  assert.equal(escapeMarkdown('http://a.example'), 'http\\://a\\.example')
  assert.equal(escapeMarkdown('www.a.example'), 'www\\.a\\.example')
  assert.equal(escapeMarkdown('me@a.example'), 'me<!-- -->@<!-- -->a\\.example')
  assert.equal(escapeMarkdown('10.20.1.12 from FS-12, at 02:14'), '10.20.1.12 from FS-12, at 02:14')
})

test('a spreadsheet computes nothing', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '"=1', '|x', '＝1']) {
    assert.match(csvCell(text), /^"'|^"\\u/, text)
  }
  assert.equal(csvCell('198.51.100.7'), '"198.51.100.7"')
  assert.equal(csvCell('a"b'), '"a""b"')
})

test('the string of a STIX pattern cannot be left', () => {
  assert.equal(patternString("a'] OR [b\\"), "a\\'] OR [b\\\\")
})

test('JSON keeps its values and shows a terminal nothing to obey', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const json = safeJson({ text })
      assert.equal((JSON.parse(json) as { text: string }).text, text.toWellFormed())
      assert.ok(!UNSEEN.test(json.replaceAll('\n', '')))
    }),
    RUNS,
  )
})

test('a cut tears no character', () => {
  assert.equal(cut('😀😀😀', 2), '😀…')
  assert.equal(cut('abc', 3), 'abc')
})
