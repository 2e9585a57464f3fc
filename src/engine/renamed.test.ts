import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { elementsAt, textAt } from '../event/batch.ts'
import { DAY, SECOND } from '../event/time.ts'
import { capture } from '../sensor/capture.ts'
import { sourceFile } from '../sensor/discover.ts'
import { ReadReport } from '../sensor/sensor.ts'
import { defaultConfig } from './config.ts'
import { type RecordedEvent, writeRecording } from './recorded.ts'
import { replay } from './replay.ts'

const root = join(import.meta.dirname, '..', '..')
const recording = join(root, '..', 'shared', 'data', 'pcap', 'LM_psexec_smb_dcerpc_epm_svcctl.pcapng')

/** A capture as the Zeek events that its sensor makes of it. */
async function recordedFromCapture(path: string): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  const file = sourceFile(path, 'capture', 0)
  for await (const batch of capture.read(file, new ReadReport('capture'))) {
    for (let row = 0; row < batch.rows; row++) {
      const fields: Record<string, unknown> = {}
      for (const { name, kind, numeric, slot } of batch.type.fields) {
        const value = batch.numbers[slot]![row]!
        if (numeric) {
          if (Number.isNaN(value)) continue
          fields[name] = kind === 'time' || kind === 'interval' ? value / SECOND : kind === 'bool' ? value === 1 : value
        } else if (batch.strings[slot]![row] !== 0) {
          fields[name] = kind === 'set' ? elementsAt(batch, slot, row) : textAt(batch, slot, row)
        }
      }
      events.push({ log: batch.type.name, fields })
    }
  }
  return events
}

function changed(events: readonly RecordedEvent[], tool: string, shiftDays: number): RecordedEvent[] {
  const times = new Set(['ts', '_write_ts'])
  return events.map(({ log, fields }) => ({
    log,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => {
        if (times.has(name)) return [name, Number(value) + (shiftDays * DAY) / SECOND]
        return [name, typeof value === 'string' ? value.replace(/PSEXESVC/gi, tool) : value]
      }),
    ),
  }))
}

async function saidOf(events: readonly RecordedEvent[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-renamed-'))
  try {
    writeRecording(folder, events, { format: 'json', files: 'log' })
    const { alerts, incidents } = await replay({
      paths: [folder],
      config: defaultConfig(),
      models: join(root, 'models'),
    })
    return [
      ...alerts.map((alert) => `${alert.revision} ${alert.model} ${alert.score} on ${alert.device.ip}`),
      ...incidents.map(({ type, score, verdict, devices }) =>
        [type, score, verdict.bits, ...devices.map(({ ip, role }) => `${ip} ${role}`)].join(' '),
      ),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const there = existsSync(recording)
assert.ok(there || process.env['CI'] !== 'true', 'the shared recordings are missing, and CI must have them')

test('another name for the tool and another day of the year change nothing of what is said', {
  skip: !there && 'no shared recordings beside the repository',
}, async () => {
  const events = await recordedFromCapture(recording)
  const said = await saidOf(events)
  assert.ok(said.length >= 3, `only ${said.length} alerts`)
  assert.deepEqual(await saidOf(changed(events, 'qzxupdt', 0)), said)
  assert.deepEqual(await saidOf(changed(events, 'PSEXESVC', 173)), said)
})
