import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelsOf, worldOnDisk } from './fixture_world.ts'
import { PAIRED_ACTS } from './options.ts'

test('paired worlds have the same last working day, byte for byte, and differ before it', async () => {
  for (const act of PAIRED_ACTS) {
    const options = { seed: 21, devices: 40, days: 2, troubles: false, oddities: false } as const
    using habit = await worldOnDisk({ ...options, paired: { act, habitual: true } })
    using novel = await worldOnDisk({ ...options, paired: { act, habitual: false } })
    const { calendar } = novel.plan
    let last = calendar.days - 1
    while (!calendar.isWorkday(last)) last--
    const lastDay = new Date(calendar.begin(last) / 1000).toISOString().slice(0, 10)
    const before = new Date(calendar.begin(last - 1) / 1000).toISOString().slice(0, 10)
    const other = novel.files()
    let compared = 0
    let changed = 0
    for (const [path, text] of habit.files()) {
      if (path.startsWith(lastDay)) {
        assert.ok(text === other.get(path), `${act}: ${path} differs`)
        compared++
      } else if (path.startsWith(before) && text !== other.get(path)) changed++
    }
    assert.ok(compared > 100)
    assert.ok(changed > 0, `${act} left no trace on the day before`)
    const label = labelsOf(novel).oddities.find((one) => one.kind === 'paired-act')!
    assert.ok(label.records > 0)
    assert.deepEqual(labelsOf(habit).oddities.find((one) => one.kind === 'paired-act')!.uids, label.uids)
  }
})
