import { Link } from '@tanstack/react-router'
import type { JSX } from 'react'
import type { AlertBrief } from '../../../server/alert_schema.ts'
import { DeviceLink, Time } from './bits.tsx'
import { Score } from './severity.tsx'
import { Text } from './text.tsx'

/** An alert in a list. */
export function AlertRow({
  alert,
  row,
  withDevice = true,
}: {
  alert: AlertBrief
  row: { 'data-at'?: 'true'; 'data-row': string }
  withDevice?: boolean
}): JSX.Element {
  const [category, name] = splitModel(alert.model)
  return (
    <li
      {...row}
      className="relative grid grid-cols-[4rem_1fr_auto] items-start gap-x-4 border-b border-line px-4 py-2.5 last:border-0 hover:bg-raise/60 data-at:bg-accent-soft data-at:shadow-[inset_3px_0_0_var(--accent)]"
    >
      <Score score={alert.score} />
      <div className="min-w-0">
        <Link to="/alerts/$id" params={{ id: alert.id }} className="font-medium after:absolute after:inset-0">
          <span className="font-normal text-ink3">{category} / </span>
          <Text value={name} />
        </Link>
        <p className="mt-0.5 line-clamp-2 text-sm text-ink2">
          <Text value={alert.summary} />
        </p>
      </div>
      <div className="relative z-10 text-right text-sm text-ink2">
        <Time at={alert.time} />
        {withDevice && (
          <div>
            <DeviceLink device={alert.device} />
          </div>
        )}
      </div>
    </li>
  )
}

/** `Device/Network Scan` in its two parts. */
export function splitModel(model: string): [string, string] {
  const at = model.lastIndexOf('/')
  return at < 0 ? ['', model] : [model.slice(0, at).replaceAll('/', ' / '), model.slice(at + 1)]
}
