import { QueryClient, queryOptions } from '@tanstack/react-query'
import type { AlertAnswer, AlertBrief, EvidenceRecord } from '../../server/alert_schema.ts'
import type { DeviceAnswer, DeviceBrief, MetricAnswer, MetricList } from '../../server/device_schema.ts'
import type { EventPage } from '../../server/event_schema.ts'
import type { IncidentAnswer, IncidentBrief } from '../../server/incident_schema.ts'
import type { ProblemAnswer, SummaryAnswer } from '../../server/summary_schema.ts'

/** The API as the console uses it. The server checks its answers against their schemas; here only types are needed. */

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly title: string
  readonly status: number
  constructor(title: string, status: number, detail: string) {
    super(detail)
    this.title = title
    this.status = status
  }
}

async function get<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(`/api/v1/${path}`, { signal, headers: { accept: 'application/json' } }).catch(
    (error: unknown) => {
      if (signal.aborted) throw error
      throw new ApiProblem('Thymus does not answer', 0, 'the server was stopped; start it again with thymus serve')
    },
  )
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body as T
  const problem = (body ?? {}) as Partial<ProblemAnswer>
  throw new ApiProblem(problem.title ?? 'No answer', response.status, problem.detail ?? `status ${response.status}`)
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A finished run does not change.
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status < 500),
    },
  },
})

function ask<T>(path: string) {
  return queryOptions({ queryKey: [path], queryFn: ({ signal }) => get<T>(path, signal) })
}

const id = encodeURIComponent

export const api = {
  summary: () => ask<SummaryAnswer>('summary'),
  incidents: () => ask<{ incidents: IncidentBrief[]; total: number }>('incidents?limit=500'),
  incident: (incident: string) => ask<IncidentAnswer>(`incidents/${id(incident)}`),
  evidence: (incident: string) =>
    ask<{ records: (EvidenceRecord & { alert: string })[]; total: number }>(
      `incidents/${id(incident)}/evidence?limit=500`,
    ),
  alerts: (of: { device?: string; incident?: string; alone?: boolean }) => {
    const query = new URLSearchParams({ limit: '500' })
    if (of.device !== undefined) query.set('device', of.device)
    if (of.incident !== undefined) query.set('incident', of.incident)
    if (of.alone === true) query.set('alone', 'true')
    return ask<{ alerts: AlertBrief[]; total: number }>(`alerts?${query}`)
  },
  alert: (alert: string) => ask<AlertAnswer>(`alerts/${id(alert)}`),
  devices: () => ask<{ devices: DeviceBrief[]; total: number }>('devices?limit=2000'),
  device: (device: string) => ask<DeviceAnswer>(`devices/${id(device)}`),
  metrics: (device: string) => ask<MetricList>(`devices/${id(device)}/metrics`),
  metric: (device: string, metric: string) => ask<MetricAnswer>(`devices/${id(device)}/metrics/${id(metric)}`),
  events: (question: Readonly<Record<string, string>>) => ask<EventPage>(`events?${new URLSearchParams(question)}`),
}
