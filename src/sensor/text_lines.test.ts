import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SourceFailure } from './sensor.ts'
import { LONGEST_LINE, type TextPart, wholeLines } from './text_lines.ts'

async function* inChunks(bytes: Buffer, sizes: readonly number[], failure?: Error): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    yield bytes.subarray(at, at + size)
    at += size
  }
  if (failure) throw failure
}

/** The lines, and what stood in for those that are too long. */
async function linesOf(parts: AsyncIterable<TextPart>): Promise<string[]> {
  const lines: string[] = []
  for await (const part of parts) {
    if (part.kind === 'lines') {
      assert.equal(part.bytes.at(-1), 0x0a, 'every block ends with a line feed')
      lines.push(...part.bytes.toString('latin1').slice(0, -1).split('\n'))
    } else lines.push(part.kind === 'line-too-long' ? `<${part.length} bytes>` : `<cut off: ${part.message}>`)
  }
  return lines
}

test('the same lines come out whatever the size of the chunks, the last one with or without a line feed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[ -~]{0,12}\r?$/), { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (lines, sizes, ended) => {
        const text = lines.join('\n') + (ended ? '\n' : '')
        const expected = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n')
        const got = await linesOf(wholeLines(inChunks(Buffer.from(text), sizes)))
        assert.deepEqual(got, text === '' ? [] : expected)
      },
    ),
    { seed: 1, numRuns: 300 },
  )
})

test('a line over the limit costs itself only, in one chunk or in many', async () => {
  const long = 'x'.repeat(LONGEST_LINE + 1)
  const fits = 'y'.repeat(LONGEST_LINE)
  const text = Buffer.from(`a\n${long}\nb\n${fits}\nc\n${long}${long}\n${long}`)
  const expected = [
    'a',
    `<${long.length} bytes>`,
    'b',
    fits,
    'c',
    `<${2 * long.length} bytes>`,
    `<${long.length} bytes>`,
  ]
  for (const sizes of [[text.length], [65536], [1 << 20], [1000001, 3]]) {
    assert.deepEqual(await linesOf(wholeLines(inChunks(text, sizes))), expected, `chunks of ${sizes}`)
  }
})

test('a line of 100 MB is never held in memory', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(1 << 16).fill(0x7a)
    for (let i = 0; i < 1600; i++) yield chunk
  }
  const before = process.memoryUsage().arrayBuffers
  const lines = await linesOf(wholeLines(endless()))
  assert.deepEqual(lines, [`<${1600 << 16} bytes>`])
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 << 20)
})

test('a file that is cut off gives its whole lines, not the one that was begun', async () => {
  const failure = new SourceFailure('truncated-compression', 'unexpected end of file')
  const got = await linesOf(wholeLines(inChunks(Buffer.from('one\ntwo\nthr'), [4], failure)))
  assert.deepEqual(got, ['one', 'two', '<cut off: unexpected end of file>'])
  const unreadable = new SourceFailure('unreadable', 'input/output error')
  await assert.rejects(linesOf(wholeLines(inChunks(Buffer.from('one\n'), [4], unreadable))), /input\/output/)
})

test('a byte order mark at the beginning is no part of the first line', async () => {
  for (const size of [1, 2, 100]) {
    assert.deepEqual(await linesOf(wholeLines(inChunks(Buffer.from('\ufeffone\n\ufefftwo'), [size]))), [
      'one',
      Buffer.from('\ufefftwo').toString('latin1'),
    ])
  }
})
