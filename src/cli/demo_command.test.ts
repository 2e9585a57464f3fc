import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readAlerts } from './results.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
const folder = mkdtempSync(join(tmpdir(), 'thymus-demo-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('the demo leaves a finished run with its events, and says what was found', { timeout: 240_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'demo', '--no-serve', '--devices', '40', '--days', '2', '--out', folder],
    { encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  assert.match(stdout, /[\d,]+ events? → [\d,]+ signals? → [\d,]+ alerts? →/)
  assert.ok(stdout.includes(`thymus serve --from ${folder}`))
  assert.ok(readAlerts(folder).length > 0)
  assert.ok(existsSync(join(folder, 'summary.json')) && existsSync(join(folder, 'lake', 'conn')))
})

test('a company too small for its servers is refused in words', () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'demo', '--no-serve', '--devices', '3'], {
    encoding: 'utf8',
  })
  assert.equal(status, 2)
  assert.match(stderr, /at least 40/)
})
