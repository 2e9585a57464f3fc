import { useEffect, useRef } from 'react'
import { useAddress } from './address.ts'

/** Key (as `KeyboardEvent.key` has it) to what it does. */
type Bindings = readonly (readonly [key: string, act: () => void])[]

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** Keys of a part that is on screen; not while a person types, nor while a dialog is open. */
export function useKeys(bindings: Bindings): void {
  const latest = useRef(bindings)
  latest.current = bindings
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return
      // Enter on a link or button is that one's.
      if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.closest('a, button, summary'))
        return
      const act = latest.current.find(([key]) => key === event.key)?.[1]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

/**
 * j and k walk a list, enter opens what is chosen. Which one it is stands in the address.
 * @returns the id of the chosen one, and what a row needs to be walked to
 */
export function useWalk(
  ids: readonly string[],
  open: (id: string) => void,
): { at: string | undefined; rowProps: (id: string) => { 'data-at'?: 'true'; 'data-row': string } } {
  const { search, change } = useAddress()
  const at = ids.includes(search['at'] ?? '') ? search['at'] : undefined
  const walk = (step: number): void => {
    if (ids.length === 0) return
    const next = at === undefined ? (step > 0 ? 0 : ids.length - 1) : ids.indexOf(at) + step
    const id = ids[Math.min(ids.length - 1, Math.max(0, next))]!
    change({ at: id })
    requestAnimationFrame(() =>
      document.querySelector(`[data-row="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'nearest' }),
    )
  }
  const openChosen = (): void => {
    if (at !== undefined) open(at)
  }
  useKeys([
    ['j', () => walk(1)],
    ['k', () => walk(-1)],
    ['ArrowDown', () => walk(1)],
    ['ArrowUp', () => walk(-1)],
    ['Enter', openChosen],
  ])
  return {
    at,
    rowProps: (id) => (id === at ? { 'data-at': 'true', 'data-row': id } : { 'data-row': id }),
  }
}
