import type { Tag } from '../tags.ts'
import type { EvidenceKind, RoleEvidence } from './role_evidence.ts'

/** What a role is judged on. */
interface RoleFacts {
  readonly evidence: RoleEvidence
  /** Devices alive at present. */
  readonly devices: number
  /** Makers of its interfaces; asked only when something else points to the role (the register loads slowly). */
  vendors(): readonly string[]
}

/** One role, one rule: judged anew whenever one of its kinds of evidence gains a client. */
export interface RoleRule {
  readonly tag: Tag
  readonly kinds: readonly EvidenceKind[]
  /** The reason in words, with the numbers that led to it, or undefined when it is not (yet) so. */
  judge(facts: RoleFacts): string | undefined
}

/** Several clients make a service: one may be a mistake, a test or an attack. */
export const SEVERAL_CLIENTS = 3

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
