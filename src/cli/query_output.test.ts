import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvField } from './query_output.ts'

test('a CSV field is quoted where RFC 4180 asks for it; absent and empty differ', () => {
  assert.equal(csvField(null), '')
  assert.equal(csvField(''), '""')
  assert.equal(csvField('a,b'), '"a,b"')
  assert.equal(csvField('say "hi"\r\n'), '"say ""hi""\r\n"')
  assert.equal(csvField(['a', 'b']), '"[""a"",""b""]"')
  assert.equal(csvField(-1.5), '-1.5')
  assert.equal(csvField(true), 'true')
})

test('text from the network cannot become a formula of a spreadsheet, numbers stay numbers', () => {
  for (const text of ['=1+1', '+1', '-cmd', '@SUM(A1)', '\tx', '\rx', '\nx']) assert.match(csvField(text), /^"?'/)
  assert.equal(csvField('=HYPERLINK("x")'), '"\'=HYPERLINK(""x"")"')
  assert.equal(csvField('-9007199254740993'), '-9007199254740993')
})
