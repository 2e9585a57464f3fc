import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newCase } from '../case.ts'
import { attackBits, investigate } from '../investigation/investigation.ts'
import type { Network } from '../investigation/network.ts'
import { QUESTIONS } from '../questions/questions.ts'
import type { Sighting } from '../sighting.ts'
import { HYPOTHESES } from './hypotheses.ts'

test('before anything is asked an attack is some ten bits behind', () => {
  const lead = attackBits(Object.fromEntries(HYPOTHESES.map(({ name, prior }) => [name, -prior])))
  assert.ok(lead < -9 && lead > -12, String(lead))
})

test('every hypothesis speaks of questions and outcomes that exist', () => {
  const known = new Map<string, readonly string[]>(
    QUESTIONS.map(({ name, usual }) => [name, Object.keys(usual)] as const),
  )
  for (const { name, expects } of HYPOTHESES)
    for (const [question, outcomes] of Object.entries(expects))
      for (const outcome of Object.keys(outcomes ?? {}))
        assert.ok(known.get(question)?.includes(outcome), `${name}: ${question}, ${outcome}`)
})

const START = 1_700_000_000

function sighting(kinds: Sighting['kinds'], score = 70): Sighting {
  return {
    ...{
      id: kinds.join(),
      device: 'a',
      model: 'Device/X',
      score,
      raised: START,
      said: START,
      first: START,
      last: START,
    },
    ...{ kinds, meta: false, techniques: [], summary: 'it did.', learned: true, bits: null, reasons: [] },
    peers: [{ device: 'b', address: '10.0.0.2', direction: 'to', first: START, uid: 'C1' }],
    ...{ credentials: [], files: [], domains: [], endpoints: [], clients: [], interfaces: [], evidence: ['C1'] },
  }
}

/** A network of which a month was learned; what is asked of the device is given. */
function network(changes: Partial<Network>): Network {
  return {
    ...{ learnedDays: 30, devices: 200, nameOf: () => 'A', addressOf: () => ({ ip: '10.0.0.1', hostname: 'a' }) },
    ...{ indexOf: () => 0, tagsOf: () => [], has: () => false, reasonOf: () => '', declared: () => false },
    ...{ administeredDays: () => ({ days: 0, of: 25 }), rarestActToday: () => undefined },
    ...{ credentialDays: () => undefined, failedDays: () => 0, usersOf: () => 1, oddness: () => 7, reasons: () => [] },
    ...{ sees: () => true, wentOn: () => [], cameFrom: () => [], window: () => undefined },
    ...changes,
  }
}

function asked(sightings: readonly Sighting[], of: Network): { readonly best: string; readonly posterior: number } {
  const made = newCase(sightings[0]!, START * 1e6)
  const { bits, posterior } = investigate({
    ...{ asOf: START * 1e6, began: START * 1e6, device: 'a', index: 0, name: 'A', case: made, sightings, network: of },
  })
  const [best] = [...HYPOTHESES].sort((one, two) => bits[two.name]! - bits[one.name]!)
  return { best: best!.name, posterior }
}

const ADMINISTRATION = [sighting(['remote execution', 'tool written']), sighting(['administrative session'])]

test('the same acts are an administrator’s where that is a habit, and far less so where it never was', () => {
  const usual = asked(
    ADMINISTRATION,
    network({
      administeredDays: () => ({ days: 20, of: 25 }),
      has: (_, tag) => tag === 'Admin Workstation',
      oddness: () => 2,
    }),
  )
  assert.equal(usual.best, 'Administrator at work')
  assert.ok(usual.posterior < -6)
  const never = asked(ADMINISTRATION, network({ has: (_, tag) => tag === 'File Server', wentOn: () => ['B'] }))
  assert.ok(never.posterior > usual.posterior + 8, String(never.posterior))
  assert.ok(never.posterior > -4, String(never.posterior))
})

test('a scan is the scanner’s where there is one, else somebody looks around', () => {
  const scan = [sighting(['scan']), sighting(['enumeration'])]
  const house = asked(
    scan,
    network({ has: (_, tag) => tag === 'Security Scanner', administeredDays: () => ({ days: 25, of: 25 }) }),
  )
  assert.equal(house.best, 'Vulnerability scanner')
  const strange = asked(scan, network({ has: (_, tag) => tag === 'Printer' }))
  assert.ok(strange.posterior > house.posterior + 6)
})

test('one account that fails every day is an expired password', () => {
  const guess = { ...sighting(['guessing'], 60), credentials: [{ value: 'svc', first: START, uid: 'C1' }] }
  const { best } = asked([guess], network({ failedDays: () => 6, oddness: () => 3 }))
  assert.equal(best, 'Expired password')
})

test('an announced test of the defences explains what nothing else does', () => {
  const all = [...ADMINISTRATION, sighting(['scan']), sighting(['credential theft'])]
  const announced = asked(all, network({ window: () => 'red team' }))
  const not = asked(all, network({}))
  assert.ok(announced.posterior < not.posterior - 2)
})

test('each thing that was learned tells by itself: the habit, the role, how odd the day is', () => {
  const of = (changes: Partial<Network>): number => asked(ADMINISTRATION, network(changes)).posterior
  const plain = of({})
  assert.ok(of({ administeredDays: () => ({ days: 20, of: 25 }) }) < plain - 4)
  assert.ok(of({ has: (_, tag) => tag === 'Admin Workstation' }) < plain - 2)
  assert.ok(of({ oddness: () => 1 }) < plain - 2)
  assert.ok(of({ wentOn: () => ['B'] }) > plain + 1)
})
