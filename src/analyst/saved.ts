import type { Micros } from '../event/time.ts'
import type { Case } from './case.ts'
import type { SavedMemory } from './memory.ts'

/** What the analyst keeps between runs: plain data; devices are named by their ids. */
export interface AnalystState {
  readonly format: 1
  readonly cases: readonly SavedCase[]
  /** Ids of those that nothing joins any more. */
  readonly closed: readonly string[]
  readonly quarantines: readonly { readonly at: Micros; readonly device: string; readonly until: Micros }[]
  readonly raised: readonly Micros[]
  readonly opened: number
  readonly investigations: number
  readonly due: Micros | null
  readonly memory: SavedMemory
}

interface SavedCase extends Omit<Case, 'sightings' | 'related' | 'findings' | 'waiting' | 'raised'> {
  readonly sightings: readonly (readonly [string, Case['sightings'] extends Map<string, infer V> ? V : never])[]
  readonly related: readonly (readonly [string, string])[]
  readonly findings: readonly (readonly [string, Case['findings'] extends Map<string, infer V> ? V : never])[]
  readonly waiting: readonly (readonly [string, Micros])[]
  readonly raised: number | null
}

export function saveCase(of: Case): SavedCase {
  return {
    ...of,
    sightings: [...of.sightings],
    related: [...of.related],
    findings: [...of.findings],
    waiting: [...of.waiting],
    raised: of.raised ?? null,
  }
}

export function restoreCase(saved: SavedCase): Case {
  const copy = structuredClone(saved)
  return {
    ...copy,
    sightings: new Map(copy.sightings),
    related: new Map(copy.related),
    findings: new Map(copy.findings),
    waiting: new Map(copy.waiting),
    raised: copy.raised ?? undefined,
  }
}
