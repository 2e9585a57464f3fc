/**
 * How fast logs become columns: `node bench/parse.ts [--lines 1000000] [--rounds 3] [--json]`.
 *
 * The floor is what any reader of JSON lines must do: split the file into lines and JSON.parse each, nothing else.
 * Everything is measured in one run, in turn, as CPU time (all threads of the process), and given as a ratio.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { parseArgs } from 'node:util'
import { sourceFile } from '../src/sensor/discover.ts'
import { ReadReport, type Sensor } from '../src/sensor/sensor.ts'
import { zeekJson } from '../src/sensor/zeek_json.ts'
import { zeekTsv } from '../src/sensor/zeek_tsv.ts'
import { writeConnLogs } from './conn_log.ts'

export interface Timing {
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

/** Splits into lines and parses each. @returns lines */
export async function floor(path: string): Promise<number> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let lines = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    const pieces = (rest + decoder.write(chunk)).split('\n')
    rest = pieces.pop()!
    for (const line of pieces) JSON.parse(line)
    lines += pieces.length
  }
  return lines
}

async function rows(sensor: Sensor, path: string): Promise<number> {
  const report = new ReadReport(path)
  let count = 0
  for await (const batch of sensor.read(sourceFile(path, path, 0), report)) count += batch.rows
  if (report.rejected.size > 0) throw new Error(`records were rejected: ${[...report.rejected.keys()]}`)
  return count
}

/** Times a run that must handle `lines` lines. */
export async function timed(lines: number, run: () => Promise<number>): Promise<Timing> {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const started = process.hrtime.bigint()
  const count = await run()
  const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9
  const { user, system } = process.cpuUsage(cpu)
  if (count !== lines) throw new Error(`${count} of ${lines} lines were read`)
  return { cpuSeconds: (user + system) / 1e6, wallSeconds }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  })
  const lines = Number(values.lines)
  const folder = mkdtempSync(join(tmpdir(), 'thymus-bench-'))
  try {
    const [jsonPath, tsvPath] = [join(folder, 'conn.json.log'), join(folder, 'conn.tsv.log')]
    const bytes = writeConnLogs({ lines }, jsonPath, tsvPath)
    const runs: Readonly<Record<string, () => Promise<number>>> = {
      floor: () => floor(jsonPath),
      json: () => rows(zeekJson, jsonPath),
      tsv: () => rows(zeekTsv, tsvPath),
    }
    const timings: Record<string, Timing[]> = {}
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, run] of Object.entries(runs)) {
        const timing = await timed(lines, run)
        timings[name] = [...(timings[name] ?? []), timing]
      }
    }
    const perLine = (name: string): number => (median(timings[name]!.map((each) => each.cpuSeconds)) / lines) * 1e6
    const ratio = (name: string): number =>
      median(timings[name]!.map((each, round) => each.cpuSeconds / timings['floor']![round]!.cpuSeconds))
    const result = {
      node: process.version,
      lines,
      bytesPerLine: { json: bytes.json / lines, tsv: bytes.tsv / lines },
      cpuMicrosPerLine: { floor: perLine('floor'), json: perLine('json'), tsv: perLine('tsv') },
      ofFloor: { json: ratio('json'), tsv: ratio('tsv') },
    }
    if (values.json) console.log(JSON.stringify(result))
    else {
      console.log(`Node ${result.node}, ${lines} lines of conn.log, CPU time, median of ${values.rounds} rounds`)
      console.log(`floor (JSON.parse a line)   1.00   ${result.cpuMicrosPerLine.floor.toFixed(2)} µs a line`)
      for (const name of ['json', 'tsv'] as const) {
        const micros = result.cpuMicrosPerLine[name].toFixed(2)
        const size = Math.round(result.bytesPerLine[name])
        console.log(
          `${name.padEnd(4)} into columns           ${result.ofFloor[name].toFixed(2)}   ${micros} µs a line of ${size} bytes`,
        )
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
