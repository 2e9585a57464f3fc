import { DAY } from '../../event/time.ts'
import { type Case, type Finding, leadingFinding } from '../case.ts'
import type { Sighting } from '../sighting.ts'
import type { Coincidence, Link, LinkFinder } from './link.ts'
import { movement } from './movement.ts'
import { sameDevice } from './same_device.ts'
import { sharedCredential } from './shared_credential.ts'
import { sharedEndpoint } from './shared_endpoint.ts'
import { sharedName } from './shared_name.ts'
import { sharedTarget } from './shared_target.ts'

/** Every way in which an alert may belong to a case; each counts once. */
const FINDERS: readonly LinkFinder[] = [
  sameDevice,
  movement,
  sharedCredential,
  sharedName,
  sharedEndpoint,
  sharedTarget,
]

/** So improbable a coincidence has to be, beside what the number of open incidents adds: each is a chance of its own. */
const ATTACH_BITS = 8
/** A story may rest for so long; then each day of silence takes a bit from what links another device to it. */
const RESTS_DAYS = 2
/** To join two that have both grown. */
const MERGE_BITS = 12
export const GROWN = 3
/** Where an attack is likelier than not, whatever the same device does next is part of it. */
const ATTACK_BITS = 0
/** What is explained by itself is not drawn into the story of another device by a little. */
const EXPLAINED_BITS = -3
const MOST_DOUBT = 6
/** How far an attack that is already likely makes that what it touched next belongs to it. */
const MOST_TRUST = 6
const MOST_TRUST_IN_ALERT = 4
/** So far below even odds something already counts as suspicious. */
export const SUSPICIOUS_BITS = -2
/** What alone may join: a device, a movement, a rare thing. A credential or a target in common are not enough. */
const CARRIES: ReadonlySet<Link['kind']> = new Set(['device', 'movement', 'name', 'endpoint'])
const CARRIES_BITS = 2
const DIRECT: ReadonlySet<Link['kind']> = new Set(['device', 'movement'])
/** No more comes from what two have in common, rare as it may be; of a rare thing alone it is enough on a quiet network. */
const MOST_OF_HABITS = 8
/** While administrators are not known, theirs are the coincidences. A short capture has no days to learn from. */
const LEARNING_BITS = 4
/** A link of a device with itself that needs no other. */
const CERTAIN_BITS = 14

export interface Bond {
  readonly to: Case
  readonly bits: number
  readonly links: readonly Link[]
  /** Enough for the alert to become part of the case. */
  readonly holds: boolean
  /** Enough to make one of two cases that have both grown. */
  readonly merges: boolean
}

/**
 * What binds an alert to a case.
 * @param alone what can be said of the alert by itself
 * @param chances how many such cases are open: each is a chance of its own for a coincidence
 */
export function bond(
  sighting: Sighting,
  to: Case,
  alone: Finding,
  network: Coincidence,
  chances: number,
): Bond | undefined {
  const all = FINDERS.flatMap((find) => find(sighting, to, network) ?? [])
  if (all.length === 0) return undefined
  const same = all.find(({ kind }) => kind === 'device')
  const { partner, links } = closest(sighting, all)
  const moved = links.some(({ kind }) => kind === 'movement')
  const carried = links.some((link) => CARRIES.has(link.kind) && link.bits >= CARRIES_BITS)
  // Whom the link is with counts, not the worst that the case holds: one intruder makes no accomplices of all he met.
  const other = same ? leadingFinding(to) : (to.findings.get(partner) ?? leadingFinding(to))
  const posterior = other?.posterior ?? 0
  const silent = same ? 0 : Math.max(0, (network.clock - to.touched) / DAY - RESTS_DAYS)
  const bits = weigh(links) - silent
  // That a device of a likely attack, or one it has reached, alerts again is no coincidence to be explained anew.
  // And two attacks at a time, each by itself, are rarer still.
  const doubt = same ? 0 : doubtOf(alone) + doubtOf(other)
  const suspicious = (same !== undefined || moved) && posterior > SUSPICIOUS_BITS && alone.posterior > SUSPICIOUS_BITS
  const trust = suspicious ? trustOf(posterior, MOST_TRUST) + trustOf(alone.posterior, MOST_TRUST_IN_ALERT) : 0
  const many = Math.log2(Math.max(1, chances))
  const held = same !== undefined && (posterior >= ATTACK_BITS || same.bits >= CERTAIN_BITS)
  const needed = ATTACH_BITS + many - trust + doubt + (network.learning ? LEARNING_BITS : 0)
  return {
    to,
    bits,
    links: same === undefined || links.includes(same) ? links : [same, ...links],
    holds: held || (carried && bits >= needed),
    merges: carried && bits >= needed + MERGE_BITS - ATTACH_BITS && (moved || links.length >= 2),
  }
}

/** The links with that one device of the case with which they weigh most. */
function closest(
  sighting: Sighting,
  all: readonly Link[],
): { readonly partner: string; readonly links: readonly Link[] } {
  const byPartner = new Map<string, Link[]>()
  for (const link of all) {
    const partner = link.from === sighting.device ? link.to : link.from
    byPartner.set(partner, [...(byPartner.get(partner) ?? []), link])
  }
  const [best] = [...byPartner].sort(([a, one], [b, two]) => weigh(two) - weigh(one) || (a < b ? -1 : 1))
  return { partner: best![0], links: best![1] }
}

/**
 * Bits of links together. A device and a movement are facts of their own; account, tool, target and place come from one
 * habit of one administrator, and share a cap.
 */
function weigh(links: readonly Link[]): number {
  const sum = (some: readonly Link[]): number => some.reduce((total, { bits }) => total + bits, 0)
  const direct = links.filter(({ kind }) => DIRECT.has(kind))
  return sum(direct) + Math.min(MOST_OF_HABITS, sum(links.filter(({ kind }) => !DIRECT.has(kind))))
}

/** Bits that a link may lack, for what is suspicious by itself. */
function trustOf(posterior: number, most: number): number {
  return Math.min(most, Math.max(0, posterior - SUSPICIOUS_BITS))
}

/**
 * Bits that a link has to have more, for what has an explanation of its own: one that rests on what was learned. That
 * nothing is known explains nothing.
 */
function doubtOf(finding: Finding | undefined): number {
  if (finding === undefined || finding.measured >= 0) return 0
  return Math.min(MOST_DOUBT, Math.max(0, EXPLAINED_BITS - finding.posterior))
}
