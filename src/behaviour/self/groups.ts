import type { DeviceDirectory } from '../../device/directory.ts'
import { TAG_BIT, type Tag } from '../../device/tags.ts'

/**
 * Peer groups: what a subject that says too little about itself is compared with. Devices by role, credentials by kind; a
 * subject in its first active day belongs to `newcomer` and to no other, else newcomers would be judged by old hands.
 */
export const GROUPS = [
  'newcomer',
  'client',
  'server',
  'domain controller',
  'administration',
  'appliance',
  'user',
  'machine account',
] as const
export type Group = (typeof GROUPS)[number]
const NEWCOMER = 0

/** Calibration is pooled over the network within these strata. */
export const STRATA = ['newcomers', 'clients', 'servers'] as const
const STRATUM_OF_GROUP = [0, 1, 2, 2, 2, 1, 1, 1] as const

function mask(...tags: readonly Tag[]): number {
  return tags.reduce((sum, tag) => sum + TAG_BIT[tag], 0)
}
const CONTROLLER = mask('Domain Controller')
const ADMINISTRATION = mask('Admin Workstation', 'Security Scanner', 'Deployment Server', 'Backup Server', 'Monitoring')
const SERVER = mask('Server', 'File Server', 'Mail Server', 'Web Server', 'Database Server', 'DNS Server', 'Gateway')
const APPLIANCE = mask('Printer', 'Phone', 'Camera', 'Medical Device', 'Industrial Controller')

/** @param activeDays committed or not, the present day included */
export function groupOfDevice(devices: DeviceDirectory, device: number, activeDays: number): number {
  if (activeDays <= 1) return NEWCOMER
  const tags = devices.tagMask(device)
  if (tags & CONTROLLER) return GROUPS.indexOf('domain controller')
  if (tags & ADMINISTRATION) return GROUPS.indexOf('administration')
  if (tags & SERVER) return GROUPS.indexOf('server')
  return tags & APPLIANCE ? GROUPS.indexOf('appliance') : GROUPS.indexOf('client')
}

/** A machine account ends in $ (MS-ADTS 3.1.1.6). */
export function groupOfCredential(devices: DeviceDirectory, credential: number, activeDays: number): number {
  if (activeDays <= 1) return NEWCOMER
  return devices.credential(credential).endsWith('$') ? GROUPS.indexOf('machine account') : GROUPS.indexOf('user')
}

export function stratumOf(group: number): number {
  return STRATUM_OF_GROUP[group]!
}

/** How a sentence names the members of a group: "of 41 servers". */
export const GROUP_PLURAL: Readonly<Record<Group, string>> = {
  newcomer: 'newcomers',
  client: 'clients',
  server: 'servers',
  'domain controller': 'domain controllers',
  administration: 'administrative devices',
  appliance: 'appliances',
  user: 'user accounts',
  'machine account': 'machine accounts',
}
