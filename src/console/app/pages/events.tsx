import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, FileQuestion } from 'lucide-react'
import type { JSX } from 'react'
import type { EventAnswer, EventPage } from '../../../server/event_schema.ts'
import { useAddress } from '../address.ts'
import { api } from '../api.ts'
import { useWalk } from '../keys.ts'
import { Chip } from '../parts/bits.tsx'
import { saying } from '../parts/event_columns.ts'
import { Ends, Fields } from '../parts/record_list.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { Text } from '../parts/text.tsx'
import { counted, exactTime, timeText } from '../words.ts'

/** Raw events, as the sensor saw them. */
export function EventsPage(): JSX.Element {
  const { search, change } = useAddress()
  const question: Record<string, string> = {}
  for (const name of ['uid', 'device', 'log', 'from', 'to', 'after'] as const) {
    if (search[name] !== undefined) question[name] = search[name]
  }
  // A uid shows all logs of its connection; the event that was meant is marked in them.
  if (question['uid'] === undefined && search['seq'] !== undefined) question['seq'] = search['seq']
  const asked = Object.keys(question).some((name) => ['uid', 'seq', 'device', 'log'].includes(name))
  const query = useQuery({ ...api.events(question), enabled: asked, placeholderData: keepPreviousData })
  return (
    <>
      <title>Events · Thymus</title>
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-xl font-semibold tracking-tight">Events</h1>
        <Asked page={query.data} />
        {query.data !== undefined && search['uid'] === undefined && (
          <label className="ml-auto flex items-center gap-2 text-sm text-ink2">
            Log
            <select
              value={search['log'] ?? ''}
              onChange={(event) =>
                change({
                  log: event.target.value === '' ? undefined : event.target.value,
                  after: undefined,
                  at: undefined,
                })
              }
              className="h-8 rounded-md border border-edge bg-panel px-2"
            >
              {search['device'] !== undefined && <option value="">all</option>}
              {query.data.logs.map((log) => (
                <option key={log}>{log}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      {asked ? (
        <Loaded query={query} rows={10}>
          {(page) => <EventTable page={page} />}
        </Loaded>
      ) : (
        <div className="panel">
          <Empty icon={FileQuestion} title="Which events?">
            Come here from an alert, an incident or a device: their links say which.
          </Empty>
        </div>
      )}
    </>
  )
}

/** What was asked for, each part to be taken away. */
function Asked({ page }: { page: EventPage | undefined }): JSX.Element {
  const { search, change } = useAddress()
  const { device, uid, from, to } = search
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm text-ink2">
      {uid !== undefined && (
        <Chip>
          uid&nbsp;
          <span className="font-mono">
            <Text value={uid} />
          </span>
        </Chip>
      )}
      {device !== undefined && (
        <Link to="/devices/$id" params={{ id: device }}>
          <Chip>
            device&nbsp;
            <Text value={page?.devices[device] ?? device} />
          </Chip>
        </Link>
      )}
      {(['from', 'to'] as const).map(
        (end) =>
          search[end] !== undefined && (
            <button
              key={end}
              type="button"
              title="take this away"
              onClick={() => change({ [end]: undefined, after: undefined })}
            >
              <Chip>
                {end} {timeText(Number(end === 'from' ? from : to), true)} ×
              </Chip>
            </button>
          ),
      )}
      {page !== undefined && (
        <span className="text-ink3">
          {counted(page.events.length, 'event')}
          {page.next !== null && ', more follow'}
        </span>
      )}
    </p>
  )
}

function EventTable({ page }: { page: EventPage }): JSX.Element {
  const { search, change } = useAddress()
  const marked = search['seq']
  const only = page.events.length === 1 ? String(page.events[0]!.seq) : undefined
  const open = search['open'] ?? marked ?? only
  const toggle = (seq: string): void => change({ open: open === seq ? 'none' : seq })
  const { rowProps } = useWalk(
    page.events.map(({ seq }) => String(seq)),
    toggle,
  )
  if (page.events.length === 0) {
    return (
      <div className="panel">
        <Empty icon={FileQuestion} title="No events">
          The lake has none that fit. Records of a sensor that failed, or logs without a uid, can be missing.
        </Empty>
      </div>
    )
  }
  return (
    <div className="panel overflow-hidden">
      <ol aria-label="Events, in the order in which they became known">
        {page.events.map((event) => {
          const key = String(event.seq)
          return (
            <li
              key={key}
              {...rowProps(key)}
              className="border-b border-line last:border-0 data-at:bg-accent-soft data-at:shadow-[inset_3px_0_0_var(--accent)]"
            >
              <button
                type="button"
                aria-expanded={open === key}
                onClick={() => toggle(key)}
                className="grid w-full grid-cols-[1rem_10.5rem_6rem_minmax(15rem,22rem)_minmax(0,1fr)] items-baseline gap-x-3 px-3 py-1.5 text-left text-sm hover:bg-raise/60"
              >
                <ChevronRight
                  size={13}
                  aria-hidden="true"
                  className={`self-center text-ink3 ${open === key ? 'rotate-90' : ''}`}
                />
                <time dateTime={exactTime(event.ts)} className="num whitespace-nowrap text-ink2">
                  {timeText(event.ts, true)}
                  <span className="text-ink3">{exactTime(event.ts).slice(19, 23)}</span>
                </time>
                <span className="font-mono text-xs">{event.log}</span>
                <Ends fields={event.fields} />
                <Fields fields={saying(event.log, event.fields)} />
              </button>
              {open === key && <Whole event={event} devices={page.devices} marked={marked === key} />}
            </li>
          )
        })}
      </ol>
      {page.next !== null && (
        <div className="border-t border-line px-3 py-2">
          <button
            type="button"
            onClick={() => {
              change({ after: String(page.next), at: undefined, open: undefined })
              window.scrollTo(0, 0)
            }}
            className="rounded-md border border-edge px-3 py-1 text-sm hover:bg-raise"
          >
            Next page
          </button>
        </div>
      )}
    </div>
  )
}

/** Every field of an event. */
function Whole({
  event,
  devices,
  marked,
}: {
  event: EventAnswer
  devices: EventPage['devices']
  marked: boolean
}): JSX.Element {
  const parties = [
    ['device', event.device],
    ['peer_device', event.peer_device],
  ] as const
  return (
    <div className="border-t border-line bg-raise/50 px-4 py-3 pl-10">
      {marked && <p className="mb-2 text-xs font-medium text-accent">This is the event that was meant.</p>}
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-0.5 font-mono text-xs lg:grid-cols-[max-content_minmax(0,1fr)_max-content_minmax(0,1fr)]">
        <dt className="text-ink3">ts</dt>
        <dd>{exactTime(event.ts)}</dd>
        <dt className="text-ink3">known</dt>
        <dd>{exactTime(event.known)}</dd>
        {parties.map(
          ([name, id]) =>
            id !== null && (
              <div key={name} className="contents">
                <dt className="text-ink3">{name}</dt>
                <dd>
                  <Link to="/devices/$id" params={{ id }} className="text-accent hover:underline">
                    <Text value={devices[id] ?? id} />
                  </Link>
                </dd>
              </div>
            ),
        )}
        {Object.entries(event.fields).map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink3">
              <Text value={name} />
            </dt>
            <dd className="break-all">
              <Text value={Array.isArray(value) ? value.join(', ') : String(value)} />
            </dd>
          </div>
        ))}
        <dt className="text-ink3">seq</dt>
        <dd>{event.seq}</dd>
      </dl>
    </div>
  )
}
