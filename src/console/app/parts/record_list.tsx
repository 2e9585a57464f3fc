import { Link, useNavigate } from '@tanstack/react-router'
import type { JSX } from 'react'
import type { EvidenceRecord } from '../../../server/alert_schema.ts'
import { useWalk } from '../keys.ts'
import { visible } from '../visible.ts'
import { EventLink, Time } from './bits.tsx'
import { saying } from './event_columns.ts'
import { Text } from './text.tsx'

/** Events that alerts kept as evidence; each leads to the event as the sensor saw it. */
export function RecordList({ records }: { records: readonly EvidenceRecord[] }): JSX.Element {
  const navigate = useNavigate()
  const keys = records.map(({ seq, uid }, index) => String(seq ?? `${uid} ${index}`))
  const { rowProps } = useWalk(keys, (key) => {
    const record = records[keys.indexOf(key)]
    if (record === undefined) return
    if (record.log === ALERT) void navigate({ to: '/alerts/$id', params: { id: record.uid } })
    else void navigate({ to: '/events', search: eventSearch(record) })
  })
  return (
    <ol>
      {records.map((record, index) => (
        <li
          key={keys[index]}
          {...rowProps(keys[index]!)}
          className="grid grid-cols-[8.25rem_5.5rem_10.5rem_minmax(0,15rem)_minmax(0,1fr)] items-baseline gap-x-3 border-b border-line px-4 py-1.5 text-sm last:border-0 data-at:bg-accent-soft data-at:shadow-[inset_3px_0_0_var(--accent)]"
        >
          <Time at={record.ts} exact />
          <span className="font-mono text-xs text-ink2">{record.log}</span>
          {record.log === ALERT ? (
            <Link
              to="/alerts/$id"
              params={{ id: record.uid }}
              className="font-mono text-xs text-accent hover:underline"
            >
              <Text value={record.uid} />
            </Link>
          ) : (
            <EventLink uid={record.uid} {...(record.seq === undefined ? {} : { seq: record.seq })} />
          )}
          <Ends fields={record.fields} />
          <Fields fields={saying(record.log, record.fields)} />
        </li>
      ))}
    </ol>
  )
}

/** What models that count alerts have for records. */
const ALERT = 'alert'

function eventSearch({ uid, seq }: EvidenceRecord): { uid: string; seq?: string } {
  return seq === undefined ? { uid } : { uid, seq: String(seq) }
}

/** Names and values on one line, as an analyst reads a log. */
export function Fields({ fields }: { fields: Readonly<Record<string, unknown>> }): JSX.Element {
  const entries = Object.entries(fields)
  const text = entries.map(([name, value]) => `${name}=${String(value)}`).join(' ')
  return (
    <span className="block truncate font-mono text-xs" title={visible(text)}>
      {entries.map(([name, value], index) => (
        <span key={name}>
          {index > 0 && ' '}
          <span className="text-ink3">{name}=</span>
          <Text value={Array.isArray(value) ? value.join(', ') : String(value)} />
        </span>
      ))}
    </span>
  )
}

/** Who with whom; Zeek's names with dots or as the lake has them. */
export function Ends({ fields }: { fields: Readonly<Record<string, unknown>> }): JSX.Element {
  const end = (side: 'orig' | 'resp'): string => {
    const host = fields[`id_${side}_h`] ?? fields[`id.${side}_h`]
    const port = fields[`id_${side}_p`] ?? fields[`id.${side}_p`]
    return host === undefined ? '' : port === undefined ? String(host) : `${host}:${port}`
  }
  const [from, to] = [end('orig'), end('resp')]
  if (from === '' && to === '') return <span />
  return (
    <span className="truncate font-mono text-xs" title={visible(`${from} → ${to}`)}>
      <Text value={from} /> <span className="text-ink3">→</span> <Text value={to} />
    </span>
  )
}
