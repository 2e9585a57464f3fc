import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fileOf } from './sensor.contract.ts'
import { ReadReport, SourceFailure } from './sensor.ts'
import { survey } from './survey.ts'

const fixtures = join(import.meta.dirname, 'fixtures', 'zeek')
const conn = readFileSync(join(fixtures, 'json/conn.log'))

async function reasonOf(name: string, bytes: Buffer): Promise<string> {
  try {
    await survey(fileOf(name, bytes))
  } catch (error) {
    assert.ok(error instanceof SourceFailure)
    return error.reason
  }
  return ''
}

test('a log of one type says so, with the time and the hash of its first record', async () => {
  const surveyed = await survey(fileOf('conn.2024-04-20-11-00-00.log', conn))
  assert.equal(surveyed.sensor.name, 'zeek-json')
  assert.deepEqual(
    surveyed.types.map(({ name }) => name),
    ['conn'],
  )
  assert.equal(surveyed.manyTypes, false)
  assert.equal(surveyed.firstKnown, 22335172 + 96282)
  assert.match(surveyed.firstRecord, /^[0-9a-f]{16}$/)
  const later = await survey(fileOf('conn.log', conn.subarray(conn.indexOf('\n') + 1)))
  assert.notEqual(later.firstRecord, surveyed.firstRecord)
})

test('a file whose records name their log, and whose name does not name the same, may hold many', async () => {
  const combined = await survey(fileOf('combined.log', readFileSync(join(fixtures, 'json/combined.log'))))
  assert.equal(combined.manyTypes, true)
  assert.ok(combined.types.length > 3)
  const one = '{"ts":1,"uid":"C1","_path":"conn"}\n'
  assert.equal((await survey(fileOf('all.log', Buffer.from(one)))).manyTypes, true)
  assert.equal((await survey(fileOf('conn.log', Buffer.from(one)))).manyTypes, false)
  assert.equal((await survey(fileOf('open_conn.log', Buffer.from(one)))).manyTypes, false)
  assert.equal((await survey(fileOf('conn.log', Buffer.from(`${one}{"ts":2,"_path":"dns"}\n`)))).manyTypes, true)
  const joined = await survey(fileOf('joined.log', readFileSync(join(fixtures, 'tsv/joined.log'))))
  assert.equal(joined.manyTypes, true)
  const nameless = '{"ts":1,"uid":"C1","query":"x","qclass":1,"qtype_name":"A","rcode":0}\n'
  assert.equal((await survey(fileOf('ORIGINALdns.log', Buffer.from(nameless)))).manyTypes, false)
})

test('the same records have the same hashes as JSON and as TSV', async () => {
  const json = '{"ts":1.5,"uid":"C1","orig_bytes":7}\n{"ts":2.0,"uid":"C2"}\n'
  const tsv =
    '#separator \\x09\n#path\tconn\n#fields\tuid\tts\torig_bytes\n#types\tstring\ttime\tcount\nC1\t1.500000\t7\nC2\t2.000000\t-\n'
  const [a, b] = [
    await survey(fileOf('conn.json', Buffer.from(json))),
    await survey(fileOf('conn.log', Buffer.from(tsv))),
  ]
  assert.equal(a.firstRecord, b.firstRecord)
  assert.equal(await a.contentHash(), await b.contentHash())
  const other = await survey(fileOf('conn.log', Buffer.from(json.replace('C2', 'C3'))))
  assert.equal(a.firstRecord, other.firstRecord)
  assert.notEqual(await a.contentHash(), await other.contentHash())
})

test('what is no telemetry is said once a file', async () => {
  assert.equal(await reasonOf('conn.log', Buffer.of()), 'empty-file')
  assert.equal(await reasonOf('conn.log', Buffer.from('Lorem ipsum dolor sit amet\n')), 'unrecognised-format')
  assert.equal(await reasonOf('conn.log', gzipSync('x').subarray(0, 9)), 'unrecognised-format')
  const summary = '>== Total === 2024-04-19-00-00-07 - 2024-04-19-00-59-41\n   - Connections 1.9k - Payload 1.1m -\n'
  assert.equal(await reasonOf('conn-summary.00:00:00-01:00:00.log', Buffer.from(summary)), 'unrecognised-format')
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255))
  assert.equal(await reasonOf('conn.log', noise), 'unrecognised-format')
})

test('a log whose head holds no record is read to the end', async () => {
  const surveyed = await survey(fileOf('conn.log', Buffer.from('1.0\tC1\ta\tb\tc\n')), new ReadReport('conn.log'))
  assert.equal(surveyed.sensor.name, 'zeek-tsv')
  assert.equal(surveyed.manyTypes, true)
  assert.ok(Number.isNaN(surveyed.firstKnown))
})

test('the head alone is read', async () => {
  let asked = 0
  const long = Buffer.concat(Array.from({ length: 400 }, () => conn))
  const file = fileOf('conn.log', long)
  await survey({
    ...file,
    async *open() {
      for await (const chunk of file.open()) {
        asked += chunk.length
        yield chunk
      }
    },
  })
  assert.ok(asked < long.length / 4, `${asked} of ${long.length} bytes`)
})
