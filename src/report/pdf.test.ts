import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SOURCE } from './fixture.ts'
import { HOSTILE, hostileSource, replaced } from './hostile.ts'
import { pdfReport } from './pdf.ts'

function pages(pdf: Uint8Array): number {
  const text = Buffer.from(pdf).toString('latin1')
  assert.ok(text.startsWith('%PDF-'))
  assert.match(text, /%%EOF\s*$/)
  return [...text.matchAll(/\/Type \/Page\b/g)].length
}

test('the PDF has a few pages, its words can be read from it, and nothing in it acts', async () => {
  const pdf = await pdfReport(SOURCE)
  assert.ok(pages(pdf) >= 3 && pages(pdf) <= 7)
  assert.ok(!/\/(JavaScript|JS|Launch|URI|OpenAction|EmbeddedFile)\b/.test(Buffer.from(pdf).toString('latin1')))
  const read = spawnSync('pdftotext', ['-layout', '-', '-'], { input: pdf, encoding: 'utf8' })
  // Only where poppler is installed.
  if (read.error !== undefined) return
  const words = read.stdout.replace(/\s+/g, ' ')
  for (const text of [
    'Suspicious chain of administrative',
    'FS-12',
    '203.0.113[.]77',
    'no ntlm.log',
    'second foothold',
  ]) {
    assert.ok(words.includes(text), text)
  }
})

test('no string from the network breaks the PDF or fills it with pages', { timeout: 120_000 }, async () => {
  // The longest, and each kind of letters: a PDF takes a quarter of a second.
  for (const text of HOSTILE.filter((each, index) => each.length > 5000 || index % 4 === 0)) {
    const count = pages(await pdfReport(replaced(() => text)))
    assert.ok(count < 40, `${count} pages of ${text.slice(0, 40)}`)
  }
  await fc.assert(
    fc.asyncProperty(hostileSource, async (source) => pages(await pdfReport(source)) > 0),
    { seed: 7, numRuns: 6 },
  )
})
