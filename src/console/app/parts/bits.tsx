import { Link } from '@tanstack/react-router'
import type { JSX, ReactNode } from 'react'
import { exactTime, shortName, timeText } from '../words.ts'
import { Text } from './text.tsx'

/** Small parts that several pages use. */

export function Panel({
  title,
  aside,
  children,
  className = '',
}: {
  title?: string
  aside?: ReactNode
  children: ReactNode
  className?: string
}): JSX.Element {
  return (
    <section className={`panel ${className}`}>
      {title !== undefined && (
        <div className="flex items-baseline justify-between gap-4 border-b border-line px-4 py-2.5">
          <h2 className="text-sm font-semibold">{title}</h2>
          {aside !== undefined && <div className="text-xs text-ink3">{aside}</div>}
        </div>
      )}
      {children}
    </section>
  )
}

export function Chip({ children, title }: { children: ReactNode; title?: string }): JSX.Element {
  return (
    <span
      title={title}
      className="inline-flex items-center rounded border border-line bg-raise px-1.5 py-px text-xs whitespace-nowrap text-ink2"
    >
      {children}
    </span>
  )
}

export function DeviceLink({ device }: { device: { id: string; ip: string; hostname?: string | null } }): JSX.Element {
  return (
    <Link
      to="/devices/$id"
      params={{ id: device.id }}
      title={`${device.hostname ?? ''} ${device.ip}`.trim()}
      className="font-medium text-ink underline decoration-edge underline-offset-2 hover:decoration-accent"
    >
      <Text value={shortName(device)} />
    </Link>
  )
}

/** To the raw event behind a statement. */
export function EventLink({ uid, seq, children }: { uid: string; seq?: number; children?: ReactNode }): JSX.Element {
  return (
    <Link
      to="/events"
      search={{ uid, seq: seq === undefined ? undefined : String(seq) }}
      className="font-mono text-xs text-accent underline decoration-transparent underline-offset-2 hover:decoration-current"
    >
      {children ?? <Text value={uid} />}
    </Link>
  )
}

export function Time({ at, exact = false }: { at: number; exact?: boolean }): JSX.Element {
  return (
    <time dateTime={exactTime(at)} title={exactTime(at)} className="num whitespace-nowrap">
      {timeText(at, exact)}
    </time>
  )
}

/** A technique with its name; ids alone say nothing to most people. */
export function Technique({ id, name }: { id: string; name?: string }): JSX.Element {
  return (
    <span className="inline-flex items-baseline gap-1.5 rounded border border-line bg-raise px-1.5 py-px text-xs">
      <span className="num text-ink3">{id}</span>
      {name !== undefined && <span className="text-ink2">{name.split(': ').at(-1)}</span>}
    </span>
  )
}
