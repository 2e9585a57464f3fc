import type { Event } from '../event/event.ts'

/**
 * How odd an event is, and the day of a device, as the behaviour station says (DESIGN.md section 3). Conditions read it as
 * `surprise.bits`, `surprise.who` and so on; NaN is "absent", and what is absent makes a comparison false, so that a rule
 * without learning behind it is silent instead of loud.
 */
export interface Surprise {
  /** Bits of the oddest thing that is new in the event; NaN when nothing is. */
  bits(event: Event): number
  /** The same of what answers one question; its index in `QUESTIONS` of the behaviour station. */
  bitsOf(event: Event, question: number): number
  /** On how many earlier days, of those that count, the device did such a thing, whatever the target; 0 while unlearned. */
  usualDays(event: Event): number
  /** Return period of the oddest thing new in the event: once in so many days on this network; NaN as above. */
  networkPeriodDays(event: Event): number
  /** The device's day so far is so odd that the dial lets an alert pass; less odd will do soon after another alert. */
  isOddDay(device: number, inCompany: boolean): boolean
  /** The device's day so far is like most; false while too little is learned to say so. */
  isOrdinaryDay(device: number): boolean
  /** Enough days are learned to say of a day whether it is like most. */
  knowsDays(): boolean
  /** The device's day so far is so odd that few days of a month are: only then may what is unusual be said loudly. */
  isLoudDay(device: number): boolean
  /** The device's day so far in figures and words; undefined while nothing is learned. */
  surprise(device: number): OddDay | undefined
  /** An alert was raised on the device because of it. */
  fired(device: number): void
}

/** How odd a device's day is. */
export interface OddDay {
  readonly bits: number
  readonly networkPeriodDays: number
  readonly learnedDays: number
  /** Oddest first. */
  readonly reasons: readonly OddReason[]
}

export interface OddReason {
  readonly question: string
  readonly view: string
  readonly value: string
  readonly bits: number
  readonly networkPeriodDays: number
  readonly sentence: string
}

/** Says of nothing how odd it is: there is no learned behaviour. */
export const UNTRAINED: Surprise = {
  bits: () => Number.NaN,
  bitsOf: () => Number.NaN,
  usualDays: () => 0,
  networkPeriodDays: () => Number.NaN,
  isOddDay: () => false,
  isOrdinaryDay: () => false,
  knowsDays: () => false,
  isLoudDay: () => false,
  surprise: () => undefined,
  fired() {
    // Nothing is learned, so nothing has to be told.
  },
}
