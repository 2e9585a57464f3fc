import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { LINK_BYTES, LinkTable } from '../src/behaviour/link_table.ts'
import { readSnapshot, SnapshotWriter } from '../src/behaviour/snapshot.ts'

/**
 * The link table at its design size, in one run: bytes a link, time of an insertion and a look-up, a snapshot while the
 * engine goes on writing, and the way back.
 *
 *     node bench/links.ts [--links 20000000] [--owners 1200000] [--json]
 */
const { values: args } = parseArgs({
  options: {
    links: { type: 'string', default: '20000000' },
    owners: { type: 'string', default: '1200000' },
    json: { type: 'boolean', default: false },
  },
})
const LINKS = Number(args.links)
const OWNERS = Number(args.owners)
const PROBES = 4_000_000
const BATCH = 8192
const FIRST_DAY = 20_000
const SEED = 0x2545f491

/** xorshift32 (Marsaglia 2003): the same keys in every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

function nanosecondsEach(count: number, work: () => void): number {
  const began = performance.now()
  work()
  return ((performance.now() - began) * 1e6) / count
}

const table = new LinkTable({ links: 2 ** 26 - 64, linksOfOwner: 2 ** 26 }, SEED)
const before = process.memoryUsage()

/** Link n belongs to owner n mod OWNERS and names a value spread over four million. */
const ownerFor = (n: number): number => (n % OWNERS) * 64 + 3
const valueFor = (n: number): number => (Math.imul(n, 0x9e3779b1) >>> 10) + 1

let longestInsertion = 0
const insertNs = nanosecondsEach(LINKS, () => {
  for (let n = 0; n < LINKS; n += BATCH) {
    const began = performance.now()
    for (let i = n; i < Math.min(n + BATCH, LINKS); i++) table.touch(ownerFor(i), valueFor(i), FIRST_DAY)
    longestInsertion = Math.max(longestInsertion, performance.now() - began)
  }
})

const measured = process.memoryUsage()
const random = generator(SEED)
/** The floor: one read from memory at a place nobody could foresee, in as many bytes as the links have. */
const field = new Int32Array(LINKS * (LINK_BYTES / 4))
for (let i = 0; i < field.length; i += 512) field[i] = 1
let place = 0
const floorNs = nanosecondsEach(PROBES, () => {
  for (let i = 0; i < PROBES; i++) place = (random() + field[place]!) % field.length
})
const picks = Uint32Array.from({ length: PROBES }, () => random() % LINKS)
let found = 0
const hitNs = nanosecondsEach(PROBES, () => {
  for (const n of picks) if (table.find(ownerFor(n), valueFor(n)) !== 0) found++
})
if (found !== PROBES) throw new Error(`${PROBES - found} links that were inserted are not found`)
let wrong = 0
const missNs = nanosecondsEach(PROBES, () => {
  for (const n of picks) if (table.find(ownerFor(n) + 1, valueFor(n)) !== 0) wrong++
})
if (wrong !== 0) throw new Error(`${wrong} links that were never inserted are found`)
const touchNs = nanosecondsEach(PROBES / 4, () => {
  for (let i = 0; i < PROBES / 4; i++) table.touch(ownerFor(picks[i]!), valueFor(picks[i]!), FIRST_DAY + 1)
})

const directory = mkdtempSync(path.join(tmpdir(), 'thymus-links-'))
try {
  // Beside the snapshot the engine goes on: batches of random writes, with a turn of the event loop after each.
  const barrierBegan = performance.now()
  const writer = new SnapshotWriter()
  const head = table.head()
  writer.add('head', new Uint8Array(head.buffer))
  writer.addRows('links', table.links.rows.freeze(table.links.end))
  writer.addRows('profiles', table.profiles.rows.freeze(table.profiles.end))
  const barrierMs = performance.now() - barrierBegan
  const snapshotBegan = performance.now()
  const sizeAtBarrier = table.size
  let writing = true
  const done = writer.write(directory).finally(() => {
    writing = false
  })
  let longestBatch = 0
  let longestTurn = 0
  let batches = 0
  while (writing) {
    const turnBegan = performance.now()
    for (let i = 0; i < 256; i++) {
      const n = random() % LINKS
      table.touch(ownerFor(n), valueFor(n), FIRST_DAY + 2)
    }
    longestBatch = Math.max(longestBatch, performance.now() - turnBegan)
    batches++
    await new Promise((resolve) => setImmediate(resolve))
    longestTurn = Math.max(longestTurn, performance.now() - turnBegan)
  }
  const written = await done
  const snapshotMs = performance.now() - snapshotBegan
  const copies = table.links.rows.blocksCopied + table.profiles.rows.blocksCopied

  const restoreBegan = performance.now()
  const read = await readSnapshot(directory)
  if (read.is !== 'read') throw new Error('the snapshot cannot be read back')
  const readMs = performance.now() - restoreBegan
  const restored = new LinkTable({ links: 2 ** 26 - 64, linksOfOwner: 2 ** 26 }, SEED + 1)
  restored.restore(
    new Int32Array(read.sections.get('head')!.slice().buffer),
    read.sections.get('links')!,
    read.sections.get('profiles')!,
  )
  const restoreMs = performance.now() - restoreBegan
  if (restored.size !== sizeAtBarrier) throw new Error(`${restored.size} links restored of ${sizeAtBarrier}`)

  const figures = {
    node: process.version,
    links: table.size,
    owners: OWNERS,
    bytesALinkRow: LINK_BYTES,
    bytesALinkAll: round(table.bytes / table.size),
    rssGiB: round(measured.rss / 2 ** 30),
    rssBytesALink: round((measured.rss - before.rss) / table.size),
    oneRandomReadNs: round(floorNs),
    insertNs: round(insertNs),
    longestBatchOf8192InsertionsMs: round(longestInsertion),
    hitNs: round(hitNs),
    missNs: round(missNs),
    touchNewDayNs: round(touchNs),
    snapshotMs: round(snapshotMs),
    snapshotGiB: round(written.bytes / 2 ** 30),
    barrierMs: round(barrierMs),
    longestPieceMs: round(written.longestPauseMillis),
    longestBatchOf256WritesMs: round(longestBatch),
    longestTurnMs: round(longestTurn),
    batchesBesideSnapshot: batches,
    blocksCopied: copies,
    readMs: round(readMs),
    restoreMs: round(restoreMs),
  }
  if (args.json) console.log(JSON.stringify(figures))
  else for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(34)} ${value}`)
} finally {
  rmSync(directory, { recursive: true })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
