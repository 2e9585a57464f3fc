import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sensors } from './sensors.ts'

test('every sensor of this folder is in the list, once, under a name of its own', () => {
  const folder = import.meta.dirname
  const declared = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => /^export const \w+: Sensor = /m.test(readFileSync(join(folder, file), 'utf8')))
  assert.equal(sensors.length, declared.length, declared.join(', '))
  assert.equal(new Set(sensors.map(({ name }) => name)).size, sensors.length)
})
