import { clientCount, clientsText } from './role_evidence.ts'
import { type RoleRule, SEVERAL_CLIENTS } from './role_rule.ts'

const MANY_CLIENTS = 15
const SHARE_OF_DEVICES = 0.05

/**
 * Established connections from 15 internal devices or 5 % of all, at least several, on ports that mean a service
 * (`service_ports.ts` leaves out what workstations offer each other). Source: reference figures of a prototype, in which peer
 * caches (7680) and management (135, 445, 3389, 5985) made workstations look like servers.
 */
export const server: RoleRule = {
  tag: 'Server',
  kinds: ['service', 'outside-service'],
  judge({ evidence, devices }) {
    const needed = Math.min(MANY_CLIENTS, Math.max(SEVERAL_CLIENTS, Math.ceil(devices * SHARE_OF_DEVICES)))
    if (clientCount(evidence, 'service') >= needed) {
      return `served ${clientsText(evidence, 'service')} (${needed} make a server among ${devices} devices)`
    }
    if (clientCount(evidence, 'outside-service') >= MANY_CLIENTS) {
      return `served ${clientsText(evidence, 'outside-service', 'outside address')}`
    }
    return undefined
  },
}
