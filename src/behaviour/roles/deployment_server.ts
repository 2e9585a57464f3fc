import { PROGRAM_RECEIVER } from '../views/transfers.ts'
import { type LearnedRole, maskOfTags, SERVING } from './learned_role.ts'

const DEVICES_A_DAY = 2
const CONTROLLER = maskOfTags('Domain Controller')

function isServer(tagMask: number): boolean {
  return (tagMask & SERVING) !== 0 && (tagMask & CONTROLLER) === 0
}

/**
 * Writes programs or scripts to many devices over SMB, and is a server: clients ask a deployment server for their orders.
 * Who pushes programs from a workstation is an administrator at most; a backup server that renews its agents is none.
 */
export const deploymentServer: LearnedRole = {
  tag: 'Deployment Server',
  id: 2,
  view: PROGRAM_RECEIVER,
  devices: 10,
  within: 21,
  isSuchDay: (day) => !day.claimed && isServer(day.tagMask) && day.countOn(PROGRAM_RECEIVER) >= DEVICES_A_DAY,
  forbids: ({ tagMask }) => !isServer(tagMask),
  did: (devices) => `wrote programs or scripts to ${devices} devices`,
}
