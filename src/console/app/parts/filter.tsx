import { Search } from 'lucide-react'
import type { JSX } from 'react'
import { useAddress } from '../address.ts'

/** The filter of a list; `/` goes there, and what it says stands in the address as `q`. */
export function Filter({ label }: { label: string }): JSX.Element {
  const { search, change } = useAddress()
  return (
    <label className="relative block">
      <span className="sr-only">{label}</span>
      <Search size={14} aria-hidden="true" className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink3" />
      <input
        data-filter
        type="search"
        value={search['q'] ?? ''}
        placeholder={label}
        maxLength={200}
        spellCheck={false}
        onChange={(event) => change({ q: event.target.value === '' ? undefined : event.target.value, at: undefined })}
        className="h-8 w-72 rounded-md border border-edge bg-panel pr-8 pl-8 text-sm placeholder:text-ink3"
      />
      <span
        aria-hidden="true"
        className="absolute top-1/2 right-2 -translate-y-1/2 rounded border border-line bg-raise px-1 font-mono text-[0.625rem] text-ink3"
      >
        /
      </span>
    </label>
  )
}

/** Whether every word of the filter stands in one of the texts. */
export function matches(filter: string | undefined, texts: readonly (string | null | undefined)[]): boolean {
  if (filter === undefined || filter.trim() === '') return true
  const all = texts.join('\n').toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
