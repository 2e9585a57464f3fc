import assert from 'node:assert/strict'
import test from 'node:test'
import { defaultDeviceConfig, parseDeviceConfig } from './config.ts'
import { DeviceStation } from './device.ts'
import { play, type Row } from './play.ts'
import { SnapshotRefused } from './snapshot.ts'

const talk: Row = {
  log: 'conn',
  ts: 1_700_000_000,
  'id.orig_h': '10.0.0.5',
  'id.resp_h': '8.8.8.8',
  'id.resp_p': 53,
  conn_state: 'SF',
}
const sites = (...names: string[]): ReturnType<typeof parseDeviceConfig> =>
  parseDeviceConfig({ sites: names.map((name) => ({ name })) })

test('a site may be added at the end; other changes of sites are refused in words', () => {
  const devices = new DeviceStation(sites('hq'))
  const [seen] = play(devices, [talk], { site: 1 })
  const saved = devices.save()
  const more = DeviceStation.restore(sites('hq', 'shop'), saved)
  assert.equal(play(more, [talk], { site: 1 })[0]!.orig, seen!.orig)
  assert.notEqual(play(more, [talk], { site: 2 })[0]!.orig, seen!.orig)
  for (const config of [sites('shop', 'hq'), sites()]) {
    assert.throws(
      () => DeviceStation.restore(config, saved),
      (error) => error instanceof SnapshotRefused && /the sites default, hq/.test(error.message),
    )
  }
})

test('bytes of another format or kind are refused, never half read', () => {
  for (const text of ['', 'x', '[]', 'null', '{"format":99}']) {
    assert.throws(() => DeviceStation.restore(defaultDeviceConfig(), Buffer.from(text)), SnapshotRefused)
  }
})

test('what the configuration declares is applied to devices that were known before', () => {
  const devices = new DeviceStation(defaultDeviceConfig())
  const [seen] = play(devices, [talk])
  const declared = DeviceStation.restore(parseDeviceConfig({ critical: ['10.0.0.5'] }), devices.save())
  assert.ok(declared.has(seen!.orig, 'Critical'))
  declared.declareTag(seen!.orig, 'Printer', 'says anna', 1)
  const withdrawn = DeviceStation.restore(defaultDeviceConfig(), declared.save())
  // What a person said at run time stays until it is taken back.
  assert.deepEqual(
    withdrawn.tags(seen!.orig).map(({ tag }) => tag),
    ['Printer'],
  )
  withdrawn.withdrawTag(seen!.orig, 'Printer')
  assert.deepEqual(withdrawn.tags(seen!.orig), [])
})
