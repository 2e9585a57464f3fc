import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { alertBriefSchema, alertSchema } from '../alert_schema.ts'
import { notFound } from '../problem.ts'
import { techniqueNames } from '../technique_names.ts'
import { answers, idParams, pageQuery, type Sources, typed } from './routes.ts'

const alertListSchema = z.object({ alerts: z.array(alertBriefSchema), total: z.number() })

export async function alertRoutes(app: FastifyInstance, { results }: Sources): Promise<void> {
  const api = typed(app)
  api.get(
    '/api/v1/alerts',
    {
      schema: {
        summary: 'Alerts, highest score first',
        querystring: z.strictObject({
          ...pageQuery,
          device: z.string().max(64).optional(),
          incident: z.string().max(64).optional(),
          alone: z.stringbool().optional().meta({ description: 'only those that no incident holds' }),
        }),
        response: answers(alertListSchema),
      },
    },
    async ({ query: { limit, offset, device, incident, alone } }) => {
      const owner = device === undefined ? undefined : (results.device(device)?.id ?? device)
      const holder = incident === undefined ? undefined : results.incident(incident)
      if (incident !== undefined && holder === undefined) throw notFound('there is no incident with this id')
      const members = holder && new Set(holder.alerts)
      const found = results.alerts.filter(
        (alert) =>
          (owner === undefined || (results.device(alert.device.id)?.id ?? alert.device.id) === owner) &&
          (members === undefined || members.has(alert.id)) &&
          (alone !== true || results.incidentOfAlert(alert.id) === undefined),
      )
      return {
        alerts: found
          .slice(offset, offset + limit)
          .map((alert) => ({ ...alert, incident: results.incidentOfAlert(alert.id)?.id ?? null })),
        total: found.length,
      }
    },
  )

  api.get(
    '/api/v1/alerts/:id',
    { schema: { summary: 'An alert and its evidence', params: idParams, response: answers(alertSchema) } },
    async ({ params }) => {
      const alert = results.alert(params.id)
      if (alert === undefined) throw notFound('there is no alert with this id')
      const incident = results.incidentOfAlert(alert.id)
      return { ...alert, incident: incident ?? null, technique_names: techniqueNames(alert.techniques) }
    },
  )
}
