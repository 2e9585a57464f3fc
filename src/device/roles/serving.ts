import type { Tag } from '../tags.ts'
import { clientCount, clientsText, type EvidenceKind } from './role_evidence.ts'
import { type RoleRule, SEVERAL_CLIENTS } from './role_rule.ts'

/** Roles that are one kind of answer, given to several devices. */
const TABLE: readonly { tag: Tag; kind: EvidenceKind; says: string }[] = [
  { tag: 'DNS Server', kind: 'dns-answer', says: 'answered DNS questions of' },
  { tag: 'Mail Server', kind: 'mail-service', says: 'exchanged mail with' },
  { tag: 'Web Server', kind: 'web-service', says: 'answered web requests of' },
  { tag: 'Database Server', kind: 'database-service', says: 'exchanged data on database ports with' },
]

export const servingRoles: readonly RoleRule[] = TABLE.map(({ tag, kind, says }) => ({
  tag,
  kinds: [kind],
  judge({ evidence }) {
    return clientCount(evidence, kind) >= SEVERAL_CLIENTS ? `${says} ${clientsText(evidence, kind)}` : undefined
  },
}))
