import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelsOf, type WorldOnDisk, worldOnDisk } from '../fixture_world.ts'

/** A release-7 world and the same one seen by the other dialect. */
const OPTIONS = { seed: 2, devices: 40, days: 3, attacks: ['story'], troubles: false, oddities: false } as const

function wroteTo(world: WorldOnDisk, stageName: string): { uids: ReadonlySet<string>; names: ReadonlySet<string> } {
  const stage = labelsOf(world).attacks[0]!.stages.find((one) => one.name === stageName)!
  const uids = new Set(stage.uids)
  const names = new Set<string>()
  for (const row of world.log('files')) {
    const of = (row['uid'] as string | undefined) ?? (row['conn_uids'] as string[])[0]!
    if (uids.has(of) && row['source'] === 'SMB' && row['is_orig'] === true) names.add(row['filename'] as string)
  }
  return { uids, names }
}

test('both dialects tell the same story: writes show in files, and in the tuned one as writes', async () => {
  using plain = await worldOnDisk({ ...OPTIONS, dialect: 'default' })
  using tuned = await worldOnDisk({ ...OPTIONS, dialect: 'tuned' })
  for (const stage of ['movement', 'second-wave']) {
    const seen = wroteTo(plain, stage)
    const same = wroteTo(tuned, stage)
    assert.deepEqual([...seen.names].sort(), [...same.names].sort())
    const endings = new Set([...seen.names].map((name) => name.slice(name.lastIndexOf('.'))))
    for (const ending of ['.bat', '.exe', '.lnk']) assert.ok(endings.has(ending), `${stage} writes no ${ending}`)
    const rows = (world: WorldOnDisk) => world.log('smb_files').filter((row) => seen.uids.has(row['uid'] as string))
    const actions = (world: WorldOnDisk) => new Set(rows(world).map((row) => row['action']))
    assert.ok(!actions(plain).has('SMB::FILE_WRITE') && actions(tuned).has('SMB::FILE_WRITE'))
    // Earliest evidence of a write in the default dialect: the open.
    for (const name of seen.names) {
      assert.ok(
        rows(plain).some((row) => row['action'] === 'SMB::FILE_OPEN' && row['name'] === name),
        name,
      )
      assert.ok(
        rows(tuned).some((row) => row['action'] === 'SMB::FILE_WRITE' && row['name'] === name),
        name,
      )
    }
  }
})

test('the default sensor hides what Zeek ignores, the tuned one shows it and names connections while they are open', async () => {
  using plain = await worldOnDisk({ ...OPTIONS, days: 2, dialect: 'default' })
  using tuned = await worldOnDisk({ ...OPTIONS, days: 2, dialect: 'tuned' })
  const operations = (world: WorldOnDisk) =>
    new Set(world.log('dce_rpc').map((row) => `${row['endpoint']} ${row['operation']}`))
  const [hidden, shown] = [operations(plain), operations(tuned)]
  for (const name of ['winreg BaseRegOpenKey', 'spoolss RpcClosePrinter']) {
    assert.ok(!hidden.has(name) && shown.has(name), name)
  }
  assert.ok(hidden.has('winreg BaseRegQueryInfoKey'))
  const pipes = (world: WorldOnDisk) => world.log('smb_files').filter((row) => row['action'] === 'SMB::PIPE_OPEN')
  assert.equal(pipes(plain).length, 0)
  assert.ok(pipes(tuned).length > 10)
  for (const row of pipes(tuned)) assert.match(row['path'] as string, /\\IPC\$$/)
  assert.equal(plain.log('open_conn').length, 0)
  const ends = new Map(tuned.log('conn').map((row) => [row['uid'], row]))
  let compared = 0
  for (const row of tuned.log('open_conn')) {
    const end = ends.get(row['uid'])
    if (!end) continue
    compared++
    assert.ok((row['duration'] as number) < (end['duration'] as number))
    assert.ok((row['orig_bytes'] as number) <= (end['orig_bytes'] as number))
  }
  assert.ok(compared > 100)
})
