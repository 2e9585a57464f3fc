import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CaseRunner } from '../engine/case_runner.ts'
import { defaultConfig } from '../engine/config.ts'
import { replay } from '../engine/replay.ts'
import { techniqueOf } from './attack.ts'
import { casesOf, runCase } from './cases.ts'
import { loadModels } from './catalogue.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'models')
const loaded = await loadModels(FOLDER)
const runner = new CaseRunner(FOLDER)
after(() => runner.close())

/** `reference/models.md`, section 1: each must exist under exactly this name. */
const FIRST_MODELS = [
  'Anomalous Connection/High Volume of New or Uncommon Service Control',
  'Anomalous Connection/New or Uncommon Service Control',
  'Anomalous Connection/SMB Enumeration',
  'Anomalous Connection/Unusual Admin RDP Session',
  'Anomalous Connection/Unusual Admin SMB Session',
  'Anomalous File/Internal/Unusual SMB Script Write',
  'Anomalous Server Activity/Outgoing from Server',
  'Device/Anomalous NTLM Brute Force',
  'Device/Internet Facing Device with High Priority Alert',
  'Device/Large Number of Model Breaches',
  'Device/Large Number of Model Breaches from Critical Network Device',
  'Device/Multiple Lateral Movement Model Breaches',
  'Device/New or Uncommon SMB Named Pipe',
  'Device/New or Uncommon WMI Activity',
  'Anomalous File/Internal/Executable Uploaded to DC',
  'Anomalous Server Activity/Possible Denial of Service Activity',
  'Compliance/Outgoing NTLM Request from DC',
  'Compliance/SMB Drive Write',
  'Device/ICMP Address Scan',
  'Device/Network Scan',
  'Device/New or Unusual Remote Command Execution',
  'Device/Possible SMB/NTLM Brute Force',
  'Device/RDP Scan',
  'Device/SMB Lateral Movement',
  'Device/SMB Session Brute Force (Admin)',
  'Device/Suspicious SMB Scanning Activity',
]

test('every file of the catalogue is right, and the first models are all there', () => {
  assert.deepEqual(
    loaded.refused.map(({ message }) => message),
    [],
  )
  const names = new Set(loaded.models.map(({ name }) => name))
  assert.deepEqual(
    FIRST_MODELS.filter((name) => !names.has(name)),
    [],
  )
})

for (const model of loaded.models) {
  test(`${model.name}: what police asks of every model`, async () => {
    for (const id of model.techniques) assert.ok(techniqueOf(id), id)
    assert.ok(model.meta || model.techniques.length > 0, 'names no technique')
    for (const id of model.techniques) assert.ok(techniqueOf(id)!.tactics.length > 0, `${id} has no tactic`)
    assert.ok(model.quietOn.length > 0, 'names no look-alike')
    for (const rule of model.rules) {
      assert.ok(
        rule.summary.some(({ is }) => is === 'device'),
        `rule ${rule.index}: the sentence does not say which device`,
      )
      assert.ok(rule.score <= 90, 'nothing is surer than 90')
    }
    const cases = await casesOf(FOLDER, model.name)
    const files = (await readdir(join(FOLDER, `${model.name}.cases`))).filter((name) => /\.log(\.gz)?$/.test(name))
    assert.equal(cases.length, files.length, 'a file of the cases is misnamed')
    for (const dialect of ['default', 'tuned'] as const) {
      for (const expected of ['fires', 'quiet'] as const) {
        const found = cases.some(
          (one) => one.expected === expected && (one.dialect === dialect || one.dialect === 'both'),
        )
        assert.ok(found, `no case on which it ${expected} in the ${dialect} dialect`)
      }
    }
  })

  test(`${model.name}: fires and stays quiet as recorded`, async () => {
    const failed: string[] = []
    for (const one of await casesOf(FOLDER, model.name)) {
      const result = await runCase(one, loaded, runner.run)
      if (!result.passed) failed.push(`${one.expected} on ${one.what} (${one.dialect}), but it said: ${result.detail}`)
    }
    assert.deepEqual(failed, [])
  })
}

test('a service name that was changed and times that were shifted change nothing but the name and the times', async () => {
  const said = async (what: string): Promise<unknown> => {
    const path = join(FOLDER, `Device/SMB Lateral Movement.cases/fires-${what}.tuned.log`)
    const { alerts } = await replay({ paths: [path], config: defaultConfig(), models: FOLDER })
    return alerts.map(({ model, score, revision, device, facts }) => [
      model,
      score,
      revision,
      device.ip,
      facts.map(({ value }) => value),
    ])
  }
  const original = await said('psexec')
  assert.ok(Array.isArray(original) && original.length > 2)
  assert.deepEqual(await said('psexec-renamed-and-later'), original)
})

const DATA = join(import.meta.dirname, '..', '..', '..', 'shared', 'data')
const noData = existsSync(DATA) ? false : 'the recordings (../shared/data beside the repository) are not here'

const ATTACKS: readonly (readonly [path: string, device: string, model: string])[] = [
  ['zeek/apt29-day1', '10.0.1.4', 'Device/New or Unusual Remote Command Execution'],
  ['zeek/slips-port-scans', '192.168.1.9', 'Device/Network Scan'],
]

for (const [path, device, model] of ATTACKS) {
  test(`${path}: the attacker is alerted`, { skip: process.env['CI'] === 'true' ? false : noData }, async () => {
    const { alerts } = await replay({ paths: [join(DATA, path)], config: defaultConfig(), models: FOLDER })
    assert.ok(
      alerts.some((alert) => alert.model === model && alert.device.ip === device),
      JSON.stringify(alerts.map((alert) => [alert.model, alert.device.ip])),
    )
  })
}

test('two ordinary office days raise next to nothing', {
  skip: process.env['CI'] === 'true' ? false : noData,
}, async () => {
  const { alerts } = await replay({ paths: [join(DATA, 'zeek/office-2days')], config: defaultConfig(), models: FOLDER })
  assert.ok(new Set(alerts.map(({ id }) => id)).size <= 2, alerts.map(({ summary }) => summary).join('\n'))
})
