import type { UseQueryResult } from '@tanstack/react-query'
import { CircleAlert, type LucideIcon } from 'lucide-react'
import type { JSX, ReactNode } from 'react'
import { ApiProblem } from '../api.ts'

/** What is there instead of an answer: waiting, a problem, or the answer itself. */
export function Loaded<T>({
  query,
  rows = 6,
  children,
}: {
  query: UseQueryResult<T>
  rows?: number
  children: (data: T) => ReactNode
}): ReactNode {
  if (query.isSuccess) return children(query.data)
  if (query.isError) return <ProblemNote error={query.error} again={() => void query.refetch()} />
  return <Skeleton rows={rows} />
}

function Skeleton({ rows }: { rows: number }): JSX.Element {
  return (
    <div role="status" aria-label="Loading" className="space-y-2">
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <div key={row} className="skeleton h-9 rounded-md bg-raise" />
      ))}
    </div>
  )
}

function ProblemNote({ error, again }: { error: Error; again: () => void }): JSX.Element {
  const title = error instanceof ApiProblem ? error.title : 'This page met a fault'
  return (
    <div role="alert" className="panel flex items-start gap-3 p-4">
      <CircleAlert size={18} className="mt-0.5 shrink-0 text-critical" aria-hidden="true" />
      <div>
        <p className="font-medium">{title}</p>
        <p className="text-ink2">{error.message}</p>
        <button
          type="button"
          onClick={again}
          className="mt-2 rounded-md border border-edge px-2.5 py-1 text-sm hover:bg-raise"
        >
          Ask again
        </button>
      </div>
    </div>
  )
}

export function Empty({
  icon: Icon,
  title,
  children,
}: {
  icon: LucideIcon
  title: string
  children?: ReactNode
}): JSX.Element {
  return (
    <div className="flex flex-col items-center gap-1 px-4 py-14 text-center">
      <Icon size={28} strokeWidth={1.5} className="mb-2 text-ink3" aria-hidden="true" />
      <p className="font-medium">{title}</p>
      {children !== undefined && <p className="max-w-md text-ink2">{children}</p>}
    </div>
  )
}
