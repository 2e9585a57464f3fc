import { useNavigate, useSearch } from '@tanstack/react-router'
import type { Search } from './router.tsx'

/** Reads the search part of the address, and changes it in place (the way back stays one step). */
export function useAddress(): {
  search: Readonly<Record<string, string | undefined>>
  change: (values: Readonly<Record<string, string | undefined>>) => void
} {
  const search = useSearch({ from: '__root__' })
  const navigate = useNavigate()
  return {
    search,
    change: (values) => {
      navigate({ to: '.', search: (before: Search) => ({ ...before, ...values }), replace: true, resetScroll: false })
    },
  }
}
