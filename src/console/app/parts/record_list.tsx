import { useNavigate } from '@tanstack/react-router'
import type { JSX } from 'react'
import type { EvidenceRecord } from '../../../server/alert_schema.ts'
import { useWalk } from '../keys.ts'
import { visible } from '../visible.ts'
import { EventLink, Time } from './bits.tsx'
import { Text } from './text.tsx'

/** Events that alerts kept as evidence; each leads to the event as the sensor saw it. */
export function RecordList({ records }: { records: readonly EvidenceRecord[] }): JSX.Element {
  const navigate = useNavigate()
  const keys = records.map(({ seq, uid }, index) => String(seq ?? `${uid} ${index}`))
  const { rowProps } = useWalk(keys, (key) => {
    const record = records[keys.indexOf(key)]
    if (record) void navigate({ to: '/events', search: eventSearch(record) })
  })
  return (
    <ol>
      {records.map((record, index) => (
        <li
          key={keys[index]}
          {...rowProps(keys[index]!)}
          className="grid grid-cols-[9rem_6.5rem_11rem_minmax(0,1fr)] items-baseline gap-x-3 border-b border-line px-4 py-1.5 text-sm last:border-0 data-at:bg-accent-soft data-at:shadow-[inset_3px_0_0_var(--accent)]"
        >
          <Time at={record.ts} exact />
          <span className="font-mono text-xs text-ink2">{record.log}</span>
          <EventLink uid={record.uid} {...(record.seq === undefined ? {} : { seq: record.seq })} />
          <Fields fields={record.fields} />
        </li>
      ))}
    </ol>
  )
}

export function eventSearch({ uid, seq }: EvidenceRecord): { uid: string; seq?: string } {
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
