import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SOURCE } from './fixture.ts'
import { hostileSource, RUNS } from './hostile.ts'
import { incidentFinding, ocsfReport } from './ocsf.ts'

test('the finding has what OCSF requires of an Incident Finding', () => {
  const finding = incidentFinding(SOURCE)
  for (const name of ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid']) {
    assert.ok(finding[name] !== undefined, name)
  }
  assert.equal(finding['class_uid'], 2005)
  assert.equal(finding['type_uid'], 200_502)
  assert.equal(finding['severity_id'], 5)
  assert.equal(finding['verdict_id'], 2)
  assert.equal(finding['status_id'], 1)
  assert.equal(finding['time'], Math.round(SOURCE.incident.updated * 1000))
  const [info] = finding['finding_info_list'] as { uid: string; title: string; attacks: Record<string, unknown>[] }[]
  assert.equal(info?.uid, SOURCE.incident.id)
  assert.ok(info?.attacks.every((attack) => 'technique' in attack || 'tactic' in attack))
  assert.deepEqual(
    info?.attacks.find(({ sub_technique: sub }) => (sub as { uid?: string } | undefined)?.uid === 'T1569.002'),
    {
      version: '17.0',
      tactic: { uid: 'TA0002', name: 'Execution' },
      technique: { uid: 'T1569', name: 'System Services' },
      sub_technique: { uid: 'T1569.002', name: 'System Services: Service Execution' },
    },
  )
})

test('observables point to where their value stands', () => {
  const finding = incidentFinding(SOURCE)
  for (const { name, value } of finding['observables'] as { name: string; value: string }[]) {
    const found = name
      .split(/[.[\]]+/)
      .filter((key) => key !== '')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], finding)
    assert.equal(found, value, name)
  }
})

test('no string from the network breaks the finding', () => {
  fc.assert(
    fc.property(hostileSource, (source) => {
      const finding = JSON.parse(ocsfReport(source)) as { message: string }
      assert.equal(finding.message, source.incident.title.toWellFormed())
    }),
    RUNS,
  )
})
