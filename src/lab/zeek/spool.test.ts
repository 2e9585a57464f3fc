import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import { Random } from '../random.ts'
import { layoutsOf } from './layout.ts'
import { Spool } from './spool.ts'

const START = Date.UTC(2025, 2, 3) * 1000

function inFolder(act: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-spool-'))
  try {
    act(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('lines stand in the hour and at the place of their writing, whenever they were handed over', () => {
  inFolder((folder) => {
    const layouts = Object.values(layoutsOf(7, false))
    const spool = new Spool({ directory: folder, format: 'json', gzip: false, layouts })
    const random = Random.ofSeed(1)
    const times: number[] = []
    for (let minute = 0; minute < 180; minute += 10) {
      for (let i = 0; i < 300; i++) {
        const at = START + minute * MINUTE + random.below(40 * MINUTE)
        times.push(at)
        spool.write(0, at, `${at}\n`)
      }
      spool.flush(START + (minute + 10) * MINUTE)
    }
    spool.close(START + 4 * HOUR)
    const day = join(folder, '2025-03-03')
    const files = readdirSync(day).sort()
    assert.deepEqual(
      files,
      [0, 1, 2, 3].map((hour) => `conn.0${hour}:00:00-0${hour + 1}:00:00.log`),
    )
    const read = files.flatMap((file) => readFileSync(join(day, file), 'latin1').trimEnd().split('\n').map(Number))
    assert.deepEqual(
      read,
      times.sort((a, b) => a - b),
    )
    for (const [hour, file] of files.entries()) {
      for (const line of readFileSync(join(day, file), 'latin1').trimEnd().split('\n')) {
        assert.equal(Math.floor((Number(line) - START) / HOUR), hour)
      }
    }
  })
})

test('lines of one moment keep the order in which they were handed over', () => {
  inFolder((folder) => {
    const spool = new Spool({
      directory: folder,
      format: 'json',
      gzip: false,
      layouts: Object.values(layoutsOf(7, false)),
    })
    for (let i = 0; i < 2000; i++) spool.write(2, START + (i % 3) * SECOND, `${i % 3} ${i}\n`)
    spool.close(START + HOUR)
    const lines = readFileSync(join(folder, '2025-03-03', 'dns.00:00:00-01:00:00.log'), 'latin1')
      .trimEnd()
      .split('\n')
    const expected = [0, 1, 2].flatMap((second) =>
      Array.from({ length: 2000 }, (_, i) => i)
        .filter((i) => i % 3 === second)
        .map((i) => `${second} ${i}`),
    )
    assert.deepEqual(lines, expected)
  })
})

test('a packed TSV log has its header, its lines and its end', () => {
  inFolder((folder) => {
    const spool = new Spool({
      directory: folder,
      format: 'tsv',
      gzip: true,
      layouts: Object.values(layoutsOf(4, false)),
    })
    spool.write(2, START + SECOND, 'a line\n')
    spool.close(START + HOUR)
    const text = gunzipSync(readFileSync(join(folder, '2025-03-03', 'dns.00:00:00-01:00:00.log.gz'))).toString()
    assert.match(text, /^#separator \\x09\n/)
    assert.match(text, /#path\tdns\n#open\t2025-03-03-00-00-00\n#fields\tts\tuid\t/)
    assert.match(text, /\na line\n#close\t2025-03-03-01-00-00\n$/)
  })
})
