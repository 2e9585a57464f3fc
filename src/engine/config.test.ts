import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import { timeZoneOfLearning } from '../device/config.ts'
import { ConfigError, type ConfigProblem, configJsonSchema, defaultConfig, loadConfig, parseConfig } from './config.ts'
import { nearestName } from './nearest_name.ts'

function problems(text: string): readonly ConfigProblem[] {
  try {
    parseConfig(text, 'thymus.yaml')
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}
const places = (text: string): string[] => problems(text).map(({ line, column, path }) => `${line}:${column} ${path}`)

const WHOLE = `# what the network is
networks:
  - 203.0.113.0/24
  - { range: 10.8.0.0/16, kind: pool, name: VPN }
sites:
  - name: hq
    timezone: Europe/Zurich
    networks: [10.0.0.0/16]
    sensors: [/data/hq]
critical: [10.0.0.1, dc01]
devices:
  - ip: 10.0.0.9
    tags: [Security Scanner]
    note: ours
maintenance:
  - name: patch night
    site: hq
    days: [tue]
    from: "22:00"
    to: "02:00"
`

test('a whole file is read, an empty one is the default', () => {
  const config = parseConfig(WHOLE, 'thymus.yaml')
  assert.equal(config.sites[0]?.timezone, 'Europe/Zurich')
  assert.deepEqual(config.devices[0]?.tags, ['Security Scanner'])
  assert.deepEqual(parseConfig('', 'thymus.yaml'), defaultConfig())
  assert.deepEqual(parseConfig('# nothing yet\n', 'thymus.yaml'), defaultConfig())
})

test('days are learned in the time zone of the site called default, else of the first, else in UTC', () => {
  const zoneOf = (text: string): string => timeZoneOfLearning(parseConfig(text, 'thymus.yaml'))
  assert.equal(zoneOf(''), 'UTC')
  assert.equal(zoneOf(WHOLE), 'Europe/Zurich')
  const two = 'sites:\n  - { name: a, timezone: Asia/Tokyo }\n  - { name: default, timezone: Europe/Berlin }\n'
  assert.equal(zoneOf(two), 'Europe/Berlin')
  assert.deepEqual(
    problems('sites:\n  - { name: a, timezone: Berlin }\n').map(({ message }) => message),
    ['expected a time zone of the IANA register, such as Europe/Zurich or UTC'],
  )
})

test('all that is wrong is reported at once, each at its place', () => {
  const text = WHOLE.replace('203.0.113.0/24', '203.0.113.0/33')
    .replace('Europe/Zurich', 'Europe/Zuerich')
    .replace('tags: [Security Scanner]', 'tags: [Security Scaner]')
    .replace('site: hq', 'sight: hq')
    .replace('critical:', 'critcal:')
  assert.deepEqual(places(text), [
    '3:5 networks[0]',
    '7:15 sites[0].timezone',
    '10:1 critcal',
    '13:12 devices[0].tags[0]',
    '17:5 maintenance[0].sight',
  ])
})

test('an error shows the line, a caret under the place, what is known and what was probably meant', () => {
  const [problem] = problems('sites:\n  - name: hq\n    timzone: UTC\n')
  assert.equal(
    new ConfigError([problem!]).message,
    'thymus.yaml:3:5  sites[0].timzone\n' +
      '    3 |     timzone: UTC\n' +
      '      |     ^^^^^^^  not a known key. Known: name, timezone, networks, sensors. Did you mean timezone?',
  )
  const [tag] = problems('devices:\n  - ip: 10.0.0.1\n    tags: [security scanner]\n')
  assert.match(tag!.message, /Did you mean Security Scanner\?$/)
})

test('broken YAML, doubled keys, wrong kinds and missing values have a place, too', () => {
  assert.deepEqual(places('sites:\n  - name: a\n    name: b\n'), ['3:5 '])
  assert.deepEqual(places('sites: {name: a\n'), ['2:1 '])
  assert.deepEqual(places('sites: hq\n'), ['1:8 sites'])
  assert.deepEqual(places('sites:\n  - timezone: UTC\n'), ['2:5 sites[0].name'])
  assert.deepEqual(places('- a\n'), ['1:1 '])
  assert.deepEqual(places('devices:\n  - ip: 10.0.0.1\n    name: x\n    tags: [Critical]\n'), ['2:5 devices[0]'])
  assert.deepEqual(places('devices:\n  - ip: 10.0.0.1\n    site: nowhere\n    tags: [Critical]\n'), [
    '3:11 devices[0].site',
  ])
  assert.deepEqual(places('sites:\n  - name: a\n  - name: a\n'), ['3:11 sites[1].name'])
  assert.match(problems('networks:\n  - { range: 10.0.0.0/8, kind: vpn }\n')[0]!.message, /Known: internal, pool/)
})

test('a value that may be secret is never shown', () => {
  for (const text of [
    'password: hunter2\n',
    'sites:\n  - name: hq\n    api_key: hunter2\n',
    'token: [hunter2\n',
    'networks: ["https://anna:hunter2@example"]\n',
    'password: |\n  hunter2\n   : : -\nx: [\n',
    `sites: ${'x'.repeat(300)}hunter2\n`,
  ]) {
    const found = problems(text)
    assert.ok(found.length > 0, text)
    assert.ok(!new ConfigError(found).message.includes('hunter2'), text)
  }
})

test('a file that is missing says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-config-'))
  try {
    assert.throws(() => loadConfig(join(folder, 'thymus.yaml')), /there is no such file/)
    writeFileSync(join(folder, 'thymus.yaml'), WHOLE)
    assert.equal(loadConfig(join(folder, 'thymus.yaml')).sites.length, 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('no text makes it throw anything but a ConfigError, with every place inside the file', () => {
  const piece = fc.constantFrom(
    'sites',
    'networks',
    'devices',
    ':',
    ' ',
    '\n',
    '  - ',
    '[',
    ']',
    '{',
    '}',
    '&a',
    '*a',
    '"',
    'tags',
    'x',
    '10.0.0.0/8',
    '\t',
    '|',
    '!!set',
    '? ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
      ),
      (text) => {
        const lines = text.split(/\r?\n/).length
        for (const { line, column } of problems(text)) assert.ok(line >= 1 && line <= lines + 1 && column >= 1)
      },
    ),
    { seed: 9, numRuns: 500 },
  )
})

test('the JSON Schema describes every section', () => {
  const schema = configJsonSchema() as {
    properties: Record<string, { description?: string }>
    additionalProperties: boolean
  }
  assert.deepEqual(Object.keys(schema.properties), Object.keys(defaultConfig()))
  assert.ok(Object.values(schema.properties).every(({ description }) => (description ?? '') !== ''))
  assert.equal(schema.additionalProperties, false)
})

test('the nearest name is one with few letters wrong, or none', () => {
  const known = ['networks', 'sites', 'devices', 'maintenance']
  assert.equal(nearestName('netwroks', known), 'networks')
  assert.equal(nearestName('Site', known), 'sites')
  assert.equal(nearestName('maintainance', known), 'maintenance')
  assert.equal(nearestName('colour', known), undefined)
})
