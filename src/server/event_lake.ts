import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type AnswerRow, type Lake, openLake, type QueryOptions } from '../store/query.ts'
import { Problem } from './problem.ts'

/** Questions that may wait for their turn. */
const MOST_WAITING = 24
const TIMEOUT_MS = 20_000

/** The events of a run behind a query process, which is started when first asked and again when it died. */
export class EventLake {
  private readonly dir: string
  private lake: Promise<Lake> | undefined
  private waiting = 0
  private columnsByLog: Promise<ReadonlyMap<string, ReadonlySet<string>>> | undefined

  constructor(dir: string) {
    this.dir = dir
  }

  /**
   * @throws Problem when there is no lake or too many questions wait
   * @throws QueryFailure
   */
  async query(sql: string, values: NonNullable<QueryOptions['values']>): Promise<AnswerRow[]> {
    if (!existsSync(join(this.dir, 'lake'))) {
      throw new Problem(409, 'No events', 'this run kept no events: replay it again without --no-lake')
    }
    if (this.waiting >= MOST_WAITING)
      throw new Problem(503, 'Busy', 'too many questions at once; ask again in a moment')
    this.waiting++
    try {
      this.lake ??= openLake(this.dir, { memory: '512MB', skipDamaged: true })
      return await (await this.lake).query(sql, { values, timeoutMs: TIMEOUT_MS })
    } catch (error) {
      // A process that died is forgotten; the next question starts another.
      if (error instanceof Error && 'kind' in error && error.kind === 'process') this.lake = undefined
      throw error
    } finally {
      this.waiting--
    }
  }

  /** The columns of each log that this run has events of, by log; small letters as the lake has them. */
  columns(logs: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    this.columnsByLog ??= this.describe(logs).catch((error: unknown) => {
      this.columnsByLog = undefined
      throw error
    })
    return this.columnsByLog
  }

  async close(): Promise<void> {
    await (await this.lake?.catch(() => undefined))?.close()
  }

  private async describe(logs: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const rows = await this.query('SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal', {})
    const columns = new Map<string, Set<string>>()
    for (const { table_name: log, column_name: column } of rows) {
      if (!logs.includes(String(log))) continue
      const known = columns.get(String(log)) ?? new Set()
      columns.set(String(log), known.add(String(column)))
    }
    return columns
  }
}
