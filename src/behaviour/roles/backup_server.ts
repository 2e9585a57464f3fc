import { BULK_SOURCE } from '../views/transfers.ts'
import { APPLIANCES, type LearnedRole, maskOfTags } from './learned_role.ts'

const DEVICES_A_NIGHT = 4
const CONTROLLER = maskOfTags('Domain Controller')

/**
 * Takes much data from several devices while the network is quiet, and gives little of it back. The quiet hours tell it from
 * a file server (work), a log collector and a video recorder (round the clock); taking more than giving from all of them.
 */
export const backupServer: LearnedRole = {
  tag: 'Backup Server',
  id: 3,
  view: BULK_SOURCE,
  devices: 5,
  within: 21,
  isSuchDay(day) {
    const { takenInQuietHours, takenInBusyHours, given } = day.bulk
    const taken = takenInQuietHours + takenInBusyHours
    if (taken === 0 || takenInQuietHours * 4 < taken * 3 || taken < given * 4) return false
    return day.countOn(BULK_SOURCE) >= DEVICES_A_NIGHT
  },
  forbids: ({ tagMask }) => (tagMask & (APPLIANCES | CONTROLLER)) !== 0,
  did: (devices) => `took data in bulk from ${devices} devices in the network's quiet hours`,
}
