import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFrom } from './catalogue.ts'
import type { Surprise } from './surprise.ts'
import { conn, type RunOptions, type RunResult, runRecords, TestDevices, type TestRecord } from './test_events.ts'

const START = 1_700_000_000
const DAY = 86_400

interface Written {
  readonly port: number
  readonly alert?: string
  readonly score?: number
  readonly technique?: string
}

function model({ port, alert = 'on an odd day', score = 55, technique = 'T1046' }: Written): string {
  return `
description: test
severity: ${score}
techniques: [${technique}]
parts:
  attempt: { log: conn, when: id.resp_p == ${port} }
fires:
  - { when: attempt, summary: "{device} used port ${port} of {peer}" }
alert: ${alert}
cooldown: 3 days
response: none
earliest_evidence: conn
`
}

const MODELS = modelsFrom({
  'Odd/First': model({ port: 1 }),
  'Odd/Second': model({ port: 2, score: 75, technique: 'T1021' }),
  'Untrained/Third': model({ port: 3, score: 75, alert: 'unless the day is ordinary' }),
  'Fact/Fourth': model({ port: 4, score: 70, alert: 'always' }),
  'Untrained/Grave': model({ port: 5, score: 82, alert: 'unless the day is ordinary' }),
})

/** Every day is odd; the rest is as given. */
function learned(more: Partial<Surprise> = {}): Surprise {
  return {
    bits: () => 8,
    bitsOf: () => 8,
    usualDays: () => 0,
    networkPeriodDays: () => 3,
    isOddDay: () => true,
    isOrdinaryDay: () => false,
    knowsDays: () => true,
    isLoudDay: () => false,
    surprise: () => undefined,
    fired: () => undefined,
    ...more,
  }
}

function run(records: readonly TestRecord[], surprise = learned(), options: RunOptions = {}): RunResult {
  return runRecords(MODELS, records, { ...options, station: { surprise } })
}

const A = '10.0.0.1'
const B = '10.0.0.2'

test('an odd day of a device is one alert, and other models add to it what they saw', () => {
  const first = conn(START, A, B, 1)
  const second = conn(START + 60, A, B, 2)
  const third = conn(START + 120, A, '10.0.0.3', 3)
  const { alerts, signals, station } = run([first, second, third])
  assert.deepEqual(
    alerts.map(({ model, models, revision }) => [model, models, revision]),
    [
      ['Odd/First', ['Odd/First'], 1],
      ['Odd/First', ['Odd/First', 'Odd/Second'], 2],
      ['Odd/First', ['Odd/First', 'Odd/Second', 'Untrained/Third'], 3],
    ],
  )
  assert.equal(new Set(alerts.map(({ id }) => id)).size, 1)
  assert.deepEqual(
    alerts.map(({ reason }) => reason),
    ['first', 'new kind of evidence', 'new kind of evidence'],
  )
  assert.deepEqual(alerts[2]!.evidence, [first['uid'], second['uid'], third['uid']])
  assert.deepEqual(alerts[2]!.techniques, ['T1046', 'T1021'])
  assert.match(alerts[2]!.summary, /port 2 of .*; also, .*port 3 of .*; also, .*port 1 of/)
  assert.equal(signals.length, 3)
  assert.ok(signals.every(({ alert }) => alert === alerts[0]!.id))
  assert.equal(station.stats().models['Odd/Second']!.alerts, 0)
})

test('another device, and the next day, are matters of their own', () => {
  const records = [conn(START, A, B, 1), conn(START + 60, B, A, 2), conn(START + DAY + 60, A, '10.0.0.3', 2)]
  const { alerts } = run(records)
  assert.deepEqual(
    alerts.map(({ model, device, revision }) => [model, device.ip, revision]),
    [
      ['Odd/First', A, 1],
      ['Odd/Second', B, 1],
      ['Odd/Second', A, 1],
    ],
  )
})

test('what adds to a day that is over begins a new alert', () => {
  const records = [conn(START, A, B, 1), conn(START + 60, A, B, 2), conn(START + DAY + 60, A, '10.0.0.3', 2)]
  const { alerts } = run(records)
  assert.deepEqual(
    alerts.map(({ model, revision }) => [model, revision]),
    [
      ['Odd/First', 1],
      ['Odd/First', 2],
      ['Odd/Second', 1],
    ],
  )
})

test('a fact stands alone, and so does what is unusual beside it', () => {
  const { alerts } = run([conn(START, A, B, 1), conn(START + 1, A, B, 4), conn(START + 2, A, B, 2)])
  assert.deepEqual(
    alerts.map(({ model, revision }) => [model, revision]),
    [
      ['Odd/First', 1],
      ['Fact/Fourth', 1],
      ['Odd/Second', 1],
    ],
  )
  // What is the device's habit lends no weight to anything.
  const habit = run([conn(START, A, B, 4), conn(START + 1, A, B, 1), conn(START + 2, A, B, 2)], {
    ...learned(),
    usualDays: () => 5,
  })
  assert.deepEqual(new Set(habit.alerts.map(({ model }) => model)), new Set(['Fact/Fourth', 'Odd/First']))
})

test('while nothing is learned, models that work untrained stand alone at their full score', () => {
  const surprise = learned({ knowsDays: () => false, isOddDay: () => false })
  const { alerts } = run([conn(START, A, B, 3), conn(START + 1, A, B, 5), conn(START + 2, A, B, 4)], surprise)
  assert.deepEqual(
    alerts.map(({ model, score }) => [model, score]),
    [
      ['Untrained/Third', 75],
      ['Untrained/Grave', 82],
      ['Fact/Fourth', 70],
    ],
  )
})

test('above 60 are only the oddest days, what is grave, and facts that are no habit', () => {
  const scores = (port: number, more: Partial<Surprise>): readonly number[] =>
    run([conn(START, A, B, port)], learned(more)).alerts.map(({ score }) => score)
  assert.deepEqual(scores(2, {}), [60])
  assert.deepEqual(scores(2, { isLoudDay: () => true }), [75])
  assert.deepEqual(scores(2, { isLoudDay: () => true, usualDays: () => 5 }), [60])
  assert.deepEqual(scores(3, {}), [60])
  assert.deepEqual(scores(1, {}), [55])
  assert.deepEqual(scores(4, {}), [70])
  assert.deepEqual(scores(4, { usualDays: () => 5 }), [60])
  assert.deepEqual(scores(5, {}), [82])
})

test('all that is unusual has one ceiling: three a day and seven a week in a small network, and facts are not under it', () => {
  const odd = Array.from({ length: 40 }, (_, at) =>
    conn(START + Math.floor(at / 4) * DAY + at, `10.0.1.${at}`, B, [1, 2, 3][at % 3]!),
  )
  const { alerts, signals, station } = run(odd)
  const days = alerts.map(({ time }) => Math.floor((time - START) / DAY))
  assert.deepEqual(
    days.filter((day) => day < 7),
    [0, 0, 0, 1, 1, 1, 2],
  )
  assert.equal(signals.length, 40)
  assert.equal(station.stats().heldBack, 40 - alerts.length)
  const facts = run([...odd.slice(0, 4), conn(START + 100, B, A, 4), conn(START + 101, A, B, 4)])
  assert.equal(facts.alerts.filter(({ model }) => model === 'Fact/Fourth').length, 2)
})

test('a state carries the matters, the acts and the ceiling on', () => {
  const records = [
    conn(START, A, B, 1),
    conn(START + 60, A, B, 2),
    conn(START + 90, B, A, 4),
    conn(START + 95, B, A, 1),
    conn(START + 120, A, '10.0.0.3', 3),
    conn(START + 130, A, '10.0.0.3', 1),
    conn(START + DAY, A, '10.0.0.4', 2),
    conn(START + DAY + 5, A, '10.0.0.5', 1),
  ]
  const whole = run(records).raised
  for (let cut = 1; cut < records.length; cut++) {
    const devices = new TestDevices()
    const first = run(records.slice(0, cut), learned(), { devices })
    const state = JSON.parse(JSON.stringify(first.station.save()))
    const second = run(records.slice(cut), learned(), { devices, state, fromSequence: cut })
    assert.deepEqual([...first.raised, ...second.raised], whole, `cut at ${cut}`)
  }
})
