import { clientCount, clientsText } from './role_evidence.ts'
import type { RoleRule } from './role_rule.ts'

/** Answered requests in a protocol of industrial control (Modbus, DNP3, S7, BACnet), as the sensor's analyser read them. */
export const industrialController: RoleRule = {
  tag: 'Industrial Controller',
  kinds: ['industrial-answer'],
  judge({ evidence }) {
    if (clientCount(evidence, 'industrial-answer') === 0) return undefined
    return `answered industrial control requests of ${clientsText(evidence, 'industrial-answer')}`
  },
}
