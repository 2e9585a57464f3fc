import { type Command, InvalidArgumentError, Option } from 'commander'
import { CommandFailure } from './failure.ts'

/** A whole number, or an error that commander shows with the option's name. */
function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number from 0')
  return value
}

/** A date (`2025-03-03`) as midnight UTC in microseconds. */
function date(text: string): number {
  const millis = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(millis)) throw new InvalidArgumentError('expected a date such as 2025-03-03')
  return millis * 1000
}

interface LabWorldFlags {
  readonly out: string
  readonly seed: number
  readonly devices: number
  readonly days: number
  readonly dialect: 'default' | 'tuned'
  readonly format: 'json' | 'tsv'
  readonly attack: string[]
  readonly attackDay?: number
  readonly flood?: number
  readonly start?: number
  readonly utcOffset: string
  readonly gzip?: boolean
  readonly sensors: '1' | '2'
  readonly troubles: boolean
  readonly oddities: boolean
  readonly paired?: string
  readonly habitual?: boolean
}

/** Adds `thymus lab`: simulated enterprises for tests, demonstrations and benchmarks. */
export function addLabCommand(program: Command): void {
  const lab = program.command('lab').description('simulate an enterprise and what its Zeek sensor would log')
  lab
    .command('world')
    .description('write the logs of a simulated enterprise to DIR/telemetry and the ground truth to DIR/labels.json')
    .requiredOption('--out <dir>', 'folder to write to; its telemetry folder must be empty or missing')
    .option('--seed <n>', 'the same seed gives the same bytes', wholeNumber, 1)
    .option('--devices <n>', 'how many devices (at least 40)', wholeNumber, 300)
    .option('--days <n>', 'how many days', wholeNumber, 21)
    .addOption(
      new Option('--dialect <name>', "the sensor's configuration").choices(['default', 'tuned']).default('default'),
    )
    .addOption(new Option('--format <name>', 'how the logs are written').choices(['json', 'tsv']).default('json'))
    .option(
      '--attack <name...>',
      'story, lotl, credential, slow-guess, slow-walk, kerberoast, dcsync, dns-tunnel, or none; several are played at once',
      ['none'],
    )
    .option(
      '--attack-day <n>',
      'day (from 0) on which attacks begin; so that they end with the world when not given',
      wholeNumber,
    )
    .option('--flood <n>', 'connections of the flood in the story (full scale: 12000000)', wholeNumber)
    .option('--start <date>', 'first day, such as 2025-03-03', date)
    .option('--utc-offset <hours>', "hours that the site's clocks are ahead of UTC", '0')
    .option('--gzip', 'pack the logs, as zeekctl does')
    .addOption(
      new Option('--sensors <n>', 'with 2, a second sensor behind the firewall, its clock minutes off')
        .choices(['1', '2'])
        .default('1'),
    )
    .option('--no-troubles', 'a sensor without lost hours, packet loss, duplicates and wrong clocks')
    .option('--no-oddities', 'a company in which nothing changes')
    .addOption(
      new Option('--paired <act>', 'an act on the last working day, for comparing two worlds').choices([
        'service-control',
        'admin-rdp',
        'drive-copy',
        'new-endpoint',
        'credential',
      ]),
    )
    .option('--habitual', 'the paired act was a habit for the 20 working days before')
    .action(writeWorld)
}

async function writeWorld(flags: LabWorldFlags): Promise<void> {
  // Imported late, so that other commands start without it.
  const { simulate } = await import('../lab/lab.ts')
  const { LabFailure, worldOptions } = await import('../lab/options.ts')
  const { out, attack, start, sensors, utcOffset, paired, habitual, gzip, attackDay, flood, ...rest } = flags
  try {
    const options = worldOptions({
      ...rest,
      attacks: attack.filter((name) => name !== 'none'),
      utcOffset: Number(utcOffset),
      gzip: gzip === true,
      sensors: Number(sensors),
      ...(start === undefined ? {} : { start }),
      ...(attackDay === undefined ? {} : { attackDay }),
      ...(flood === undefined ? {} : { flood }),
      ...(paired === undefined ? {} : { paired: { act: paired, habitual: habitual === true } }),
    })
    const result = await simulate(out, options, ({ day, days, records }) => {
      if (process.stderr.isTTY) process.stderr.write(`\rday ${day} of ${days}, ${records} records`)
    })
    if (process.stderr.isTTY) process.stderr.write('\n')
    process.stdout.write(
      `${result.records} records (${Math.round(result.bytes / 1e6)} MB) in ${result.telemetry}\nground truth in ${result.labels}\n`,
    )
  } catch (error) {
    if (error instanceof LabFailure) throw new CommandFailure(error.message)
    throw error
  }
}
