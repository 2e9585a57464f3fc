import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from '../event/time.ts'
import { Acts } from './acts.ts'
import { modelsFrom } from './catalogue.ts'
import { conn, runRecords } from './test_events.ts'

test('one connection, or one other end within half an hour, is one act', () => {
  const acts = new Acts()
  const share = acts.of(1, ['share'], 'server', 0, 'a')
  assert.equal(acts.of(1, ['operation'], 'server', MINUTE, 'b'), share)
  assert.equal(acts.of(1, ['share'], 'elsewhere', 50 * MINUTE, 'c'), share, 'the same record')
  assert.notEqual(acts.of(1, ['other'], 'server two', 2 * MINUTE, 'd'), share, 'another target')
  assert.notEqual(acts.of(2, ['share'], 'server', MINUTE, 'e'), share, 'another device')
  assert.notEqual(acts.of(1, ['later'], 'server', 90 * MINUTE, 'f'), share, 'another time')
})

test('a ticket belongs to what it is asked for', () => {
  const acts = new Acts()
  const ticket = acts.of(1, ['ticket'], '', 0, 'a')
  assert.equal(acts.of(1, ['share'], 'server', MINUTE, 'b'), ticket)
  assert.equal(acts.of(1, ['second ticket'], '', 2 * MINUTE, 'c'), ticket)
  assert.notEqual(acts.of(1, ['third ticket'], '', 20 * MINUTE, 'd'), ticket)
})

test('a meta model counts acts, not the models that see one', () => {
  const plain = (low: number, high: number): string => `
description: test
severity: 60
techniques: [T1021]
parts:
  attempt: { log: conn, when: id.resp_p >= ${low} && id.resp_p <= ${high} }
fires:
  - { when: attempt, summary: "{device}" }
response: none
earliest_evidence: conn
`
  const models = modelsFrom({
    'Test/A': plain(1, 1),
    'Test/B': plain(1, 2),
    'Test/Meta': `
description: several models, several acts
severity: 80
techniques: []
parts:
  breach: { log: alert, when: "score >= 60", show: [model, act] }
windows:
  models: { distinct: model, of: breach, over: 1 hour }
  acts: { distinct: act, of: breach, over: 1 hour }
fires:
  - { when: models >= 2 && acts >= 2, summary: "{models} models on {acts} acts" }
response: none
earliest_evidence: the second act
`,
  })
  assert.deepEqual(models.refused, [])
  const START = 1_700_000_000
  const said = (second: string): readonly string[] =>
    runRecords(models, [
      conn(START, '10.0.0.1', '10.0.0.2', 1),
      conn(START + 60, '10.0.0.1', second, 2),
    ]).alerts.flatMap(({ model, summary }) => (model === 'Test/Meta' ? [summary] : []))
  assert.deepEqual(said('10.0.0.2'), [])
  assert.deepEqual(said('10.0.0.3'), ['2 models on 2 acts.'])
})
