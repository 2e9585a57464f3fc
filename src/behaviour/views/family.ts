import type { Event } from '../../event/event.ts'
import type { Habits } from '../habits.ts'
import type { DayNumber } from '../link_table.ts'
import type { View } from '../view.ts'

/** Records what one event tells; called once an event, so it asks the day cache before anything else. */
export type Handler = (event: Event, day: DayNumber) => void

/** Views that are learned from the same events: one file in this folder, one line in `families.ts`. */
export interface Family {
  readonly views: readonly View[]
  /** By log type: makes the handler of one station. */
  readonly handlers: Readonly<Record<string, (habits: Habits) => Handler>>
}

/** Which handler asks the day cache, so that no two share a key. */
export const CACHE_TAG = {
  conn: 1,
  outside: 2,
  names: 3,
  ntlm: 4,
  kerberos: 5,
  rdp: 6,
  session: 7,
  share: 8,
  file: 9,
  rpc: 10,
  software: 11,
  act: 12,
  transfer: 13,
} as const

/**
 * The last word of a day cache's key.
 * @param tag    one of `CACHE_TAG`
 * @param number a text number or another below 2²²
 * @param low    five bits more
 */
export function cacheWord(tag: number, number: number, low = 0): number {
  return (number << 10) | (tag << 5) | low
}

/** Marks a word of a key as a text number, which no device index equals. */
export const TEXT_WORD: number = 0x8000_0000 | 0
