import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Alert, Signal } from './alert.ts'
import type { LoadedModels } from './catalogue.ts'

/**
 * A model's recorded events: `models/<name>.cases/fires-<what>.<dialect>.log` and `quiet-<what>.<dialect>.log`, Zeek JSON
 * lines with `_path`, `.gz` if large. A `thymus.yaml` for the case stands beside it as `<what>.<dialect>.thymus.yaml`.
 */
export interface ModelCase {
  readonly model: string
  readonly expected: 'fires' | 'quiet'
  readonly what: string
  /** The sensor: Zeek as it comes, tuned by Thymus' script, or a case that looks the same with both. */
  readonly dialect: Dialect
  readonly path: string
  /** Path of the case's own configuration. */
  readonly config: string | undefined
}

type Dialect = 'default' | 'tuned' | 'both'

export interface CaseResult {
  readonly case: ModelCase
  readonly passed: boolean
  /** What happened instead, or what was said. */
  readonly detail: string
}

/** Runs telemetry through sensors, journal, devices and models. */
export type RunCase = (
  paths: readonly string[],
  config: string | undefined,
) => Promise<{ readonly signals: readonly Signal[]; readonly alerts: readonly Alert[] }>

const CASE_NAME = /^(fires|quiet)-(.+)\.(default|tuned|both)\.log(\.gz)?$/

/** The cases of a model, in order of their names; none when it has no folder of cases. */
export async function casesOf(folder: string, model: string): Promise<readonly ModelCase[]> {
  const below = join(folder, `${model}.cases`)
  let names: string[]
  try {
    names = (await readdir(below)).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  return names.flatMap((name) => {
    const match = CASE_NAME.exec(name)
    if (!match) return []
    const [, expected, what, dialect] = match
    const config = `${name.replace(/\.log(\.gz)?$/, '')}.thymus.yaml`
    return [
      {
        model,
        expected: expected as ModelCase['expected'],
        what: what!,
        dialect: dialect as Dialect,
        path: join(below, name),
        config: names.includes(config) ? join(below, config) : undefined,
      },
    ]
  })
}

/**
 * Runs one case: the model must say something, or nothing, whatever other models say. A model that may alert must alert.
 */
export async function runCase(one: ModelCase, models: LoadedModels, run: RunCase): Promise<CaseResult> {
  const { signals, alerts } = await run([one.path], one.config)
  const ownSignals = signals.filter(({ model }) => model === one.model)
  const ownAlerts = alerts.filter(({ model }) => model === one.model)
  const said = ownAlerts.at(-1)?.summary ?? (ownSignals.length > 0 ? 'a signal' : 'nothing')
  if (one.expected === 'quiet') return { case: one, passed: ownSignals.length === 0, detail: said }
  const model = models.models.find(({ name }) => name === one.model)
  const mustAlert = model?.alert === 'always'
  const passed = mustAlert ? ownAlerts.length > 0 : ownSignals.length > 0
  return { case: one, passed, detail: said }
}
