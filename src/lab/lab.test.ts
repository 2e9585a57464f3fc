import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interfaceUuid, opnumOf } from '../event/dce_rpc_names.ts'
import { logType } from '../event/log_types.ts'
import { DAY } from '../event/time.ts'
import { labelsOf, worldOnDisk } from './fixture_world.ts'

const CLOSE = 5
/** Seconds after `ts` + duration at which Zeek writes a conn row, by protocol and state. */
function connDelay({ proto, conn_state: state }: Record<string, unknown>): number {
  if (proto !== 'tcp') return 60
  switch (state) {
    case 'SF':
    case 'S0':
      return CLOSE
    case 'REJ':
    case 'RSTO':
    case 'RSTR':
      return 0.1
    default:
      return 300
  }
}

test('the same seed gives the same bytes, another seed other ones', async () => {
  const options = { seed: 5, devices: 45, days: 2, attacks: ['lotl'] as const }
  using first = await worldOnDisk(options)
  using second = await worldOnDisk(options)
  using other = await worldOnDisk({ ...options, seed: 6 })
  const files = first.files()
  assert.deepEqual([...second.files().keys()], [...files.keys()])
  for (const [path, text] of second.files()) assert.ok(text === files.get(path), `${path} differs`)
  assert.deepEqual(labelsOf(second), labelsOf(first))
  let same = 0
  for (const [path, text] of other.files()) if (text === files.get(path)) same++
  assert.equal(same, 0)
})

test('every line is a record of its log, with fields that its type has, in the hour it was written in', async () => {
  using world = await worldOnDisk({
    seed: 8,
    devices: 50,
    days: 2,
    dialect: 'tuned',
    attacks: ['story'],
    troubles: false,
  })
  assert.ok(world.records > 0)
  const unknown = new Set<string>()
  let read = 0
  for (const [path, text] of world.files()) {
    const name = path.split('/')[1]!.split('.')[0]!
    const { slots, known } = logType(name)
    assert.ok(known, `${name} is no log type`)
    for (const line of text.trimEnd().split('\n')) {
      const record = JSON.parse(line) as Record<string, unknown>
      read++
      assert.equal(typeof record['ts'], 'number')
      for (const field of Object.keys(record)) if (!slots.has(field)) unknown.add(`${name}.${field}`)
    }
  }
  assert.deepEqual([...unknown], [])
  assert.equal(read, world.records)
})

test('rows stand in the order in which Zeek writes them, not of their ts', async () => {
  using world = await worldOnDisk({ seed: 3, devices: 45, days: 1, troubles: false })
  let before = 0
  let behind = 0
  let last = 0
  for (const record of world.log('conn')) {
    const written = (record['ts'] as number) + ((record['duration'] as number | undefined) ?? 0) + connDelay(record)
    // Refused ones answer within milliseconds of each other.
    assert.ok(written > before - 0.05, `written ${written} stands behind ${before}`)
    before = Math.max(before, written)
    if ((record['ts'] as number) < last) behind++
    last = record['ts'] as number
  }
  assert.ok(behind > 1000, 'in a real log many rows stand behind an earlier ts')
  const dhcp = world.log('dhcp').map((record) => (record['ts'] as number) + (record['duration'] as number))
  assert.deepEqual(
    dhcp,
    [...dhcp].sort((a, b) => a - b),
  )
})

test('about 1,500 records a device and day', async () => {
  using world = await worldOnDisk({ seed: 2, devices: 90, days: 7 })
  const density = world.records / (90 * 7)
  assert.ok(density > 1200 && density < 1800, `${density} records a device and day`)
})

test('names of RPC interfaces and operations are ones that Zeek writes', async () => {
  using world = await worldOnDisk({
    seed: 4,
    devices: 60,
    days: 2,
    dialect: 'tuned',
    attacks: ['story', 'lotl', 'dcsync'],
  })
  const unknown = new Set<string>()
  for (const record of world.log('dce_rpc')) {
    const uuid = interfaceUuid(String(record['endpoint']))
    if (uuid === undefined || opnumOf(uuid, String(record['operation'])) === undefined) {
      unknown.add(`${record['endpoint']} ${record['operation']}`)
    }
  }
  assert.deepEqual([...unknown], [])
})

test('what the labels list stands in the logs, and within the days of the world', async () => {
  using world = await worldOnDisk({
    seed: 9,
    devices: 40,
    days: 6,
    attacks: ['story', 'slow-guess', 'kerberoast', 'dns-tunnel'],
  })
  const labels = labelsOf(world)
  assert.equal(labels.attacks.length, 4)
  const uids = new Set<string>()
  for (const text of world.files().values())
    for (const [, uid] of text.matchAll(/"(?:uid|uids)":\[?"(C[A-Za-z0-9]+)"/g)) uids.add(uid!)
  const { start } = world.plan.calendar
  const labelled = [...labels.attacks.flatMap((attack) => attack.stages), ...labels.oddities]
  for (const label of labelled) {
    assert.equal(label.uids.length > 0, label.records > 0)
    for (const uid of label.uids) assert.ok(uids.has(uid), `${uid} stands in no log`)
  }
  for (const stage of labels.attacks.flatMap((attack) => attack.stages)) {
    if (stage.records === 0) {
      const blind = labels.troubles.filter(({ kind }) => kind === 'lost-hour')
      assert.ok(
        blind.some((trouble) => trouble.start <= stage.planned && stage.planned < trouble.end),
        stage.name,
      )
      continue
    }
    assert.ok(stage.start * 1e6 >= start && stage.end * 1e6 <= start + 6 * DAY, stage.name)
    assert.ok(stage.firstKnown >= stage.start && stage.firstKnown <= stage.end)
    assert.ok(stage.victims.length > 0 && stage.techniques.length > 0)
  }
  assert.ok(new Set(labels.oddities.map((oddity) => oddity.kind)).size >= 5)
})

test('in a lost hour nothing is written', async () => {
  using world = await worldOnDisk({ seed: 20, devices: 40, days: 2 })
  const lost = labelsOf(world).troubles.filter((trouble) => trouble.kind === 'lost-hour')
  assert.ok(lost.length > 0, 'choose another seed: this one loses nothing')
  const paths = [...world.files().keys()]
  for (const { start } of lost) {
    const hour = new Date(start * 1000).toISOString()
    const file = `${hour.slice(0, 10)}/conn.${hour.slice(11, 19)}`
    assert.ok(!paths.some((path) => path.startsWith(file)), `${file} was written`)
  }
})

test('a second sensor watches what is behind the firewall, with a clock of its own', async () => {
  using world = await worldOnDisk({ seed: 12, devices: 50, days: 1, sensors: 2, troubles: false })
  const paths = [...world.files().keys()]
  assert.ok(paths.some((path) => path.startsWith('core/')) && paths.some((path) => path.startsWith('edge/')))
  const inside = world.plan.devices.find((device) => device.kind === 'medical')!
  for (const [path, text] of world.files()) {
    if (path.startsWith('core/')) assert.ok(!text.includes(`"${inside.address}"`), `${path} names ${inside.address}`)
  }
})

test('options that make no sense are refused with what was expected', async () => {
  await assert.rejects(worldOnDisk({ devices: 3 }), /devices[\s\S]*at least 40|at least 40[\s\S]*devices/)
  await assert.rejects(worldOnDisk({ days: 5, attackDay: 5 }), /only the days 0 to 4/)
})
