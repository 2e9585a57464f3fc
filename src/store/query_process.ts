import { LakeFailure } from './lake_failure.ts'
import {
  type Answer,
  type AnswerColumns,
  type AnswerRows,
  QueryEngine,
  type QueryEngineOptions,
} from './query_engine.ts'
import { failureOf, type QueryFailureKind } from './query_failure.ts'

/**
 * The query process: people type SQL, so what runs it can be ended without harm to anything else. One question at a time;
 * pages are sent only when asked for, so that a large answer waits here and not in the other process's memory.
 */

export interface QueryProcessConfig extends QueryEngineOptions {
  readonly dir: string
}

/** Bound to the parameters of a question; never a part of its text. */
export type QueryValues = Readonly<Record<string, string | number>>

export type QueryRequest =
  | { readonly is: 'run'; readonly sql: string; readonly values: QueryValues }
  | { readonly is: 'more' }
  /** Stop the question, and forget its answer. */
  | { readonly is: 'stop' }

export type QueryReply =
  | { readonly is: 'open' }
  | { readonly is: 'no-lake'; readonly message: string }
  | { readonly is: 'columns'; readonly columns: AnswerColumns; readonly leftOut: readonly string[] }
  | { readonly is: 'page'; readonly rows: AnswerRows }
  | { readonly is: 'end' }
  | { readonly is: 'failed'; readonly kind: QueryFailureKind; readonly message: string }

function reply(message: QueryReply): void {
  process.send?.(message)
}

async function serve(config: QueryProcessConfig): Promise<void> {
  const engine = await QueryEngine.open(config.dir, config)
  let answer: Answer | undefined
  const handle = async (request: QueryRequest): Promise<void> => {
    if (request.is === 'run') {
      answer = await engine.run(request.sql, request.values)
      reply({ is: 'columns', columns: answer.columns, leftOut: engine.leftOut })
      return
    }
    const rows = await answer?.nextPage()
    reply(rows ? { is: 'page', rows } : { is: 'end' })
  }
  process.on('message', (request: QueryRequest) => {
    if (request.is === 'stop') {
      engine.interrupt()
      answer = undefined
      return
    }
    handle(request).catch((error: unknown) => {
      const { kind, message } = failureOf(error)
      reply({ is: 'failed', kind, message })
    })
  })
  reply({ is: 'open' })
}

// Ctrl-C reaches the whole group of processes; stopping the question is for the other one to ask.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))

serve(JSON.parse(process.argv[2] ?? '{}') as QueryProcessConfig).catch((error: unknown) => {
  if (!(error instanceof LakeFailure)) throw error
  reply({ is: 'no-lake', message: error.message })
  process.disconnect()
})
