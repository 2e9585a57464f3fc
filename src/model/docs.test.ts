import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { modelsFrom } from './catalogue.ts'
import { MODEL_SCHEMA } from './model_schema.ts'

const manual = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'models.md'), 'utf8')

test('every model in the manual can be loaded', () => {
  const snippets = [...manual.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!)
  assert.ok(snippets.length >= 3)
  for (const text of snippets)
    assert.deepEqual(
      modelsFrom({ 'Manual/Example': text }).refused.map(({ message }) => message),
      [],
    )
})

test('the manual names every key of a model', () => {
  for (const key of Object.keys(MODEL_SCHEMA.shape))
    assert.ok(manual.includes(key), `docs/models.md does not mention ${key}`)
})
