/**
 * Why a question got no answer:
 * - `refused`: not a single SELECT over the views
 * - `sql`: the question is wrong (syntax, names, types)
 * - `damaged`: a file of the lake is missing or has changed since it was written
 * - `memory`: it would need more memory than it may have
 * - `timeout`, `cancelled`: stopped before its end
 * - `process`: the query process died
 */
export type QueryFailureKind = 'refused' | 'sql' | 'damaged' | 'memory' | 'timeout' | 'cancelled' | 'process'

/** A question got no answer, in words for a person. */
export class QueryFailure extends Error {
  readonly kind: QueryFailureKind
  constructor(kind: QueryFailureKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'QueryFailure'
    this.kind = kind
  }
}

/** Lines of a list of candidates that are shown. */
const MOST_CANDIDATES = 6

/** DuckDB's message without its class name, long lists cut, the excerpt with its caret kept. */
export function failureOf(error: unknown): QueryFailure {
  if (error instanceof QueryFailure) return error
  const said = error instanceof Error ? error.message : String(error)
  if (/^INTERRUPT Error/i.test(said)) return new QueryFailure('cancelled', 'the query was stopped', { cause: error })
  if (/^Out of Memory Error/i.test(said)) {
    const hint = 'ask for fewer columns or rows, group before sorting, or allow more with --memory'
    return new QueryFailure('memory', `the query needs more memory than it may use: ${hint}`, { cause: error })
  }
  const text = said.replace(/^[A-Z][A-Za-z ]* Error: /, '')
  const lines = text.split('\n')
  const candidates = lines.filter((line) => line.startsWith('\t')).length
  let shown = 0
  const kept = lines.filter((line) => !line.startsWith('\t') || shown++ < MOST_CANDIDATES)
  if (candidates > MOST_CANDIDATES) {
    kept.splice(
      kept.findLastIndex((line) => line.startsWith('\t')) + 1,
      0,
      `\t… and ${candidates - MOST_CANDIDATES} more`,
    )
  }
  return new QueryFailure(
    'sql',
    kept
      .join('\n')
      .replace(/\n{2,}/g, '\n')
      .trimEnd(),
    { cause: error },
  )
}
