/**
 * How fast the lab writes worlds: `node bench/lab.ts [--devices 300] [--days 2] [--rounds 3] [--format json] [--json]`.
 *
 * Processor time of the whole process, the kernel's share for the files included; the floor is JSON.parse of each line
 * that was written, in the same run, since machines are noisy. Memory is the peak of the process.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { simulate } from '../src/lab/lab.ts'

export interface LabFigures {
  readonly devices: number
  readonly days: number
  readonly records: number
  readonly megabytes: number
  /** Medians. */
  readonly recordsPerCpuSecond: number
  readonly cpuSeconds: number
  /** Of JSON.parse of each line of the same world; NaN for TSV. */
  readonly floorCpuSeconds: number
  readonly peakMegabytes: number
}

function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

/** Parses each line of all logs below a folder. @returns processor time in seconds */
function parseAll(folder: string): number {
  let cpu = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const text = readFileSync(join(entry.parentPath, entry.name), 'latin1')
    const start = process.cpuUsage()
    for (const line of text.split('\n')) if (line !== '') JSON.parse(line)
    cpu += cpuSecondsSince(start)
  }
  return cpu
}

export async function benchLab(
  devices: number,
  days: number,
  rounds: number,
  format: 'json' | 'tsv',
): Promise<LabFigures> {
  const cpu: number[] = []
  const floor: number[] = []
  let records = 0
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'thymus-bench-lab-'))
    try {
      const start = process.cpuUsage()
      const result = await simulate(folder, { seed: 1, devices, days, format })
      cpu.push(cpuSecondsSince(start))
      floor.push(format === 'json' ? parseAll(result.telemetry) : Number.NaN)
      records = result.records
      bytes = result.bytes
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return {
    devices,
    days,
    records,
    megabytes: bytes / 1e6,
    recordsPerCpuSecond: records / median(cpu),
    cpuSeconds: median(cpu),
    floorCpuSeconds: median(floor),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      devices: { type: 'string', default: '300' },
      days: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      format: { type: 'string', default: 'json' },
      json: { type: 'boolean', default: false },
    },
  })
  const format = values.format === 'tsv' ? 'tsv' : 'json'
  const figures = await benchLab(Number(values.devices), Number(values.days), Number(values.rounds), format)
  if (values.json) console.log(JSON.stringify(figures))
  else {
    console.log(
      `${figures.devices} devices, ${figures.days} days: ${figures.records} records, ${Math.round(figures.megabytes)} MB`,
    )
    console.log(
      `${Math.round(figures.recordsPerCpuSecond)} records a second of one core (${figures.cpuSeconds.toFixed(2)} s)`,
    )
    if (format === 'json') {
      console.log(
        `${(figures.cpuSeconds / figures.floorCpuSeconds).toFixed(2)} times JSON.parse of the same lines (${figures.floorCpuSeconds.toFixed(2)} s)`,
      )
    }
    console.log(`peak memory ${Math.round(figures.peakMegabytes)} MB`)
  }
}
