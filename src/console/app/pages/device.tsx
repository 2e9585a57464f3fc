import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { type JSX, useMemo } from 'react'
import type { AlertBrief } from '../../../server/alert_schema.ts'
import type { DeviceAnswer } from '../../../server/device_schema.ts'
import { api } from '../api.ts'
import { useWalk } from '../keys.ts'
import { AlertRow } from '../parts/alert_row.tsx'
import { Chip, Panel, Time } from '../parts/bits.tsx'
import { MetricsPanel } from '../parts/metrics_panel.tsx'
import { Score } from '../parts/severity.tsx'
import { Loaded } from '../parts/states.tsx'
import { Text } from '../parts/text.tsx'
import { visible } from '../visible.ts'
import { bytesText, counted, numberText, shortName, spanText } from '../words.ts'

/** A device: what it did over time, its alerts, and what is normal for it. */
export function DevicePage(): JSX.Element {
  const { id } = useParams({ from: '/devices/$id' })
  const query = useQuery(api.device(id))
  return <Loaded query={query}>{(device) => <DeviceView device={device} />}</Loaded>
}

function DeviceView({ device }: { device: DeviceAnswer }): JSX.Element {
  const query = useQuery(api.alerts({ device: device.id }))
  const alerts = useMemo(() => [...(query.data?.alerts ?? [])].sort((a, b) => a.time - b.time), [query.data])
  return (
    <article>
      <title>{`${visible(shortName(device))} · Thymus`}</title>
      <header className="mb-4">
        <nav aria-label="Path" className="mb-2 text-sm text-ink3">
          <Link to="/devices" className="hover:underline">
            Devices
          </Link>{' '}
          / <span className="font-mono text-xs">{device.id}</span>
        </nav>
        <div className="flex flex-wrap items-end justify-between gap-4">
          <div>
            <h1 className="text-2xl leading-tight font-semibold tracking-tight">
              <Text value={device.hostname || device.ip} />
            </h1>
            <p className="mt-1.5 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink2">
              <span className="num">{device.ip}</span>
              {device.vendor && (
                <span>
                  <Text value={device.vendor} />
                </span>
              )}
              <span>
                seen <Time at={device.first_seen} /> – <Time at={device.last_seen} />
                <span className="text-ink3"> ({spanText(device.last_seen - device.first_seen)})</span>
              </span>
              <span className="flex flex-wrap gap-1">
                {device.tags
                  .filter(({ until }) => until === null || until === undefined)
                  .map(({ tag, reason }) => (
                    <Chip key={tag} title={visible(reason)}>
                      <Text value={tag} />
                    </Chip>
                  ))}
              </span>
            </p>
          </div>
          <Link
            to="/events"
            search={{ device: device.id, from: String(Math.floor(alerts[0]?.first ?? device.first_seen)) }}
            className="rounded-md border border-edge bg-panel px-3 py-1.5 text-sm hover:bg-raise"
          >
            Its events{alerts.length > 0 && ' from the first alert on'}
          </Link>
        </div>
      </header>
      <div className="space-y-4">
        <MetricsPanel device={device.id} alerts={alerts} />
        <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_26rem]">
          <div className="min-w-0 space-y-4">
            <Panel title="Alerts" aside="oldest first, as marked above">
              <Loaded query={query}>{() => <Alerts alerts={alerts} />}</Loaded>
            </Panel>
            <Normal device={device} />
          </div>
          <Identity device={device} />
        </div>
      </div>
    </article>
  )
}

function Alerts({ alerts }: { alerts: readonly AlertBrief[] }): JSX.Element {
  const navigate = useNavigate()
  const { rowProps } = useWalk(
    alerts.map(({ id }) => id),
    (id) => void navigate({ to: '/alerts/$id', params: { id } }),
  )
  if (alerts.length === 0) return <p className="px-4 py-3 text-sm text-ink3">No alerts.</p>
  return (
    <ol>
      {alerts.map((alert) => (
        <AlertRow key={alert.id} alert={alert} row={rowProps(alert.id)} withDevice={false} />
      ))}
    </ol>
  )
}

function Normal({ device }: { device: DeviceAnswer }): JSX.Element {
  const views = [...device.normal].sort((a, b) => b.total - a.total)
  return (
    <Panel title="What is normal for it" aside="on how many of its days; the most usual of each">
      {views.length === 0 && <p className="px-4 py-3 text-sm text-ink3">Nothing was learned yet.</p>}
      {views.map(({ view, total, values }, index) => (
        <details key={view} open={index < 3} className="border-b border-line last:border-0">
          <summary className="flex items-baseline justify-between gap-4 px-4 py-2 text-sm font-medium hover:bg-raise/60">
            <Text value={view} />
            <span className="num text-xs font-normal text-ink3">{numberText(total)}</span>
          </summary>
          <ul className="columns-1 gap-x-8 px-4 pb-3 text-sm md:columns-2">
            {values.map(({ value, days, of_days: of, last_day: last }) => (
              <li key={value} className="flex break-inside-avoid items-center gap-2 py-0.5" title={`last on ${last}`}>
                <span className="min-w-0 flex-1 truncate" title={visible(value)}>
                  <Text value={value} />
                </span>
                <span aria-hidden="true" className="h-1.5 w-12 shrink-0 rounded-sm bg-raise">
                  <span
                    className="block h-1.5 rounded-sm bg-accent"
                    style={{ width: `${Math.min(100, (days / Math.max(1, of)) * 100)}%` }}
                  />
                </span>
                <span className="num w-14 shrink-0 text-right text-xs text-ink3">
                  {numberText(days)} of {numberText(of)}
                </span>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </Panel>
  )
}

function Identity({ device }: { device: DeviceAnswer }): JSX.Element {
  const volumes = device.volumes.filter(({ window, highest }) => window === 'a day' && highest > 0)
  const amount = (metric: string, value: number): string =>
    metric.startsWith('bytes') ? bytesText(value) : numberText(value)
  return (
    <aside aria-label="Who it is" className="space-y-4">
      {device.incidents.length > 0 && (
        <Panel title="Incidents">
          <ul>
            {device.incidents.map(({ id, title, score, role }) => (
              <li key={id} className="flex items-start gap-3 border-b border-line px-4 py-2 last:border-0">
                <Score score={score} />
                <span>
                  <Link to="/incidents/$id" params={{ id }} className="font-medium hover:underline">
                    <Text value={title} />
                  </Link>
                  <span className="block text-xs text-ink3">as {role}</span>
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title="Names" aside="as it and others say; never proof">
        <ul className="text-sm">
          {device.names.map(({ name, confidence, evidence }) => (
            <li key={name} className="border-b border-line px-4 py-2 last:border-0">
              <span className="flex justify-between gap-3">
                <span className="font-medium break-all">
                  <Text value={name} />
                </span>
                <span className="num text-xs text-ink3">{Math.round(confidence * 100)} %</span>
              </span>
              <span className="text-ink2">
                <Text value={evidence} />
              </span>
            </li>
          ))}
          {device.names.length === 0 && <li className="px-4 py-2 text-ink3">none</li>}
        </ul>
      </Panel>
      <Panel title="Addresses">
        <ul className="text-sm">
          {device.addresses.slice(-12).map(({ address, from, to }) => (
            <li
              key={`${address} ${from}`}
              className="flex justify-between gap-3 border-b border-line px-4 py-1.5 last:border-0"
            >
              <span className="num">{address}</span>
              <span className="text-ink3">
                <Time at={from} /> – {to === null ? 'now' : <Time at={to} />}
              </span>
            </li>
          ))}
          {device.macs.slice(0, 8).map((mac) => (
            <li key={mac} className="flex justify-between border-t border-line px-4 py-1.5 font-mono text-xs">
              {mac}
            </li>
          ))}
        </ul>
      </Panel>
      {device.tags.length > 0 && (
        <Panel title="Roles and states">
          <ul className="text-sm">
            {device.tags.map(({ tag, since, until, reason, source }) => (
              <li key={`${tag} ${since}`} className="border-b border-line px-4 py-2 last:border-0">
                <span className="flex justify-between gap-3">
                  <span className="font-medium">
                    <Text value={tag} />
                  </span>
                  <span className="text-xs text-ink3">
                    {source}, <Time at={since} />
                    {until !== null && until !== undefined && (
                      <>
                        {' '}
                        – <Time at={until} />
                      </>
                    )}
                  </span>
                </span>
                <span className="text-ink2">
                  <Text value={reason} />
                </span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {volumes.length > 0 && (
        <Panel title="How much it does on a day" aside={`of ${counted(volumes[0]!.of_days, 'day')}`}>
          <table className="w-full text-sm">
            <thead>
              <tr className="border-b border-line text-left text-xs text-ink3">
                <th className="px-4 py-1.5 font-medium">Metric</th>
                <th className="px-2 py-1.5 text-right font-medium">usually</th>
                <th className="px-4 py-1.5 text-right font-medium">at most</th>
              </tr>
            </thead>
            <tbody>
              {volumes.map(({ metric, median, highest }) => (
                <tr key={metric} className="border-b border-line last:border-0">
                  <td className="px-4 py-1">{metric}</td>
                  <td className="num px-2 py-1 text-right text-ink2">{amount(metric, median)}</td>
                  <td className="num px-4 py-1 text-right text-ink2">{amount(metric, highest)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </aside>
  )
}
