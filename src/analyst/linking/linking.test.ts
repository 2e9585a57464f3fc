import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR } from '../../event/time.ts'
import { type Case, type Finding, newCase } from '../case.ts'
import type { Peer, Sighting } from '../sighting.ts'
import type { Coincidence } from './link.ts'
import { bond } from './linking.ts'

const START = 1_700_000_000
const NOW = START * 1e6

function sighting(id: string, device: string, changes: Partial<Sighting> = {}): Sighting {
  return {
    ...{ id, device, model: 'Device/Network Scan', score: 60, raised: START, said: START, first: START, last: START },
    ...{ kinds: ['remote execution'], meta: false, techniques: ['T1569.002'], summary: '', learned: false, bits: null },
    ...{ reasons: [], peers: [], credentials: [], files: [], domains: [], endpoints: [], clients: [], interfaces: [] },
    evidence: [],
    ...changes,
  }
}

function finding(device: string, posterior: number, measured: number): Finding {
  return { device, asOf: NOW, steps: [], bits: {}, posterior, measured, unseen: [] }
}

function caseOf(founder: Sighting, posterior: number, measured = 0): Case {
  const made = newCase(founder, NOW)
  made.findings.set(founder.device, finding(founder.device, posterior, measured))
  return made
}

function network(changes: Partial<Coincidence> = {}): Coincidence {
  return {
    clock: NOW,
    learning: false,
    devices: 256,
    nameOf: (device) => device.toUpperCase(),
    reach: () => undefined,
    breadth: () => 1,
    administrators: () => 1,
    alertRate: () => 0.1,
    usersOf: () => 2,
    writersOf: () => 2,
    visitorsOf: () => 2,
    beganAfter: () => undefined,
    ...changes,
  }
}

const seen = (value: string) => ({ value, first: START, uid: 'C1' })
const to = (device: string): Peer => ({ device, address: '10.0.0.1', direction: 'to', first: START, uid: 'C1' })
const reached = { first: NOW - HOUR, last: NOW - HOUR, acts: ['WMI'] }
const unknown = finding('b', -9, 1)

test('the same device within hours is always read together, after days only where an attack is likely', () => {
  const later = (gap: number, posterior: number) => {
    const of = caseOf(sighting('1', 'a'), posterior)
    return bond(sighting('2', 'a'), of, unknown, network({ clock: NOW + gap }), 40)?.holds
  }
  assert.equal(later(HOUR, -9), true)
  assert.equal(later(5 * DAY, -9), false)
  assert.equal(later(5 * DAY, 1), true)
})

test('a credential and a target in common join nothing by themselves', () => {
  const of = caseOf(sighting('1', 'a', { credentials: [seen('admin')], peers: [to('dc')] }), 4)
  const other = sighting('2', 'b', { credentials: [seen('admin')], peers: [to('dc')] })
  const found = bond(other, of, unknown, network(), 1)
  assert.deepEqual(found?.links.map(({ kind }) => kind).sort(), ['credential', 'target'])
  assert.equal(found?.holds, false)
})

test('whose password was guessed has used nothing', () => {
  const of = caseOf(sighting('1', 'a', { credentials: [seen('admin')], kinds: ['guessing'] }), 4)
  assert.equal(bond(sighting('2', 'b', { credentials: [seen('admin')] }), of, unknown, network(), 1), undefined)
})

test('movement joins when few were reached, and not when everybody was', () => {
  const moved = (breadth: number) => {
    const of = caseOf(sighting('1', 'a'), 4)
    const reach = (from: string, target: string) => (from === 'a' && target === 'b' ? reached : undefined)
    return bond(sighting('2', 'b'), of, finding('b', 0, 0), network({ reach, breadth: () => breadth }), 1)?.holds
  }
  assert.equal(moved(2), true)
  assert.notEqual(moved(256), true)
})

test('a device must have been reached before it began, not after', () => {
  const of = caseOf(sighting('1', 'a'), 4)
  const reach = (from: string) => (from === 'a' ? { first: NOW + HOUR, last: NOW + HOUR, acts: ['WMI'] } : undefined)
  assert.equal(bond(sighting('2', 'b'), of, finding('b', 0, 0), network({ reach }), 1), undefined)
})

test('what is explained by what was learned needs more to be drawn in; that nothing is known explains nothing', () => {
  const reach = (from: string) => (from === 'a' ? reached : undefined)
  const joins = (posterior: number, measured: number) =>
    bond(sighting('2', 'b'), caseOf(sighting('1', 'a'), posterior, measured), unknown, network({ reach }), 1)?.holds
  assert.equal(joins(-9, 1), true)
  assert.equal(joins(-9, -4), false)
})

test('each open case is a chance for a coincidence, and a story that rests fades', () => {
  const reach = (from: string) => (from === 'a' ? reached : undefined)
  const joins = (chances: number, days: number) =>
    bond(
      sighting('2', 'b'),
      caseOf(sighting('1', 'a'), -9, 1),
      unknown,
      network({ reach, clock: NOW + days * DAY }),
      chances,
    )?.holds
  assert.equal(joins(1, 0), true)
  assert.equal(joins(64, 0), false)
  assert.equal(joins(1, 6), false)
})
