import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { defaultConfig } from './config.ts'
import { type RecordedEvent, writeRecording } from './recorded.ts'
import { replay } from './replay.ts'
import { recordingWithAttack } from './story.ts'

const models = join(import.meta.dirname, '..', '..', 'models')
const folder = mkdtempSync(join(tmpdir(), 'thymus-prefix-'))
after(() => rmSync(folder, { recursive: true }))

const recording = recordingWithAttack()

async function run(name: string, events: readonly RecordedEvent[], state?: string): Promise<Record<string, string[]>> {
  const input = join(folder, `${name}-input`)
  const out = join(folder, `${name}-out`)
  writeRecording(input, events, { format: 'json', files: 'log' })
  await replay({ paths: [input], out, lake: false, config: defaultConfig(), models, ...(state && { state }) })
  const lines = (file: string): string[] =>
    readFileSync(join(out, `${file}.jsonl`), 'utf8')
      .split('\n')
      .filter(Boolean)
  return {
    signals: lines('signals'),
    alerts: lines('alerts'),
    actions: lines('actions'),
    incidents: lines('incidents'),
  }
}

/** What was admitted up to engine time T: of each log, the lines up to the first that was known later. */
function upTo(time: number): RecordedEvent[] {
  const keys = new Map<string, number>()
  return recording.filter(({ log, fields }) => {
    const known = Math.round((Number(fields['ts']) + durationOf(fields)) * 1e6)
    const key = Math.max(keys.get(log) ?? 0, known)
    keys.set(log, key)
    return key <= time * 1e6
  })
}

function durationOf(fields: Readonly<Record<string, unknown>>): number {
  return Math.max(0, Number(fields['duration'] ?? 0))
}

const timeOf = (line: string): number => (JSON.parse(line) as { time: number }).time

test('what was said up to a moment does not depend on anything after it', async () => {
  const whole = await run('whole', recording)
  assert.ok(whole['alerts']!.length > 3 && whole['signals']!.length > 3)
  const moments = [...new Set(whole['alerts']!.map(timeOf))]
  const cuts = moments.flatMap((time) => [time, time - 0.000001]).concat(1588205300, 1588206100, 1588207000)
  for (const [index, cut] of cuts.entries()) {
    const part = await run(`cut${index}`, upTo(cut))
    for (const file of ['signals', 'alerts', 'actions']) {
      assert.deepEqual(
        part[file],
        whole[file]!.filter((line) => timeOf(line) <= cut),
        `${file} cut at ${cut}`,
      )
    }
  }
})

test('two runs on one state say together what one run over everything says', async () => {
  const whole = await run('one', recording)
  for (const [index, cut] of [1588206100.5, 1588206420, 1588206502].entries()) {
    const state = join(folder, `state${index}`)
    const before = await run(`before${index}`, upTo(cut), state)
    const rest = await run(`rest${index}`, recording, state)
    for (const file of ['signals', 'alerts', 'actions']) {
      assert.deepEqual([...before[file]!, ...rest[file]!], whole[file], `${file} with a restart at ${cut}`)
    }
    assert.ok(whole['incidents']!.length > 0)
    assert.deepEqual(rest['incidents'], whole['incidents'], `incidents with a restart at ${cut}`)
  }
})

test('the same records read twice on one state are counted once', async () => {
  const state = join(folder, 'state-again')
  await run('again1', recording, state)
  const input = join(folder, 'again1-input')
  const again = await replay({ paths: [input], lake: false, config: defaultConfig(), models, state })
  assert.deepEqual(again.signals, [])
  assert.equal((again.summary['events'] as { total: number }).total, 0)
  assert.equal((again.summary['duplicates'] as { total: number }).total, recording.length)
})
