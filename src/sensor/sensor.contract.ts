import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ReadReport, type Sensor, type SourceFile } from './sensor.ts'

/** A recording in memory, and how many records it holds. */
export interface Recording {
  readonly name: string
  readonly bytes: Buffer
  readonly records: number
}

/** What came out of a file: a key a row, in the order of the batches, and what was counted. */
export interface Read {
  readonly rows: readonly string[]
  readonly lines: readonly number[]
  readonly rejected: number
  readonly report: ReadReport
}

/** @param chunks sizes of the chunks in which the bytes arrive, over and over */
export function fileOf(
  name: string,
  bytes: Buffer,
  chunks: readonly number[] = [1 << 18],
  failure?: Error,
): SourceFile {
  return {
    path: `/${name}`,
    shown: name,
    bytes: bytes.length,
    async *open() {
      let at = 0
      for (let i = 0; at < bytes.length; i++) {
        const size = chunks[i % chunks.length]!
        yield bytes.subarray(at, at + size)
        at += size
      }
      if (failure) throw failure
    },
  }
}

export async function readAll(sensor: Sensor, file: SourceFile): Promise<Read> {
  const report = new ReadReport(file.shown)
  const rows: string[] = []
  const lines: number[] = []
  for await (const batch of sensor.read(file, report)) {
    for (let row = 0; row < batch.rows; row++) {
      rows.push(`${batch.type.name} ${batch.keyHigh[row]} ${batch.keyLow[row]} ${batch.known[row]}`)
      lines.push(batch.line[row]!)
    }
  }
  const rejected = [...report.rejected.values()].reduce((sum, { count }) => sum + count, 0)
  return { rows, lines, rejected, report }
}

/** What every sensor of text lines owes the rest, tried on a recording of its format. */
export function itIsASensorOfLines(sensor: Sensor, recording: Recording): void {
  const { name, bytes, records } = recording
  const about = `${sensor.name}, ${name}`

  test(`${about}: the recording is recognised`, () => {
    assert.ok(sensor.recognises(bytes.subarray(0, 1 << 16), name))
  })

  test(`${about}: every record is accounted for, and reading it again says the same`, async () => {
    const read = await readAll(sensor, fileOf(name, bytes))
    assert.equal(read.rows.length + read.rejected, records)
    assert.deepEqual((await readAll(sensor, fileOf(name, bytes))).rows, read.rows)
    assert.equal(new Set(read.lines).size, read.lines.length, 'each row has a line of its own')
  })

  test(`${about}: chunks of any size give the same rows`, async () => {
    const whole = await readAll(sensor, fileOf(name, bytes))
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(sizes, async (chunks) => {
        const read = await readAll(sensor, fileOf(name, bytes, chunks))
        assert.deepEqual(read.rows, whole.rows)
        assert.deepEqual(read.lines, whole.lines)
        assert.equal(read.rejected, whole.rejected)
      }),
      { seed: 1, numRuns: 15 },
    )
  })

  test(`${about}: cut off at any byte, at most the last record is lost`, async () => {
    const whole = await readAll(sensor, fileOf(name, bytes))
    const byLine = new Map(whole.lines.map((line, index) => [line, whole.rows[index]]))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
        const cut = bytes.subarray(0, length)
        const read = await readAll(sensor, fileOf(name, cut))
        const last = cut.toString('latin1').split('\n').length
        const kept = new Set(read.lines)
        read.lines.forEach((line, index) => {
          if (line < last) assert.equal(read.rows[index], byLine.get(line))
        })
        for (const line of byLine.keys())
          assert.ok(line >= last || kept.has(line), `line ${line} of ${last} is missing`)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test(`${about}: 10 MB without a line end cost one record`, async () => {
    const long = Buffer.concat([bytes, Buffer.from('\n'), Buffer.alloc(10_000_000, 'x'), Buffer.from('\n')])
    const read = await readAll(sensor, fileOf(name, long, [1 << 16]))
    assert.equal(read.report.rejected.get('line-too-long')?.count, 1)
    assert.equal(read.rows.length + read.rejected, records + 1)
  })

  test(`${about}: a line of NUL bytes costs one record`, async () => {
    const hurt = Buffer.concat([bytes, Buffer.from('\n'), Buffer.alloc(4096), Buffer.from('\n')])
    const read = await readAll(sensor, fileOf(name, hurt))
    assert.equal(read.rows.length + read.rejected, records + 1)
    assert.equal(read.report.rejected.get('nul-bytes')?.count, 1)
  })
}
