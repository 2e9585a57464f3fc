import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../event/batch_builder.ts'
import { logType } from '../event/log_types.ts'
import { HOUR, MINUTE, SECOND } from '../event/time.ts'
import type { Finding } from './doctor/finding.ts'
import { Observation } from './doctor/observation.ts'
import { type Diagnosis, diagnose } from './doctor.ts'
import { ReadReport } from './sensor.ts'

const NOON = 1_713_614_400_000_000

type Fields = Readonly<Record<string, number | string>>

/** Rows of one log type, given to the doctor as batches. */
function give(seen: Observation, name: string, rows: readonly Fields[]): void {
  const builder = new BatchBuilder(logType(name))
  const take = (): void => {
    const batch = builder.take()
    if (batch) seen.take(batch)
  }
  for (const row of rows) {
    for (const [field, value] of Object.entries({ ts: NOON, ...row })) {
      const slot = builder.type.slots.get(field)!
      if (typeof value === 'number') builder.setNumber(slot, value)
      else builder.setText(slot, value)
    }
    builder.commit(1)
    if (builder.full) take()
  }
  take()
}

/** A whole and healthy TCP connection; the i-th of its minute. */
function conn(i: number, change: Fields = {}): Fields {
  return {
    ts: NOON + i * SECOND,
    uid: `C${i}`,
    'id.orig_h': '10.0.0.5',
    'id.orig_p': 1024 + (i % 60_000),
    'id.resp_h': '10.0.0.10',
    'id.resp_p': 8080,
    proto: 'tcp',
    duration: SECOND,
    orig_bytes: 100,
    resp_bytes: 100,
    conn_state: 'SF',
    history: 'ShADadFf',
    orig_pkts: 5,
    resp_pkts: 5,
    missed_bytes: 0,
    ...change,
  }
}
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

/** Several steps of one source. */
function all(...steps: readonly ((seen: Observation) => void)[]): (seen: Observation) => void {
  return (seen) => {
    for (const step of steps) step(seen)
  }
}

function observed(fill: (seen: Observation) => void, format = 'zeek-tsv'): Observation {
  const seen = new Observation('sensor')
  seen.files = 1
  seen.formats.set(format, 1)
  fill(seen)
  return seen
}
function find(diagnosis: Diagnosis, id: string): Finding | undefined {
  return diagnosis.sources[0]!.sections.flatMap(({ findings }) => findings).find((finding) => finding.id === id)
}
const grade = (diagnosis: Diagnosis, id: string): string | undefined => find(diagnosis, id)?.grade

test('a log is missed only where there was traffic for it', () => {
  const smb = diagnose([
    observed((seen) =>
      give(
        seen,
        'conn',
        times(40, (i) => conn(i, { 'id.resp_p': 445 })),
      ),
    ),
  ])
  for (const log of ['smb_mapping', 'smb_files', 'dce_rpc', 'ntlm+kerberos'])
    assert.equal(grade(smb, `log-missing/${log}`), 'blind', log)
  assert.match(find(smb, 'log-missing/ntlm+kerberos')!.consequence!, /no credential is known for SMB logins/)
  assert.equal(grade(smb, 'log-missing/dns'), undefined)
  assert.match(find(smb, 'logs-untold')!.title, /dns/)
  assert.equal(smb.verdict, 'blind')

  const unanswered = diagnose([
    observed((seen) =>
      give(
        seen,
        'conn',
        times(40, (i) => conn(i, { 'id.resp_p': 445, conn_state: 'S0', history: 'S', resp_pkts: 0 })),
      ),
    ),
  ])
  assert.equal(grade(unanswered, 'log-missing/smb_files'), undefined, 'a scan of 445 is no SMB traffic')
})

test('without conn.log nothing can be said about traffic, and that is the worst', () => {
  const diagnosis = diagnose([observed((seen) => give(seen, 'dns', [{ query: 'a' }]))])
  assert.equal(grade(diagnosis, 'log-missing/conn'), 'blind')
  assert.match(find(diagnosis, 'logs-untold')!.title, /no conn.log to tell/)
})

test('SMB writes: logged, to be inferred, or invisible', () => {
  const open = { action: 'SMB::FILE_OPEN', name: 'a', path: '\\\\a\\C$' }
  const of = (fill: (seen: Observation) => void): string | undefined =>
    grade(diagnose([observed(all((seen) => give(seen, 'smb_files', [open]), fill))]), 'smb-writes')
  assert.equal(
    of((seen) => give(seen, 'smb_files', [{ ...open, action: 'SMB::FILE_WRITE' }])),
    'good',
  )
  assert.equal(
    of((seen) => give(seen, 'files', [{ source: 'SMB' }])),
    'weak',
  )
  assert.equal(
    of((seen) => give(seen, 'files', [{ source: 'HTTP' }])),
    'blind',
  )
})

test('hidden RPC operations are suspected only after enough calls, and not of Suricata', () => {
  const calls = (count: number): Fields[] =>
    times(count, (i) => ({ ts: NOON + i, endpoint: 'winreg', operation: 'BaseRegSetValue' }))
  const of = (rows: Fields[], format?: string): string | undefined =>
    grade(diagnose([observed((seen) => give(seen, 'dce_rpc', rows), format)]), 'rpc-operations')
  assert.equal(of(calls(30)), 'weak')
  assert.equal(of(calls(3)), 'unknown')
  assert.equal(of([...calls(30), { endpoint: 'winreg', operation: 'OpenLocalMachine' }]), 'good')
  assert.equal(of(calls(30), 'eve'), undefined)
})

test('one-sided traffic is told from scans', () => {
  const of = (change: Fields, share: number): string | undefined =>
    grade(
      diagnose([
        observed((seen) =>
          give(
            seen,
            'conn',
            times(200, (i) => conn(i, i < 200 * share ? change : {})),
          ),
        ),
      ]),
      'one-sided',
    )
  const clientOnly = { conn_state: 'OTH', history: 'SAD', resp_pkts: 0, resp_bytes: 0 }
  assert.equal(of(clientOnly, 0.5), 'blind')
  assert.equal(of(clientOnly, 0.1), 'weak')
  assert.equal(of({ conn_state: 'SHR', history: '^hadf', orig_pkts: 0 }, 0.5), 'blind')
  assert.equal(of({ conn_state: 'S0', history: 'S', resp_pkts: 0 }, 0.45), 'good')
  assert.equal(of({}, 0), 'good')
})

test('unanswered connections do not hide that the answered ones are seen from one side', () => {
  const scan = { conn_state: 'S0', history: 'S', resp_pkts: 0 }
  const oneSided = { conn_state: 'OTH', history: 'SAD', resp_pkts: 0 }
  const rows = times(600, (i) => conn(i, i < 450 ? scan : i < 460 ? oneSided : {}))
  const diagnosis = diagnose([observed((seen) => give(seen, 'conn', rows))])
  assert.match(find(diagnosis, 'one-sided')!.title, /^6.7 % of TCP connections \(10 connections of 150\)/)
})

test('packet loss by capture_loss, by stats, or not measured', () => {
  const of = (name: string, rows: Fields[]): Finding =>
    find(
      diagnose([
        observed(
          all(
            (seen) => give(seen, 'conn', [conn(1)]),
            (seen) => give(seen, name, rows),
          ),
        ),
      ]),
      'capture-loss',
    )!
  assert.equal(of('capture_loss', [{ percent_lost: 0 }, { percent_lost: 0.1 }]).grade, 'good')
  assert.equal(of('capture_loss', [{ percent_lost: 1 }, { percent_lost: 60 }]).grade, 'blind')
  assert.match(
    of('capture_loss', [{ percent_lost: 0 }, { percent_lost: 6, ts: NOON + HOUR }]).title,
    /at worst 6.0 % \(2024-04-20 13:00:00Z\); above 5 % in 1 of 2 measurements/,
  )
  assert.equal(of('stats', [{ pkts_dropped: 5, pkts_link: 100 }]).grade, 'weak')
  assert.equal(of('weird', [{ name: 'x' }]).grade, 'weak')
})

test('bytes that were missed count by the connections they were missed in', () => {
  const of = (broken: number): Finding | undefined =>
    find(
      diagnose([
        observed((seen) =>
          give(
            seen,
            'conn',
            times(200, (i) => conn(i, i < broken ? { missed_bytes: 1_000_000 } : {})),
          ),
        ),
      ]),
      'missed-bytes',
    )
  assert.equal(of(0), undefined)
  assert.equal(of(1)!.grade, 'weak')
  assert.equal(of(100)!.grade, 'blind')
})

test('a silence is told with its times; the ordinary quiet of a small network is not', () => {
  const busy = diagnose([
    observed((seen) => give(seen, 'conn', [...times(3600, (i) => conn(i)), ...times(3600, (i) => conn(i + 10_800))])),
  ])
  assert.deepEqual(find(busy, 'gaps')!.details, ['2024-04-20 13:01:00Z to 2024-04-20 15:00:00Z (119 min)'])
  const quiet = diagnose([
    observed((seen) =>
      give(
        seen,
        'conn',
        times(40, (i) => conn(i, { ts: NOON + i * 17 * MINUTE })),
      ),
    ),
  ])
  assert.equal(grade(quiet, 'gaps'), 'good')
})

test('a log that falls silent while the others go on is named', () => {
  const diagnosis = diagnose([
    observed((seen) => {
      give(
        seen,
        'conn',
        times(2000, (i) => conn(i, { ts: NOON + i * 2 * MINUTE })),
      )
      give(
        seen,
        'dns',
        times(2000, (i) => ({ ts: NOON + i * 2 * MINUTE, query: `${i}` })).filter((_, i) => i < 900 || i > 1500),
      )
    }),
  ])
  assert.equal(grade(diagnosis, 'gaps'), 'good')
  assert.deepEqual(find(diagnosis, 'log-gaps')!.details, ['dns: 2024-04-21 18:00:00Z to 2024-04-22 14:00:00Z (20 h)'])
})

test('a clock that was not set, and times years apart, are said', () => {
  const diagnosis = diagnose([
    observed((seen) =>
      give(seen, 'conn', [conn(0, { ts: 928 * SECOND }), conn(1), conn(2, { ts: NOON + 400 * 24 * HOUR })]),
    ),
  ])
  assert.match(find(diagnosis, 'clock-not-set')!.title, /^1 record \(33.3 %\) has a time before 2000/)
  assert.match(find(diagnosis, 'two-recordings')!.title, /jump from 2024-04-20 12:01:00Z to 2025-05-25 12:00:00Z/)
})

test('records far behind their log are counted as late', () => {
  const late = times(200, (i) => conn(i, i % 2 === 0 ? { ts: NOON + HOUR } : {}))
  assert.match(find(diagnose([observed((seen) => give(seen, 'conn', late))]), 'late')!.title, /conn 50.0 %/)
})

test('the clocks of two sensors are compared by the connections that both saw', () => {
  const [a, b] = [0, 5 * SECOND].map((shift) =>
    observed((seen) =>
      give(
        seen,
        'conn',
        times(50, (i) => conn(i, { ts: NOON + i * MINUTE + shift })),
      ),
    ),
  )
  const { together, verdict } = diagnose([a!, b!])
  assert.deepEqual(
    [together[0]!.grade, /5.0 s apart \(50 connections seen by both\)/.test(together[0]!.title)],
    ['weak', true],
  )
  assert.equal(verdict, 'could-be-better')
})

test('how devices are told apart; a MAC with many addresses is a router', () => {
  const of = (fill: (seen: Observation) => void): Finding => find(diagnose([observed(fill)]), 'identity')!
  assert.equal(of((seen) => give(seen, 'conn', [conn(1)])).grade, 'weak')
  assert.equal(
    of(
      all(
        (seen) => give(seen, 'conn', [conn(1)]),
        (seen) => give(seen, 'dhcp', [{ mac: 'aa', uids: 'x' }]),
      ),
    ).grade,
    'good',
  )
  const routed = of((seen) =>
    give(
      seen,
      'conn',
      times(20, (i) => conn(i, { orig_l2_addr: 'aa', 'id.orig_h': `10.0.1.${i}` })),
    ),
  )
  assert.match(routed.details!.join(), /1 MAC of 1 with more than 8 addresses/)
})

test('what the sensor calls local is held against RFC 1918', () => {
  const of = (change: Fields): string | undefined =>
    grade(
      diagnose([
        observed((seen) =>
          give(
            seen,
            'conn',
            times(200, (i) => conn(i, change)),
          ),
        ),
      ]),
      'local-nets',
    )
  assert.equal(of({}), 'unknown')
  assert.equal(of({ local_orig: 1, local_resp: 1 }), 'good')
  assert.equal(of({ local_orig: 1, local_resp: 0 }), 'weak')
  assert.equal(of({ local_orig: 1, local_resp: 0, 'id.resp_h': '169.254.1.1' }), 'good')
})

test('records that stand twice, and connections that were captured twice', () => {
  const diagnosis = diagnose([
    observed((seen) => {
      give(
        seen,
        'conn',
        times(150, (i) => conn(i)),
      )
      give(
        seen,
        'conn',
        times(150, (i) => conn(i)),
      )
      give(
        seen,
        'conn',
        times(150, (i) => conn(i, { uid: `D${i}`, ts: NOON + i * SECOND + 1000 })),
      )
    }),
  ])
  assert.match(find(diagnosis, 'duplicates')!.title, /^150 records \(33.3 %\)/)
  assert.equal(grade(diagnosis, 'seen-twice'), 'weak')
})

test('rejects are told by reason with file and line; nothing readable is a verdict of its own', () => {
  const seen = observed(() => {})
  const report = new ReadReport('conn.log')
  report.reject('malformed-json', 3, { value: '{', expected: 'a JSON object' })
  seen.addReport(report)
  const diagnosis = diagnose([seen])
  assert.equal(diagnosis.verdict, 'unreadable')
  assert.deepEqual(find(diagnosis, 'rejected/malformed-json')!.details, ['conn.log:3 "{" (expected a JSON object)'])
})

test('memory does not grow with the number of addresses, keys and networks', () => {
  const seen = observed((source) => {
    for (let block = 0; block < 5; block++) {
      give(
        source,
        'conn',
        times(8000, (i) => {
          const n = block * 8000 + i
          return conn(n, {
            'id.orig_h': `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
            orig_l2_addr: `m${n}`,
            ts: NOON + n * SECOND,
          })
        }),
      )
    }
  })
  assert.deepEqual([seen.macs.addresses.size, seen.starts.size], [5000, 20_000])
  assert.ok(seen.networks.size <= 4096)
})
