import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type ReplayOptions, type ReplayResult, replay } from '../engine/replay.ts'
import { MODELS_FOLDER } from './catalogue_folder.ts'
import { configFrom } from './config_option.ts'
import { CommandFailure, EXIT } from './failure.ts'
import { progressBar } from './progress.ts'
import { printSummary } from './summary_text.ts'

interface Options {
  readonly out: string
  readonly state?: string
  readonly workers: number
  readonly config?: string
  readonly lake: boolean
  readonly json?: boolean
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .argument('<path...>', 'files or folders of telemetry: Zeek logs, EVE, pcap; each argument is one sensor')
    .description('read telemetry in canonical order, learn and detect as it goes, write what was found')
    .option('--out <dir>', 'where signals, alerts, devices, the summary and the events go', 'thymus-out')
    .option('--state <dir>', 'keep what was learned here, and go on from it')
    .option('--workers <n>', 'threads; each beyond the first reads beside the engine', wholeNumber, 1)
    .option(
      '--config <file>',
      'thymus.yaml: networks, sites, critical devices (default: ./thymus.yaml if there is one)',
    )
    .option('--no-lake', 'do not keep the events (query and explain need them)')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      '\nThe same input gives the same output, however it is packed. An existing --out folder is replaced.\n' +
        'Exit codes: 0 · 1 records were rejected or a model was refused (see summary.json) · 2 nothing could be read',
    )
    .action(async (paths: string[], options: Options) => {
      const result = await runReplay({
        paths,
        out: options.out,
        ...(options.state !== undefined && { state: options.state }),
        workers: options.workers,
        lake: options.lake,
        config: configFrom(options.config),
        models: MODELS_FOLDER,
      })
      if (options.json) process.stdout.write(`${JSON.stringify(result.summary, null, 2)}\n`)
      else printSummary(result, options.out)
      const {
        events,
        rejected,
        models_refused: refused,
      } = result.summary as {
        events: { total: number }
        rejected: { total: number }
        models_refused: unknown[]
        duplicates: { total: number }
      }
      const again = (result.summary['duplicates'] as { total: number }).total > 0
      if (events.total === 0 && !again) process.exitCode = EXIT.usage
      else if (rejected.total > 0 || refused.length > 0) process.exitCode = EXIT.attention
    })
}

/** A replay with a progress bar. */
export async function runReplay(options: ReplayOptions): Promise<ReplayResult> {
  for (const path of options.paths) {
    if (!existsSync(path)) throw new CommandFailure(`${path}: there is no such file or folder`)
  }
  if (options.out !== undefined && existsSync(join(options.out, 'conn.log'))) {
    throw new CommandFailure(`${options.out} holds telemetry itself; give --out a folder of its own`)
  }
  const bar = progressBar('Reading')
  try {
    return await replay({
      ...options,
      onStart: (bytes) => bar.start(bytes),
      onProgress: (bytes) => bar.advance(bytes),
    })
  } finally {
    bar.stop()
  }
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 64)
    throw new InvalidArgumentError('give a whole number from 1 to 64.')
  return value
}
