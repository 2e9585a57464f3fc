import { useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark'

const KEY = 'thymus-theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()

function chosen(): Theme {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : system.matches ? 'dark' : 'light'
}

/** As a person chose it, else as the system is. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = chosen()
  for (const listener of listeners) listener()
}

export function otherTheme(): void {
  localStorage.setItem(KEY, chosen() === 'dark' ? 'light' : 'dark')
  applyTheme()
}

system.addEventListener('change', applyTheme)

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, chosen)
}
