import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SimulationResult, simulate } from './lab.ts'
import type { WorldOptionsInput } from './options.ts'

/** For tests: a world in a temporary folder, removed when it is disposed of. */
export interface WorldOnDisk extends SimulationResult, Disposable {
  readonly folder: string
  /** Whole text of each file below `telemetry`, by relative path, in order. */
  files(): Map<string, string>
  /** Records (parsed JSON) of a log, in order of its files. */
  log(name: string): Record<string, unknown>[]
}

export async function worldOnDisk(options: WorldOptionsInput): Promise<WorldOnDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-lab-'))
  try {
    const result = await simulate(folder, options)
    const paths = readdirSync(result.telemetry, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(result.telemetry.length + 1))
      .sort()
    const text = (path: string) => readFileSync(join(result.telemetry, path), 'latin1')
    return {
      ...result,
      folder,
      files: () => new Map(paths.map((path) => [path, text(path)])),
      log: (name) =>
        paths
          .filter((path) => path.split('/').at(-1)?.startsWith(`${name}.`))
          .flatMap((path) => text(path).trimEnd().split('\n'))
          .map((line) => JSON.parse(line) as Record<string, unknown>),
      [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

export interface LabelFile {
  readonly attacks: readonly {
    readonly playbook: string
    readonly stages: readonly {
      readonly name: string
      readonly planned: number
      readonly start: number
      readonly end: number
      readonly firstKnown: number
      readonly records: number
      readonly uids: readonly string[]
      readonly attacker: { readonly name: string; readonly ip: string }
      readonly victims: readonly { readonly name: string; readonly ip: string }[]
      readonly techniques: readonly string[]
    }[]
  }[]
  readonly oddities: readonly {
    readonly kind: string
    readonly cause: string
    readonly records: number
    readonly uids: readonly string[]
  }[]
  readonly devices: readonly { readonly name: string; readonly kind: string }[]
  readonly troubles: readonly { readonly kind: string; readonly start: number; readonly end: number }[]
}

export function labelsOf(world: SimulationResult): LabelFile {
  return JSON.parse(readFileSync(world.labels, 'utf8')) as LabelFile
}
