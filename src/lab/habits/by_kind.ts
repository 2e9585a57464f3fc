import type { DeviceKind } from '../device.ts'
import type { Job } from '../people.ts'
import {
  desktopAdministration,
  development,
  helpDesk,
  networkAdministration,
  serverAdministration,
} from './administrators.ts'
import { agents } from './agents.ts'
import { browsing } from './browsing.ts'
import { directorySync, domainController } from './controllers.ts'
import { domainMember, leases, signOn } from './domain_member.ts'
import { backupServer, deploymentServer, monitoringServer, vulnerabilityScanner } from './management.ts'
import { broadcasts, internetNoise, weirdness } from './noise.ts'
import { applications, cloudFiles, fileShares, mailbox, passwordSlips, printing, videoCalls } from './office_work.ts'
import type { DeviceHabit, PersonHabit } from './presence.ts'
import {
  applicationServer,
  databaseServer,
  linuxServer,
  mailServer,
  newEndpoints,
  terminalServer,
  webServer,
} from './servers.ts'
import { camera, industrial, medical, networkGear, phone, printer } from './things.ts'

const WINDOWS: readonly DeviceHabit[] = [domainMember, agents, broadcasts, weirdness]
const WINDOWS_SERVER: readonly DeviceHabit[] = [...WINDOWS, newEndpoints]
const CLIENT: readonly DeviceHabit[] = [leases, ...WINDOWS]

/** What each kind of device does by itself. */
export const DEVICE_HABITS: Readonly<Record<DeviceKind, readonly DeviceHabit[]>> = {
  'domain-controller': [domainController, ...WINDOWS_SERVER],
  'file-server': WINDOWS_SERVER,
  'archive-server': WINDOWS_SERVER,
  'database-server': [databaseServer, ...WINDOWS_SERVER],
  'application-server': [applicationServer, ...WINDOWS_SERVER],
  'web-server': [webServer, internetNoise, ...WINDOWS_SERVER],
  'mail-server': [mailServer, internetNoise, ...WINDOWS_SERVER],
  'backup-server': [backupServer, ...WINDOWS_SERVER],
  'deployment-server': [deploymentServer, ...WINDOWS_SERVER],
  'monitoring-server': [monitoringServer, ...WINDOWS_SERVER],
  'vulnerability-scanner': [vulnerabilityScanner, newEndpoints],
  'directory-sync': [directorySync, ...WINDOWS_SERVER],
  'print-server': WINDOWS_SERVER,
  'terminal-server': [terminalServer, ...WINDOWS_SERVER],
  'linux-server': [linuxServer, newEndpoints],
  'network-gear': [networkGear],
  workstation: CLIENT,
  laptop: CLIENT,
  printer: [printer],
  phone: [leases, phone],
  camera: [camera],
  medical: [medical],
  industrial: [industrial],
}

const OFFICE: readonly PersonHabit[] = [
  signOn,
  browsing,
  fileShares,
  mailbox,
  cloudFiles,
  applications,
  printing,
  videoCalls,
  passwordSlips,
]

/** What people of each job do; everybody also works in an office. */
export const PERSON_HABITS: Readonly<Record<Job, readonly PersonHabit[]>> = {
  office: OFFICE,
  developer: [...OFFICE, development],
  helpdesk: [...OFFICE, helpDesk],
  'server-admin': [...OFFICE, serverAdministration],
  'desktop-admin': [...OFFICE, desktopAdministration],
  'network-admin': [...OFFICE, networkAdministration],
}
