import { applianceRoles } from './appliances.ts'
import { domainController } from './domain_controller.ts'
import { fileServer } from './file_server.ts'
import { gateway } from './gateway.ts'
import { industrialController } from './industrial_controller.ts'
import { internetFacing } from './internet_facing.ts'
import type { EvidenceKind } from './role_evidence.ts'
import type { RoleRule } from './role_rule.ts'
import { server } from './server.ts'
import { servingRoles } from './serving.ts'

/** All rules for roles that are learned from what a device does. */
export const ROLE_RULES: readonly RoleRule[] = [
  domainController,
  fileServer,
  server,
  internetFacing,
  industrialController,
  gateway,
  ...servingRoles,
  ...applianceRoles,
]

/** The rules that a kind of evidence may decide. */
export const RULES_BY_KIND: ReadonlyMap<EvidenceKind, readonly RoleRule[]> = new Map(
  ROLE_RULES.flatMap((rule) => rule.kinds).map((kind) => [
    kind,
    ROLE_RULES.filter((rule) => rule.kinds.includes(kind)),
  ]),
)
