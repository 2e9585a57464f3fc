import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Catalog } from './catalog.ts'
import { FileCheck } from './file_check.ts'
import { batchOf, rowColumns, temporaryFolder } from './fixture.ts'
import { LakeFailure } from './lake_failure.ts'
import { LakeWriter } from './lake_writer.ts'
import { openLake } from './query.ts'
import { QueryFailure } from './query_failure.ts'

/** Batches of connections, 1000 rows each, one a second. */
function connBatch(first: number) {
  const rows = Array.from({ length: 1000 }, (_, i) => ({
    ts: 1_700_000_000 + first + i,
    uid: `C${first + i}`,
    'id.orig_h': `10.0.${i % 7}.1`,
    orig_bytes: first + i,
  }))
  return batchOf('conn', rows)
}

const FILES_OF_2000 = { fileRows: 2000 }

async function write(dir: string, batches: number, options: { fresh: boolean; from?: number }): Promise<void> {
  const lake = await LakeWriter.open(dir, { ...options, limits: FILES_OF_2000 })
  const first = options.from ?? 0
  for (let i = 0; i < batches; i++) {
    const batch = connBatch(first + i * 1000)
    await lake.append(batch, rowColumns(batch, first + i * 1000))
  }
  await lake.close()
}

async function countOf(dir: string, sql = 'SELECT count(*) AS n FROM conn'): Promise<number> {
  const lake = await openLake(dir)
  try {
    return Number((await lake.query(sql))[0]!['n'])
  } finally {
    await lake.close()
  }
}

test('a lake process that is killed at any moment leaves a lake that is whole, and what it had not listed is removed', async (t) => {
  const dir = temporaryFolder(t)
  for (let round = 0; round < 5; round++) {
    const lakeDir = join(dir, `run${round}`, 'lake')
    const lake = await LakeWriter.open(lakeDir, { fresh: true, limits: FILES_OF_2000 })
    const killed = sleep(round * 40).then(() => process.kill(lake.pid!, 'SIGKILL'))
    await assert.rejects(
      async () => {
        for (let i = 0; ; i++) {
          const batch = connBatch(i * 1000)
          await lake.append(batch, rowColumns(batch, i * 1000))
          await sleep(1)
        }
      },
      (error: unknown) => error instanceof LakeFailure && /was killed \(SIGKILL\)/.test(error.message),
    )
    await killed
    const catalog = Catalog.open(lakeDir)
    const listed = catalog.files()
    catalog.close()
    // Whole files only, and every one of them as the catalogue says.
    const rows = listed.filter((file) => file.type === 'conn').reduce((sum, file) => sum + file.rows, 0)
    assert.equal(rows % 2000, 0)
    assert.equal(await countOf(join(lakeDir, '..')), rows)
    // Going on from what is there gives each row once.
    await write(lakeDir, 3, { fresh: false, from: rows })
    const answers = await openLake(join(lakeDir, '..'))
    const [counted] = await answers.query('SELECT count(*) AS n, count(DISTINCT uid) AS uids FROM conn')
    await answers.close()
    assert.deepEqual(counted, { n: rows + 3000, uids: rows + 3000 })
    const onDisk = readdirSync(join(lakeDir, 'conn')).sort()
    const again = Catalog.openForReading(lakeDir)
    const names = again
      .files()
      .filter((file) => file.type === 'conn')
      .map((file) => file.name.slice('conn/'.length))
    again.close()
    assert.deepEqual(onDisk, names.sort(), 'nothing but listed files is left')
  }
})

test('half-written and unlisted files are removed at the next opening; files of other people are not', async (t) => {
  const dir = temporaryFolder(t)
  const lakeDir = join(dir, 'lake')
  await write(lakeDir, 2, { fresh: true })
  const [sound] = readdirSync(join(lakeDir, 'conn'))
  copyFileSync(join(lakeDir, 'conn', sound!), join(lakeDir, 'conn', 'conn.20231114-000000009000-000000009999.parquet'))
  writeFileSync(join(lakeDir, 'conn', 'conn.20231114-000000008000-000000008999.parquet.tmp'), 'PAR1')
  writeFileSync(join(lakeDir, 'conn', 'notes of mine.txt'), 'keep')
  mkdirSync(join(lakeDir, 'mine'))
  writeFileSync(join(lakeDir, 'mine', 'table.parquet'), 'keep')
  assert.equal(await countOf(dir), 2000, 'what is not listed is not read')
  await write(lakeDir, 1, { fresh: false, from: 2000 })
  assert.deepEqual(
    readdirSync(join(lakeDir, 'conn')).filter((name) => !name.endsWith('.parquet')),
    ['notes of mine.txt'],
  )
  assert.equal(readdirSync(join(lakeDir, 'conn')).length, 3)
  assert.ok(existsSync(join(lakeDir, 'mine', 'table.parquet')))
})

test('a fresh lake holds nothing of the run before; going on from a snapshot drops what comes again', async (t) => {
  const dir = temporaryFolder(t)
  const lakeDir = join(dir, 'lake')
  await write(lakeDir, 4, { fresh: true })
  await write(lakeDir, 2, { fresh: true })
  assert.equal(await countOf(dir), 2000)
  await write(lakeDir, 4, { fresh: false, from: 2000 })
  assert.equal(await countOf(dir), 6000)
  await write(lakeDir, 1, { fresh: false, from: 4000 })
  assert.equal(await countOf(dir), 5000)
  await assert.rejects(write(lakeDir, 1, { fresh: false, from: 1500 }), /does not belong to this state/)
  assert.equal(await countOf(dir), 5000)
})

test('two processes cannot write to one lake', async (t) => {
  const lakeDir = join(temporaryFolder(t), 'lake')
  const first = await LakeWriter.open(lakeDir, { fresh: true })
  await assert.rejects(LakeWriter.open(lakeDir, { fresh: true }), /another Thymus process is writing to this lake/)
  await first.close()
  await (await LakeWriter.open(lakeDir, { fresh: false })).close()
})

test('an engine that goes away without a word leaves nothing unwritten as if it were whole', async (t) => {
  const dir = temporaryFolder(t)
  const lake = await LakeWriter.open(join(dir, 'lake'), { fresh: true, limits: FILES_OF_2000 })
  for (let i = 0; i < 3; i++) {
    const batch = connBatch(i * 1000)
    await lake.append(batch, rowColumns(batch, i * 1000))
  }
  await lake.flush()
  const more = connBatch(3000)
  await lake.append(more, rowColumns(more, 3000))
  lake.abandon()
  assert.equal(await countOf(dir), 3000)
  assert.throws(() => lake.append(more, rowColumns(more, 3000)), LakeFailure)
})

test('a flipped bit anywhere in a file is an error that names the file, never an answer', async (t) => {
  const dir = temporaryFolder(t)
  const lakeDir = join(dir, 'lake')
  await write(lakeDir, 2, { fresh: true })
  const [name] = readdirSync(join(lakeDir, 'conn'))
  const path = join(lakeDir, 'conn', name!)
  const sound = readFileSync(path)
  const catalog = Catalog.openForReading(lakeDir)
  const listed = catalog.files().find((file) => file.name === `conn/${name}`)!
  catalog.close()
  let state = 5
  for (let round = 0; round < 200; round++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    const bit = state % (sound.length * 8)
    const flipped = Buffer.from(sound)
    flipped[bit >>> 3]! ^= 1 << (bit & 7)
    writeFileSync(path, flipped)
    assert.match(String(await new FileCheck(lakeDir).problemOf(listed)), /has changed/, `bit ${bit}`)
    if (round % 100 > 0) continue
    await assert.rejects(countOf(dir), (error: unknown) => {
      assert.ok(error instanceof QueryFailure && error.kind === 'damaged')
      assert.match(error.message, new RegExp(name!.replaceAll('.', '\\.')))
      return true
    })
  }
  writeFileSync(path, sound.subarray(0, sound.length - 1))
  await assert.rejects(countOf(dir), /bytes, and had/)
  rmSync(path)
  await assert.rejects(countOf(dir), /is missing/)
  assert.equal(await countOf(dir, 'SELECT count(*) AS n FROM dns'), 0, 'other views are not hurt')
})

test('a damaged file can be left out on demand, and that is said', async (t) => {
  const dir = temporaryFolder(t)
  const lakeDir = join(dir, 'lake')
  await write(lakeDir, 4, { fresh: true })
  const [name] = readdirSync(join(lakeDir, 'conn'))
  const path = join(lakeDir, 'conn', name!)
  const bytes = readFileSync(path)
  bytes[100]! ^= 1
  writeFileSync(path, bytes)
  const lake = await openLake(dir, { skipDamaged: true })
  try {
    for (let twice = 0; twice < 2; twice++) {
      const { count, leftOut } = await lake.run('SELECT count(*) FROM conn', {}, async (query) => {
        let count: unknown
        for await (const page of query.pages) count = page[0]?.[0]
        return { count, leftOut: query.leftOut }
      })
      assert.equal(count, 2000)
      assert.equal(leftOut.length, 1)
      assert.match(
        leftOut[0]!,
        /2000 rows of conn, 2023-11-14 22:13:20Z to .* has changed since it was written.*left out/,
      )
    }
  } finally {
    await lake.close()
  }
})

test('a catalogue that is damaged is an error, never an empty lake', async (t) => {
  const dir = temporaryFolder(t)
  await write(join(dir, 'lake'), 1, { fresh: true })
  writeFileSync(join(dir, 'lake', 'catalog.db'), Buffer.alloc(8192, 7))
  await assert.rejects(openLake(dir), /catalog\.db: cannot open the lake's catalogue/)
  rmSync(join(dir, 'lake', 'catalog.db'))
  await assert.rejects(openLake(dir), /no lake here/)
})

test('a lake that is mounted read-only can be asked', async (t) => {
  const dir = temporaryFolder(t)
  const mount = join(dir, 'read-only')
  mkdirSync(mount)
  await write(join(dir, 'run', 'lake'), 2, { fresh: true })
  try {
    execFileSync('mount', ['--bind', join(dir, 'run'), mount], { stdio: 'ignore' })
    execFileSync('mount', ['-o', 'remount,ro,bind', mount], { stdio: 'ignore' })
  } catch {
    t.skip('needs the right to mount (root)')
    return
  }
  try {
    assert.equal(await countOf(mount), 2000)
  } finally {
    execFileSync('umount', ['-l', mount])
  }
})

test('a full disk is said with the directory, and what the lake lists stays readable', async (t) => {
  const mount = join(temporaryFolder(t), 'small')
  mkdirSync(mount)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' })
  } catch {
    t.skip('needs the right to mount a small file system (root)')
    return
  }
  try {
    await fillUp(mount)
  } finally {
    execFileSync('umount', ['-l', mount])
  }
})

async function fillUp(mount: string): Promise<void> {
  const lake = await LakeWriter.open(join(mount, 'lake'), { fresh: true, limits: FILES_OF_2000 })
  await assert.rejects(
    async () => {
      for (let i = 0; i < 400; i++) {
        const batch = connBatch(i * 1000)
        await lake.append(batch, rowColumns(batch, i * 1000))
        await sleep(1)
      }
      await lake.close()
    },
    (error: unknown) => {
      assert.ok(error instanceof LakeFailure)
      assert.match(error.message, /small\/lake: no space left on the device/)
      return true
    },
  )
  const catalog = Catalog.openForReading(join(mount, 'lake'))
  const listed = catalog.files().filter((file) => file.type === 'conn')
  catalog.close()
  assert.ok(listed.length > 0)
  assert.equal(await countOf(mount), listed.length * 2000)
  assert.deepEqual(
    readdirSync(join(mount, 'lake', 'conn')).filter((name) => name.endsWith('.tmp')),
    [],
  )
}
