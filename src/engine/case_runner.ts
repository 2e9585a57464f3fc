import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dialect, RunCase } from '../model/cases.ts'
import { defaultConfig, loadConfig } from './config.ts'
import { replay } from './replay.ts'

const DIAL_OF_CASES = { alerts_per_day_per_1000_devices: 100 } as const

/**
 * Runs recorded cases through the whole pipeline. Cases of models that learn begin after two weeks of an ordinary small
 * company (`models/baseline`), read once for each dialect and gone on from for every case.
 */
export class CaseRunner {
  private readonly models: string
  private readonly learned = new Map<string, Promise<string>>()
  private folder: Promise<string> | undefined
  private cases = 0

  /** @param models folder of the catalogue */
  constructor(models: string) {
    this.models = models
  }

  readonly run: RunCase = async (paths, config, after) => {
    const own = config === undefined ? defaultConfig() : loadConfig(config)
    const options = {
      paths,
      // A case is one act on one afternoon of a small company, hardly odd enough for the dial of a large one.
      config: after === undefined ? own : { ...own, detection: { ...own.detection, ...DIAL_OF_CASES } },
      models: this.models,
    }
    if (after === undefined) return replay(options)
    const state = join(await this.temporary(), `case-${this.cases++}`)
    await cp(await this.stateAfter(after), state, { recursive: true })
    try {
      return await replay({ ...options, state })
    } finally {
      await rm(state, { recursive: true })
    }
  }

  /** What was learned from the ordinary weeks; a case for both dialects goes on from the tuned ones. */
  private stateAfter(dialect: Dialect): Promise<string> {
    const name = dialect === 'both' ? 'tuned' : dialect
    const known = this.learned.get(name)
    if (known) return known
    const made = this.temporary().then(async (folder) => {
      const state = join(folder, `learned-${name}`)
      const paths = [join(this.models, 'baseline', `${name}.log.gz`)]
      await replay({ paths, config: defaultConfig(), models: this.models, state })
      return state
    })
    this.learned.set(name, made)
    return made
  }

  private temporary(): Promise<string> {
    this.folder ??= mkdtemp(join(tmpdir(), 'thymus-cases-'))
    return this.folder
  }

  async close(): Promise<void> {
    if (this.folder !== undefined) await rm(await this.folder, { recursive: true, force: true })
  }
}
