import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFrom } from './catalogue.ts'
import { ModelStation } from './model.ts'
import type { Surprise } from './surprise.ts'
import { batchesOf, conn, runRecords, TestDevices, type TestRecord } from './test_events.ts'

const START = 1_700_000_000
const LOUD = { alertsPerThousandDevices: 1_000_000 }

function model(more: { windows?: string; fires: string; rest?: string; parts?: string }): string {
  return `
description: test
severity: 60
techniques: [T1046]
parts:
${more.parts ?? "  attempt: { log: conn, when: \"conn_state in ['S0', 'REJ']\" }"}
${more.windows === undefined ? '' : `windows:\n${more.windows}`}
fires:
${more.fires}
response: none
earliest_evidence: conn
${more.rest ?? ''}
`
}

const SCAN = modelsFrom({
  'Test/Scan': model({
    windows:
      '  addresses: { distinct: id.resp_h, of: attempt, over: 5 minutes }\n  failures: { count: attempt, over: 5 minutes }',
    fires:
      '  - { when: addresses >= 10, summary: "{device} tried {addresses|address|addresses} within {addresses.span} ({failures})" }',
  }),
})

function scan(addresses: number, gap = 1, from = START, orig = '10.0.0.1'): TestRecord[] {
  return Array.from({ length: addresses }, (_, at) => conn(from + at * gap, orig, `10.1.${at >> 8}.${at & 255}`, 445))
}

test('a scan is said when it crosses the line, then at each doubling, as one alert', () => {
  const { alerts, signals } = runRecords(SCAN, scan(10_000, 0.01))
  assert.equal(new Set(alerts.map(({ id }) => id)).size, 1)
  assert.deepEqual(
    alerts.map(({ revision }) => revision),
    alerts.map((_, at) => at + 1),
  )
  assert.deepEqual(
    alerts.map(({ facts }) => facts[0]!.value),
    [10, 20, 40, 80, 160, 320, 640, 1280, 2560],
  )
  assert.equal(alerts[0]!.summary, '10.0.0.1 tried 10 addresses within 1 second (10).')
  assert.deepEqual(alerts.map(({ reason }) => reason).slice(0, 2), ['first', 'more of it'])
  assert.ok(alerts.every(({ evidence }) => evidence.length <= 40))
  assert.equal(signals.length, alerts.length)
})

test('a distinct count is exact to its bound and then the least it can be', () => {
  const models = modelsFrom({
    'Test/Scan': model({
      windows:
        '  addresses: { distinct: id.resp_h, of: attempt, over: 5 minutes, at_most: 50 }\n  failures: { count: attempt, over: 5 minutes }',
      fires: '  - { when: failures >= 500, summary: "{addresses|address|addresses}" }',
    }),
  })
  const { alerts } = runRecords(models, scan(600, 0.01))
  assert.equal(alerts[0]!.summary, 'at least 50 addresses.')
  assert.equal(alerts[0]!.facts.find(({ text }) => text.startsWith('at least'))!.at_least, true)
})

test('what is slower than the window never fires', () => {
  assert.equal(runRecords(SCAN, scan(200, 35)).alerts.length, 0)
})

test('a window forgets what has passed', () => {
  const early = scan(9)
  const lateOnes = scan(9, 1, START + 400).map((record) => ({
    ...record,
    'id.resp_h': `10.2.0.${record['id.resp_h']!.toString().split('.')[3]}`,
  }))
  assert.equal(runRecords(SCAN, [...early, ...lateOnes]).alerts.length, 0)
})

test('late events are not counted, and single-event rules see them', () => {
  const records = scan(30)
  assert.equal(runRecords(SCAN, records, { late: () => true }).alerts.length, 0)
  const single = modelsFrom({ 'Test/One': model({ fires: '  - { when: attempt, summary: "{device} tried {peer}" }' }) })
  assert.equal(runRecords(single, records.slice(0, 1), { late: () => true }).alerts.length, 1)
})

test('new targets of a rule without windows are told one by one, then at each doubling', () => {
  const single = modelsFrom({ 'Test/One': model({ fires: '  - { when: attempt, summary: "{device} tried {peer}" }' }) })
  const { alerts } = runRecords(single, scan(100))
  assert.equal(alerts.length, 8) // 1, 2, 3, 4, 8, 16, 32, 64
  assert.equal(new Set(alerts.map(({ id }) => id)).size, 1)
})

test('another kind of evidence re-issues the alert with the higher score and both statements', () => {
  const models = modelsFrom({
    'Test/Two': model({
      fires:
        '  - { when: first, score: 40, summary: "{device} first" }\n  - { when: second, score: 70, summary: "{device} second" }',
      parts: '  first: { log: conn, when: id.resp_p == 1 }\n  second: { log: conn, when: id.resp_p == 2 }',
    }),
  })
  const { alerts } = runRecords(models, [
    conn(START, '10.0.0.1', '10.0.0.2', 1),
    conn(START + 1, '10.0.0.1', '10.0.0.2', 2),
  ])
  assert.deepEqual(
    alerts.map(({ score }) => score),
    [40, 70],
  )
  assert.equal(alerts[1]!.summary, '10.0.0.1 second; also, 10.0.0.1 first.')
  assert.equal(alerts[1]!.reason, 'new kind of evidence')
  assert.equal(alerts[1]!.evidence.length, 2)
})

test('after the cooldown the same is a new alert', () => {
  const { alerts } = runRecords(SCAN, [...scan(12), ...scan(12, 1, START + 2 * 3600)], { station: LOUD })
  assert.equal(new Set(alerts.map(({ id }) => id)).size, 2)
})

test('all that is said shifts with the times, and only that', () => {
  const records = [...scan(40, 3), ...scan(30, 2, START + 200, '10.0.0.2')].sort(
    (a, b) => Number(a['ts']) - Number(b['ts']),
  )
  const shift = 173 * 86_400 + 12_345
  const shifted = records.map((record) => ({ ...record, ts: Number(record['ts']) + shift }))
  const facts = (of: readonly TestRecord[]): unknown =>
    runRecords(SCAN, of).alerts.map(({ time, summary, revision }) => [summary, revision, time])
  const moved = (facts(shifted) as [string, number, number][]).map(([summary, revision, time]) => [
    summary,
    revision,
    time - shift,
  ])
  assert.deepEqual(moved, facts(records))
})

test('steps are put in order by when they began, not by when they were written', () => {
  const models = modelsFrom({
    'Test/Steps': model({
      parts:
        '  write: { log: smb_files, when: "action == \'SMB::FILE_WRITE\'", show: [name] }\n  run: { log: dce_rpc, when: "operation == \'CreateServiceW\'", show: [operation] }',
      fires:
        '  - { when: moved, summary: "{device} wrote {write.name} and ran {run.operation} on {peer} within {moved.span}" }',
      rest: 'sequences:\n  moved: { steps: [write, run], over: 10 minutes }',
    }),
  })
  const id = { 'id.orig_h': '10.0.0.1', 'id.orig_p': 1, 'id.resp_h': '10.0.0.2', 'id.resp_p': 445 }
  const write = { _path: 'smb_files', ts: START, uid: 'W', ...id, action: 'SMB::FILE_WRITE', name: 'a.exe', path: 'C$' }
  const run = { _path: 'dce_rpc', ts: START + 5, uid: 'R', ...id, endpoint: 'svcctl', operation: 'CreateServiceW' }
  const summaries = (records: TestRecord[]): readonly string[] =>
    runRecords(models, records).alerts.map(({ summary }) => summary)
  const said = ['10.0.0.1 wrote a.exe and ran CreateServiceW on 10.0.0.2 within 5 seconds.']
  assert.deepEqual(summaries([write, run]), said)
  // Written in the other order: the same.
  assert.deepEqual(summaries([run, { ...write, _write_ts: START + 6 }]), said)
  // Executed before it was written: not the sequence.
  assert.deepEqual(summaries([{ ...write, ts: START + 9 }, run]), [])
  // To another host: not the sequence.
  assert.deepEqual(summaries([write, { ...run, 'id.resp_h': '10.0.0.3' }]), [])
  // Too long after.
  assert.deepEqual(summaries([write, { ...run, ts: START + 601 }]), [])
})

test('the budget keeps a day quiet, counts what it held back, and lets the gravest pass', () => {
  const spread = (score: number): ReturnType<typeof runRecords> => {
    const models = modelsFrom({
      'Test/One': model({ fires: `  - { when: attempt, score: ${score}, summary: "{device}" }`, rest: 'budget: 1' }),
    })
    const records = Array.from({ length: 50 }, (_, at) => conn(START + at, `10.0.0.${at}`, '10.1.0.1', 445))
    return runRecords(models, records)
  }
  const quiet = spread(60)
  assert.equal(quiet.alerts.length, 2)
  assert.equal(quiet.signals.length, 50)
  assert.equal(quiet.signals.filter(({ alert }) => alert === null).length, 48)
  assert.equal(quiet.station.stats().heldBack, 48)
  assert.equal(spread(80).alerts.length, 50)
})

test('a signal that waits for company becomes an alert with it, before or after', () => {
  const models = modelsFrom({
    'Test/Loud': model({
      fires: '  - { when: attempt, summary: "{device} loud" }',
      parts: '  attempt: { log: conn, when: id.resp_p == 1 }',
    }),
    'Test/Quiet': model({
      fires: '  - { when: attempt, summary: "{device} quiet" }',
      parts: '  attempt: { log: conn, when: id.resp_p == 2 }',
      rest: 'alert: with another model',
    }),
  })
  const loud = conn(START + 10, '10.0.0.1', '10.0.0.2', 1)
  const names = (records: TestRecord[]): readonly string[] =>
    runRecords(models, records).alerts.map((alert) => alert.model)
  assert.deepEqual(names([conn(START, '10.0.0.1', '10.0.0.2', 2)]), [])
  assert.deepEqual(names([conn(START, '10.0.0.1', '10.0.0.2', 2), loud]), ['Test/Loud', 'Test/Quiet'])
  assert.deepEqual(names([loud, conn(START + 20, '10.0.0.1', '10.0.0.2', 2)]), ['Test/Loud', 'Test/Quiet'])
  assert.deepEqual(names([loud, conn(START + 20, '10.0.0.9', '10.0.0.2', 2)]), ['Test/Loud'])
  assert.deepEqual(names([loud, conn(START + 7200, '10.0.0.1', '10.0.0.2', 2)]), ['Test/Loud'])
})

test('a meta model reads the alerts of others in the same language', () => {
  const plain = (port: number): string =>
    model({
      fires: '  - { when: attempt, summary: "{device}" }',
      parts: `  attempt: { log: conn, when: id.resp_p == ${port} }`,
    })
  const meta = `
description: several models on one device
severity: 80
techniques: []
parts:
  breach: { log: alert, when: "'TA0007' in tactics && revision == 1", show: [model] }
windows:
  models: { distinct: model, of: breach, over: 1 hour }
fires:
  - { when: models >= 2, summary: "{models|model|models} alerted on {device}, the latest {breach.model}" }
response: none
earliest_evidence: the second alert
`
  const models = modelsFrom({ 'Test/A': plain(1), 'Test/B': plain(2), 'Test/Meta': meta })
  assert.deepEqual(models.refused, [])
  const { alerts } = runRecords(
    models,
    [conn(START, '10.0.0.1', '10.0.0.2', 1), conn(START + 1, '10.0.0.1', '10.0.0.2', 2)],
    { station: LOUD },
  )
  assert.deepEqual(
    alerts.map((alert) => alert.model),
    ['Test/A', 'Test/B', 'Test/Meta'],
  )
  assert.equal(alerts[2]!.summary, '2 models alerted on 10.0.0.1, the latest Test/B.')
  assert.deepEqual(alerts[2]!.evidence, [alerts[0]!.id, alerts[1]!.id])
})

test('an excused device is not looked at', () => {
  const models = modelsFrom({
    'Test/Scan': model({
      fires: '  - { when: attempt, summary: "{device}" }',
      rest: `excuse: "'Security Scanner' in orig.tags"`,
    }),
  })
  assert.equal(runRecords(models, scan(5), { tags: { '10.0.0.1': ['Security Scanner'] } }).signals.length, 0)
  assert.equal(runRecords(models, scan(5)).alerts.length > 0, true)
})

test('a rule may ask how long the network is watched, and a state remembers it', () => {
  const models = modelsFrom({
    'Test/Later': model({ fires: '  - { when: attempt && watched >= 60, summary: "{device} tried {peer}" }' }),
  })
  const records = [0, 59, 60].map((after) => conn(START + after, '10.0.0.1', `10.1.0.${after}`, 445))
  const summaries = ({ alerts }: ReturnType<typeof runRecords>): readonly string[] =>
    alerts.map(({ summary }) => summary)
  assert.deepEqual(summaries(runRecords(models, records)), ['10.0.0.1 tried 10.1.0.60.'])
  const devices = new TestDevices()
  const first = runRecords(models, records.slice(0, 2), { devices })
  const state = JSON.parse(JSON.stringify(first.station.save()))
  const second = runRecords(models, records.slice(2), { devices, state, fromSequence: 2 })
  assert.deepEqual(summaries(second), ['10.0.0.1 tried 10.1.0.60.'])
})

test('a rule that asks for surprise is silent while nothing is learned, and speaks with it', () => {
  const models = modelsFrom({
    'Test/Odd': model({
      fires: '  - { when: attempt && surprise.network_period_days >= 30, summary: "{device} is odd" }',
    }),
  })
  assert.equal(runRecords(models, scan(3)).signals.length, 0)
  const { alerts, signals } = runRecords(models, scan(1), { station: { surprise: oddDays(() => true) } })
  assert.equal(signals[0]!.bits, 17.5)
  assert.deepEqual(alerts[0]!.surprise, {
    trained: true,
    bits: 17.5,
    network_period_days: 40,
    learned_days: 60,
    text: 'A device whose day is so odd is seen here once in 40 days, as far as 60 days of learning can tell.',
    reasons: [],
  })
})

test('a model of odd days gives signals, and alerts once the day of the device is odd as a whole', () => {
  const models = modelsFrom({
    'Test/Odd': model({
      fires: '  - { when: attempt && surprise.whither >= 4, summary: "{device} is odd" }',
      rest: 'alert: on an odd day',
    }),
  })
  const never = runRecords(models, scan(6), { station: { surprise: oddDays(() => false) } })
  assert.equal(never.alerts.length, 0)
  assert.equal(never.signals.length > 0, true)
  let asked = 0
  const told: number[] = []
  const surprise = { ...oddDays(() => ++asked > 4), fired: (device: number) => told.push(device) }
  const { alerts } = runRecords(models, scan(6), { station: { surprise } })
  assert.equal(alerts[0]!.revision, 1)
  assert.equal(alerts[0]!.surprise.trained, true)
  assert.equal(told.length, 1, 'the behaviour station is told once, so that the day counts no odder than it was')
})

test('what the budget keeps back is said again on news alone', () => {
  const models = modelsFrom({
    'Test/One': model({
      fires: '  - { when: attempt, summary: "{device} tried {peer}" }',
      rest: 'alert: unless the day is ordinary',
    }),
  })
  const records = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].flatMap((ip, at) => scan(20, 1, START + at * 100, ip))
  const { signals, alerts } = runRecords(models, records, { station: { surprise: oddDays(() => true) } })
  assert.equal(new Set(alerts.map(({ id }) => id)).size, 2, 'a model may raise two a day')
  const third = signals.filter(({ device }) => device.ip === '10.0.0.3')
  assert.equal(third.length, 6) // targets 1, 2, 3, 4, 8, 16
})

function oddDays(isOddDay: (device: number) => boolean): Surprise {
  return {
    bits: () => 17.5,
    bitsOf: () => 6,
    usualDays: () => 0,
    networkPeriodDays: () => 40,
    isOddDay,
    isOrdinaryDay: () => false,
    knowsDays: () => false,
    isLoudDay: () => true,
    surprise: () => ({ bits: 17.5, networkPeriodDays: 40, learnedDays: 60, reasons: [] }),
    fired: () => undefined,
  }
}

test('whatever is cut off, what was said before stays as it was', () => {
  const records = [...scan(60, 2), ...scan(40, 3, START + 30, '10.0.0.2')].sort(
    (a, b) => Number(a['ts']) - Number(b['ts']),
  )
  const whole = runRecords(SCAN, records).raised.map((item) => JSON.stringify(item))
  for (let cut = 0; cut <= records.length; cut += 7) {
    const part = runRecords(SCAN, records.slice(0, cut)).raised.map((item) => JSON.stringify(item))
    assert.deepEqual(part, whole.slice(0, part.length))
  }
})

test('a run that is saved and gone on with says what one run would have said', () => {
  const models = modelsFrom({
    'Test/Scan': model({
      windows:
        '  addresses: { distinct: id.resp_h, of: attempt, over: 5 minutes }\n  failures: { count: attempt, over: 10 minutes, by: [device, peer] }',
      fires:
        '  - { when: addresses >= 10, summary: "{addresses} {failures}" }\n  - { when: twice, summary: "{device} twice" }\n  - { when: attempt, score: 20, summary: "{peer}" }',
      rest: 'sequences:\n  twice: { steps: [attempt, attempt], over: 1 minute }',
    }),
  })
  const records = [...scan(40, 2), ...scan(30, 3, START + 30)].sort((a, b) => Number(a['ts']) - Number(b['ts']))
  const whole = runRecords(models, records).raised
  for (const cut of [1, 13, 40, 69]) {
    const devices = new TestDevices()
    const first = runRecords(models, records.slice(0, cut), { devices })
    const state = JSON.parse(JSON.stringify(first.station.save()))
    const second = runRecords(models, records.slice(cut), { devices, state, fromSequence: cut })
    assert.deepEqual([...first.raised, ...second.raised], whole, `cut at ${cut}`)
    assert.equal(JSON.stringify(first.station.save()), JSON.stringify(state))
  }
})

test('a model whose file has changed starts anew from a state', () => {
  const state = runRecords(SCAN, scan(9)).station.save()
  const changed = modelsFrom({
    'Test/Scan': model({
      windows: '  addresses: { distinct: id.resp_h, of: attempt, over: 6 minutes }',
      fires: '  - { when: addresses >= 10, summary: "{device}" }',
    }),
  })
  assert.equal(runRecords(changed, scan(5, 1, START + 20), { state, fromSequence: 9 }).alerts.length, 0)
})

test('a tag of the device that conditions ask for starts the count anew when it changes', () => {
  const models = modelsFrom({
    'Test/Scan': model({
      parts: '  attempt: { log: conn, when: "!(\'Server\' in orig.tags) || id.resp_p == 445" }',
      windows: '  addresses: { distinct: id.resp_h, of: attempt, over: 5 minutes }',
      fires: '  - { when: addresses >= 10, summary: "{addresses}" }',
    }),
  })
  const tags: Record<string, ['Server'] | []> = {}
  const devices = new TestDevices(tags)
  const station = new ModelStation(models, devices)
  assert.ok(station)
  const first = runRecords(models, scan(9), { devices })
  tags['10.0.0.1'] = ['Server']
  const second = runRecords(
    models,
    scan(9, 1, START + 20).map((record) => ({ ...record, 'id.resp_h': `10.9.0.${record['ts']}`.slice(0, 9) })),
    {
      devices,
      state: first.station.save(),
      fromSequence: 9,
    },
  )
  assert.equal(second.alerts.length, 0)
})

test('groups beyond the bound make room for new ones, and are counted', () => {
  const models = modelsFrom({
    'Test/Ports': model({
      windows: '  addresses: { distinct: id.resp_h, of: attempt, over: 1 hour, by: [device, id.resp_p, id.orig_p] }',
      fires: '  - { when: addresses >= 10, summary: "{addresses}" }',
    }),
  })
  const [template] = batchesOf([conn(START, '10.0.0.1', '10.0.0.2', 445)])
  const devices = new TestDevices()
  const station = new ModelStation(models, devices)
  const port = template!.batch.type.slots.get('id.orig_p')!
  const event = {
    batch: template!.batch,
    row: 0,
    key: START * 1e6,
    clock: START * 1e6,
    sequence: 0,
    late: false,
    orig: devices.of('10.0.0.1'),
    resp: -1,
    credential: -1,
    ts: START * 1e6,
    eventKey: '0'.repeat(16),
    number: (slot: number) => template!.batch.numbers[slot]![0]!,
    text: (slot: number) => template!.batch.dictionary.text(template!.batch.strings[slot]![0]!),
  }
  for (let at = 0; at < 70_000; at++) {
    template!.batch.numbers[port]![0] = at
    station.see(event)
  }
  const { groups } = station.stats().models['Test/Ports']!
  assert.ok(groups <= 65_536)
  assert.equal(station.stats().evicted['model_groups'], 70_000 - groups)
})
