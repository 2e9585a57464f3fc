import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import type { JSX } from 'react'
import type { IncidentBrief } from '../../../server/incident_schema.ts'
import type { SummaryAnswer } from '../../../server/summary_schema.ts'
import { useAddress } from '../address.ts'
import { api } from '../api.ts'
import { useWalk } from '../keys.ts'
import { Time } from '../parts/bits.tsx'
import { Filter, matches } from '../parts/filter.tsx'
import { KillChain } from '../parts/kill_chain.tsx'
import { Meter, SEVERITY_COLOR, severityOf } from '../parts/severity.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Text } from '../parts/text.tsx'
import { VerdictMark } from '../parts/verdict.tsx'
import { counted, dayText, numberText, shortName, spanText } from '../words.ts'

/** What matters, ranked. */
export function TrayPage(): JSX.Element {
  const summary = useQuery(api.summary())
  const incidents = useQuery(api.incidents())
  return (
    <>
      <title>Incidents · Thymus</title>
      <Loaded query={summary} rows={1}>
        {(data) => <Funnel summary={data} />}
      </Loaded>
      <div className="mt-6 mb-2.5 flex items-center justify-between gap-4">
        <h1 className="text-xl font-semibold tracking-tight">Incidents</h1>
        <Filter label="Filter by name, device, phase" />
      </div>
      <Loaded query={incidents}>{({ incidents: all }) => <Tray incidents={all} />}</Loaded>
    </>
  )
}

function Tray({ incidents }: { incidents: readonly IncidentBrief[] }): JSX.Element {
  const { search } = useAddress()
  const navigate = useNavigate()
  const shown = incidents.filter(({ title, summary, devices, phases, verdict, credentials }) =>
    matches(search['q'], [
      title,
      summary,
      verdict.is,
      ...credentials,
      ...devices.flatMap(({ ip, hostname }) => [ip, hostname]),
      ...phases.map(({ name }) => name),
    ]),
  )
  const { rowProps } = useWalk(
    shown.map(({ id }) => id),
    (id) => void navigate({ to: '/incidents/$id', params: { id } }),
  )
  if (shown.length === 0) {
    return (
      <div className="panel">
        {incidents.length === 0 ? (
          <Empty icon={Inbox} title="No incidents">
            Nothing in these days made a story that needs a person. Alerts that stand alone are under Alerts.
          </Empty>
        ) : (
          <Empty icon={Inbox} title="No incident fits the filter" />
        )}
      </div>
    )
  }
  return (
    <ol className="panel overflow-hidden" aria-label="Incidents, the gravest first">
      {shown.map((incident) => (
        <IncidentRow key={incident.id} incident={incident} row={rowProps(incident.id)} />
      ))}
    </ol>
  )
}

function IncidentRow({
  incident,
  row,
}: {
  incident: IncidentBrief
  row: { 'data-at'?: 'true'; 'data-row': string }
}): JSX.Element {
  const severity = severityOf(incident.score)
  const hidden = incident.device_count - Math.min(4, incident.devices.length)
  return (
    <li
      {...row}
      className="relative grid grid-cols-[5.5rem_minmax(0,1fr)_15rem] gap-x-5 border-b border-line px-4 py-4 last:border-0 hover:bg-raise/60 data-at:bg-accent-soft data-at:shadow-[inset_3px_0_0_var(--accent)]"
    >
      <div className={SEVERITY_COLOR[severity]}>
        <div className="flex items-center gap-2">
          <Meter score={incident.score} size={20} />
          <span className="num text-2xl leading-none font-semibold">{Math.round(incident.score)}</span>
        </div>
        <div className="mt-1.5 text-xs font-medium">{severity}</div>
      </div>
      <div className="min-w-0">
        <Link
          to="/incidents/$id"
          params={{ id: incident.id }}
          className="text-lg leading-snug font-semibold tracking-tight after:absolute after:inset-0"
        >
          <Text value={incident.title} />
        </Link>
        <p className="mt-1 line-clamp-2 max-w-[90ch] text-ink2">
          <Text value={incident.summary} />
        </p>
        <div className="mt-2.5">
          <KillChain phases={incident.phases} />
        </div>
      </div>
      <div className="text-sm text-ink2">
        <VerdictMark is={incident.verdict.is} />
        <div className="mt-1.5">
          <Time at={incident.start} />
          <span className="text-ink3"> · {spanText(incident.end - incident.start)}</span>
        </div>
        <div className="num text-ink3">
          {counted(incident.device_count, 'device')} · {counted(incident.alert_count, 'alert')}
        </div>
        <div className="mt-1 truncate">
          {incident.devices.slice(0, 4).map((device, index) => (
            <span key={device.id}>
              {index > 0 && ', '}
              <Text value={shortName(device)} />
            </span>
          ))}
          {hidden > 0 && <span className="text-ink3"> +{hidden}</span>}
        </div>
      </div>
    </li>
  )
}

/** How much came in, and how little of it is left for a person. */
function Funnel({ summary }: { summary: SummaryAnswer }): JSX.Element {
  const steps = [
    [summary.events.total, 'events'],
    [summary.signals, 'signals'],
    [summary.alerts, 'alerts'],
    [summary.incidents, 'incidents'],
  ] as const
  const days = summary.start === null || summary.end === null ? 0 : (summary.end - summary.start) / 86_400
  return (
    <section aria-label="The run at a glance" className="panel flex flex-wrap items-center gap-x-8 gap-y-3 px-5 py-3.5">
      <ol className="flex flex-wrap items-center gap-x-3 gap-y-2">
        {steps.map(([count, what], index) => (
          <li key={what} className="flex items-center gap-3">
            {index > 0 && (
              <svg viewBox="0 0 10 20" width="8" height="20" aria-hidden="true" className="text-edge">
                <path d="M2 3l6 7-6 7" fill="none" stroke="currentColor" strokeWidth="1.5" />
              </svg>
            )}
            <span>
              <span
                className={`num block leading-tight font-semibold ${index === 3 ? 'text-2xl text-accent' : 'text-lg'}`}
              >
                {numberText(count)}
              </span>
              <span className="block text-xs text-ink3">{what}</span>
            </span>
          </li>
        ))}
      </ol>
      <dl className="ml-auto flex flex-wrap gap-x-8 gap-y-2 text-sm">
        <Fact label="Seen">
          {summary.start === null || summary.end === null
            ? 'nothing'
            : `${dayText(summary.start)} – ${dayText(summary.end)} (${counted(Math.max(1, Math.round(days)), 'day')})`}
        </Fact>
        <Fact label="Devices">{numberText(summary.devices)}</Fact>
        <Fact label="Credentials">{numberText(summary.credentials)}</Fact>
        {summary.learning !== undefined && (
          <Fact label="Learned">{counted(summary.learning.committed_days, 'day')}</Fact>
        )}
      </dl>
    </section>
  )
}

function Fact({ label, children }: { label: string; children: string }): JSX.Element {
  return (
    <div>
      <dt className="text-xs text-ink3">{label}</dt>
      <dd className="num font-medium">{children}</dd>
    </div>
  )
}
