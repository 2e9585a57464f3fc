import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { JSX } from 'react'
import type { AlertAnswer } from '../../../server/alert_schema.ts'
import { api } from '../api.ts'
import { splitModel } from '../parts/alert_row.tsx'
import { DeviceLink, Panel, Technique, Time } from '../parts/bits.tsx'
import { RecordList } from '../parts/record_list.tsx'
import { Score } from '../parts/severity.tsx'
import { Loaded } from '../parts/states.tsx'
import { Text } from '../parts/text.tsx'
import { visible } from '../visible.ts'
import { numberText, spanText } from '../words.ts'

/** An alert: what was done, how unusual that is here, and the events that show it. */
export function AlertPage(): JSX.Element {
  const { id } = useParams({ from: '/alerts/$id' })
  const query = useQuery(api.alert(id))
  return <Loaded query={query}>{(alert) => <AlertView alert={alert} />}</Loaded>
}

function AlertView({ alert }: { alert: AlertAnswer }): JSX.Element {
  const [category, name] = splitModel(alert.model)
  const { surprise, incident } = alert
  return (
    <article>
      <title>{`${visible(name)} · Thymus`}</title>
      <header className="mb-4">
        <nav aria-label="Path" className="mb-2 text-sm text-ink3">
          {incident === null ? (
            <Link to="/alerts" className="hover:underline">
              Alerts
            </Link>
          ) : (
            <>
              <Link to="/" className="hover:underline">
                Incidents
              </Link>{' '}
              /{' '}
              <Link to="/incidents/$id" params={{ id: incident.id }} className="hover:underline">
                <Text value={incident.title} />
              </Link>
            </>
          )}{' '}
          / <span className="font-mono text-xs">{alert.id}</span>
        </nav>
        <div className="flex items-start gap-5">
          <div className="pt-1">
            <Score score={alert.score} large />
          </div>
          <div className="min-w-0">
            <h1 className="text-2xl leading-tight font-semibold tracking-tight">
              <span className="font-normal text-ink3">{category} / </span>
              <Text value={name} />
            </h1>
            <p className="mt-1.5 max-w-[95ch] text-[0.9375rem]">
              <Text value={alert.summary} />
            </p>
            <p className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink2">
              <DeviceLink device={alert.device} />
              <span className="num text-ink3">{alert.device.ip}</span>
              <span>
                raised <Time at={alert.time} exact />
                {alert.revision > 1 && (
                  <span className="text-ink3"> (said {alert.revision} times, with new evidence)</span>
                )}
              </span>
              {alert.first !== undefined && (
                <span className="text-ink3">
                  from <Time at={alert.first} exact /> on, {spanText((alert.last ?? alert.time) - alert.first)}
                </span>
              )}
            </p>
          </div>
        </div>
      </header>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="min-w-0 space-y-4">
          <Panel title="How unusual that is here">
            <p className="max-w-[95ch] px-4 py-3">
              <Text value={surprise.text === '' ? 'Nothing is said about how rare it is here.' : surprise.text} />
            </p>
            {surprise.reasons.length > 0 && (
              <table className="w-full border-t border-line text-sm">
                <thead>
                  <tr className="border-b border-line text-left text-xs text-ink3">
                    <th className="px-4 py-2 font-medium">What was odd about its day, and what was expected</th>
                    <th className="px-4 py-2 text-right font-medium whitespace-nowrap">So odd here once in</th>
                  </tr>
                </thead>
                <tbody>
                  {surprise.reasons.slice(0, 8).map((reason) => (
                    <tr key={reason.sentence} className="border-b border-line last:border-0">
                      <td className="px-4 py-2">
                        <Text value={reason.sentence} />
                        <span className="block text-xs text-ink3">
                          <Text value={reason.view} />
                        </span>
                      </td>
                      <td className="num px-4 py-2 text-right whitespace-nowrap text-ink2">
                        {periodText(reason.network_period_days)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </Panel>
          <Panel title="Events" aside={`${alert.records.length} kept as evidence; enter or a uid opens the event`}>
            {alert.records.length === 0 ? (
              <p className="px-4 py-3 text-sm text-ink3">No events were kept.</p>
            ) : (
              <RecordList records={alert.records} />
            )}
          </Panel>
        </div>
        <aside aria-label="In short" className="space-y-4">
          {alert.response !== '' && (
            <Panel title="What its author suggests">
              <p className="px-4 py-3">
                <Text value={alert.response} />
              </p>
            </Panel>
          )}
          {alert.techniques.length > 0 && (
            <Panel title="ATT&CK">
              <p className="flex flex-wrap gap-1.5 px-4 py-3">
                {alert.techniques.map((id) => (
                  <Technique key={id} id={id} name={alert.technique_names[id]} />
                ))}
              </p>
            </Panel>
          )}
          {alert.facts.length > 0 && (
            <Panel title="Counted">
              <dl className="text-sm">
                {alert.facts.slice(0, 12).map((fact) => (
                  <div
                    key={fact.text}
                    className="flex justify-between gap-4 border-b border-line px-4 py-1.5 last:border-0"
                  >
                    <dt className="min-w-0 break-words text-ink2">
                      <Text value={fact.text} />
                    </dt>
                    <dd className="num font-medium whitespace-nowrap">
                      {fact.at_least ? '≥ ' : ''}
                      {numberText(fact.value)}
                    </dd>
                  </div>
                ))}
              </dl>
            </Panel>
          )}
        </aside>
      </div>
    </article>
  )
}

function periodText(days: number): string {
  if (days < 1) return spanText(days * 86_400)
  return `${numberText(days)} ${days === 1 ? 'day' : 'days'}`
}
