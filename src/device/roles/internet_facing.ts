import { clientCount, clientsText } from './role_evidence.ts'
import type { RoleRule } from './role_rule.ts'

/** Two sources, so that one connection whose direction the sensor took the wrong way does not tag a workstation. */
const SOURCES = 2

/** Accepted connections from outside that were established and carried data both ways. */
export const internetFacing: RoleRule = {
  tag: 'Internet Facing System',
  kinds: ['outside-service'],
  judge({ evidence }) {
    if (clientCount(evidence, 'outside-service') < SOURCES) return undefined
    const sources = clientsText(evidence, 'outside-service', 'outside source')
    return `accepted connections with data both ways from ${sources}`
  },
}
