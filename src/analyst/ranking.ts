import type { STAGES } from './act_kind.ts'
import type { Story } from './story/story.ts'

/** Of the score: how sure, how important what it touches, how far it got. */
const SHARE = { certainty: 55, importance: 20, stage: 25 } as const

/** How far each stage of the kill chain is, 0 to 1. */
const REACHED: Readonly<Record<(typeof STAGES)[number], number>> = {
  'Initial access': 0.3,
  Discovery: 0.3,
  'Credential access': 0.6,
  'Lateral movement': 0.75,
  'Command and control': 0.9,
  Impact: 0.8,
}

/** 0 to 100: what a person should read first. @param posterior bits for an attack */
export function scoreOf(story: Story, posterior: number): number {
  const certainty = 1 / (1 + 2 ** -(posterior / 2 + 1))
  const importance = Math.max(0, ...story.parties.map((party) => importanceOf(story, party.index)))
  const stage =
    Math.max(0, ...story.stages.map((each) => REACHED[each])) + Math.min(0.1, (story.actors.length - 1) * 0.05)
  const score = SHARE.certainty * certainty + SHARE.importance * importance + SHARE.stage * Math.min(1, stage)
  return Math.round(Math.min(100, score))
}

function importanceOf({ network }: Story, device: number): number {
  if (device < 0) return 0
  if (network.has(device, 'Critical') || network.has(device, 'Domain Controller')) return 1
  return network.has(device, 'Server') || network.has(device, 'File Server') ? 0.5 : 0.2
}

/** Days of learning from which on an attack must be likelier than all else to be shown. */
const LEARNED_DAYS = 7
const LEARNED_LIMIT = 0
/** Beyond so many incidents a week for 1,000 devices (and one in any case), each further one must be so much surer. */
const PRESSURE_BITS = 1
const ALWAYS = 10

/**
 * While nothing is learned attack and administration look alike. On the first day, which is all that a short capture has, the
 * strongest case is shown and says so; until the learning is done a case has to be nearly as likely as not.
 */
const FIRST_DAY_LIMIT = -14
const UNLEARNED_LIMIT = -2
const UNLEARNED_PRESSURE = 9
const UNLEARNED_SCORE = 45
const FIRST_DAY_SCORE = 25

export interface Surfacing {
  readonly posterior: number
  /** Of the loudest alert that is not about other alerts. */
  readonly loudest: number
  readonly learnedDays: number
  /** Less than a day has been seen. */
  readonly firstDay: boolean
  /** Incidents raised within the last day and week. */
  readonly today: number
  readonly week: number
  /** The dial, for this network: incidents a week. */
  readonly allowed: number
}

/** Whether a case is worth a person. */
export function surfaces({ posterior, loudest, learnedDays, firstDay, today, week, allowed }: Surfacing): boolean {
  if (posterior >= ALWAYS) return true
  if (learnedDays < LEARNED_DAYS)
    return (
      loudest >= (firstDay ? FIRST_DAY_SCORE : UNLEARNED_SCORE) &&
      posterior >= (firstDay ? FIRST_DAY_LIMIT : UNLEARNED_LIMIT) + UNLEARNED_PRESSURE * today
    )
  const beyond = Math.max(0, week + 1 - Math.max(1, allowed))
  return posterior >= LEARNED_LIMIT + PRESSURE_BITS * beyond
}
