import type { Habits } from '../habits.ts'
import type { PagedRows } from '../paged_rows.ts'
import type { View } from '../view.ts'
import { BURSTS, burstOf, type OwnNovelty } from './novelty.ts'

/**
 * A subject's own novelty in a view, in two words of its profile (`link_table.ts`): novelty days in 1/64 (high half) with
 * the number of its active days when they were last counted (low half); bursts in six bits each.
 */
const DAYS = 3
const BURST = 4
const FRACTION = 64
const BURST_BITS = 6
const MOST_BURSTS = 2 ** BURST_BITS - 1
/** What is left after an active day: half after 14. */
const KEPT_A_DAY: number = 2 ** (-1 / 14)

function keptAfter(activeDays: number): number {
  return KEPT_A_DAY ** Math.max(0, activeDays)
}

/** Days of which each older one weighs less, as many as the subject has been active. */
function weighed(activeDays: number): number {
  return (1 - keptAfter(activeDays)) / (1 - KEPT_A_DAY)
}

/**
 * @param profile    row, or 0 when the subject has none in this view
 * @param activeDays of the subject in any view, today not counted
 */
export function ownNovelty(profiles: PagedRows, profile: number, activeDays: number): OwnNovelty {
  const days = profile === 0 ? 0 : profiles.get(profile, DAYS)
  const packed = profile === 0 ? 0 : profiles.get(profile, BURST)
  const bursts = Array.from({ length: BURSTS }, (_, burst) => (packed >>> (burst * BURST_BITS)) & MOST_BURSTS)
  const noveltyDays = ((days >>> 16) / FRACTION) * keptAfter(activeDays - (days & 0xffff))
  const all = weighed(activeDays)
  return { activeDays: all, noveltyDays: Math.min(all, noveltyDays), bursts }
}

/** Counts a committed day on which the subject met `newValues` in this view. */
export function addOwnNovelty(profiles: PagedRows, profile: number, activeDays: number, newValues: number): void {
  if (profile === 0) return
  const { noveltyDays, bursts } = ownNovelty(profiles, profile, activeDays)
  const last = profiles.get(profile, DAYS) & 0xffff
  const forget = activeDays - last >= 14 || bursts.some((days) => days === MOST_BURSTS)
  let packed = 0
  for (let burst = 0; burst < BURSTS; burst++) {
    const days = (forget ? bursts[burst]! >>> 1 : bursts[burst]!) + (burst <= burstOf(newValues) ? 1 : 0)
    packed |= days << (burst * BURST_BITS)
  }
  profiles.set(profile, DAYS, (Math.round((noveltyDays + 1) * FRACTION) << 16) | Math.min(0xffff, activeDays))
  profiles.set(profile, BURST, packed)
}

/** Days on which a subject was active in any view, before today. */
export function activeDaysBefore(habits: Habits, view: View, subject: number): number {
  const { deviceActivity, credentialActivity } = habits
  return Math.max(0, (view.subject === 'device' ? deviceActivity : credentialActivity).days(subject) - 1)
}
