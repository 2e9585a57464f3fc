import type { Random } from '../random.ts'
import type { World } from '../world.ts'
import { audit, migration, newServer, nightWork, reactivatedServer, rollout, supplierVisit } from './machines.ts'
import { expiredServicePasswords, oldPasswords } from './passwords.ts'
import { changingAdministrators, newStaff } from './staff.ts'

/** A benign change: prepared before the world runs, labelled with its cause. */
export type Oddity = (world: World, random: Random) => void

/** All benign changes of a world, by name. The name seeds its stream, so that one more does not move the others. */
export const ODDITIES: Readonly<Record<string, Oddity>> = {
  'reactivated-server': reactivatedServer,
  'new-server': newServer,
  migration,
  'new-staff': newStaff,
  'changing-administrators': changingAdministrators,
  'expired-service-passwords': expiredServicePasswords,
  'old-passwords': oldPasswords,
  'night-work': nightWork,
  rollout,
  audit,
  'supplier-visit': supplierVisit,
}
