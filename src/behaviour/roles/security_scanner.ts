import { ENDPOINT, PEER, SERVICE_TRIED } from '../views/connections.ts'
import { FILE_WRITTEN } from '../views/shares.ts'
import type { DayFacts } from './day_facts.ts'
import { APPLIANCES, type LearnedRole, SERVING } from './learned_role.ts'

const PORTS_IN_VAIN = 8
const HOSTS_IN_VAIN = 8
/** Feeds of a scanner are few; people's browsers go to more places in a morning. */
const ENDPOINTS_OF_NOBODY = 15
/** A device that did something else for longer than this before its first scan had another life. */
const DAYS_TO_SET_UP = 7

/** Many ports on many hosts, most of them in vain; whoever does it. */
export function isScan(day: DayFacts): boolean {
  return day.pulse.inVain >= HOSTS_IN_VAIN && day.countOn(SERVICE_TRIED) >= PORTS_IN_VAIN
}

/** Somebody works at it: goes to many places outside, writes documents. */
function hasUser(day: DayFacts): boolean {
  if (day.countOn(ENDPOINT) > ENDPOINTS_OF_NOBODY) return true
  return day.countOn(FILE_WRITTEN, (kind) => day.text(kind) === 'document to ordinary share') > 0
}

/**
 * A scanner of one's own scans from its first day, serves nobody, and nobody works at it. An intruder's device had another
 * life: it served, or people worked at it, or it was not there. So the tag is not learned
 * - for a server, an appliance, a device that somebody works at on the days of scanning;
 * - when the first scan came more than 7 days after the device;
 * - for a device that came more than 7 days after Thymus: a newcomer that scans is what an intruder's machine looks like,
 *   and a person who has put up a scanner can say so at once.
 * What is left: a machine brought in before Thymus's first week was over. Its scans raise alerts from the first minute (they
 * need no baseline), and an incident's quarantine keeps its days from counting.
 */
export const securityScanner: LearnedRole = {
  tag: 'Security Scanner',
  id: 1,
  view: PEER,
  devices: 8,
  isSuchDay: (day) => isScan(day) && !hasUser(day),
  forbids: ({ tagMask, firstDay, firstDayOfDevice, firstDayOfNetwork }) =>
    (tagMask & (SERVING | APPLIANCES)) !== 0 ||
    firstDay > firstDayOfDevice + DAYS_TO_SET_UP ||
    firstDayOfDevice > firstDayOfNetwork + DAYS_TO_SET_UP,
  did: (devices) => `tried many ports on many hosts, ${devices} of which answered, since its first week here`,
}
