import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Query } from '../store/query.ts'
import type { QueryFailure } from '../store/query_failure.ts'
import { CommandFailure, EXIT } from './failure.ts'
import { writeCsv, writeJson, writeTable } from './query_output.ts'

interface Options {
  readonly from: string
  readonly json?: boolean
  readonly csv?: boolean
  readonly timeout: string
  readonly memory: string
  readonly skipDamaged?: boolean
}

/** As timeout(1) and the shell have them. */
const EXIT_TIMEOUT = 124
const EXIT_INTERRUPTED = 130

const HELP = `
One SELECT, in DuckDB's SQL, over one view a Zeek log type with Zeek's names (id.orig_h is id_orig_h); times are epoch
seconds: to_timestamp(ts) makes them readable. Beside Zeek's columns: device and peer_device (ids of the devices table), known
(when the sensor could have said it), seq (order), extra (JSON: fields that Thymus does not know; each is also a column).
Also: rollup_hour, devices, device_tags, alerts, signals, incidents, actions.

  thymus query "SHOW TABLES"                         thymus query "DESCRIBE conn"
  thymus query "SELECT id_resp_p, count(*) AS n FROM conn GROUP BY ALL ORDER BY n DESC LIMIT 10"
  thymus query --csv "SELECT c.* FROM conn c JOIN alerts a ON c.device = a.device" > evidence.csv

--json   an array of objects; whole numbers that JSON readers would round (beyond 2^53) are strings
--csv    RFC 4180. Text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end) gets
         an apostrophe in front, since it comes from the network; use --json where every byte counts

Exit codes: 0 answered · 1 answered, but damaged files were left out (--skip-damaged) · 2 the query is wrong or not a
            SELECT, or there is no lake · ${EXIT_TIMEOUT} --timeout · ${EXIT_INTERRUPTED} Ctrl-C · 70 the query process died, or needs more --memory ·
            74 a file of the lake is missing or damaged`

export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .argument('<sql>', 'one SELECT; - reads it from standard input')
    .description('ask the events of a run in SQL')
    .option('--from <dir>', 'the --out folder of a replay', './thymus-out')
    .option('--json', 'print an array of objects')
    .option('--csv', 'print comma-separated values')
    .option('--timeout <seconds>', 'stop the query after so long', '300')
    .option('--memory <size>', 'memory that the query may use', '1GB')
    .option('--skip-damaged', 'leave damaged files out instead of failing')
    .addHelpText('after', HELP)
    .action(runQuery)
}

async function runQuery(sql: string, options: Options): Promise<void> {
  if (options.json && options.csv) throw new CommandFailure('--json or --csv, not both')
  const timeoutMs = secondsOf(options.timeout) * 1000
  if (!/^\d+ ?(K|M|G|Ki|Mi|Gi)?B$/i.test(options.memory)) {
    throw new CommandFailure(`--memory ${options.memory}: expected a size such as 512MB or 4GB`)
  }
  const text = sql === '-' ? readFileSync(0, 'utf8') : sql
  // DuckDB takes 75 ms to load: only here.
  const { openLake } = await import('../store/query.ts')
  const { LakeFailure } = await import('../store/lake_failure.ts')
  const { QueryFailure } = await import('../store/query_failure.ts')
  const stop = new AbortController()
  const onInterrupt = (): void => stop.abort()
  process.on('SIGINT', onInterrupt)
  try {
    const lake = await openLake(options.from, { memory: options.memory, skipDamaged: options.skipDamaged === true })
    try {
      await lake.run(text, { timeoutMs, signal: stop.signal }, (query) => print(query, options))
    } finally {
      await lake.close()
    }
  } catch (error) {
    if (error instanceof LakeFailure) throw new CommandFailure(error.message, EXIT.usage, { cause: error })
    if (error instanceof QueryFailure) throw new CommandFailure(error.message, exitCodeOfQuery(error), { cause: error })
    throw error
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 86_400) return seconds
  throw new CommandFailure(`--timeout ${text}: expected seconds, more than 0 and at most 86400`)
}

async function print(query: Query, options: Options): Promise<void> {
  for (const what of query.leftOut) process.stderr.write(`thymus: ${what}\n`)
  if (query.leftOut.length > 0) process.exitCode = EXIT.attention
  if (options.json) await writeJson(query)
  else if (options.csv) await writeCsv(query)
  else await writeTable(query)
}

function exitCodeOfQuery({ kind }: QueryFailure): number {
  switch (kind) {
    case 'refused':
    case 'sql':
      return EXIT.usage
    case 'damaged':
      return EXIT.inputOutput
    case 'timeout':
      return EXIT_TIMEOUT
    case 'cancelled':
      return EXIT_INTERRUPTED
    case 'memory':
    case 'process':
      return EXIT.software
  }
}
