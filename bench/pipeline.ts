import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulate } from '../src/lab/lab.ts'
import { writeConnLogs } from './conn_log.ts'

/**
 * The whole pipeline (read, order, devices, behaviour, models, lake) on a realistic conn.log and on a mixed day of a
 * simulated enterprise, as ratios to the floor of the same run: split the JSON files into lines and `JSON.parse` each,
 * nothing else. Processor time of all processes from their start to their end but where it says wall. Each figure is the
 * median of its runs; machines are noisy, so runs alternate.
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
  /** All logs of one day of an enterprise, as its sensor writes them. */
  readonly mixedDay: {
    readonly records: number
    readonly floor: number
    readonly json: number
    readonly tsv: number
    readonly jsonWithLake: number
    readonly tsvWithLake: number
  }
}

/** One size of the growth series, without the lake, on TSV. */
export interface GrowthFigures {
  readonly lines: number
  /** µs of processor time a line, start-up included. */
  readonly perLine: number
  readonly peakMiB: number
}

const root = join(import.meta.dirname, '..')
const main = join(root, 'src', 'cli', 'main.ts')
const MIXED_DEVICES = 300

interface Run {
  readonly cpu: number
  readonly wall: number
  readonly peak: number
}

const KINDS = ['json', 'tsv', 'jsonLake', 'tsvLake'] as const
type Kind = (typeof KINDS)[number] | 'json2'

const ARGUMENTS: Readonly<Record<Kind, readonly string[]>> = {
  json: ['--no-lake'],
  tsv: ['--no-lake'],
  jsonLake: [],
  tsvLake: [],
  json2: ['--no-lake', '--workers', '2'],
}

/** The same telemetry in both formats. */
interface Telemetry {
  readonly json: string
  readonly tsv: string
}

export async function benchPipeline(
  lines: number,
  runs: number,
  log: (text: string) => void,
): Promise<PipelineFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-bench-'))
  try {
    const conn: Telemetry = { json: join(folder, 'json', 'conn.log'), tsv: join(folder, 'tsv', 'conn.log') }
    for (const kind of ['json', 'tsv']) mkdirSync(join(folder, kind))
    log(`writing ${lines} lines …`)
    writeConnLogs({ lines }, conn.json, conn.tsv)
    const one = measured(folder, conn, [...KINDS, 'json2'], runs, log)
    log(`simulating a day of ${MIXED_DEVICES} devices …`)
    const world = { seed: 1, devices: MIXED_DEVICES, days: 1 }
    const day = await simulate(join(folder, 'day-json'), { ...world, format: 'json' })
    const dayTsv = await simulate(join(folder, 'day-tsv'), { ...world, format: 'tsv' })
    const mixed = measured(folder, { json: day.telemetry, tsv: dayTsv.telemetry }, KINDS, runs, log)
    const walls = (kind: Kind): number => median(one.runs[kind].map((each) => each.wall))
    return {
      node: process.version,
      lines,
      floor: round((one.floor / lines) * 1e6),
      ...one.ratios,
      twoThreads: round(walls('json') / walls('json2')),
      peakMiB: mebibytes(one.runs.json),
      mixedDay: { records: day.records, floor: round((mixed.floor / day.records) * 1e6), ...mixed.ratios },
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function measured(
  folder: string,
  telemetry: Telemetry,
  kinds: readonly Kind[],
  runs: number,
  log: (text: string) => void,
) {
  const floors: number[] = []
  const all: Record<Kind, Run[]> = { json: [], tsv: [], jsonLake: [], tsvLake: [], json2: [] }
  for (let run = 0; run < runs; run++) {
    log(`run ${run + 1} of ${runs} …`)
    floors.push(floor(filesBelow(telemetry.json)))
    for (const kind of kinds) {
      const path = kind.startsWith('json') ? telemetry.json : telemetry.tsv
      all[kind].push(replayed(folder, path, ARGUMENTS[kind]))
    }
  }
  const base = median(floors)
  const ratio = (kind: Kind): number => round(median(all[kind].map((each) => each.cpu)) / base)
  const ratios = {
    json: ratio('json'),
    tsv: ratio('tsv'),
    jsonWithLake: ratio('jsonLake'),
    tsvWithLake: ratio('tsvLake'),
  }
  return { floor: base, runs: all, ratios }
}

/** Ten times as many lines, and again: does the time a line stay the same, and does memory? One run each. */
export function benchGrowth(sizes: readonly number[], log: (text: string) => void): GrowthFigures[] {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-growth-'))
  try {
    return sizes.map((lines) => {
      log(`${lines} lines …`)
      const path = join(folder, 'conn.log')
      writeConnLogs({ lines }, '/dev/null', path)
      const run = replayed(folder, path, ['--no-lake'])
      return { lines, perLine: round((run.cpu / lines) * 1e6), peakMiB: mebibytes([run]) }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function mebibytes(runs: readonly Run[]): number {
  return Math.round(Math.max(...runs.map((each) => each.peak)) / 2 ** 20)
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile())
    .sort()
}

/** Seconds of processor time, of a process of its own so that it pays for its start as the others do. */
function floor(paths: readonly string[]): number {
  const program = `
    const { closeSync, openSync, readSync } = require('node:fs')
    const buffer = Buffer.alloc(1 << 20)
    let lines = 0
    for (const path of ${JSON.stringify(paths)}) {
      const file = openSync(path)
      let rest = ''
      for (let n; (n = readSync(file, buffer)) > 0; ) {
        const parts = (rest + buffer.utf8Slice(0, n)).split('\\n')
        rest = parts.pop()
        for (const line of parts) { JSON.parse(line); lines++ }
      }
      closeSync(file)
    }
    const { user, system } = process.cpuUsage()
    console.log(JSON.stringify({ cpu: (user + system) / 1e6, lines }))`
  const out = execFileSync(process.execPath, ['--input-type=commonjs', '-e', program], { encoding: 'utf8' })
  return (JSON.parse(out) as { cpu: number }).cpu
}

/** Writes the processor time of the whole process, start-up and all its threads, to descriptor 3. */
const TELLS_COST = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  process.on('exit', () => writeSync(3, JSON.stringify(process.cpuUsage())))`)}`

function replayed(folder: string, path: string, args: readonly string[]): Run {
  const out = join(folder, 'out')
  const run = spawnSync(process.execPath, ['--import', TELLS_COST, main, 'replay', path, '--out', out, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    cwd: folder,
    encoding: 'utf8',
    // As the launcher does.
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled') },
  })
  if (run.error) throw run.error
  // 1: done, with something to say about the input.
  if (run.status !== 0 && run.status !== 1) throw new Error(`the replay ended with ${run.status}: ${run.stderr}`)
  const cost = JSON.parse(run.output[3]!) as { user: number; system: number }
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Record<string, number>
  return {
    cpu: (cost.user + cost.system) / 1e6 + summary['lake_cpu_seconds']!,
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
  const { node, lines, floor: base, mixedDay } = figures
  const row = (name: string, one: number, mixed: number, reach: string): string =>
    `  ${name.padEnd(26)} ${one.toFixed(2).padStart(8)} ${mixed.toFixed(2).padStart(11)}     ${reach}`.trimEnd()
  return [
    `Node ${node}, ${cpus()[0]?.model ?? 'unknown processor'}`,
    `conn.log: ${lines} lines, floor (JSON.parse of each line) ${base} µs a line`,
    `mixed day: ${mixedDay.records} records of all logs of ${MIXED_DEVICES} devices, floor ${mixedDay.floor} µs a record`,
    'Processor time of the whole pipeline, in floors',
    '                             conn.log   mixed day     reach',
    row('JSON, without the lake', figures.json, mixedDay.json, '≤ 1.5'),
    row('TSV, without the lake', figures.tsv, mixedDay.tsv, 'no slower than JSON'),
    row('JSON, with the lake', figures.jsonWithLake, mixedDay.jsonWithLake, '≤ 3'),
    row('TSV, with the lake', figures.tsvWithLake, mixedDay.tsvWithLake, ''),
    `Two threads against one, wall time without the lake: ${figures.twoThreads.toFixed(2)} times as fast (reach ≥ 1.3)`,
    `Largest memory: ${figures.peakMiB} MiB`,
  ].join('\n')
}

export function growthText(figures: readonly GrowthFigures[]): string {
  return [
    'lines of conn.log (TSV, without the lake)   µs a line   largest memory',
    ...figures.map(
      ({ lines, perLine, peakMiB }) =>
        `${String(lines).padStart(41)} ${perLine.toFixed(2).padStart(11)} ${`${peakMiB} MiB`.padStart(16)}`,
    ),
  ].join('\n')
}
