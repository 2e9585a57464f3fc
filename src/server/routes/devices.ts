import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import {
  type DeviceBrief,
  type DeviceLine,
  deviceBriefSchema,
  deviceSchema,
  metricListSchema,
  metricSchema,
} from '../device_schema.ts'
import { METRIC_NAMES } from '../metrics.ts'
import { notFound } from '../problem.ts'
import type { Results } from '../results.ts'
import { answers, idParams, pageQuery, type Sources, typed } from './routes.ts'

/** The most usual values that are shown of a point of view. */
const NORMAL_A_VIEW = 25

const deviceListSchema = z.object({ devices: z.array(deviceBriefSchema), total: z.number() })

const time = z.coerce.number().min(0).max(1e11)

export async function deviceRoutes(app: FastifyInstance, { results, metrics }: Sources): Promise<void> {
  const api = typed(app)
  const briefs = briefsOf(results)
  api.get(
    '/api/v1/devices',
    {
      schema: {
        summary: 'Devices, those with the highest alerts first',
        querystring: z.strictObject({ ...pageQuery, limit: z.coerce.number().int().min(1).max(2000).default(500) }),
        response: answers(deviceListSchema),
      },
    },
    async ({ query: { limit, offset } }) => ({
      devices: briefs.slice(offset, offset + limit),
      total: briefs.length,
    }),
  )

  api.get(
    '/api/v1/devices/:id',
    {
      schema: {
        summary: 'Who a device is, and what is normal for it',
        params: idParams,
        response: answers(deviceSchema),
      },
    },
    async ({ params }) => {
      const { normal, ...device } = need(results, params.id)
      const views = [...Map.groupBy(normal, ({ view }) => view)].map(([view, values]) => ({
        view,
        total: values.length,
        values: values.sort((a, b) => b.days - a.days || (a.value < b.value ? -1 : 1)).slice(0, NORMAL_A_VIEW),
      }))
      const brief = briefs.find(({ id }) => id === device.id)!
      return {
        ...device,
        normal: views,
        alerts: brief.alerts,
        incidents: brief.incidents.map((id) => {
          const { title, score, devices } = results.incident(id)!
          return { id, title, score, role: devices.find((each) => each.id === device.id)?.role ?? '' }
        }),
      }
    },
  )

  api.get(
    '/api/v1/devices/:id/metrics',
    { schema: { summary: 'Metrics, the most unusual first', params: idParams, response: answers(metricListSchema) } },
    async ({ params }) => metrics.list(need(results, params.id)),
  )

  api.get(
    '/api/v1/devices/:id/metrics/:metric',
    {
      schema: {
        summary: 'A metric by hour, and what was expected of it',
        params: z.strictObject({ ...idParams.shape, metric: z.enum(METRIC_NAMES) }),
        querystring: z.strictObject({ from: time.default(0), to: time.default(1e11) }),
        response: answers(metricSchema),
      },
    },
    async ({ params, query }) => metrics.metric(need(results, params.id), params.metric, query.from, query.to),
  )
}

function need(results: Results, id: string): DeviceLine {
  const device = results.device(id)
  if (device === undefined) throw notFound('there is no device with this id')
  return device
}

function briefsOf(results: Results): readonly DeviceBrief[] {
  const alerts = new Map<string, { count: number; highest: number }>()
  for (const alert of results.alerts) {
    const id = results.device(alert.device.id)?.id ?? alert.device.id
    const { count, highest } = alerts.get(id) ?? { count: 0, highest: 0 }
    alerts.set(id, { count: count + 1, highest: Math.max(highest, alert.score) })
  }
  const incidents = new Map<string, Set<string>>()
  for (const incident of results.incidents) {
    for (const { id } of incident.devices) {
      const device = results.device(id)?.id ?? id
      incidents.set(device, (incidents.get(device) ?? new Set()).add(incident.id))
    }
  }
  return results.devices
    .map(({ tags, ...device }) => ({
      ...device,
      tags: tags.filter(({ until }) => until === null || until === undefined).map(({ tag }) => tag),
      alerts: alerts.get(device.id)?.count ?? 0,
      highest_score: alerts.get(device.id)?.highest ?? null,
      incidents: [...(incidents.get(device.id) ?? [])],
    }))
    .sort((a, b) => (b.highest_score ?? -1) - (a.highest_score ?? -1) || b.alerts - a.alerts || (a.id < b.id ? -1 : 1))
}
