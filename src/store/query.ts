import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { LakeFailure } from './lake_failure.ts'
import type { AnswerColumns, AnswerRows, AnswerValue } from './query_engine.ts'
import { QueryFailure } from './query_failure.ts'
import type { QueryProcessConfig, QueryReply, QueryRequest, QueryValues } from './query_process.ts'

export interface LakeOptions {
  /** Memory that a query may use; `1GB` when not given. */
  readonly memory?: string
  readonly threads?: number
  /** Answer from what is left when files are damaged (`Query.leftOut` names them), instead of failing. */
  readonly skipDamaged?: boolean
}

export interface QueryOptions {
  /** Stops the query after so many milliseconds; no limit when not given. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Values of the question's parameters, by name: `$device` in SQL is `device` here. */
  readonly values?: QueryValues
}

/** A query that runs: its columns are known, its rows come page by page as they are asked for. */
export interface Query {
  readonly columns: AnswerColumns
  /** Files that are damaged and were left out, in words; only with `skipDamaged`. */
  readonly leftOut: readonly string[]
  /** @throws QueryFailure */
  readonly pages: AsyncIterable<AnswerRows>
}

/** Rows of an answer as objects, by column name. */
export type AnswerRow = Readonly<Record<string, AnswerValue>>

/** How long the query process has to stop a query before it is ended. */
const STOP_MS = 2000
/** Most rows that `query` returns at once: what needs more reads `pages`. */
const MOST_ROWS = 100_000

/**
 * Opens the lake of a run for questions, in a query process of its own.
 *
 *     const lake = await openLake('thymus-out')
 *     const rows = await lake.query('SELECT resp_p, count(*) n FROM conn GROUP BY ALL')
 *     await lake.close()
 *
 * @param dir the --out directory of a run, or its `lake` directory
 * @throws LakeFailure when there is no lake
 */
export async function openLake(dir: string, options: LakeOptions = {}): Promise<Lake> {
  const config: QueryProcessConfig = {
    dir,
    memory: options.memory ?? '1GB',
    threads: options.threads ?? Math.min(4, availableParallelism()),
    skipDamaged: options.skipDamaged ?? false,
  }
  const program = fileURLToPath(new URL('./query_process.ts', import.meta.url))
  const child = fork(program, [JSON.stringify(config)], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const lake = new Lake(child)
  const first = await lake.opened
  if (first.is === 'no-lake') throw new LakeFailure(first.message)
  return lake
}

export class Lake {
  /** What the process said first. */
  readonly opened: Promise<QueryReply>
  private readonly child: ChildProcess
  private waiting: { resolve: (reply: QueryReply) => void; reject: (error: Error) => void } | undefined
  private ended: string | undefined
  /** The end of what was asked before: one question at a time. */
  private turn: Promise<void> = Promise.resolve()

  constructor(child: ChildProcess) {
    this.child = child
    this.opened = this.nextReply()
    child.on('message', (reply: QueryReply) => {
      const { waiting } = this
      this.waiting = undefined
      waiting?.resolve(reply)
    })
    child.on('error', (error) => this.end(error.message))
    child.on('exit', (code, signal) => this.end(signal ? `was killed (${signal})` : `ended with code ${code}`))
  }

  /** Id of the query process. */
  get pid(): number | undefined {
    return this.child.pid
  }

  /**
   * Asks one SELECT and hands `use` its answer; the next question waits until `use` is done.
   * @throws QueryFailure
   */
  async run<Result>(sql: string, options: QueryOptions, use: (query: Query) => Promise<Result>): Promise<Result> {
    const before = this.turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.turn = promise
    await before
    const guard = new Guard(this.child, options)
    try {
      const reply = await this.ask({ is: 'run', sql, values: options.values ?? {} })
      if (reply.is !== 'columns') throw this.unexpected(reply)
      const pages = this.pages(guard)
      const result = await use({ columns: reply.columns, leftOut: reply.leftOut, pages })
      return result
    } catch (error) {
      throw guard.reasonOf(error)
    } finally {
      guard.end()
      this.send({ is: 'stop' })
      resolve()
    }
  }

  /** All rows of an answer (at most 100,000), as objects. @throws QueryFailure */
  async query(sql: string, options: QueryOptions = {}): Promise<AnswerRow[]> {
    return this.run(sql, options, async ({ columns, pages }) => {
      const rows: AnswerRow[] = []
      for await (const page of pages) {
        for (const row of page) rows.push(Object.fromEntries(columns.names.map((name, i) => [name, row[i] ?? null])))
        if (rows.length > MOST_ROWS) {
          throw new QueryFailure('memory', `more than ${MOST_ROWS} rows: give a LIMIT, or read them page by page`)
        }
      }
      return rows
    })
  }

  async close(): Promise<void> {
    if (this.ended !== undefined) return
    const exited = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
    if (this.child.connected) this.child.disconnect()
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(timer)
  }

  private async *pages(guard: Guard): AsyncIterable<AnswerRows> {
    for (;;) {
      guard.check()
      const reply = await this.ask({ is: 'more' })
      if (reply.is === 'end') return
      if (reply.is !== 'page') throw this.unexpected(reply)
      yield reply.rows
    }
  }

  private async ask(request: QueryRequest): Promise<QueryReply> {
    if (this.ended !== undefined) throw this.gone()
    const reply = this.nextReply()
    this.send(request)
    const answer = await reply
    if (answer.is === 'failed') throw new QueryFailure(answer.kind, answer.message)
    return answer
  }

  private send(request: QueryRequest): void {
    if (this.child.connected) this.child.send(request, () => {})
  }

  private nextReply(): Promise<QueryReply> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject }
    })
  }

  private end(how: string): void {
    if (this.ended !== undefined) return
    this.ended = how
    this.waiting?.reject(this.gone())
    this.waiting = undefined
  }

  private gone(): QueryFailure {
    return new QueryFailure('process', `the query process ${this.ended}; the lake itself is not touched by that`)
  }

  private unexpected(reply: QueryReply): Error {
    return new Error(`the query process said '${reply.is}' out of turn`)
  }
}

/** Watches over one query: time and the caller's signal. */
class Guard {
  private stopped: QueryFailure | undefined
  private readonly child: ChildProcess
  private readonly timer: NodeJS.Timeout | undefined
  private readonly signal: AbortSignal | undefined
  private killer: NodeJS.Timeout | undefined
  private readonly onAbort = (): void => this.stop(new QueryFailure('cancelled', 'the query was stopped'))

  constructor(child: ChildProcess, { timeoutMs, signal }: QueryOptions) {
    this.child = child
    this.signal = signal
    if (timeoutMs !== undefined) {
      const failure = new QueryFailure('timeout', `the query took longer than ${timeoutMs / 1000} s and was stopped`)
      this.timer = setTimeout(() => this.stop(failure), timeoutMs)
    }
    if (signal?.aborted) this.onAbort()
    else signal?.addEventListener('abort', this.onAbort)
  }

  /** @throws QueryFailure when the query was stopped */
  check(): void {
    if (this.stopped) throw this.stopped
  }

  /** Why it was stopped says more than the error that followed. */
  reasonOf(error: unknown): unknown {
    return this.stopped ?? error
  }

  end(): void {
    clearTimeout(this.timer)
    clearTimeout(this.killer)
    this.signal?.removeEventListener('abort', this.onAbort)
  }

  private stop(why: QueryFailure): void {
    this.stopped ??= why
    if (this.child.connected) this.child.send({ is: 'stop' } satisfies QueryRequest, () => {})
    this.killer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS)
  }
}
