import { ADMINISTERED } from '../views/administration.ts'
import { CLIENT } from '../views/connections.ts'
import { APPLIANCES, type LearnedRole, maskOfTags, SERVING } from './learned_role.ts'

/**
 * Acts that run or change something, or a session. What Windows does of itself (reading a registry, activating an object,
 * reading an event log) makes no administrator.
 */
const ACTS: ReadonlySet<string> = new Set([
  'service control',
  'scheduled task',
  'registry change',
  'WMI',
  'shutdown',
  'administrative share',
  'remote desktop',
  'SSH session',
  'WinRM',
])
const DEVICES_A_DAY = 2
/** Who meets so many closed doors in a day does not administer, he searches. */
const FEW_IN_VAIN = 16
/** Who is signed on to from several devices in a day is nobody's workstation: a terminal server, whatever it offers else. */
const SESSION_PORTS: ReadonlySet<number> = new Set([22, 3389, 5900])
const SESSION_CLIENTS = 3
const OTHER_EXCUSES = maskOfTags('Security Scanner', 'Deployment Server', 'Backup Server', 'Monitoring')

/**
 * Administers several devices, day after day, from a device that serves nobody. A day of scanning, of monitoring, of
 * deployment, of backup is no day of an administrator: who scans with a stolen credential opens administrative shares, too.
 */
export const adminWorkstation: LearnedRole = {
  tag: 'Admin Workstation',
  id: 5,
  view: ADMINISTERED,
  devices: 4,
  within: 21,
  isSuchDay(day) {
    if (day.claimed || day.pulse.inVain >= FEW_IN_VAIN || (day.tagMask & (SERVING | APPLIANCES)) !== 0) return false
    if (day.countOn(CLIENT, (_device, service) => SESSION_PORTS.has(day.port(service))) >= SESSION_CLIENTS) return false
    return day.countOn(ADMINISTERED, (_device, act) => ACTS.has(day.text(act))) >= DEVICES_A_DAY
  },
  forbids: ({ tagMask }) => (tagMask & (SERVING | APPLIANCES | OTHER_EXCUSES)) !== 0,
  did: (devices) => `administered ${devices} devices`,
}
