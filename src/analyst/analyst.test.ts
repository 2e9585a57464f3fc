import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BehaviourStation } from '../behaviour/behaviour.ts'
import { DeviceStation } from '../device/device.ts'
import { defaultConfig } from '../engine/config.ts'
import { type RecordedEvent, writeRecording } from '../engine/recorded.ts'
import { type ReplayResult, replay } from '../engine/replay.ts'
import type { Alert } from '../model/alert.ts'
import { AnalystStation } from './analyst.ts'

const models = join(import.meta.dirname, '..', '..', 'models')
const folder = mkdtempSync(join(tmpdir(), 'thymus-analyst-'))
after(() => rmSync(folder, { recursive: true }))

let runs = 0
/** Each log in order of time, as a sensor writes it. */
async function run(events: readonly RecordedEvent[]): Promise<ReplayResult> {
  const input = join(folder, `run${runs++}`)
  const inOrder = [...events].sort((a, b) => Number(a.fields['ts']) - Number(b.fields['ts']))
  writeRecording(input, inOrder, { format: 'json', files: 'log' })
  return await replay({ paths: [input], config: defaultConfig(), models })
}

const START = 1_700_000_000

function ids(orig: string, resp: string, port: number): Record<string, unknown> {
  return { id_orig_h: orig, id_orig_p: 50_000, id_resp_h: resp, id_resp_p: port }
}

function connection(ts: number, uid: string, orig: string, resp: string, port: number, state = 'SF'): RecordedEvent {
  const answered = state === 'SF'
  const fields = {
    ...{ ts, uid, ...ids(orig, resp, port), proto: 'tcp', conn_state: state, history: answered ? 'ShADadFf' : 'S' },
    ...(answered ? { duration: 0.5, orig_bytes: 900, resp_bytes: 700 } : {}),
    ...{ orig_pkts: answered ? 9 : 1, resp_pkts: answered ? 8 : 0 },
  }
  return { log: 'conn', fields }
}

/** One device signs on at another, writes a program there and has it run as a service. */
function psexec(
  ts: number,
  orig: string,
  resp: string,
  { user = 'administrator', file = 'tool.exe', named = true } = {},
): RecordedEvent[] {
  const uid = `C${orig}${resp}${ts}`
  const at = { uid, ...ids(orig, resp, 445) }
  const path = `\\\\${resp}\\ADMIN$`
  return [
    connection(ts, uid, orig, resp, 445),
    ...(named ? [{ log: 'ntlm', fields: { ts, ...at, username: user, domainname: 'CORP', success: true } }] : []),
    { log: 'smb_mapping', fields: { ts: ts + 0.1, ...at, path, share_type: 'DISK' } },
    { log: 'smb_files', fields: { ts: ts + 0.2, ...at, action: 'SMB::FILE_WRITE', path, name: file, size: 9000 } },
    ...['OpenSCManagerW', 'CreateServiceW', 'StartServiceW'].map((operation, index) => ({
      log: 'dce_rpc',
      fields: { ts: ts + 0.3 + index, ...at, rtt: 0.001, named_pipe: '\\pipe\\svcctl', endpoint: 'svcctl', operation },
    })),
  ]
}

function scan(ts: number, orig: string, net: string): RecordedEvent[] {
  return Array.from({ length: 120 }, (_, index) =>
    connection(ts + index * 0.3, `S${orig}${index}`, orig, `${net}.${index + 1}`, 445, index % 10 === 0 ? 'SF' : 'S0'),
  )
}

/** A office that does nothing remarkable, so that a share of its devices means something. */
function office(): RecordedEvent[] {
  return Array.from({ length: 60 }, (_, index) => [
    connection(START - 600 + index, `O${index}`, `10.1.0.${index + 1}`, '10.1.1.1', 443),
  ]).flat()
}

test('one story across two devices is one incident, and says who began', async () => {
  const { incidents } = await run([
    ...office(),
    ...scan(START, '10.1.0.5', '10.1.0'),
    ...psexec(START + 100, '10.1.0.5', '10.1.0.9'),
    ...scan(START + 900, '10.1.0.9', '10.1.0'),
    ...psexec(START + 1000, '10.1.0.9', '10.1.0.20'),
  ])
  assert.equal(incidents.length, 1)
  const [incident] = incidents
  const roles = new Map(incident!.devices.map(({ ip, role }) => [ip, role]))
  assert.equal(roles.get('10.1.0.5'), 'first foothold')
  assert.equal(roles.get('10.1.0.9'), 'second foothold')
  assert.equal(roles.get('10.1.0.20'), 'reached')
  assert.equal(incident!.type, 'Suspicious Chain of Administrative Connections')
  assert.ok(incident!.links.some(({ kind, text }) => kind === 'movement' && text.includes('before 10.1.0.9 began')))
  assert.ok(incident!.phases.some(({ name }) => name === 'Lateral movement'))
  assert.ok(incident!.credentials.some((name) => name.toLowerCase().includes('administrator')))
  assert.ok(incident!.indicators.some(({ kind, value }) => kind === 'file' && value === 'tool.exe'))
})

test('two that strike the same server with the same account in the same minutes stay two', async () => {
  const { incidents } = await run([
    ...office(),
    ...scan(START, '10.1.0.5', '10.1.0'),
    ...psexec(START + 100, '10.1.0.5', '10.1.0.60', { file: 'a.exe' }),
    ...scan(START + 30, '10.1.0.7', '10.1.0'),
    ...psexec(START + 130, '10.1.0.7', '10.1.0.60', { file: 'b.exe' }),
  ])
  for (const { devices } of incidents) {
    const acted = devices.filter(({ alerts }) => alerts.length > 0).map(({ ip }) => ip)
    assert.equal(acted.length, 1, acted.join(' '))
  }
})

test('a sentence stands only with its evidence: without sign-ons no credential is named, and that is said', async () => {
  const whole = [...scan(START, '10.1.0.5', '10.1.0'), ...psexec(START + 100, '10.1.0.5', '10.1.0.9')]
  const blind = [...scan(START, '10.1.0.5', '10.1.0'), ...psexec(START + 100, '10.1.0.5', '10.1.0.9', { named: false })]
  const [seen] = (await run([...office(), ...whole])).incidents
  const [unseen] = (await run([...office(), ...blind])).incidents
  assert.match(seen!.summary, /credential/)
  assert.doesNotMatch(unseen!.summary, /credential/)
  assert.ok(unseen!.unseen.some((text) => text.includes('neither ntlm.log nor kerberos.log')))
  for (const { text, evidence, alerts } of seen!.clauses.slice(0, -1)) {
    assert.ok(evidence.length > 0 && alerts.length > 0, text)
  }
})

test('every explanation is weighed: priors and answers add up to what is stated', async () => {
  const { incidents } = await run([...office(), ...psexec(START, '10.1.0.5', '10.1.0.9')])
  const [incident] = incidents
  const steps = incident!.investigation
  assert.ok(steps.length >= 5)
  const sum = (name: string): number => steps.reduce((total, { weights }) => total + (weights[name] ?? 0), 0)
  const stated = new Map(incident!.hypotheses.map(({ name, bits }) => [name, bits]))
  const priors = { 'Lateral movement': -11.5, 'Administrator at work': -1 }
  for (const [name, prior] of Object.entries(priors))
    assert.ok(Math.abs(prior + sum(name) - stated.get(name)!) < 0.2, name)
  assert.equal(steps.at(-1)!.lead, incident!.verdict.bits)
  // Nothing was learned, so that nothing is explained, however far an attack is behind.
  assert.ok(incident!.verdict.bits < -3)
  assert.equal(incident!.verdict.is, 'undecided')
})

function station(): { analyst: AnalystStation; devices: DeviceStation } {
  const devices = new DeviceStation(defaultConfig())
  const behaviour = new BehaviourStation(devices, { tags: devices })
  return { analyst: new AnalystStation({ devices, behaviour }, { incidentsPerWeek: 7 }), devices }
}

function alert(number: number, changes: Partial<Alert> = {}): Alert {
  const id = String(number).padStart(16, '0')
  return {
    id,
    time: START + number / 200,
    model: 'Device/Network Scan',
    models: ['Device/Network Scan'],
    score: 60,
    device: { id: `d${number}`.padEnd(16, '0'), ip: '10.0.0.1', hostname: '' },
    techniques: ['T1046'],
    surprise: { trained: false, bits: null, network_period_days: null, learned_days: null, text: '', reasons: [] },
    evidence: [`C${number}`],
    summary: 'it scanned.',
    revision: 1,
    reason: 'first',
    first: START + number / 200,
    last: START + number / 200,
    subject: '',
    facts: [],
    records: [],
    tags: [],
    response: '',
    ...changes,
  }
}

test('ten thousand alerts in a minute are all taken, and a device in a case is not asked about each time', () => {
  const { analyst } = station()
  analyst.begins(START * 1e6)
  for (let number = 0; number < 10_000; number++) {
    const device = { id: `d${number % 50}`.padEnd(16, '0'), ip: '10.0.0.1', hostname: '' }
    analyst.alert(alert(number, { device }), (START + number / 200) * 1e6)
  }
  const counts = analyst.counts()
  const told = analyst.investigated().reduce((sum, { alerts }) => sum + alerts.length, 0)
  assert.equal(told + counts.alertsDropped, 10_000)
  assert.ok(counts.casesOpened <= 50)
  assert.ok(counts.investigations <= 50 * 2, String(counts.investigations))
})

test('an alert on a device that is gone, with strings made to be interpreted, breaks nothing and stands as it was seen', () => {
  const { analyst } = station()
  analyst.begins(START * 1e6)
  const hostile = '<img src=x onerror=alert(1)>\u202e[link](javascript:1) =cmd|1'
  const evil = alert(1, {
    model: 'Compliance/SMB Drive Write',
    techniques: ['T1021.002', 'T1570'],
    summary: `${hostile} wrote something.`,
    records: [
      {
        log: 'smb_files',
        uid: 'C1',
        ts: START,
        seq: 1,
        orig: 'd1'.padEnd(16, '0'),
        credential: hostile,
        fields: { 'id.orig_h': '10.0.0.1', 'id.resp_h': '10.0.0.2', name: `${hostile}.exe` },
      },
    ],
  })
  analyst.alert(evil, START * 1e6)
  const [incident] = analyst.investigated()
  assert.ok(incident!.indicators.some(({ value }) => value.endsWith('=cmd|1.exe')))
  assert.deepEqual(incident!.credentials, [hostile])
})

test('what was saved goes on as if it had never been away', () => {
  const [one, other] = [station(), station()]
  const all = Array.from({ length: 40 }, (_, number) =>
    alert(number, { device: { id: `d${number % 4}`.padEnd(16, '0'), ip: '10.0.0.1', hostname: '' } }),
  )
  one.analyst.begins(START * 1e6)
  for (const each of all.slice(0, 20)) one.analyst.alert(each, each.time * 1e6)
  const saved: unknown = JSON.parse(JSON.stringify(one.analyst.save()))
  const again = new AnalystStation(
    { devices: other.devices, behaviour: new BehaviourStation(other.devices, { tags: other.devices }) },
    { incidentsPerWeek: 7 },
    saved as ReturnType<AnalystStation['save']>,
  )
  for (const each of all.slice(20)) {
    one.analyst.alert(each, each.time * 1e6)
    again.alert(each, each.time * 1e6)
  }
  assert.deepEqual(again.investigated(), one.analyst.investigated())
  assert.deepEqual(JSON.parse(JSON.stringify(again.save())), JSON.parse(JSON.stringify(one.analyst.save())))
})
