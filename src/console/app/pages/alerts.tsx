import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { BellOff } from 'lucide-react'
import type { JSX } from 'react'
import type { AlertBrief } from '../../../server/alert_schema.ts'
import { useAddress } from '../address.ts'
import { api } from '../api.ts'
import { useWalk } from '../keys.ts'
import { AlertRow } from '../parts/alert_row.tsx'
import { Filter, matches } from '../parts/filter.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { numberText } from '../words.ts'

/** Alerts; at first those that no incident holds, since the others are told there. */
export function AlertsPage(): JSX.Element {
  const { search, change } = useAddress()
  const all = search['all'] === 'yes'
  const query = useQuery(api.alerts({ alone: !all }))
  return (
    <>
      <title>Alerts · Thymus</title>
      <div className="mb-2.5 flex flex-wrap items-center justify-between gap-4">
        <div className="flex items-center gap-4">
          <h1 className="text-xl font-semibold tracking-tight">Alerts</h1>
          <div className="flex rounded-md border border-edge p-0.5 text-sm">
            {[
              [false, 'Outside incidents'],
              [true, 'All'],
            ].map(([value, text]) => (
              <button
                key={String(text)}
                type="button"
                aria-pressed={all === value}
                onClick={() => change({ all: value ? 'yes' : undefined, at: undefined })}
                className="rounded px-2.5 py-0.5 text-ink2 aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-ink"
              >
                {text}
              </button>
            ))}
          </div>
        </div>
        <Filter label="Filter by model, device, words" />
      </div>
      <Loaded query={query}>{({ alerts, total }) => <AlertList alerts={alerts} total={total} />}</Loaded>
    </>
  )
}

function AlertList({ alerts, total }: { alerts: readonly AlertBrief[]; total: number }): JSX.Element {
  const { search } = useAddress()
  const navigate = useNavigate()
  const shown = alerts.filter(({ model, summary, device }) =>
    matches(search['q'], [model, summary, device.ip, device.hostname]),
  )
  const { rowProps } = useWalk(
    shown.map(({ id }) => id),
    (id) => void navigate({ to: '/alerts/$id', params: { id } }),
  )
  return (
    <div className="panel overflow-hidden">
      {shown.length === 0 ? (
        <Empty icon={BellOff} title="No alerts here">
          {alerts.length > 0 ? 'None fits the filter.' : 'Every alert belongs to an incident.'}
        </Empty>
      ) : (
        <ol aria-label="Alerts, the gravest first">
          {shown.map((alert) => (
            <AlertRow key={alert.id} alert={alert} row={rowProps(alert.id)} />
          ))}
        </ol>
      )}
      {total > alerts.length && (
        <p className="border-t border-line px-4 py-2 text-sm text-ink3">
          the {numberText(alerts.length)} gravest of {numberText(total)}
        </p>
      )}
    </div>
  )
}
