import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeConnLogs } from './conn_log.ts'

/**
 * The whole pipeline (read, order, devices, behaviour, models, lake) on a realistic conn.log, as ratios to the floor of
 * the same run: split the JSON file into lines and `JSON.parse` each, nothing else. Processor time of all processes but
 * where it says wall. Each figure is the median of its runs; machines are noisy, so runs alternate.
 */
export interface PipelineFigures {
  readonly node: string
  readonly lines: number
  /** µs of processor time a line. */
  readonly floor: number
  /** Ratios to the floor. */
  readonly json: number
  readonly tsv: number
  readonly jsonWithLake: number
  readonly tsvWithLake: number
  /** Wall time with one thread over wall time with two, without the lake. */
  readonly twoThreads: number
  /** MiB, largest resident size of the engine's process, without the lake. */
  readonly peakMiB: number
}

const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

interface Run {
  readonly cpu: number
  readonly wall: number
  readonly peak: number
}

export function benchPipeline(lines: number, runs: number, log: (text: string) => void): PipelineFigures {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-bench-'))
  try {
    const json = join(folder, 'json', 'conn.log')
    const tsv = join(folder, 'tsv', 'conn.log')
    for (const kind of ['json', 'tsv']) mkdirSync(join(folder, kind))
    log(`writing ${lines} lines …`)
    writeConnLogs({ lines }, json, tsv)
    const floors: number[] = []
    const kinds: Record<string, Run[]> = { json: [], tsv: [], jsonLake: [], tsvLake: [], json2: [] }
    for (let run = 0; run < runs; run++) {
      log(`run ${run + 1} of ${runs} …`)
      floors.push(floor(json))
      kinds['json']!.push(replayed(folder, json, ['--no-lake']))
      kinds['json2']!.push(replayed(folder, json, ['--no-lake', '--workers', '2']))
      kinds['tsv']!.push(replayed(folder, tsv, ['--no-lake']))
      kinds['jsonLake']!.push(replayed(folder, json, []))
      kinds['tsvLake']!.push(replayed(folder, tsv, []))
    }
    const base = median(floors)
    const ratio = (kind: string): number => round(median(kinds[kind]!.map((each) => each.cpu)) / base)
    return {
      node: process.version,
      lines,
      floor: round((base / lines) * 1e6),
      json: ratio('json'),
      tsv: ratio('tsv'),
      jsonWithLake: ratio('jsonLake'),
      tsvWithLake: ratio('tsvLake'),
      twoThreads: round(
        median(kinds['json']!.map((each) => each.wall)) / median(kinds['json2']!.map((each) => each.wall)),
      ),
      peakMiB: Math.round(Math.max(...kinds['json']!.map((each) => each.peak)) / 2 ** 20),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Seconds of processor time, of a process of its own so that it pays for its start as the others do. */
function floor(path: string): number {
  const program = `
    const { openSync, readSync } = require('node:fs')
    const file = openSync(${JSON.stringify(path)}), buffer = Buffer.alloc(1 << 20)
    let rest = '', lines = 0
    for (let n; (n = readSync(file, buffer)) > 0; ) {
      const parts = (rest + buffer.utf8Slice(0, n)).split('\\n')
      rest = parts.pop()
      for (const line of parts) { JSON.parse(line); lines++ }
    }
    const { user, system } = process.cpuUsage()
    console.log(JSON.stringify({ cpu: (user + system) / 1e6, lines }))`
  const out = execFileSync(process.execPath, ['--input-type=commonjs', '-e', program], { encoding: 'utf8' })
  return (JSON.parse(out) as { cpu: number }).cpu
}

function replayed(folder: string, path: string, args: readonly string[]): Run {
  const out = join(folder, 'out')
  execFileSync(process.execPath, [main, 'replay', path, '--out', out, ...args], { stdio: 'pipe', cwd: folder })
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Record<string, number>
  return {
    cpu: summary['cpu_seconds']! + summary['lake_cpu_seconds']!,
    wall: summary['wall_seconds']!,
    peak: summary['peak_memory_bytes']!,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** A table for people. */
export function pipelineText(figures: PipelineFigures): string {
  const { node, lines, floor: base } = figures
  return [
    `Node ${node}, ${cpus()[0]?.model ?? 'unknown processor'}, ${lines} lines of conn.log; floor (JSON.parse of each line) ${base} µs a line`,
    'Processor time of the whole pipeline, in floors          reach',
    `  JSON, without the lake     ${figures.json.toFixed(2)}                         ≤ 1.5`,
    `  TSV, without the lake      ${figures.tsv.toFixed(2)}                         no slower than JSON`,
    `  JSON, with the lake        ${figures.jsonWithLake.toFixed(2)}                         ≤ 3`,
    `  TSV, with the lake         ${figures.tsvWithLake.toFixed(2)}`,
    `Two threads against one, wall time without the lake: ${figures.twoThreads.toFixed(2)} times as fast (reach ≥ 1.3)`,
    `Largest memory: ${figures.peakMiB} MiB`,
  ].join('\n')
}
