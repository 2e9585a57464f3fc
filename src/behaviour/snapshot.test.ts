import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { LinkTable } from './link_table.ts'
import { readSnapshot, SnapshotWriter } from './snapshot.ts'

function temporary(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'thymus-snapshot-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function write(directory: string, sections: Readonly<Record<string, string>>): Promise<string> {
  const writer = new SnapshotWriter()
  for (const [name, text] of Object.entries(sections)) writer.add(name, Buffer.from(text))
  return (await writer.write(directory)).file
}

function textOf(sections: ReadonlyMap<string, Uint8Array>, name: string): string {
  return Buffer.from(sections.get(name)!).toString()
}

test('what is written is what is read, and the two newest generations are kept', async (t) => {
  const directory = temporary(t)
  assert.deepEqual(await readSnapshot(directory), { is: 'none' })
  assert.deepEqual(await readSnapshot(path.join(directory, 'never-made')), { is: 'none' })
  for (const n of [1, 2, 3]) await write(directory, { a: `state ${n}`, empty: '' })
  assert.deepEqual(readdirSync(directory).sort(), ['engine-000000000002.snapshot', 'engine-000000000003.snapshot'])
  const read = await readSnapshot(directory)
  assert.equal(read.is, 'read')
  if (read.is !== 'read') return
  assert.equal(textOf(read.sections, 'a'), 'state 3')
  assert.equal(read.sections.get('empty')?.byteLength, 0)
  assert.deepEqual(read.warnings, [])
})

test('a bit flipped anywhere is noticed: the generation before is used, and that is said', async (t) => {
  const directory = temporary(t)
  await write(directory, { a: 'the older state', b: '1' })
  const newest = await write(directory, { a: 'the newer state', b: '2' })
  const whole = readFileSync(newest)
  for (let bit = 0; bit < whole.byteLength * 8; bit += 3) {
    const broken = Buffer.from(whole)
    broken[bit >>> 3] = broken[bit >>> 3]! ^ (1 << (bit & 7))
    writeFileSync(newest, broken)
    const read = await readSnapshot(directory)
    assert.equal(read.is, 'read', `bit ${bit}`)
    if (read.is !== 'read') return
    assert.equal(textOf(read.sections, 'a'), 'the older state', `bit ${bit}`)
    assert.equal(read.warnings.length, 1)
    assert.match(read.warnings[0]!, /engine-000000000002\.snapshot: .*going on from engine-000000000001\.snapshot/)
  }
  for (let length = 0; length < whole.byteLength; length += 23) {
    writeFileSync(newest, whole.subarray(0, length))
    const read = await readSnapshot(directory)
    assert.equal(read.is === 'read' && textOf(read.sections, 'a'), 'the older state', `cut after ${length} bytes`)
  }
})

test('an unknown format is refused in words', async (t) => {
  const directory = temporary(t)
  const file = await write(directory, { a: 'x' })
  const bytes = readFileSync(file)
  bytes.writeUInt32LE(99, 8)
  writeFileSync(file, bytes)
  const read = await readSnapshot(directory)
  assert.equal(read.is, 'refused')
  if (read.is === 'refused') assert.match(read.reasons[0]!, /format 99, and this version of Thymus reads format 2/)
})

test('a snapshot holds the state at the barrier, whatever is written meanwhile', async (t) => {
  const directory = temporary(t)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 30_000 }), fc.nat(), async (count, salt) => {
      const bounds = { links: 20_000, linksOfOwner: 5000 }
      const table = new LinkTable(bounds, 1, () => {}, 64)
      let step = salt
      const work = (times: number): void => {
        for (let i = 0; i < times; i++) {
          step = (Math.imul(step, 1_103_515_245) + 12_345) >>> 0
          table.ensureRoom()
          table.touch((step >>> 8) % 50, (step >>> 3) % 2000, 20_000 + (step % 40))
        }
      }
      work(count)
      const contents = (of: LinkTable): string[] => {
        const rows: string[] = []
        for (let link = 1; link < of.links.end; link++)
          if (of.links.isLive(link))
            rows.push([link, of.owner(link), of.value(link), of.bitmap(link), of.days(link), of.next(link)].join())
        return rows
      }
      const expected = contents(table)
      const head = table.head()
      const writer = new SnapshotWriter()
      writer.add('head', new Uint8Array(head.buffer))
      writer.addRows('links', table.links.rows.freeze(table.links.end))
      writer.addRows('profiles', table.profiles.rows.freeze(table.profiles.end))
      let writing = true
      const written = writer.write(directory).finally(() => {
        writing = false
      })
      while (writing) {
        work(500)
        await setImmediate()
      }
      await written
      assert.ok(table.links.rows.blocksCopied > 0, 'the engine wrote to shared blocks')
      const read = await readSnapshot(directory)
      assert.equal(read.is, 'read')
      if (read.is !== 'read') return
      const restored = new LinkTable(bounds, 99, () => {}, 64)
      restored.restore(
        new Int32Array(read.sections.get('head')!.slice().buffer),
        read.sections.get('links')!,
        read.sections.get('profiles')!,
      )
      assert.deepEqual(contents(restored), expected)
      // And it goes on as the original would have.
      const after = new SnapshotWriter()
      after.addRows('links', table.links.rows.freeze(table.links.end))
      after.abandon()
    }),
    { seed: 11, numRuns: 8 },
  )
})

test('a process killed while it writes leaves the snapshot before', async (t) => {
  const directory = temporary(t)
  await write(directory, { a: 'before the kill' })
  const program = `
    import { SnapshotWriter } from ${JSON.stringify(new URL('./snapshot.ts', import.meta.url).href)}
    const big = Buffer.alloc(64 * 1024 * 1024, 7)
    for (;;) {
      const writer = new SnapshotWriter()
      writer.add('a', Buffer.from('after'))
      writer.addRows('b', { bytes: big.length * 40, pieces: 40, pieceBytes: big.length, read: (n, into) => { if (n === 1) process.stdout.write('x'); into.set(big); return big.length }, release: () => {} })
      await writer.write(${JSON.stringify(directory)})
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const left = readdirSync(directory)
  assert.ok(
    left.some((name) => name.endsWith('.tmp')),
    `killed in the middle of writing: ${left.join()}`,
  )
  const read = await readSnapshot(directory)
  assert.equal(read.is === 'read' && textOf(read.sections, 'a'), 'before the kill')
  await write(directory, { a: 'next' })
  assert.ok(
    readdirSync(directory).every((name) => !name.endsWith('.tmp')),
    'what the killed process left is gone',
  )
})
