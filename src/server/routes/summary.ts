import type { FastifyInstance } from 'fastify'
import { summarySchema } from '../summary_schema.ts'
import { answers, type Sources, typed } from './routes.ts'

export async function summaryRoutes(app: FastifyInstance, { results }: Sources): Promise<void> {
  typed(app).get(
    '/api/v1/summary',
    { schema: { summary: 'The run at a glance', response: answers(summarySchema) } },
    async () => {
      const { signals, alerts, ...summary } = results.summary
      return {
        ...summary,
        signals: signals.total,
        alerts: results.alerts.length,
        held_back: alerts.held_back_by_budget,
        incidents: results.incidents.length,
        alerts_alone: results.alerts.filter(({ id }) => results.incidentOfAlert(id) === undefined).length,
      }
    },
  )
}
