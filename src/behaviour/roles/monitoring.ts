import { PEER } from '../views/connections.ts'
import { APPLIANCES, type LearnedRole, maskOfTags } from './learned_role.ts'

const DEVICES = 8
/** Lost hours of the sensor are forgiven. */
const HOURS_A_DAY = 20
/** The busiest hour has at most so many times the conversations of the quietest. */
const EVENNESS = 3
const CONTROLLER = maskOfTags('Domain Controller')

/**
 * Asks the same devices round the clock, as much by night as by day. Evenness tells it from what follows people (proxies, load
 * balancers, terminal servers); that today's devices are yesterday's, from a sweep that goes on for days.
 */
export const monitoring: LearnedRole = {
  tag: 'Monitoring',
  id: 4,
  view: PEER,
  devices: DEVICES,
  within: 21,
  isSuchDay(day) {
    const { fullHours, fewest, most } = day.pulse
    if (fullHours < HOURS_A_DAY || most > fewest * EVENNESS) return false
    const peers = day.countOn(PEER)
    return peers >= DEVICES && day.countOnBothDays(PEER) * 4 >= peers * 3
  },
  forbids: ({ tagMask }) => (tagMask & (APPLIANCES | CONTROLLER)) !== 0,
  did: (devices) => `asked the same ${devices} devices round the clock`,
}
