import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBResult,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
  LIST,
  listValue,
  StatementType,
  VARCHAR,
} from '@duckdb/node-api'
import { utcText } from '../event/time.ts'
import { Catalog, type LakeFile } from './catalog.ts'
import { FileCheck } from './file_check.ts'
import { OUTPUT_VIEWS } from './lake_columns.ts'
import { LakeFailure } from './lake_failure.ts'
import { failureOf, QueryFailure } from './query_failure.ts'
import { admitQuery, type QueryReads } from './query_guard.ts'
import { type View, viewsOf } from './query_views.ts'

export interface QueryEngineOptions {
  /** Memory that DuckDB may use: `1GB`. */
  readonly memory: string
  readonly threads: number
  /** Leave damaged files out (and say so) instead of failing. */
  readonly skipDamaged: boolean
}

/** Column names and SQL types of an answer. */
export interface AnswerColumns {
  readonly names: readonly string[]
  readonly types: readonly string[]
}

/** What a value becomes: whole numbers that a double cannot hold, and times and dates, are text. */
export type AnswerValue = Json
export type AnswerRows = readonly (readonly AnswerValue[])[]

/**
 * A DuckDB that can do nothing but read the files that the catalogue lists, in memory and threads that are bounded. It
 * lives in a process of its own (`query_process.ts`), whose working directory it changes: file names that it puts into SQL are
 * then ours alone and need no care for what a person called their directory.
 */
export class QueryEngine {
  private readonly connection: DuckDBConnection
  private readonly views: ReadonlyMap<string, View>
  private readonly created = new Set<string>()
  private readonly check: FileCheck
  private readonly skipDamaged: boolean
  private readonly damaged = new Map<string, string>()
  private readonly makeViews: (leftOut: ReadonlySet<string>) => ReadonlyMap<string, View>

  private constructor(
    connection: DuckDBConnection,
    check: FileCheck,
    skipDamaged: boolean,
    makeViews: (leftOut: ReadonlySet<string>) => ReadonlyMap<string, View>,
  ) {
    this.connection = connection
    this.check = check
    this.skipDamaged = skipDamaged
    this.makeViews = makeViews
    this.views = makeViews(new Set())
  }

  /**
   * @param dir the --out directory of a run, or its `lake` directory
   * @throws LakeFailure when there is no lake
   */
  static async open(dir: string, options: QueryEngineOptions): Promise<QueryEngine> {
    const lakeDir = existsSync(join(dir, 'catalog.db')) ? resolve(dir) : resolve(dir, 'lake')
    const catalog = Catalog.openForReading(lakeDir)
    const files = catalog.files()
    const extra = catalog.extraFields()
    catalog.close()
    const outDir = dirname(lakeDir)
    const folder = basename(lakeDir)
    const pathOf = (file: LakeFile): string => `${folder}/${file.name}`
    if (!/^[\w-]+$/.test(folder))
      throw new LakeFailure(`${lakeDir}: a lake's directory is called by letters, digits, _ and -`)
    process.chdir(outDir)
    const outputOf = (name: string): string | undefined =>
      existsSync(join(outDir, `${name}.jsonl`)) ? `${name}.jsonl` : undefined
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: options.memory,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      allow_unsigned_extensions: 'false',
      // No spilling to disk: a question that needs more memory than it may have is told so.
      temp_directory: '',
    })
    const connection = await instance.connect()
    const outputs = OUTPUT_VIEWS.flatMap((name) => outputOf(name) ?? [])
    await lockDown(connection, [...files.map(pathOf), ...outputs])
    return new QueryEngine(connection, new FileCheck(lakeDir), options.skipDamaged, (leftOut) =>
      viewsOf({ files: files.filter((file) => !leftOut.has(file.name)), extra, pathOf, outputOf }),
    )
  }

  /** Files that were left out of answers so far, with what is wrong with each. */
  get leftOut(): readonly string[] {
    return [...this.damaged].map(([name, problem]) => `lake file ${name} ${problem}: left out`)
  }

  /**
   * Begins to answer one SELECT.
   * @param values of its parameters, by name
   * @throws QueryFailure
   */
  async run(sql: string, values: Readonly<Record<string, string | number>> = {}): Promise<Answer> {
    try {
      const reads = await this.admit(sql)
      await this.prepareViews(reads)
      const prepared = await this.connection.prepare(sql)
      // The second guard, by DuckDB's own word for what it is about to do.
      if (prepared.statementType !== StatementType.SELECT) {
        throw new QueryFailure('refused', 'only SELECT may run here: the lake is read, never written')
      }
      if (prepared.parameterCount > 0) prepared.bind({ ...values })
      return new Answer(await prepared.stream())
    } catch (error) {
      throw failureOf(error)
    }
  }

  /** Stops what runs. */
  interrupt(): void {
    this.connection.interrupt()
  }

  private async admit(sql: string): Promise<QueryReads> {
    const reader = await this.connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql])
    return admitQuery(String(reader.getRows()[0]?.[0]), sql)
  }

  /** Verifies the files behind the views that are read, and creates those views. */
  private async prepareViews(reads: QueryReads): Promise<void> {
    const named = [...reads.tables].filter((table) => this.views.has(table))
    // A name that is no view may be the question's own, or a mistake: DuckDB then suggests one of those that exist.
    const all = reads.catalog || named.length < reads.tables.size
    for (const name of named) await this.verify(this.views.get(name)!)
    const current = this.damaged.size > 0 ? this.makeViews(new Set(this.damaged.keys())) : this.views
    for (const name of all ? current.keys() : named) {
      const view = current.get(name)!
      const key = `${name} ${view.files.length}`
      if (this.created.has(key)) continue
      await this.connection.run(view.sql)
      this.created.add(key)
    }
  }

  private async verify(view: View): Promise<void> {
    for (const file of view.files) {
      if (this.damaged.has(file.name)) continue
      const problem = await this.check.problemOf(file)
      if (problem === undefined) continue
      if (!this.skipDamaged) throw damage(file, problem)
      this.damaged.set(file.name, `(${contentsOf(file)}) ${problem}`)
    }
  }
}

function contentsOf({ rows, type, minKnown, maxKnown }: LakeFile): string {
  const range = minKnown === null || maxKnown === null ? '' : `, ${utcText(minKnown)} to ${utcText(maxKnown)}`
  return `${rows} rows of ${type}${range}`
}

function damage(file: LakeFile, problem: string): QueryFailure {
  return new QueryFailure(
    'damaged',
    `lake file ${file.name} (${contentsOf(file)}) ${problem}; nothing was answered from it.\n` +
      'Restore it from a copy, make the lake anew by a replay, or use --skip-damaged to ask what is left.',
  )
}

async function lockDown(connection: DuckDBConnection, paths: readonly string[]): Promise<void> {
  // Times are shown in UTC wherever this runs.
  await connection.run("SET TimeZone='UTC'")
  await connection.run('SET allowed_paths=$1', [listValue([...paths])], [LIST(VARCHAR)])
  await connection.run('SET enable_external_access=false')
  await connection.run('SET lock_configuration=true')
}

/** An answer, fetched page by page. */
export class Answer {
  readonly columns: AnswerColumns
  private readonly result: DuckDBResult

  constructor(result: DuckDBResult) {
    this.result = result
    this.columns = { names: result.deduplicatedColumnNames(), types: result.columnTypes().map(String) }
  }

  /** The next rows (some 2,000), or undefined at the end. @throws QueryFailure */
  async nextPage(): Promise<AnswerRows | undefined> {
    try {
      const chunk = await this.result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return undefined
      return chunk.convertRows(answerValue)
    } catch (error) {
      throw failureOf(error)
    }
  }
}

/** Whole numbers and decimals are numbers where a double holds them exactly, else text. */
const answerValue: DuckDBValueConverter<AnswerValue> = (value, type, converter) => {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  const json = JsonDuckDBValueConverter(value, type, converter)
  if (typeof json === 'string' && /^DECIMAL/.test(String(type)) && json.replace(/\D/g, '').length <= 15)
    return Number(json)
  return json
}
