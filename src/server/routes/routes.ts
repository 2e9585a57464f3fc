import type { FastifyInstance, FastifyPluginOptions } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import * as z from 'zod'
import type { EventLake } from '../event_lake.ts'
import type { DeviceMetrics } from '../metrics.ts'
import type { Results } from '../results.ts'
import { problemSchema } from '../summary_schema.ts'

/** What the routes answer from. */
export interface Sources extends FastifyPluginOptions {
  readonly results: Results
  readonly lake: EventLake
  readonly metrics: DeviceMetrics
}

/** The application as routes see it: requests and responses are what their schemas say. */
export type Api = FastifyInstance & { withTypeProvider(): ReturnType<typeof typed> }

export function typed(app: FastifyInstance) {
  return app.withTypeProvider<ZodTypeProvider>()
}

export const idParams = z.strictObject({ id: z.string().min(1).max(64) })

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(200),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
}

/** The answers of a route: what it says when all is well, and problems. */
export function answers<T extends z.ZodType>(schema: T): { 200: T; default: typeof problemSchema } {
  return { 200: schema, default: problemSchema }
}
