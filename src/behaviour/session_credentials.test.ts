import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DeviceDirectory } from '../device/directory.ts'
import { DAY, HOUR, MINUTE } from '../event/time.ts'
import type { FrozenRows } from './paged_rows.ts'
import { SessionCredentials, targetOfHost } from './session_credentials.ts'

const NAMES = ['', 'fs1.corp.example', 'DC1', 'a-very-long-name-of-a-server.corp.example']
const CREDENTIALS = ['CORP\\anna', 'CORP\\t0-otto', 'CORP\\FS9$']
const directory: DeviceDirectory = {
  size: NAMES.length,
  id: String,
  ip: String,
  hostname: (device) => NAMES[device] ?? '',
  tagMask: () => 0,
  has: () => false,
  tags: () => [],
  firstSeen: () => 0,
  lastSeen: () => 0,
  credential: (credential) => CREDENTIALS[credential]!,
}
const START = 20_000 * DAY
const fresh = (most = 1000, seed = 0): SessionCredentials => new SessionCredentials(directory, most, seed)

test('a session belongs to whoever got a ticket for its target last, or signed on at it', () => {
  const sessions = fresh()
  sessions.remember(7, targetOfHost('FS1.corp.example'), 0, START)
  assert.equal(sessions.of(7, 1, START + HOUR), 0)
  assert.equal(sessions.of(7, 2, START + HOUR), -1, 'a ticket for another target says nothing')
  assert.equal(sessions.of(8, 1, START + HOUR), -1, 'nor does that of another source')
  sessions.remember(7, sessions.targetOfDevice(1), 1, START + 2 * HOUR)
  assert.equal(sessions.of(7, 1, START + 3 * HOUR), 1)
  sessions.remember(7, sessions.targetOfDevice(0), 1, START)
  assert.equal(sessions.of(7, 0, START), 1, 'a device without a name is its own target')
})

test('names are one by their first label, as long as NetBIOS has letters; addresses are no names', () => {
  assert.equal(targetOfHost('dc1.corp.example'), targetOfHost('DC1'))
  assert.equal(targetOfHost('a-very-long-name-of-a-server.corp.example'), targetOfHost('A-VERY-LONG-NAM'))
  assert.notEqual(targetOfHost('dc1'), targetOfHost('dc2'))
  for (const none of ['', '10.0.0.5', '::1']) assert.equal(targetOfHost(none), 0)
})

test('a session outlives its ticket by nothing', () => {
  const sessions = fresh()
  sessions.remember(7, targetOfHost('dc1'), 1, START)
  assert.equal(sessions.of(7, 2, START + 10 * HOUR), 1)
  assert.equal(sessions.of(7, 2, START + 10 * HOUR + MINUTE), -1)
})

test('a machine account does not displace a person, and a person displaces it', () => {
  const sessions = fresh()
  sessions.remember(7, targetOfHost('dc1'), 2, START)
  assert.equal(sessions.of(7, 2, START), 2)
  sessions.remember(7, targetOfHost('dc1'), 1, START + MINUTE)
  sessions.remember(7, targetOfHost('dc1'), 2, START + 2 * MINUTE)
  assert.equal(sessions.of(7, 2, START + HOUR), 1)
  sessions.remember(7, targetOfHost('dc1'), 2, START + 12 * HOUR)
  assert.equal(sessions.of(7, 2, START + 12 * HOUR), 2, 'when the ticket is over it does')
})

/** What a snapshot would hold of rows. */
function bytesOf({ bytes, pieces, pieceBytes, read, release }: FrozenRows): Uint8Array {
  const whole = new Uint8Array(bytes)
  const piece = new Uint8Array(pieceBytes)
  for (let index = 0, at = 0; index < pieces; index++) {
    const length = read(index, piece)
    whole.set(piece.subarray(0, length), at)
    at += length
  }
  release()
  return whole
}

const acts = fc.array(
  fc.record({
    source: fc.nat(5),
    target: fc.nat(3),
    credential: fc.nat(2),
    wait: fc.integer({ min: 0, max: 4 * HOUR }),
  }),
  { maxLength: 60 },
)

test('neither the seed of the index nor a snapshot in between changes an answer, and memory stays bounded', () => {
  fc.assert(
    fc.property(acts, fc.integer(), fc.nat(60), (told, seed, cut) => {
      const whole = fresh(4, 0)
      let other = fresh(4, seed)
      let clock = START
      told.forEach(({ source, target, credential, wait }, index) => {
        clock += wait
        if (index === cut) {
          const [young, old] = other.freeze()
          const head = other.head()
          other = fresh(4, seed + 1)
          other.restore(head, bytesOf(young), bytesOf(old))
        }
        for (const sessions of [whole, other])
          sessions.remember(source, sessions.targetOfDevice(target), credential, clock)
        assert.equal(whole.of(source, target, clock), other.of(source, target, clock))
      })
      for (let source = 0; source < 6; source++)
        for (let target = 0; target < 4; target++)
          assert.equal(whole.of(source, target, clock), other.of(source, target, clock))
      assert.ok(whole.size <= 8)
    }),
  )
})
