import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { INCIDENT, INDICATOR_VALUES, SOURCE } from '../report/fixture.ts'
import { hostileSource, RUNS } from '../report/hostile.ts'
import { incidentPage } from './incident_page.ts'
import { readIncidents } from './results.ts'

const folder = mkdtempSync(join(tmpdir(), 'thymus-incident-'))
after(() => rmSync(folder, { recursive: true }))
const small = { ...INCIDENT, id: '1f99000000000000', score: 20, title: 'Something small', absorbed: ['aa01'] }
const lines = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('')
writeFileSync(join(folder, 'summary.json'), '{}')
writeFileSync(join(folder, 'incidents.jsonl'), lines([small, INCIDENT]))
writeFileSync(
  join(folder, 'actions.jsonl'),
  lines(SOURCE.actions.map((action) => ({ ...action, incident: INCIDENT.id }))),
)
writeFileSync(
  join(folder, 'alerts.jsonl'),
  lines(
    SOURCE.alerts.map((alert) => ({
      ...alert,
      device: { id: alert.device, ip: '10.0.0.1' },
      techniques: [],
      surprise: { trained: false },
      records: alert.reached.map(({ device: resp, time: ts }) => ({
        log: 'conn',
        uid: 'C1',
        ts,
        orig: alert.device,
        resp,
        fields: {},
      })),
    })),
  ),
)

function thymus(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const main = join(import.meta.dirname, 'main.ts')
  return spawnSync(process.execPath, [main, 'incident', ...words, '--from', folder], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  })
}

test('without an id the incidents are listed, highest score first', () => {
  const { status, stdout } = thymus()
  assert.equal(status, 0)
  assert.ok(stdout.indexOf('Suspicious chain') < stdout.indexOf('Something small'))
})

test('the first letters of an id are enough, if they are of one; an absorbed id leads on', () => {
  assert.match(thymus('1f0').stdout, /^Suspicious chain/)
  assert.match(thymus('AA01').stdout, /^Something small/)
  const several = thymus('1f')
  assert.equal(several.status, 2)
  assert.match(several.stderr, /2 incidents begin with 1f/)
  assert.match(thymus('ff').stderr, /no incident begins with ff/)
})

test('--report writes by the ending of the file, and says which there are', () => {
  const path = join(folder, 'x.html')
  assert.equal(thymus('1f0', '--report', path).status, 0)
  assert.match(readFileSync(path, 'utf8'), /^<!doctype html>/)
  const markdown = join(folder, 'x.md')
  assert.equal(thymus('1f0', '--report', markdown).status, 0)
  assert.match(readFileSync(markdown, 'utf8'), /FS-12 → DC-01 \(moved to\)[\s\S]*APP-03 → WEB-01 \(acted on\)/)
  const wrong = thymus('1f0', '--report', join(folder, 'x.docx'))
  assert.equal(wrong.status, 2)
  assert.match(wrong.stderr, /\.stix\.json \.ocsf\.json \.md \.html \.pdf \.csv/)
  assert.ok(!existsSync(join(folder, 'x.docx')))
  assert.equal(thymus('1f0', '--report', join(folder, 'none', 'x.md')).status, 74)
})

test('a person can judge from the page alone', () => {
  const page = incidentPage(SOURCE, 'thymus-out')
  const needed = [
    INCIDENT.title,
    'very high confidence: 20,000 to 1',
    'Lateral movement',
    'T1047 Windows Management Instrumentation',
    'second foothold',
    'Cannot tell: no ntlm.log',
    'Dropped: FS-12 never administered',
    '203.0.113[.]77',
    'simulated',
    'thymus explain 1f0c9a7e44d2b801',
    'thymus query "SELECT * FROM conn WHERE uid IN (',
  ]
  for (const text of needed) assert.ok(page.replace(/\s+/g, ' ').includes(text), text)
  for (const value of INDICATOR_VALUES) assert.ok(!page.includes(value), value)
})

test('nothing from the network acts on the terminal, and no command holds any of it', () => {
  fc.assert(
    fc.property(hostileSource, (source) => {
      const page = incidentPage(source, 'thymus-out').replace(/\u001b\[\d+m/g, '')
      assert.ok(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(page.replaceAll('\n', '')))
      assert.ok(page.length < 120_000)
      const [, commands = ''] = page.split('To look deeper\n')
      for (const command of commands.split('\n')) assert.match(command, /^ {2}thymus [\w .'"*(),-]+$|^$/)
    }),
    RUNS,
  )
})

test('what the contract fixes is enough; a line that breaks it is named', () => {
  const path = join(folder, 'incidents.jsonl')
  const before = readFileSync(path, 'utf8')
  const { id, start, end, score, title, summary, devices, credentials, alerts, techniques, phases, absorbed } = INCIDENT
  const contract = { id, start, end, score, title, summary, credentials, alerts, techniques, phases, absorbed }
  const bare = { ...contract, devices: devices.map(({ id, ip, hostname, role }) => ({ id, ip, hostname, role })) }
  writeFileSync(path, lines([bare]))
  const [read] = readIncidents(folder)
  assert.ok(incidentPage({ incident: read!, alerts: [], actions: [] }, folder).includes('Undecided'))
  writeFileSync(path, lines([INCIDENT, { ...INCIDENT, score: 'high' }]))
  assert.throws(() => readIncidents(folder), /incidents\.jsonl:2[\s\S]*score/)
  writeFileSync(path, before)
})
