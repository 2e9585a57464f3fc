import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { finishedRun } from '../server/fixture.ts'

const MAIN = join(import.meta.dirname, 'main.ts')

function start(...words: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, 'serve', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** All that is said until it ends, or until `enough` is in it. */
async function said(child: ChildProcess, enough?: RegExp): Promise<string> {
  let text = ''
  const ended = once(child, 'close')
  const found = new Promise<void>((resolve) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (enough?.test(text)) resolve()
      })
    }
  })
  await Promise.race([ended, found])
  return text
}

test('serve prints a link that opens the console, and ends with Ctrl-C', { timeout: 120_000 }, async () => {
  const child = start('--from', await finishedRun(), '--port', '0')
  const link = /http:\S+/.exec(await said(child, /http:\S+\n/))?.[0] ?? ''
  const entered = await fetch(link)
  assert.equal(entered.status, 200)
  const cookie = entered.headers.getSetCookie()[0]!.split(';')[0]!
  const page = await fetch(new URL('/devices', link), { headers: { cookie } })
  assert.match(await page.text(), /<div id="root">/)
  assert.equal((await fetch(link)).status, 401)
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  assert.deepEqual(await ended, [0, null])
})

test('a port that is taken and a folder without a run are told in words', { timeout: 120_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  try {
    assert.match(
      await said(start('--from', await finishedRun(), '--port', String(port))),
      /is taken by another program/,
    )
    assert.match(await said(start('--from', tmpdir())), /no finished run in/)
  } finally {
    other.close()
  }
})
