import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SOURCE } from './fixture.ts'
import { hostileSource, RUNS } from './hostile.ts'
import { type StixBundle, stixBundle, stixReport, uuid5 } from './stix.ts'

/** Properties that STIX 2.1 requires, beside type, spec_version, id, created and modified. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  identity: ['name'],
  incident: ['name'],
  'attack-pattern': ['name'],
  indicator: ['pattern', 'pattern_type', 'valid_from'],
  relationship: ['relationship_type', 'source_ref', 'target_ref'],
  report: ['name', 'published', 'object_refs'],
}
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const UUID5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function check({ id, type, objects }: StixBundle): void {
  assert.equal(type, 'bundle')
  assert.ok(id.startsWith('bundle--'))
  const ids = new Set(objects.map((object) => object.id))
  assert.equal(ids.size, objects.length, 'ids are unique')
  for (const object of objects) {
    assert.ok(object.type in REQUIRED, object.type)
    assert.equal(object['spec_version'], '2.1')
    assert.ok(object.id.startsWith(`${object.type}--`))
    assert.match(object.id.slice(object.type.length + 2), UUID5)
    for (const name of ['created', 'modified', 'published', 'valid_from', 'valid_until']) {
      if (name in object) assert.match(String(object[name]), TIMESTAMP)
    }
    assert.ok(String(object['created']) <= String(object['modified']))
    if ('valid_until' in object) assert.ok(String(object['valid_from']) < String(object['valid_until']))
    for (const name of REQUIRED[object.type]!) assert.ok(object[name] !== undefined, `${object.type} ${name}`)
    const refs = [object['source_ref'], object['target_ref'], object['created_by_ref'], object['object_refs'] ?? []]
    for (const ref of refs.flat()) if (ref !== undefined) assert.ok(ids.has(String(ref)), `dangling ${ref}`)
    // One comparison: outside of its quoted string a pattern holds no quote.
    if (object.type === 'indicator') {
      const bare = String(object['pattern']).replace(/'(?:[^'\\]|\\[\s\S])*'/g, 'S')
      assert.match(bare, /^\[[a-z0-9-]+:[\w.S-]+ = S\]$/)
    }
  }
}

test('the bundle has what STIX 2.1 requires, and no reference leads nowhere', () => {
  const bundle = stixBundle(SOURCE)
  check(bundle)
  const patterns = bundle.objects.filter(({ type }) => type === 'indicator').map((object) => object['pattern'])
  assert.ok(patterns.includes(`[ipv4-addr:value = '203.0.113.77']`))
  assert.ok(patterns.includes(`[domain-name:value = 'cdn-sync.example']`))
  assert.ok(patterns.includes(`[file:name = 'PSEXESVC.exe']`))
  assert.ok(bundle.objects.some((object) => object['relationship_type'] === 'indicates'))
})

test('ids stay the same when the incident goes on, and modified grows', () => {
  const later = { ...SOURCE, incident: { ...SOURCE.incident, updated: SOURCE.incident.updated + 600, title: 'Other' } }
  const idsOf = (source: typeof SOURCE) => stixBundle(source).objects.map(({ id }) => id)
  assert.deepEqual(idsOf(later), idsOf(SOURCE))
})

test('no string from the network breaks the bundle or leaves a pattern', () => {
  fc.assert(
    fc.property(hostileSource, (source) => check(JSON.parse(stixReport(source)) as StixBundle)),
    RUNS,
  )
})

test('UUIDv5 is that of RFC 4122', () => {
  assert.equal(uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org'), '886313e1-3b8a-5372-9b90-0c9aee199e5d')
})
