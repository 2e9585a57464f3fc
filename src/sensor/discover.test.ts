import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { discover, sourceFile } from './discover.ts'
import { SourceFailure } from './sensor.ts'

const folder = mkdtempSync(join(tmpdir(), 'thymus-discover-'))
after(() => rmSync(folder, { recursive: true }))

function place(name: string, bytes: string | Buffer): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

async function unpack(path: string): Promise<{ text: string; failure: unknown }> {
  const pieces: Uint8Array[] = []
  try {
    for await (const chunk of sourceFile(path, path, 0).open()) pieces.push(chunk)
  } catch (failure) {
    return { text: Buffer.concat(pieces).toString(), failure }
  }
  return { text: Buffer.concat(pieces).toString(), failure: undefined }
}

const LOG = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${(i * 7919) % 104_729}`).join('\n')

test('gzip, many gzips in one, zstd and plain text are told by their bytes, whatever the name', async () => {
  const two = Buffer.concat([gzipSync(LOG.slice(0, 100_000)), gzipSync(LOG.slice(100_000))])
  const frames = Buffer.concat([zstdCompressSync(LOG.slice(0, 100_000)), zstdCompressSync(LOG.slice(100_000))])
  for (const [name, bytes] of [
    ['plain.gz', Buffer.from(LOG)],
    ['packed.log', gzipSync(LOG)],
    ['two.gz', two],
    ['z.log', zstdCompressSync(LOG)],
    ['frames.zst', frames],
  ] as const) {
    const { text, failure } = await unpack(place(`forms/${name}`, bytes))
    assert.equal(failure, undefined, name)
    assert.equal(text === LOG, true, name)
  }
})

test('what can be unpacked of a file that is cut or damaged arrives, and then the failure', async () => {
  for (const [name, packed] of [
    ['cut.gz', gzipSync(LOG)],
    ['cut.zst', zstdCompressSync(LOG)],
  ] as const) {
    const { text, failure } = await unpack(place(`cut/${name}`, packed.subarray(0, packed.length >> 1)))
    assert.ok(failure instanceof SourceFailure, name)
    assert.equal(failure.reason, 'truncated-compression')
    assert.ok(LOG.startsWith(text), name)
    if (name === 'cut.gz') assert.ok(text.length > LOG.length / 4, `${text.length} of ${LOG.length}`)
  }
  const damaged = gzipSync(LOG)
  damaged.fill(0xff, damaged.length - 2000, damaged.length - 1900)
  const { failure } = await unpack(place('cut/damaged.gz', damaged))
  assert.ok(failure instanceof SourceFailure && failure.reason === 'truncated-compression')
  const withoutTrailer = gzipSync(LOG)
  const whole = await unpack(place('cut/trailer.gz', withoutTrailer.subarray(0, -8)))
  assert.ok(whole.text === LOG && whole.failure instanceof SourceFailure, 'all of the text, and the failure')
})

test('a bomb is unpacked in pieces', async () => {
  const path = place('bomb.gz', gzipSync(Buffer.alloc(300 << 20)))
  let bytes = 0
  let most = 0
  const before = process.memoryUsage().arrayBuffers
  for await (const chunk of sourceFile(path, path, 0).open()) {
    bytes += chunk.length
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  assert.equal(bytes, 300 << 20)
  assert.ok(most < 200 << 20, `${most >> 20} MiB at once`)
})

test('every file below a folder is found once, links and loops of links included, and what is skipped is listed', async () => {
  place('tree/2024-04-19/conn.log', 'a')
  place('tree/2024-04-20/conn.log', 'b')
  place('tree/README.md', 'about')
  place('tree/.hidden', '')
  place('tree/node.cfg', 'x')
  symlinkSync(join(folder, 'tree'), join(folder, 'tree/2024-04-19/loop'))
  symlinkSync('self', join(folder, 'tree/self'))
  symlinkSync(join(folder, 'tree/2024-04-20/conn.log'), join(folder, 'tree/a-link.log'))
  symlinkSync('nowhere', join(folder, 'tree/dangling.log'))
  linkSync(join(folder, 'tree/2024-04-20/conn.log'), join(folder, 'tree/2024-04-20/hard.log'))
  place('elsewhere/dns.log', 'c')
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'tree/linked'))
  execFileSync('mkfifo', [join(folder, 'tree/pipe')])
  const { files, problems, skipped } = await discover(join(folder, 'tree'))
  assert.deepEqual(
    files.map(({ shown }) => shown),
    ['2024-04-19/conn.log', '2024-04-20/conn.log', 'linked/dns.log'],
  )
  assert.deepEqual(
    skipped.map(({ shown, why }) => `${shown}: ${why}`),
    [
      '.hidden: a hidden file',
      '2024-04-19/loop: found already by another name',
      '2024-04-20/hard.log: found already by another name',
      'README.md: documentation',
      'a-link.log: found already by another name',
      'node.cfg: configuration or code',
      'pipe: a pipe, not a file',
      'self: a link to itself',
    ],
  )
  assert.deepEqual(
    problems.map((report) => [report.file, report.rejected.get('unreadable')?.count]),
    [['dangling.log', 1]],
  )
})

test('a file that a person names is read whatever it is called', async () => {
  const { files } = await discover(place('named/.hidden.md', 'x'))
  assert.deepEqual(
    files.map(({ shown, bytes }) => [shown, bytes]),
    [['.hidden.md', 1]],
  )
})

test('a path that is not there is a problem, not an exception', async () => {
  const { files, problems } = await discover(join(folder, 'no such folder'))
  assert.deepEqual(files, [])
  assert.match(problems[0]!.rejected.get('unreadable')!.first[0]!.expected!, /no such file/i)
})

test('a folder without permission is a problem, and the rest is found', async () => {
  place('closed/inside/conn.log', 'a')
  place('closed/dns.log', 'a')
  chmodSync(folder, 0o755)
  chmodSync(join(folder, 'closed/inside'), 0)
  // Root may read everything, so that it must be someone else for a moment.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65534)
  try {
    const { files, problems } = await discover(join(folder, 'closed'))
    assert.deepEqual(
      files.map(({ shown }) => shown),
      ['dns.log'],
    )
    assert.deepEqual(
      problems.map(({ file }) => file),
      ['inside'],
    )
    assert.equal(problems[0]!.rejected.get('unreadable')?.count, 1)
  } finally {
    if (root) process.seteuid?.(0)
    chmodSync(join(folder, 'closed/inside'), 0o755)
  }
})
