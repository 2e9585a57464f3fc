import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { defaultConfig } from '../engine/config.ts'
import { MODELS_FOLDER } from './catalogue_folder.ts'
import { listText } from './device_command.ts'
import { explain } from './explain_command.ts'
import { CommandFailure } from './failure.ts'
import { countBar } from './progress.ts'
import { runReplay } from './replay_command.ts'
import { readAlerts, readDevices } from './results.ts'
import { port, type ServeOptions, serveUntilStopped } from './serve_command.ts'
import { printSummary } from './summary_text.ts'
import { out, paint, visible, wrap } from './terminal.ts'

/** Recorded by Zeek while people acted out an intrusion; see the folder's README for its origin. */
const RECORDING = join(import.meta.dirname, '..', '..', 'demo', 'recording')

/** Large enough to have a normal, small enough for all of it to take less than a minute on two cores. */
const WORLD = { devices: 60, days: 15 } as const
const WIDTH = 100

interface Options extends ServeOptions {
  readonly out?: string
  readonly serve: boolean
  readonly recording?: boolean
  readonly devices: number
  readonly days: number
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('play an intrusion into a simulated company, find it, and show it in the browser')
    .option('--out <dir>', 'where the results go (default: a new temporary folder)')
    .option('--port <n>', 'port of the console on loopback', port)
    .option('--open', 'open the console in the browser of this machine')
    .option('--no-serve', 'end after the summary, without the console')
    .option('--devices <n>', 'machines of the company (at least 40)', wholeNumber, WORLD.devices)
    .option('--days <n>', 'days; the intruder needs ten of them', wholeNumber, WORLD.days)
    .option('--recording', 'replay the bundled real recording instead, and explain one alert of it')
    .addHelpText('after', '\nNeeds no network and no other software; takes about a minute.')
    .action(async (options: Options) => {
      const dir = options.out ?? (await mkdtemp(join(tmpdir(), 'thymus-demo-')))
      if (options.recording) await playRecording(dir)
      else await playStory(dir, options)
      if (options.serve) {
        out()
        await serveUntilStopped(dir, options)
      }
    })
}

/** Simulates a company and an intruder in it, and replays what its sensor saw. */
async function playStory(dir: string, { devices, days }: Options): Promise<void> {
  out(
    wrap(
      `A company of ${devices} machines over ${days} days, simulated: people at work, servers, a sensor with its failures, ` +
        'and an intruder. Thymus gets what a Zeek sensor would write, and nothing else.',
      WIDTH,
    ),
  )
  // The lab is only loaded here.
  const [{ simulate }, { LabFailure }] = await Promise.all([import('../lab/lab.ts'), import('../lab/options.ts')])
  const world = await mkdtemp(join(tmpdir(), 'thymus-world-'))
  try {
    const bar = countBar('Simulating', 'day', days)
    const { telemetry } = await simulate(world, { seed: 1, devices, days, attacks: ['story'] }, ({ day }) =>
      bar.reach(day),
    )
      .catch((error: unknown) => {
        throw error instanceof LabFailure ? new CommandFailure(error.message) : error
      })
      .finally(() => bar.stop())
    await runReplay({
      paths: [telemetry],
      out: dir,
      config: defaultConfig(),
      models: MODELS_FOLDER,
      workers: 2,
    })
    await printStory(dir)
  } finally {
    await rm(world, { recursive: true, force: true })
  }
}

/** What a person wants to know first; all else is in the console. */
async function printStory(dir: string): Promise<void> {
  const { Results } = await import('../server/results.ts')
  const { summary, alerts, incidents } = Results.open(dir)
  const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`
  out()
  out(
    `${counted(summary.events.total, 'event')} → ${counted(summary.signals.total, 'signal')} → ` +
      `${counted(alerts.length, 'alert')} → ${paint('bold', counted(incidents.length, 'incident'))}`,
  )
  const [incident] = incidents
  const [alert] = alerts
  const top = incident ?? (alert && { ...alert, title: alert.model })
  if (top) {
    out()
    out(`${paint('bold', String(Math.round(top.score)))}  ${paint('bold', visible(top.title))}`)
    out(`    ${wrap(visible(top.summary), WIDTH, '    ')}`)
  }
  out()
  out(`Written to ${dir}. Also:`)
  if (incident)
    out(`  thymus incident --from ${dir} ${incident.id.slice(0, 6)}    this incident on one page, or as a report`)
  out(`  thymus explain --from ${dir}            all alerts`)
  out(`  thymus device --from ${dir} NAME        who a device is, and why we think so`)
  out(`  thymus serve --from ${dir}              the console, again`)
}

async function playRecording(dir: string): Promise<void> {
  out(
    wrap(
      'A real recording, made by Zeek while people acted out an intrusion (OTRF Security Datasets, APT29 emulation).',
      WIDTH,
    ),
  )
  out()
  const result = await runReplay({ paths: [RECORDING], out: dir, config: defaultConfig(), models: MODELS_FOLDER })
  printSummary(result, undefined)
  out()
  out(paint('bold', 'The devices'))
  out(listText(readDevices(dir)))
  const [first] = readAlerts(dir).sort((a, b) => b.score - a.score || a.time - b.time)
  if (first) {
    out()
    out(paint('bold', '── One alert, explained ──'))
    await explain(first, dir, false)
  }
  out()
  out('Try next:')
  out(`  thymus explain --from ${dir}            all alerts`)
  out(`  thymus device --from ${dir} NAME        who a device is, and why we think so`)
  out(`  thymus query --from ${dir} "SELECT endpoint, operation, count(*) FROM dce_rpc GROUP BY ALL"`)
  out('  thymus replay /path/to/your/zeek/logs --out yesterday')
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1.')
  return value
}
