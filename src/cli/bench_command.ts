import { type Command, InvalidArgumentError, Option } from 'commander'
import { PLAYBOOKS, type PlaybookName } from '../lab/playbooks/names.ts'
import { CommandFailure } from './failure.ts'
import { out } from './terminal.ts'

export function addBenchCommand(program: Command): void {
  const bench = program
    .command('bench')
    .description('time the whole pipeline against the floor: JSON.parse of each line and nothing else')
    .option('--lines <n>', 'lines of the conn.log that is made for it', wholeNumber, 1_000_000)
    .option('--runs <n>', 'runs of each; medians are shown', wholeNumber, 3)
    .option('--growth', 'instead: time a line and memory at 10⁵, 10⁶ and 10⁷ lines (some minutes, 2 GB of disk)')
    .option('--json', 'the figures as JSON')
    .addHelpText(
      'after',
      '\nFigures are ratios of processor time within one run; docs/performance.md says where it goes.',
    )
    .action(async (options: { lines: number; runs: number; growth?: boolean; json?: boolean }) => {
      const { benchGrowth, benchPipeline, growthText, pipelineText } = await import('../../bench/pipeline.ts')
      const log = (text: string): void => void process.stderr.write(`${text}\n`)
      if (options.growth === true) {
        const growth = benchGrowth([1e5, 1e6, 1e7], log)
        out(options.json ? JSON.stringify(growth, null, 2) : growthText(growth))
        return
      }
      const figures = await benchPipeline(options.lines, options.runs, log)
      out(options.json ? JSON.stringify(figures, null, 2) : pipelineText(figures))
    })
  addDetectionBench(bench)
}

interface DetectionFlags {
  readonly seeds?: readonly number[]
  readonly tuning?: boolean
  readonly playbooks?: readonly PlaybookName[]
  readonly devices?: number
  readonly days?: number
  readonly learn?: number
  readonly attackDay?: number
  readonly dialect: 'default' | 'tuned'
  readonly json?: boolean
  readonly out?: string
}

function addDetectionBench(bench: Command): void {
  bench
    .command('detection')
    .description('simulate enterprises with and without attacks and count what is found, what cries wolf, what is true')
    .option('--seeds <n...>', 'seeds of the worlds (default: the five test seeds)', wholeNumbers)
    .option('--tuning', 'the five seeds that are for tuning, in place of the test seeds')
    .addOption(new Option('--playbooks <name...>', 'attacks to play (default: all)').choices(PLAYBOOKS))
    .option('--devices <n>', 'devices of each world (default: 300)', wholeNumber)
    .option('--days <n>', 'days of each world (default: 45)', wholeNumber)
    .option('--learn <n>', 'days of which nothing is scored (default: a third)', wholeNumber)
    .option('--attack-day <n>', 'day (from 0) on which attacks begin (default: 15 before the end)', wholeNumber)
    .addOption(
      new Option('--dialect <name>', "the sensor's configuration").choices(['default', 'tuned']).default('default'),
    )
    .option('--json', 'the figures as JSON')
    .option('--out <dir>', 'write detection.json, detection.txt and the pictures there, anew after each seed')
    .addHelpText('after', '\nA quick look: thymus bench detection --seeds 1 --devices 80 --days 18 --learn 8')
    .action(async (_: unknown, command: Command) => {
      await runDetectionBench(command.optsWithGlobals<DetectionFlags>())
    })
}

async function runDetectionBench(flags: DetectionFlags): Promise<void> {
  // Imported late, so that other commands start without it.
  const { benchDetection } = await import('../../bench/detection/detection.ts')
  const { TUNING_SEEDS } = await import('../../bench/detection/options.ts')
  const { detectionText } = await import('../../bench/detection/text.ts')
  const { writeReport } = await import('../../bench/detection/report.ts')
  const { MODELS_FOLDER } = await import('./catalogue_folder.ts')
  const { seeds, tuning, json, out: folder, playbooks, devices, days, learn, attackDay, dialect } = flags
  const chosen = seeds ?? (tuning === true ? TUNING_SEEDS : undefined)
  try {
    const figures = await benchDetection(
      {
        dialect,
        ...(chosen !== undefined && { seeds: chosen }),
        ...(playbooks !== undefined && { playbooks }),
        ...(devices !== undefined && { devices }),
        ...(days !== undefined && { days }),
        ...(learn !== undefined && { learn }),
        ...(attackDay !== undefined && { attackDay }),
      },
      MODELS_FOLDER,
      progressLine(),
      (soFar) => {
        if (folder !== undefined) writeReport(folder, soFar)
      },
    )
    out(json === true ? JSON.stringify(figures, null, 2) : detectionText(figures))
  } catch (error) {
    if (error instanceof RangeError) throw new CommandFailure(error.message)
    throw error
  }
}

/** On a terminal one line that changes; elsewhere a line for each new step. */
function progressLine(): (text: string) => void {
  let shown = ''
  return (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
    else {
      const step = text.replace(/ day \d+ of/, '')
      if (step !== shown) process.stderr.write(`${step}\n`)
      shown = step
    }
  }
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number.')
  return value
}

function wholeNumbers(text: string, before: readonly number[] | undefined): readonly number[] {
  return [...(before ?? []), wholeNumber(text)]
}
