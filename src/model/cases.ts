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

export type Dialect = 'default' | 'tuned' | 'both'

export interface CaseResult {
  readonly case: ModelCase
  readonly passed: boolean
  /** What happened instead, or what was said. */
  readonly detail: string
}

/**
 * Runs telemetry through sensors, journal, devices, behaviour and models.
 * @param after the dialect of the ordinary weeks that come before, for a model that learns
 */
export type RunCase = (
  paths: readonly string[],
  config: string | undefined,
  after: Dialect | undefined,
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
 * Runs one case: the model must say something, or nothing, whatever other models say. A model that may alert must alert;
 * one that learns may give signals of what is new anywhere, and is quiet when it raises no alert.
 */
export async function runCase(one: ModelCase, models: LoadedModels, run: RunCase): Promise<CaseResult> {
  const model = models.models.find(({ name }) => name === one.model)
  const { signals, alerts } = await run(
    [one.path],
    one.config,
    model?.alert === 'on an odd day' ? one.dialect : undefined,
  )
  const ownSignals = signals.filter(({ model }) => model === one.model)
  const ownAlerts = alerts.filter(({ models }) => models.includes(one.model))
  const said = ownAlerts.at(-1)?.summary ?? (ownSignals.length > 0 ? 'a signal' : 'nothing')
  const onOddDays = model?.alert === 'on an odd day'
  if (one.expected === 'quiet') {
    const passed = ownAlerts.length === 0 && (onOddDays || ownSignals.length === 0)
    return { case: one, passed, detail: said }
  }
  const mustAlert = model?.alert === 'always' || model?.alert === 'unless the day is ordinary' || onOddDays
  const passed = mustAlert ? ownAlerts.length > 0 : ownSignals.length > 0
  return { case: one, passed, detail: said }
}
