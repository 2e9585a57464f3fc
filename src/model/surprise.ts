import type { Event } from '../event/event.ts'

/**
 * How odd an event is, as the behaviour station says (DESIGN.md section 3). Conditions read it as `surprise.bits` and
 * `surprise.network_period_days`; NaN is "absent", and what is absent makes a comparison false, so that a rule without
 * learning behind it is silent instead of loud.
 */
export interface Surprise {
  /** Calibrated tail probability of the event, in bits; NaN when it cannot be said. */
  bits(event: Event): number
  /** Return period: once in so many days on this network; NaN when it cannot be said. */
  networkPeriodDays(event: Event): number
}

/** Says of nothing how odd it is: there is no learned behaviour. */
export const UNTRAINED: Surprise = {
  bits: () => Number.NaN,
  networkPeriodDays: () => Number.NaN,
}
