import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Incident } from '../analyst/incident.ts'
import { defaultConfig } from '../engine/config.ts'
import { type RecordedEvent, writeRecording } from '../engine/recorded.ts'
import { replay } from '../engine/replay.ts'
import { recordingWithAttack } from '../engine/story.ts'
import { Results } from './results.ts'

/** For tests of this folder and of the console: a small finished run in which hostile names, a flood and an incident occur. */

/** Everything that a name from the network may try: markup, a turned direction, an escape sequence. */
export const HOSTILE = '<img src=x onerror="document.title=1">\u202egpj.exe\u001b[31m'
/** Gets some connections each hour, and in one hour a flood from outside. */
export const FLOODED = '10.0.0.4'
export const FLOOD_CONNECTIONS = 1200
const FIRST_DAY = Date.UTC(2020, 3, 24) / 1000
const DAYS = 5
/** Begin of the hour of the flood. */
export const FLOOD_HOUR = FIRST_DAY + (DAYS * 24 - 10) * 3600

let made: Promise<string> | undefined

/** The folder of the run; made once a process, removed when that ends. */
export function finishedRun(): Promise<string> {
  made ??= makeRun()
  return made
}

async function makeRun(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'thymus-server-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const telemetry = join(dir, 'telemetry')
  writeRecording(telemetry, [...everyday(), ...recordingWithAttack(), ...hostile()], { format: 'json', files: 'log' })
  const out = join(dir, 'out')
  const models = join(import.meta.dirname, '..', '..', 'models')
  await replay({ paths: [telemetry], out, config: defaultConfig(), models })
  writeFileSync(join(out, 'incidents.jsonl'), `${JSON.stringify(incidentOf(Results.open(out)))}\n`)
  return out
}

function connection(ts: number, uid: string, from: string, to: string, state: string): RecordedEvent {
  const ends = { id_orig_h: from, id_orig_p: 40_000, id_resp_h: to, id_resp_p: 443, proto: 'tcp' }
  const sizes = state === 'SF' ? { duration: 0.2, orig_bytes: 500, resp_bytes: 900 } : {}
  return { log: 'conn', fields: { ts, uid, ...ends, conn_state: state, ...sizes } }
}

function everyday(): RecordedEvent[] {
  const events: RecordedEvent[] = []
  for (let hour = 0; hour < DAYS * 24; hour++) {
    const begin = FIRST_DAY + hour * 3600
    const count = 4 + (hour % 3)
    for (let i = 0; i < count; i++) {
      events.push(connection(begin + i * 60, `CDay${hour}x${i}`, `10.0.1.${4 + (i % 3)}`, FLOODED, 'SF'))
    }
    if (begin !== FLOOD_HOUR) continue
    for (let i = 0; i < FLOOD_CONNECTIONS; i++) {
      events.push(connection(begin + 600 + i, `CFlood${i}`, `203.0.113.${i % 200}`, FLOODED, 'S0'))
    }
  }
  return events
}

/** Behind all others. */
function hostile(): RecordedEvent[] {
  const ts = 1_588_300_000
  const ends = { id_orig_h: '10.0.1.6', id_orig_p: 50_001, id_resp_h: FLOODED, id_resp_p: 445 }
  const share = { ts, uid: 'CHostile', ...ends }
  return [
    connection(ts, 'CHostile', '10.0.1.6', FLOODED, 'SF'),
    { log: 'smb_mapping', fields: { ...share, path: `\\\\${FLOODED}\\C$`, share_type: 'DISK' } },
    {
      log: 'smb_files',
      fields: { ...share, ts: ts + 1, action: 'SMB::FILE_WRITE', path: `\\\\${FLOODED}\\C$`, name: HOSTILE, size: 9 },
    },
  ]
}

/** One that the folder's alerts could have led to, with every part filled. */
function incidentOf({ alerts, devices }: Results): Incident {
  const own = alerts.filter(({ device }) => device.ip === '10.0.1.6')
  const [attacker, target] = ['10.0.1.6', FLOODED].map((ip) => devices.find((device) => device.ip === ip)!)
  const records = own.flatMap((alert) => alert.records)
  const start = Math.min(...records.map(({ ts }) => ts))
  const end = Math.max(...records.map(({ ts }) => ts))
  const ids = own.map(({ id }) => id)
  // Not one that counts alerts: its events are those of others.
  const founding = own.filter((alert) => alert.records.some(({ log }) => log === 'ntlm')).map(({ id }) => id)
  const evidence = records.slice(0, 2).map(({ uid }) => uid)
  const part = (device: typeof attacker, role: Incident['devices'][number]['role'], text: string) => ({
    id: device!.id,
    ip: device!.ip,
    hostname: device!.hostname ?? '',
    role,
    tags: device!.tags.map(({ tag }) => tag),
    part: text,
    alerts: role === 'target' ? [] : ids,
    first: start,
    last: end,
  })
  const phase = (name: string, stage: number) => ({
    name,
    stage,
    techniques: ['T1021.002'],
    start,
    end,
    text: `${name} by ${HOSTILE}`,
    devices: [attacker!.id],
    alerts: ids,
    evidence,
  })
  return {
    id: 'feedfacefeedface',
    start,
    end,
    raised: end,
    updated: end,
    score: 91,
    type: 'Lateral movement',
    types: ['Lateral movement'],
    title: `10.0.1.6 wrote ${HOSTILE} to 10.0.0.4`,
    summary: `It scanned. It wrote ${HOSTILE}.`,
    clauses: [
      { text: 'It scanned.', alerts: founding.slice(0, 1), evidence },
      { text: `It wrote ${HOSTILE}.`, alerts: founding.slice(0, 1), evidence: ['CHostile'] },
    ],
    devices: [part(attacker, 'first foothold', 'scanned and wrote'), part(target, 'target', 'was written to')],
    credentials: ['administrator'],
    alerts: ids,
    techniques: ['T1021.002'],
    phases: [phase('Discovery', 5), phase('Lateral movement', 6)],
    timeline: own.map((alert) => ({
      time: alert.first ?? alert.time,
      device: attacker!.id,
      phase: 'Lateral movement',
      text: alert.summary,
      alert: alert.id,
      evidence: alert.evidence.slice(0, 2),
    })),
    absorbed: ['0123456789abcdef'],
    related: [],
    links: [
      {
        kind: 'movement',
        alert: ids[0]!,
        from: attacker!.id,
        to: target!.id,
        time: start,
        bits: 12,
        text: 'Joined because it wrote there.',
      },
    ],
    indicators: [{ kind: 'file', value: HOSTILE, defanged: HOSTILE, first: end, evidence: ['CHostile'] }],
    verdict: { is: 'attack', hypothesis: 'an intruder', bits: 14, probability: 0.9999, text: 'An attack.' },
    hypotheses: [
      { name: 'an intruder', kind: 'attack', bits: 12, text: 'Stands.' },
      { name: 'an administrator', kind: 'benign', bits: -2, text: 'Dropped: not from here.' },
    ],
    investigation: [
      {
        as_of: end,
        device: attacker!.id,
        question: 'Is it an administrator’s machine?',
        answer: `No; it wrote ${HOSTILE}.`,
        could_tell: true,
        basis: 'measured',
        weights: { 'an intruder': 4, 'an administrator': -3 },
        lead: 7,
        evidence,
      },
    ],
    unseen: ['No kerberos.log.'],
    next_steps: ['Isolate 10.0.1.6.'],
  }
}
