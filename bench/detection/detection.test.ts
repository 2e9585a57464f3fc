import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Alert } from '../../src/model/alert.ts'
import { poissonInterval } from './calibration.ts'
import { detectionOptions, TEST_SEEDS, TUNING_SEEDS } from './options.ts'
import { alertsWithin, baselineAlerts, type Finding, findingsOfAlarms, stagesFound } from './stages.ts'
import { Truth } from './truth.ts'

const START = 1_740_960_000

/** A world of two devices that change their addresses, and one attack of two stages, one of which the sensor did not see. */
function world(): Truth {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-truth-'))
  const file = join(folder, 'labels.json')
  const host = (name: string, ip: string) => ({ name, ip })
  const stage = (name: string, uids: string[]) => ({
    name,
    title: name,
    attacker: host('A', '10.0.0.1'),
    victims: [host('B', '10.0.0.2')],
    techniques: [],
    records: uids.length,
    uids,
    ...(uids.length > 0 ? { firstKnown: START + 1000, start: START + 1000, end: START + 2000 } : {}),
  })
  const addresses = (...ips: string[]) => ips.map((ip, index) => ({ from: START + index * 500, ip }))
  writeFileSync(
    file,
    JSON.stringify({
      format: 1,
      options: { seed: 1, devices: 2, days: 1, start: START },
      devices: [
        { name: 'A', kind: 'laptop', addresses: addresses('10.0.0.1', '10.0.0.9') },
        { name: 'B', kind: 'file-server', addresses: addresses('10.0.0.2') },
        { name: 'C', kind: 'printer', addresses: [{ from: START + 600, ip: '10.0.0.1' }] },
      ],
      people: [{ job: 'office', device: 'A' }],
      attacks: [{ playbook: 'lotl', stages: [stage('seen', ['u1', 'u2']), stage('blind', [])] }],
      oddities: [],
    }),
  )
  try {
    return Truth.read(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function finding(time: number, ip: string, uid: string): Finding {
  return { time: START + time, ip, uids: [uid], name: 'model' }
}

test('an address belongs to who has it at the moment, not to who had it', () => {
  const truth = world()
  assert.equal(truth.deviceAt('10.0.0.1', START), 'A')
  assert.equal(truth.deviceAt('10.0.0.1', START + 700), 'C')
  assert.equal(truth.deviceAt('10.0.0.9', START + 700), 'A')
  assert.equal(truth.deviceAt('192.0.2.1', START), undefined)
})

test('a stage is found only by its own evidence on a device of its own', () => {
  const truth = world()
  const [seen, blind] = stagesFound(1, 'lotl', truth, [finding(1100, '10.0.0.9', 'u2')], [])
  assert.ok(seen?.found)
  assert.equal(seen?.seconds, 100)
  assert.equal(blind?.seen, false)
  assert.equal(blind?.found, false)
  const elsewhere = stagesFound(
    1,
    'lotl',
    truth,
    [finding(1100, '10.0.0.77', 'u1'), finding(1100, '10.0.0.9', 'x')],
    [],
  )
  assert.equal(elsewhere[0]?.found, false)
})

test('the earliest alert counts, whatever the order in which alerts are told', () => {
  const found = stagesFound(1, 'lotl', world(), [finding(1900, '10.0.0.2', 'u1'), finding(1400, '10.0.0.2', 'u2')], [])
  assert.equal(found[0]?.seconds, 400)
})

test('baselines get one alert a device and day, and no more a day than the cap', () => {
  const truth = world()
  const alarm = (time: number, ip: string) => ({ rule: 'r', time: START + time, ip, uid: `${time}` })
  // 10.0.0.1 is A first, then A has 10.0.0.9: one device.
  const { all, within } = baselineAlerts(
    [alarm(0, '10.0.0.1'), alarm(600, '10.0.0.9'), alarm(700, '10.0.0.2'), alarm(86_400, '10.0.0.2')],
    truth,
    1,
  )
  assert.deepEqual(
    all.map((group) => group.length),
    [2, 1, 1],
  )
  assert.deepEqual(
    within.map((group) => group[0]!.time - START),
    [0, 86_400],
  )
  assert.equal(findingsOfAlarms(all).length, 4)
})

test('the Poisson interval is the exact one', () => {
  // Garwood's table: Ulm, American Journal of Epidemiology 131 (1990).
  const close = (count: number, low: number, high: number): void => {
    const [from, to] = poissonInterval(count)
    assert.ok(Math.abs(from - low) < 0.005 && Math.abs(to - high) < 0.005, `${count}: ${from} to ${to}`)
  }
  close(0, 0, 3.689)
  close(1, 0.0253, 5.572)
  close(10, 4.795, 18.39)
  close(100, 81.364, 121.627)
})

test('seeds for tuning are not those of the test, and attacks begin after learning', () => {
  const tuning: readonly number[] = TUNING_SEEDS
  assert.ok(TEST_SEEDS.every((seed) => !tuning.includes(seed)))
  assert.deepEqual(
    [detectionOptions({}).learn, detectionOptions({}).attackDay, detectionOptions({}).seeds.length],
    [15, 30, 5],
  )
  assert.throws(() => detectionOptions({ days: 10, learn: 5, attackDay: 3 }), RangeError)
})

test('in budget: the first alerts of a day with all their revisions, and none beyond', () => {
  const alert = (id: string, time: number, revision: number): Alert => ({
    id,
    time: START + time,
    revision,
    model: 'm',
    models: ['m'],
    score: 50,
    device: { id: 'd', ip: '10.0.0.1', hostname: '' },
    techniques: [],
    surprise: {
      trained: false,
      bits: null,
      network_period_days: null,
      learned_days: null,
      text: '',
      reasons: [],
    },
    evidence: [],
    summary: '',
    reason: 'first',
    first: START,
    last: START,
    subject: '',
    facts: [],
    records: [],
    tags: [],
    response: '',
  })
  const said = [alert('a', 0, 1), alert('b', 1, 1), alert('a', 2, 2), alert('b', 3, 2), alert('c', 90_000, 1)]
  assert.deepEqual(
    alertsWithin(said, 1).map(({ id, revision }) => `${id}${revision}`),
    ['a1', 'a2', 'c1'],
  )
})
