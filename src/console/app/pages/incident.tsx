import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { FileSearch } from 'lucide-react'
import type { JSX } from 'react'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'
import { useAddress } from '../address.ts'
import { api } from '../api.ts'
import { useKeys, useWalk } from '../keys.ts'
import { AlertRow } from '../parts/alert_row.tsx'
import { AttackPath } from '../parts/attack_path.tsx'
import { Chip, DeviceLink, EventLink, Panel, Technique, Time } from '../parts/bits.tsx'
import { Investigation } from '../parts/investigation.tsx'
import { Phases } from '../parts/phases.tsx'
import { RecordList } from '../parts/record_list.tsx'
import { Score } from '../parts/severity.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Text } from '../parts/text.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { VerdictMark } from '../parts/verdict.tsx'
import { visible } from '../visible.ts'
import { counted, numberText, spanText } from '../words.ts'

const TABS = ['story', 'investigation', 'alerts', 'indicators', 'events'] as const
type Tab = (typeof TABS)[number]

/** One story: what happened, why we think so, and the events. */
export function IncidentPage(): JSX.Element {
  const { id } = useParams({ from: '/incidents/$id' })
  const query = useQuery(api.incident(id))
  return <Loaded query={query}>{(incident) => <IncidentView incident={incident} />}</Loaded>
}

function IncidentView({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { search, change } = useAddress()
  const tab: Tab = TABS.find((each) => each === search['tab']) ?? 'story'
  const go = (to: Tab): void => change({ tab: to === 'story' ? undefined : to, at: undefined })
  useKeys(TABS.map((each, index) => [String(index + 1), () => go(each)]))
  const counts: Partial<Record<Tab, number>> = {
    investigation: incident.investigation.length,
    alerts: incident.alerts.length,
    indicators: incident.indicators.length,
  }
  return (
    <article>
      <title>{`${visible(incident.title)} · Thymus`}</title>
      <header className="mb-4">
        <nav aria-label="Path" className="mb-2 text-sm text-ink3">
          <Link to="/" className="hover:underline">
            Incidents
          </Link>{' '}
          / <span className="font-mono text-xs">{incident.id}</span>
        </nav>
        <div className="flex items-start gap-5">
          <div className="pt-1">
            <Score score={incident.score} large />
          </div>
          <div className="min-w-0">
            <h1 className="max-w-[60ch] text-2xl leading-tight font-semibold tracking-tight">
              <Text value={incident.title} />
            </h1>
            <p className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink2">
              <VerdictMark is={incident.verdict.is} />
              <span>
                <Time at={incident.start} /> – <Time at={incident.end} />
                <span className="text-ink3"> ({spanText(incident.end - incident.start)})</span>
              </span>
              <span>
                <Text value={incident.type} />
              </span>
              {incident.credentials.length > 0 && (
                <span>
                  with <Text value={incident.credentials.slice(0, 3).join(', ')} />
                  {incident.credentials.length > 3 && ` and ${incident.credentials.length - 3} more`}
                </span>
              )}
            </p>
          </div>
        </div>
      </header>
      <div role="tablist" aria-label="Parts of the incident" className="mb-4 flex gap-1 border-b border-line">
        {TABS.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-selected={tab === each}
            aria-controls="part"
            onClick={() => go(each)}
            className="-mb-px flex items-center gap-1.5 border-b-2 border-transparent px-3 py-2 text-sm text-ink2 capitalize hover:text-ink aria-selected:border-accent aria-selected:font-medium aria-selected:text-ink"
          >
            {each}
            {counts[each] !== undefined && <span className="num text-xs text-ink3">{counts[each]}</span>}
          </button>
        ))}
      </div>
      <div id="part" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'story' && <Story incident={incident} />}
        {tab === 'investigation' && <Investigation incident={incident} />}
        {tab === 'alerts' && <Alerts incident={incident} />}
        {tab === 'indicators' && <Indicators incident={incident} />}
        {tab === 'events' && <Evidence incident={incident} />}
      </div>
    </article>
  )
}

function Story({ incident }: { incident: IncidentAnswer }): JSX.Element {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_17rem] xl:grid-cols-[minmax(0,1fr)_21rem]">
      <div className="min-w-0 space-y-4">
        <Panel title="What happened">
          <div className="max-w-[100ch] space-y-1.5 px-4 py-3.5 text-[0.9375rem] leading-relaxed">
            {incident.clauses.map((clause) => (
              <p key={clause.text}>
                <Text value={clause.text} />{' '}
                {clause.alerts.slice(0, 1).map((alert) => (
                  <Link
                    key={alert}
                    to="/alerts/$id"
                    params={{ id: alert }}
                    className="text-xs text-accent underline decoration-transparent hover:decoration-current"
                  >
                    alert
                  </Link>
                ))}{' '}
                {clause.evidence.slice(0, 1).map((uid) => (
                  <EventLink key={uid} uid={uid}>
                    event
                  </EventLink>
                ))}
              </p>
            ))}
          </div>
        </Panel>
        <AttackPath incident={incident} />
        <Phases incident={incident} />
        <Timeline incident={incident} />
      </div>
      <Aside incident={incident} />
    </div>
  )
}

const DEVICES_SHOWN = 14

function Aside({ incident }: { incident: IncidentAnswer }): JSX.Element {
  return (
    <aside aria-label="In short" className="space-y-4">
      <Panel title="Verdict">
        <p className="px-4 py-3">
          <Text value={incident.verdict.text} />
        </p>
      </Panel>
      {incident.next_steps.length > 0 && (
        <Panel title="What to do next">
          <ol className="list-decimal space-y-1.5 py-3 pr-4 pl-9 marker:text-ink3">
            {incident.next_steps.map((step) => (
              <li key={step}>
                <Text value={step} />
              </li>
            ))}
          </ol>
        </Panel>
      )}
      <Panel title="Devices" aside={<span className="num">{incident.devices.length}</span>}>
        <ul>
          {incident.devices.slice(0, DEVICES_SHOWN).map((device) => (
            <li key={device.id} className="border-b border-line px-4 py-2 last:border-0">
              <div className="flex items-baseline justify-between gap-3">
                <DeviceLink device={device} />
                <span className="text-xs whitespace-nowrap text-ink3">{device.role}</span>
              </div>
              <p className="text-sm text-ink2">
                <Text value={device.part.replace(`${device.role}; `, '')} />
              </p>
            </li>
          ))}
        </ul>
        {incident.devices.length > DEVICES_SHOWN && (
          <p className="border-t border-line px-4 py-2 text-sm text-ink3">
            and {incident.devices.length - DEVICES_SHOWN} more: the attack path has them
          </p>
        )}
      </Panel>
      {incident.techniques.length > 0 && (
        <Panel title="ATT&CK">
          <p className="flex flex-wrap gap-1.5 px-4 py-3">
            {incident.techniques.map((id) => (
              <Technique key={id} id={id} name={incident.technique_names[id]} />
            ))}
          </p>
        </Panel>
      )}
      {incident.unseen.length > 0 && (
        <Panel title="What could not be seen">
          <ul className="space-y-1.5 px-4 py-3 text-sm text-ink2">
            {incident.unseen.map((text) => (
              <li key={text}>
                <Text value={text} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {incident.related.length > 0 && (
        <Panel title="Related incidents">
          <ul className="space-y-1.5 px-4 py-3 text-sm text-ink2">
            {incident.related.map(({ id, why }) => (
              <li key={id}>
                <Link to="/incidents/$id" params={{ id }} className="font-mono text-xs text-accent hover:underline">
                  {id}
                </Link>{' '}
                <Text value={why} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </aside>
  )
}

function Alerts({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const query = useQuery(api.alerts({ incident: incident.id }))
  const navigate = useNavigate()
  const alerts = [...(query.data?.alerts ?? [])].sort((a, b) => a.time - b.time)
  const { rowProps } = useWalk(
    alerts.map(({ id }) => id),
    (id) => void navigate({ to: '/alerts/$id', params: { id } }),
  )
  return (
    <Panel title="Alerts" aside="oldest first">
      <Loaded query={query}>
        {() => (
          <ol>
            {alerts.map((alert) => (
              <AlertRow key={alert.id} alert={alert} row={rowProps(alert.id)} />
            ))}
          </ol>
        )}
      </Loaded>
    </Panel>
  )
}

function Indicators({ incident }: { incident: IncidentAnswer }): JSX.Element {
  if (incident.indicators.length === 0) {
    return (
      <div className="panel">
        <Empty icon={FileSearch} title="No indicators">
          Nothing in this incident would tell it on another network.
        </Empty>
      </div>
    )
  }
  return (
    <Panel title="Indicators" aside="defanged, so that nothing opens them by accident">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-left text-xs text-ink3">
            <th className="px-4 py-2 font-medium">Kind</th>
            <th className="px-3 py-2 font-medium">Value</th>
            <th className="px-3 py-2 font-medium">First seen</th>
            <th className="px-4 py-2 font-medium">Events</th>
          </tr>
        </thead>
        <tbody>
          {incident.indicators.map((indicator) => (
            <tr key={`${indicator.kind} ${indicator.value}`} className="border-b border-line last:border-0">
              <td className="px-4 py-2">
                <Chip>{indicator.kind}</Chip>
              </td>
              <td className="px-3 py-2 font-mono text-xs break-all">
                <Text value={indicator.defanged} />
              </td>
              <td className="px-3 py-2 text-ink2">
                <Time at={indicator.first} exact />
              </td>
              <td className="space-x-3 px-4 py-2">
                {indicator.evidence.slice(0, 3).map((uid) => (
                  <EventLink key={uid} uid={uid} />
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Evidence({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const query = useQuery(api.evidence(incident.id))
  return (
    <Panel
      title="Events"
      aside={query.data && `${counted(query.data.total, 'event')} that its alerts rest on, oldest first`}
    >
      <Loaded query={query}>
        {({ records, total }) => (
          <>
            <RecordList records={records} />
            {total > records.length && (
              <p className="border-t border-line px-4 py-2 text-sm text-ink3">
                the first {numberText(records.length)} of {numberText(total)}
              </p>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  )
}
