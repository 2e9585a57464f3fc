import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { examine, render } from './doctor_command.ts'
import { CommandFailure } from './failure.ts'

const SAMPLE = new URL('../sensor/fixtures/eve/slips-test6-sample.json', import.meta.url)

test('doctor reads a folder, names what could not be read, and says so in words', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'thymus-doctor-'))
  try {
    await cp(SAMPLE, join(folder, 'eve.json'))
    await writeFile(join(folder, 'noise.log'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]))
    await writeFile(join(folder, 'empty.log'), '')
    const diagnosis = await examine([folder])
    const [source] = diagnosis.sources
    assert.deepEqual([source!.files, source!.unreadableFiles, source!.recordsByType['conn']], [3, 2, 6])
    const text = render(diagnosis)
    assert.match(text, /✓ conn.log: 6 connections/)
    assert.match(text, /! 1 file is in no format that Thymus reads: left out\n {6}noise.log: /)
    assert.match(text, /1 file is empty: left out\n {6}empty.log/)
    assert.doesNotMatch(text, /\u001b/, 'no colours where there is no terminal')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a path that is not there is wrong use, said with the path', async () => {
  await assert.rejects(
    examine(['/no/such/place']),
    (error) => error instanceof CommandFailure && /\/no\/such\/place/.test(error.message),
  )
})
