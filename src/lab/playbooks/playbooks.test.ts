import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelsOf, worldOnDisk } from '../fixture_world.ts'
import { PLAYBOOK } from './by_name.ts'
import { PLAYBOOKS } from './names.ts'

const QUIET = { troubles: false, oddities: false } as const

test('the story has ten stages in order, over ten days, with its cookie and its endpoints', async () => {
  using world = await worldOnDisk({ seed: 14, devices: 40, days: 12, attacks: ['story'], flood: 3000, ...QUIET })
  const { stages } = labelsOf(world).attacks[0]!
  assert.deepEqual(
    stages.map((stage) => stage.name),
    [
      'reactivation',
      'enumeration',
      'movement',
      'reconnaissance',
      'second-controller',
      'brute-force',
      'second-wave',
      'rare-endpoints',
      'flood',
      'admin-session',
    ],
  )
  for (const [index, stage] of stages.entries()) {
    assert.ok(stage.records > 0, stage.name)
    if (index > 0) assert.ok(stage.firstKnown > stages[index - 1]!.firstKnown, stage.name)
  }
  assert.equal(stages[8]!.records, 3000)
  const days = new Set(stages.map((stage) => Math.floor(stage.start / 86_400)))
  assert.ok(days.size >= 9, `${days.size} days`)
  const server = labelsOf(world).devices.find((device) => device.kind === 'archive-server')!
  assert.equal(stages[0]!.attacker.name, server.name)

  const of = (name: string) => new Set(stages.find((stage) => stage.name === name)!.uids)
  const cookies = world.log('rdp').filter((row) => of('brute-force').has(row['uid'] as string))
  assert.ok(cookies.some((row) => row['cookie'] === 'Administr'))
  const guesses = world.log('ntlm').filter((row) => of('brute-force').has(row['uid'] as string))
  assert.ok(guesses.length > 50 && guesses.every((row) => row['success'] === false))
  const first = world.log('ntlm').filter((row) => of('reactivation').has(row['uid'] as string))
  assert.ok(first.length > 0 && first.every((row) => row['success'] === true && row['username'] === 'administrator'))

  // Silent for most of the time before it wakes.
  const { ip } = stages[0]!.attacker
  const seen = world
    .log('conn')
    .filter((row) => row['id.orig_h'] === ip && (row['ts'] as number) < stages[0]!.start)
    .map((row) => row['ts'] as number)
  assert.ok(seen.length > 0, 'it was never there')
  const gap = stages[0]!.start - Math.max(...seen)
  assert.ok(gap > 12 * 3600, `silent for ${gap} s only`)
})

test('living off the land drops no file', async () => {
  using world = await worldOnDisk({ seed: 15, devices: 40, days: 7, attackDay: 0, attacks: ['lotl'], ...QUIET })
  const { stages } = labelsOf(world).attacks[0]!
  assert.equal(stages.length, 7)
  const uids = new Set(stages.flatMap((stage) => stage.uids))
  const written = world
    .log('files')
    .filter((row) => row['source'] === 'SMB' && row['is_orig'] === true)
    .filter((row) => uids.has((row['uid'] as string | undefined) ?? (row['conn_uids'] as string[])[0]!))
  assert.deepEqual(written, [])
})

test('guessing goes on at about a dozen an hour', async () => {
  using world = await worldOnDisk({ seed: 16, devices: 40, days: 4, attacks: ['slow-guess'], attackDay: 0, ...QUIET })
  const guessing = labelsOf(world).attacks[0]!.stages[0]!
  // Two or three rows a guess: the refused login and its connection.
  const hours = 3 * 8
  const guesses = guessing.uids.length / hours
  assert.ok(guesses > 8 && guesses < 18, `${guesses} guesses an hour`)
})

test('the slow walk makes one hop a day, each from where the last one ended', async () => {
  using world = await worldOnDisk({ seed: 17, devices: 45, days: 6, attacks: ['slow-walk'], attackDay: 1, ...QUIET })
  const { stages } = labelsOf(world).attacks[0]!
  assert.equal(stages.length, 5)
  for (const [index, stage] of stages.entries()) {
    assert.ok(stage.records > 0)
    if (index > 0) assert.equal(stage.attacker.name, stages[index - 1]!.victims[0]!.name)
  }
})

test('two attacks in one world do not disturb each other, nor what is benign', async () => {
  const options = { seed: 18, devices: 40, days: 3, ...QUIET } as const
  using both = await worldOnDisk({ ...options, attacks: ['dcsync', 'dns-tunnel'] })
  using one = await worldOnDisk({ ...options, attacks: ['dcsync'] })
  using none = await worldOnDisk(options)
  assert.deepEqual(labelsOf(both).attacks[0], labelsOf(one).attacks[0])
  const uids = (world: typeof none) => new Set(world.log('conn').map((row) => row['uid']))
  const attacked = uids(both)
  const missing = [...uids(none)].filter((uid) => !attacked.has(uid))
  // A ticket that an intruder fetched is one that its owner need not fetch again; nothing else changes.
  assert.ok(missing.length < uids(none).size / 1000, `${missing.length} benign connections changed`)
})

test('every playbook is in the table', () => {
  assert.deepEqual(Object.keys(PLAYBOOK).sort(), [...PLAYBOOKS].sort())
})
