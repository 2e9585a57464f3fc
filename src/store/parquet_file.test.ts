import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { temporaryFolder } from './fixture.ts'
import { PageMemory } from './page_memory.ts'
import type { Column } from './parquet_column.ts'
import { deltaPacked } from './parquet_delta.ts'
import { writeParquet } from './parquet_file.ts'

async function readBack(path: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(path)
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  return parquetReadObjects({ file, compressors })
}

function numberColumn(name: string, shape: Column['shape'], values: Float64Array, seldomRepeats: boolean): Column {
  return { name, shape, bloom: false, load: () => ({ holds: 'numbers', values, seldomRepeats }) }
}

test('numbers come back in every encoding that may be chosen for them', async (t) => {
  const dir = temporaryFolder(t)
  const numbers = fc.oneof(
    fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 700 }),
    fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 700 }),
    fc.array(fc.maxSafeInteger(), { maxLength: 700 }),
    fc.array(fc.oneof(fc.constant(Number.NaN), fc.nat(100_000)), { maxLength: 700 }),
  )
  await fc.assert(
    fc.asyncProperty(numbers, fc.boolean(), async (list, seldomRepeats) => {
      const values = Float64Array.from(list)
      const path = join(dir, 'numbers.parquet')
      const fd = openSync(path, 'w')
      const columns = [
        numberColumn('big', 'bigint', values, seldomRepeats),
        numberColumn('small', 'integer', values, seldomRepeats),
        numberColumn('real', 'double', values, seldomRepeats),
      ]
      const { bytes, crc32: checksum } = writeParquet(fd, columns, list.length, { sortedBy: [], metadata: {} })
      closeSync(fd)
      const written = readFileSync(path)
      assert.equal(written.length, bytes)
      assert.equal(crc32(written), checksum)
      const rows = await readBack(path)
      assert.equal(rows.length, list.length)
      rows.forEach((row, i) => {
        const value = list[i]!
        const want = Number.isNaN(value) ? null : value
        assert.equal(row['big'] == null ? null : Number(row['big']), want)
        assert.equal(row['real'] ?? null, want)
        // What a type cannot hold is NULL, never another number.
        assert.equal(
          row['small'] ?? null,
          want !== null && Math.abs(want) <= 2 ** 31 - 1 ? want : want === -(2 ** 31) ? want : null,
        )
      })
    }),
    { seed: 3, numRuns: 60 },
  )
})

test('numbers too far apart are not packed as differences', () => {
  const memory = new PageMemory()
  assert.equal(deltaPacked(Float64Array.of(0, 2 ** 40), 2, memory) === undefined, false, 'one difference is the least')
  assert.equal(deltaPacked(Float64Array.of(0, 2 ** 40, 0), 3, memory), undefined)
  assert.equal(deltaPacked(Float64Array.of(2 ** 60, 1), 2, memory), undefined)
})
