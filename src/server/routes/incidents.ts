import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { recordSchema } from '../alert_schema.ts'
import { attackSteps } from '../attack_steps.ts'
import { type IncidentBrief, incidentAnswerSchema, incidentListSchema } from '../incident_schema.ts'
import { notFound } from '../problem.ts'
import type { IncidentLine, Results } from '../results.ts'
import { techniqueNames } from '../technique_names.ts'
import { answers, idParams, pageQuery, type Sources, typed } from './routes.ts'

/** Devices that the tray is told of an incident. */
const MOST_DEVICES = 12

const evidenceListSchema = z.object({
  /** What the incident's alerts kept of its events, oldest first. */
  records: z.array(recordSchema.extend({ alert: z.string() })),
  total: z.number(),
})

export async function incidentRoutes(app: FastifyInstance, { results }: Sources): Promise<void> {
  const api = typed(app)
  api.get(
    '/api/v1/incidents',
    {
      schema: {
        summary: 'Incidents, highest score first',
        querystring: z.strictObject(pageQuery),
        response: answers(incidentListSchema),
      },
    },
    async ({ query: { limit, offset } }) => ({
      incidents: results.incidents.slice(offset, offset + limit).map(briefOf),
      total: results.incidents.length,
    }),
  )

  api.get(
    '/api/v1/incidents/:id',
    {
      schema: {
        summary: 'An incident; an id that was absorbed leads to the one that holds it',
        params: idParams,
        response: answers(incidentAnswerSchema),
      },
    },
    async ({ params }) => {
      const incident = need(results, params.id)
      const techniques = [...incident.techniques, ...incident.phases.flatMap((phase) => phase.techniques)]
      return {
        ...incident,
        steps: attackSteps(incident, results),
        technique_names: techniqueNames(techniques),
      }
    },
  )

  api.get(
    '/api/v1/incidents/:id/evidence',
    {
      schema: {
        summary: 'The events behind an incident',
        params: idParams,
        querystring: z.strictObject(pageQuery),
        response: answers(evidenceListSchema),
      },
    },
    async ({ params, query: { limit, offset } }) => {
      const seen = new Set<string>()
      const records = need(results, params.id)
        .alerts.flatMap((id) => (results.alert(id)?.records ?? []).map((record) => ({ ...record, alert: id })))
        .filter(({ log, uid, seq, ts }) => {
          // Of models that count alerts: those alerts' own events stand here.
          if (log === 'alert') return false
          const key = `${log} ${seq ?? `${uid} ${ts}`}`
          return !seen.has(key) && seen.add(key)
        })
        .sort((a, b) => a.ts - b.ts)
      return { records: records.slice(offset, offset + limit), total: records.length }
    },
  )
}

function need(results: Results, id: string): IncidentLine {
  const incident = results.incident(id)
  if (incident === undefined) throw notFound('there is no incident with this id')
  return incident
}

function briefOf(incident: IncidentLine): IncidentBrief {
  return {
    ...incident,
    devices: incident.devices.slice(0, MOST_DEVICES),
    device_count: incident.devices.length,
    alert_count: incident.alerts.length,
  }
}
