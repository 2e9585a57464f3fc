import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { knownLogTypes } from '../event/log_types.ts'
import { logNameOfFile, logTypeOf, logTypeOfFields } from './log_names.ts'

test('dates, times, ranges, numbers, compression and json-streaming forms are stripped from a file name', () => {
  const forms = [
    'conn.log',
    'conn.log.gz',
    'conn.log.zst',
    'conn.2024-04-20-11-00-00.log.gz',
    'conn.11:00:00-12:00:00.log.gz',
    'conn.17_32_32-18_00_00.log.gz',
    'conn.2024-04-20-11-00-00-2024-04-20-12-00-00.log',
    'conn.11:00:00-12:00:00-CEST.log.gz',
    'conn.20240420T110000-120000.log',
    'conn_20240420.log',
    'conn_2024-04-20_11.log',
    'conn-2024-04-20.log',
    'conn-20240420.log.gz',
    'conn.log-20240420.gz',
    'conn.log.1',
    'conn.log.12.gz',
    'conn.1.log',
    'json_streaming_conn.log',
    'json_streaming_conn.1.log',
    'json_streaming_conn.2024-04-20-11-00-00.log.gz',
    'conn_json.log',
    'conn.json',
    'conn.json.gz',
    'conn.log.json',
    'zeek_conn.log',
    '2024-04-20_conn.log',
    '2024-04-20.conn.log.gz',
    'conn',
    '/var/log/zeek/2024-04-20/conn.00:00:00-01:00:00.log.gz',
  ]
  for (const form of forms) assert.equal(logNameOfFile(form), 'conn', form)
  assert.equal(logNameOfFile('smb_files.2024-04-20.log'), 'smb_files')
  assert.equal(logNameOfFile('open_conn.17_32_32-18_00_00.log.gz'), 'open_conn')
  assert.equal(logNameOfFile('x509.log'), 'x509')
  assert.equal(logNameOfFile('s7comm.00:00:00-01:00:00.log.gz'), 's7comm')
  assert.equal(logNameOfFile('conn-summary.00:00:00-01:00:00.log.gz'), 'conn-summary')
  assert.equal(logNameOfFile('ORIGINALdns.log'), 'ORIGINALdns')
  assert.equal(logNameOfFile('2024-04-20.log'), '')
})

test('every log type keeps its name under every rotation', () => {
  const decorated = [
    (name: string) => `${name}.log`,
    (name: string) => `${name}.2024-04-20-11-00-00.log.gz`,
    (name: string) => `${name}.11:00:00-12:00:00.log.gz`,
    (name: string) => `${name}_20240420.log`,
    (name: string) => `json_streaming_${name}.3.log`,
  ]
  for (const type of knownLogTypes()) {
    for (const decorate of decorated) assert.equal(logNameOfFile(decorate(type.name)), type.name)
  }
})

test('a hostile file name costs no time', () => {
  fc.assert(
    fc.property(fc.constantFrom('-1', '.1', '_', ':', '1-', 'log.', '.gz'), (piece) => {
      const started = process.hrtime.bigint()
      logNameOfFile(`${piece.repeat(100)}x`.slice(0, 255))
      assert.ok(process.hrtime.bigint() - started < 200_000_000n)
    }),
    { seed: 1 },
  )
})

test('an open_conn file whose records call themselves conn is open_conn, and no other file name wins over the record', () => {
  assert.equal(logTypeOf('conn', 'open_conn').name, 'open_conn')
  assert.equal(logTypeOf('http', 'open_http').name, 'open_http')
  assert.equal(logTypeOf('ssl', 'open_ssl').name, 'open_ssl')
  assert.equal(logTypeOf('conn', 'dns').name, 'conn')
  assert.equal(logTypeOf('dns', 'open_dns').name, 'dns')
})

test('fields alone tell the type, dotted or underscored, and too few of them tell nothing', () => {
  const dns = ['ts', 'uid', 'id_orig_h', 'id_resp_h', 'query', 'qclass', 'qtype_name', 'rcode', 'AA', 'TTLs']
  assert.equal(logTypeOfFields(dns)?.name, 'dns')
  assert.equal(logTypeOfFields(['ts', 'uid', 'duration', 'conn_state', 'history', 'orig_bytes'])?.name, 'conn')
  assert.equal(logTypeOfFields(['ts', 'uid', 'id.orig_h', 'id.resp_h', 'proto']), undefined)
  assert.equal(logTypeOfFields(['ts', 'path', 'name', 'foo', 'bar', 'baz']), undefined)
  for (const type of knownLogTypes()) {
    const own = type.fields.map((field) => field.name)
    const guess = logTypeOfFields(own)
    if (guess) assert.ok(own.filter((name) => !guess.slots.has(name)).length === 0, `${type.name} as ${guess.name}`)
  }
})
