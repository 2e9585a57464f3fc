import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { QueryFailure } from '../store/query_failure.ts'

/** A request that cannot be answered, told to a person; becomes `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly title: string
  constructor(status: number, title: string, detail: string) {
    super(detail)
    this.status = status
    this.title = title
  }
}

export function notFound(what: string): Problem {
  return new Problem(404, 'Not found', what)
}

/** Every error leaves as a problem; of a fault of ours only that it is one, the rest goes to the log. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => sendProblem(reply, problemOf(error)))
}

export function sendProblem(reply: FastifyReply, { status, title, message }: Problem): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail: message }))
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error
  if (hasZodFastifySchemaValidationErrors(error)) {
    const wrong = error.validation.map(({ instancePath, message }) => `${instancePath.slice(1) || 'query'}: ${message}`)
    return new Problem(400, 'The request is wrong', wrong.join('; '))
  }
  if (error instanceof QueryFailure) return queryProblem(error)
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new Problem(error.statusCode, 'The request is wrong', error.message)
  }
  process.stderr.write(`thymus: ${error.stack ?? error.message}\n`)
  return new Problem(
    500,
    'A fault of Thymus',
    'this is a fault of Thymus itself; it stands in the terminal of the server',
  )
}

function queryProblem(failure: QueryFailure): Problem {
  switch (failure.kind) {
    case 'timeout':
    case 'cancelled':
      return new Problem(503, 'The question took too long', `${failure.message}; ask for a shorter time`)
    case 'memory':
      return new Problem(
        503,
        'The question is too large',
        'it needs more memory than it may use; ask for a shorter time',
      )
    case 'damaged':
      return new Problem(503, 'A file of the lake is damaged', failure.message)
    case 'process':
      return new Problem(503, 'The query process ended', `${failure.message}; ask again`)
    default:
      return new Problem(500, 'A fault of Thymus', 'the question to the lake was wrong; please report it')
  }
}
