import { Link, useNavigate } from '@tanstack/react-router'
import type { JSX } from 'react'
import type { IncidentAnswer } from '../../../server/incident_schema.ts'
import { useAddress } from '../address.ts'
import { useWalk } from '../keys.ts'
import { clockText, dayText, exactTime } from '../words.ts'
import { Chip, DeviceLink, EventLink, Panel } from './bits.tsx'
import { Text } from './text.tsx'

/** Entries that are drawn; the longest stories say the rest in words. */
const SHOWN = 200

/** What happened, one act after another. */
export function Timeline({ incident }: { incident: IncidentAnswer }): JSX.Element {
  const { search, change } = useAddress()
  const navigate = useNavigate()
  const phase = incident.phases[Number(search['phase'] ?? Number.NaN)]
  const entries = incident.timeline
    .map((entry, index) => ({ ...entry, key: String(index) }))
    .filter(
      ({ time, phase: name }) =>
        phase === undefined || (name === phase.name && time >= phase.start - 1 && time <= phase.end + 1),
    )
  const devices = new Map(incident.devices.map((device) => [device.id, device]))
  const { rowProps } = useWalk(
    entries.map(({ key }) => key),
    (key) => {
      const entry = incident.timeline[Number(key)]
      if (entry?.alert) void navigate({ to: '/alerts/$id', params: { id: entry.alert } })
      else if (entry?.evidence[0]) void navigate({ to: '/events', search: { uid: entry.evidence[0] } })
    },
  )
  const days = Map.groupBy(entries.slice(0, SHOWN), ({ time }) => dayText(time))
  return (
    <Panel
      title="Timeline"
      aside={
        phase !== undefined && (
          <button type="button" onClick={() => change({ phase: undefined })} className="text-accent hover:underline">
            {phase.name} only: show all
          </button>
        )
      }
    >
      <ol className="px-4 py-1">
        {[...days].map(([day, acts]) => (
          <li key={day}>
            <h3 className="num sticky top-12 z-[5] -mx-4 bg-panel px-4 pt-3 pb-1 text-xs font-semibold text-ink3">
              {day}
            </h3>
            <ol className="ml-1 border-l border-edge">
              {acts.map((entry) => {
                const device = devices.get(entry.device)
                return (
                  <li
                    key={entry.key}
                    {...rowProps(entry.key)}
                    className="relative -ml-px grid grid-cols-[4.25rem_minmax(0,1fr)] gap-x-3 rounded-r border-l border-transparent py-2 pr-2 pl-4 data-at:border-accent data-at:bg-accent-soft"
                  >
                    <span
                      aria-hidden="true"
                      className={`absolute top-3.5 -left-1 size-2 rounded-full border-2 border-panel ${entry.alert === null ? 'bg-ink3' : 'bg-accent'}`}
                    />
                    <time
                      dateTime={exactTime(entry.time)}
                      title={exactTime(entry.time)}
                      className="num text-sm text-ink2"
                    >
                      {clockText(entry.time)}
                    </time>
                    <div className="min-w-0">
                      <p className="line-clamp-3">
                        <Text value={entry.text} />
                      </p>
                      <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
                        {device !== undefined && <DeviceLink device={device} />}
                        <Chip>
                          <Text value={entry.phase} />
                        </Chip>
                        {entry.alert !== null && (
                          <Link to="/alerts/$id" params={{ id: entry.alert }} className="text-accent hover:underline">
                            alert
                          </Link>
                        )}
                        {entry.evidence.slice(0, 3).map((uid) => (
                          <EventLink key={uid} uid={uid} />
                        ))}
                      </p>
                    </div>
                  </li>
                )
              })}
            </ol>
          </li>
        ))}
      </ol>
      {entries.length === 0 && (
        <p className="px-4 pb-4 text-sm text-ink3">Nothing of this phase stands in the timeline.</p>
      )}
      {entries.length > SHOWN && (
        <p className="border-t border-line px-4 py-2 text-sm text-ink3">
          the first {SHOWN} of {entries.length}; choose a phase to see its own
        </p>
      )}
    </Panel>
  )
}
