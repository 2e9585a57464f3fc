import type { Hypothesis } from '../investigation/hypothesis.ts'
import { administratorAtWork } from './administrator_at_work.ts'
import { backup } from './backup.ts'
import { commandAndControl } from './command_and_control.ts'
import { credentialAccess } from './credential_access.ts'
import { denialOfService } from './denial_of_service.ts'
import { expiredPassword } from './expired_password.ts'
import { lateralMovement } from './lateral_movement.ts'
import { migration } from './migration.ts'
import { misconfiguration } from './misconfiguration.ts'
import { monitoring } from './monitoring.ts'
import { ordinaryUse } from './ordinary_use.ts'
import { passwordGuessing } from './password_guessing.ts'
import { penetrationTest } from './penetration_test.ts'
import { reconnaissance } from './reconnaissance.ts'
import { softwareDeployment } from './software_deployment.ts'
import { vulnerabilityScanner } from './vulnerability_scanner.ts'

/** Every explanation that is weighed, in each investigation. A new one is its file and a line here. */
export const HYPOTHESES: readonly Hypothesis[] = [
  lateralMovement,
  credentialAccess,
  reconnaissance,
  passwordGuessing,
  commandAndControl,
  denialOfService,
  administratorAtWork,
  vulnerabilityScanner,
  softwareDeployment,
  backup,
  monitoring,
  migration,
  penetrationTest,
  expiredPassword,
  misconfiguration,
  ordinaryUse,
]
