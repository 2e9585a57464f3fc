import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { eventPageSchema } from '../event_schema.ts'
import { type EventQuestion, findEvents } from '../events.ts'
import { Problem } from '../problem.ts'
import type { Results } from '../results.ts'
import { answers, type Sources, typed } from './routes.ts'

const time = z.coerce.number().min(0).max(1e11)
const place = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

const question = z
  .strictObject({
    uid: z.string().min(1).max(300).optional().meta({ description: "Zeek's uid, a file's fuid, or an event's key" }),
    seq: place.optional().meta({ description: 'one event, by its position in canonical order' }),
    device: z.string().min(1).max(64).optional(),
    log: z.string().min(1).max(100).optional(),
    from: time.optional(),
    to: time.optional(),
    after: place.optional().meta({ description: 'the `next` of the page before' }),
    limit: z.coerce.number().int().min(1).max(200).default(100),
  })
  .refine(({ uid, seq, device, log }) => uid ?? seq ?? device ?? log, 'say which events: uid, seq, device or log')

export async function eventRoutes(app: FastifyInstance, { results, lake }: Sources): Promise<void> {
  const logs = Object.keys(results.summary.events.by_type).sort()
  typed(app).get(
    '/api/v1/events',
    {
      schema: {
        summary: 'Events as the sensor saw them, in canonical order',
        querystring: question,
        response: answers(eventPageSchema),
      },
    },
    async ({ query }) => {
      if (query.log !== undefined && !logs.includes(query.log)) {
        throw new Problem(404, 'No such log', `this run has no log of that name; it has ${logs.join(', ')}`)
      }
      const { events, more } = await findOf(query)
      const ids = new Set(events.flatMap(({ device, peer_device: peer }) => [device, peer].filter((id) => id !== null)))
      return {
        events: [...events],
        next: more ? (events.at(-1)?.seq ?? null) : null,
        logs,
        devices: Object.fromEntries([...ids].map((id) => [id, nameOf(results, id)])),
      }
    },
  )

  async function findOf(query: EventQuestion): ReturnType<typeof findEvents> {
    const found = await findEvents(lake, logs, query)
    if (found.events.length > 0 || query.uid === undefined) return found
    // A log without uids: an alert that kept the event knows where it is.
    const record = results.record(query.uid)
    if (record?.seq === undefined) return found
    const { uid: _, ...rest } = query
    return findEvents(lake, logs, { ...rest, seq: record.seq })
  }
}

function nameOf(results: Results, id: string): string {
  const device = results.device(id)
  return device?.hostname || device?.ip || id
}
