import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventBatch } from '../event/batch.ts'
import { BatchBuilder } from '../event/batch_builder.ts'
import { logType, slotOf } from '../event/log_types.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../event/time.ts'
import { Duplicates } from './duplicates.ts'
import { LATE, REFUSED } from './journal.ts'
import { Merge } from './merge.ts'
import { FilePositions } from './positions.ts'
import { Stream, type StreamFile } from './stream.ts'

const START = 1_700_000_000 * SECOND

/** A file of dns rows, known at the given times, in batches of `chunk` rows. */
function fileOf(type: string, knowns: readonly number[], chunk = 1000): StreamFile & { refusals: number[] } {
  const refusals: number[] = []
  return {
    shown: 'test.log',
    refusals,
    refused: (line) => refusals.push(line),
    async *batches() {
      yield* batchesOf(type, knowns, chunk)
    },
  }
}

function batchesOf(type: string, knowns: readonly number[], chunk: number): EventBatch[] {
  const batches: EventBatch[] = []
  const builder = new BatchBuilder(logType(type))
  const uid = slotOf(logType(type), 'uid')
  knowns.forEach((known, index) => {
    builder.setNumber(0, known)
    builder.setText(uid, `${type}${index}`)
    builder.commit(index + 1)
    if (builder.rows === chunk) batches.push(builder.take()!)
  })
  const last = builder.take()
  if (last) batches.push(last)
  return batches
}

function streamOf(type: string, knowns: readonly number[], chunk = 1000): { stream: Stream; refusals: number[] } {
  const file = fileOf(type, knowns, chunk)
  return { stream: new Stream(logType(type), 0, [file], new FilePositions()), refusals: file.refusals }
}

async function drainAll(stream: Stream): Promise<{ keys: number[]; flags: number[] }> {
  const keys: number[] = []
  const flags: number[] = []
  for (let next = await stream.next(); next; next = await stream.next()) {
    keys.push(...next.keys)
    flags.push(...next.flags)
  }
  return { keys, flags }
}

async function order(streams: readonly Stream[]): Promise<string[]> {
  const merge = new Merge(streams)
  const seen: string[] = []
  while (await merge.fill()) {
    merge.drain(({ batch, keys }, from, to) => {
      for (let row = from; row < to; row++) {
        const uid = batch.dictionary.text(batch.strings[1]![row]!)
        seen.push(`${keys[row]} ${uid}`)
      }
    })
  }
  return seen
}

test('a key is the running maximum of known, so it never falls', async () => {
  const { stream } = streamOf('dns', [START, START + 9, START + 4, START + 12])
  assert.deepEqual((await drainAll(stream)).keys, [START, START + 9, START + 9, START + 12])
})

test('a record is late when known longer ago than its type may delay: dns 5 minutes, conn 15', async () => {
  const knowns = [START, START + HOUR, START + HOUR - 6 * MINUTE, START + HOUR - 4 * MINUTE]
  assert.deepEqual((await drainAll(streamOf('dns', knowns).stream)).flags, [0, 0, LATE, 0])
  assert.deepEqual((await drainAll(streamOf('conn', knowns).stream)).flags, [0, 0, 0, 0])
})

test('one absurd time is refused and makes no other record late, wherever it stands and however batches are cut', async () => {
  for (const chunk of [1, 2, 50, 1000]) {
    for (const place of [0, 1, 60, 119]) {
      const knowns = Array.from({ length: 121 }, (_, i) => START + i * SECOND)
      knowns[place] = START + 900 * DAY
      const { stream, refusals } = streamOf('dns', knowns, chunk)
      const { flags } = await drainAll(stream)
      assert.deepEqual(refusals, [place + 1], `chunk ${chunk}, place ${place}`)
      assert.equal(flags.filter((flag) => flag === REFUSED).length, 1)
      assert.equal(flags.filter((flag) => flag === LATE).length, 0)
    }
  }
})

test('a jump that the following records confirm is believed and noted', async () => {
  const knowns = [START, START + 1, ...Array.from({ length: 100 }, (_, i) => START + 30 * DAY + i)]
  const { stream, refusals } = streamOf('dns', knowns)
  await drainAll(stream)
  assert.deepEqual(refusals, [])
  assert.equal(stream.jumps.length, 1)
})

test('with nothing after it, a month of silence is believed, a century is not', async () => {
  assert.deepEqual((await drainAll(streamOf('dns', [START, START + 30 * DAY]).stream)).flags, [0, 0])
  assert.deepEqual((await drainAll(streamOf('dns', [START, START + 20_000 * DAY]).stream)).flags, [0, REFUSED])
})

test('the order is by key, then log type, then place in the log, however the logs are cut into batches', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(times, times, times, fc.integer({ min: 1, max: 20 }), async (a, b, c, chunk) => {
      const logs: [string, number[]][] = [
        ['conn', a],
        ['dns', b],
        ['ssl', c],
      ]
      const expected = logs
        .flatMap(([type, knowns]) => {
          let key = 0
          return knowns.map((known, index) => {
            key = Math.max(key, START + known)
            return { key, type, index }
          })
        })
        .sort((x, y) => x.key - y.key || (x.type < y.type ? -1 : x.type > y.type ? 1 : x.index - y.index))
        .map(({ key, type, index }) => `${key} ${type}${index}`)
      const streams = logs.map(
        ([type, knowns]) =>
          streamOf(
            type,
            knowns.map((known) => START + known),
            chunk,
          ).stream,
      )
      assert.deepEqual(await order(streams.reverse()), expected)
    }),
    { seed: 7, numRuns: 100 },
  )
})

test('a file that grew is read on from where it ended, under any name; a new file is read whole', async () => {
  const positions = new FilePositions()
  const first = [1, 2, 3].map((n) => START + n)
  const before = new Stream(logType('dns'), 0, [fileOf('dns', first)], positions)
  await drainAll(before)
  const again = new FilePositions(positions.save())
  const grown = new Stream(logType('dns'), 0, [fileOf('dns', [...first, START + 4, START + 5], 2)], again)
  assert.deepEqual((await drainAll(grown)).keys, [START + 4, START + 5])
  assert.equal(grown.alreadyRead, 3)
  const other = new Stream(logType('conn'), 0, [fileOf('conn', first)], again)
  assert.equal((await drainAll(other)).keys.length, 3)
})

test('a record met twice within an hour is a duplicate, after two hours it is not; this outlives a snapshot', () => {
  let duplicates = new Duplicates()
  assert.equal(duplicates.seen(5, 6, START), false)
  assert.equal(duplicates.seen(5, 7, START), false)
  assert.equal(duplicates.seen(0, 0, START), false)
  assert.equal(duplicates.seen(5, 6, START + 1), true)
  duplicates = new Duplicates(structuredClone(duplicates.save()))
  assert.equal(duplicates.seen(5, 7, START + 50 * MINUTE), true)
  assert.equal(duplicates.seen(0, 0, START + 50 * MINUTE), true)
  assert.equal(duplicates.seen(5, 6, START + 3 * HOUR), false)
})

test('the set of keys agrees with a naive one over many keys', () => {
  const duplicates = new Duplicates()
  const naive = new Set<string>()
  let state = 1
  const next = (): number => {
    state = Math.imul(state, 1664525) + 1013904223
    return state >>> 0
  }
  for (let i = 0; i < 100_000; i++) {
    const high = next() & 0xff
    const low = next() & 0x3ff
    assert.equal(duplicates.seen(high, low, START), naive.has(`${high}-${low}`))
    naive.add(`${high}-${low}`)
  }
})
