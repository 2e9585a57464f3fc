import assert from 'node:assert/strict'
import { test } from 'node:test'
import { microsOf } from '../../../src/event/time.ts'
import { NO_DEVICE, orderedBatch } from '../../../src/journal/journal.ts'
import { batchesOf, TestDevices, type TestRecord } from '../../../src/model/test_events.ts'
import { type Baseline, Row } from './baseline.ts'
import { FirstSeen } from './first_seen.ts'
import { FixedRules } from './fixed_rules.ts'
import { LoginPair } from './login_pair.ts'

const LEARNED_AT = microsOf(1000)
const FILES = '10.0.0.20'
/** The same address is the same device in all calls. */
const devices = new TestDevices()

/** Rules fired, with the seconds at which they did. */
function fired(baseline: Baseline, records: readonly TestRecord[]): string[] {
  const row = new Row()
  const rules: string[] = []
  for (const { batch, row: index } of batchesOf(records)) {
    const keys = Float64Array.from({ length: batch.rows }, (_, at) => batch.known[at]!)
    row.ordered = orderedBatch(batch, 0, keys, new Uint8Array(batch.rows))
    row.row = index
    const orig = devices.of(row.text('id.orig_h'))
    const resp = devices.of(row.text('id.resp_h'))
    row.ordered.device[index] = orig >= 0 ? orig : resp >= 0 ? resp : NO_DEVICE
    row.ordered.peer[index] = orig >= 0 && resp >= 0 ? resp : NO_DEVICE
    baseline.see(row, (rule) => rules.push(`${rule} at ${row.time / 1e6}`))
  }
  return rules
}

function record(log: string, ts: number, from: string, to: string, fields: TestRecord = {}): TestRecord {
  return {
    _path: log,
    ts,
    uid: `C${ts}`,
    'id.orig_h': from,
    'id.orig_p': 50_000,
    'id.resp_h': to,
    'id.resp_p': 445,
    ...fields,
  }
}

const conn = (ts: number, from: string, to: string, state = 'SF'): TestRecord =>
  record('conn', ts, from, to, { proto: 'tcp', conn_state: state })
const ntlm = (ts: number, from: string, success = true): TestRecord =>
  record('ntlm', ts, from, FILES, { username: 'CORP\\anna', success })

test('first time seen: silent while learning and on what it has learned, once on what is new', () => {
  const records = [
    conn(1, '10.0.0.1', FILES),
    conn(2000, '10.0.0.1', FILES),
    conn(2001, '10.0.0.2', FILES),
    conn(2002, '10.0.0.2', FILES),
    conn(2003, '10.0.0.3', FILES, 'S0'),
    conn(2004, '10.0.0.2', '192.0.2.5'),
    ntlm(2005, '10.0.0.2'),
    ntlm(2006, '10.0.0.3', false),
  ]
  assert.deepEqual(fired(new FirstSeen(LEARNED_AT), records), [
    'new peer and service at 2001',
    'new credential at 2005',
  ])
})

test('login pair: tickets for one machine are one pair, failures and the ticket-granting ticket are none', () => {
  const ticket = (ts: number, service: string, request = 'TGS'): TestRecord =>
    record('kerberos', ts, '10.0.0.1', '10.0.0.5', { request_type: request, client: 'anna', service, success: true })
  const records = [
    ticket(1, 'cifs/files.corp.example'),
    ticket(2000, 'host/FILES'),
    ticket(2001, 'krbtgt/CORP'),
    ticket(2002, 'cifs/mail.corp.example'),
    ntlm(2003, '10.0.0.1', false),
    ntlm(2004, '10.0.0.1'),
    ntlm(2005, '10.0.0.1'),
  ]
  assert.deepEqual(fired(new LoginPair(LEARNED_AT), records), [
    'login pair never occurred at 2002',
    'login pair never occurred at 2004',
  ])
})

const service = (ts: number, from: string): TestRecord =>
  record('dce_rpc', ts, from, FILES, { endpoint: 'svcctl', operation: 'CreateServiceW' })

test('open rules: tuned, a source that fired while it was looked at is muted, untuned it is not', () => {
  const records = [service(1, '10.0.0.1'), service(2000, '10.0.0.1'), service(2001, '10.0.0.2')]
  assert.deepEqual(fired(new FixedRules(LEARNED_AT, true), records), ['BZAR execution at 2001'])
  assert.deepEqual(fired(new FixedRules(LEARNED_AT, false), records), [
    'BZAR execution at 2000',
    'BZAR execution at 2001',
  ])
})

test('open rules: ten failed logons within five minutes fire, ten over an hour do not', () => {
  const quick = Array.from({ length: 10 }, (_, i) => ntlm(2000 + i * 10, '10.0.0.1', false))
  const slow = Array.from({ length: 10 }, (_, i) => ntlm(2000 + i * 360, '10.0.0.1', false))
  assert.deepEqual(fired(new FixedRules(LEARNED_AT, false), quick), ['failed NTLM logons at 2090'])
  assert.deepEqual(fired(new FixedRules(LEARNED_AT, false), slow), [])
})

test('a fork goes on from what was learned and teaches the other nothing', () => {
  for (const baseline of [new FirstSeen(LEARNED_AT), new LoginPair(LEARNED_AT)]) {
    fired(baseline, [conn(1, '10.0.0.1', FILES), ntlm(2, '10.0.0.1')])
    const fork = baseline.fork()
    const novel = [
      conn(2000, '10.0.0.1', '10.0.0.30'),
      record('ntlm', 2001, '10.0.0.1', '10.0.0.30', { username: 'eve', success: true }),
    ]
    const known = [conn(1999, '10.0.0.1', FILES), ntlm(1999, '10.0.0.1')]
    assert.deepEqual(fired(fork, known), [])
    const first = fired(fork, novel)
    assert.ok(first.length > 0)
    assert.deepEqual(fired(fork, novel), [])
    assert.deepEqual(fired(baseline, novel), first)
  }
})
