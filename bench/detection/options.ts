import { PLAYBOOKS, type PlaybookName } from '../../src/lab/playbooks/names.ts'

export interface DetectionOptions {
  readonly seeds: readonly number[]
  readonly playbooks: readonly PlaybookName[]
  readonly devices: number
  readonly days: number
  /** Days from the beginning of which nothing is scored. */
  readonly learn: number
  /** Day (from 0) on which each attack begins. */
  readonly attackDay: number
  readonly dialect: 'default' | 'tuned'
}

/** The seeds on which models and limits were tuned; the test seeds are others. */
export const TUNING_SEEDS = [1, 2, 3, 4, 5] as const
export const TEST_SEEDS = [101, 102, 103, 104, 105] as const

/** The longest playbook walks for so many days; attacks begin as late as lets it end, after the longest possible learning. */
const LONGEST_ATTACK_DAYS = 15

export interface DetectionOptionsInput {
  readonly seeds?: readonly number[]
  readonly playbooks?: readonly PlaybookName[]
  readonly devices?: number
  readonly days?: number
  readonly learn?: number
  readonly attackDay?: number
  readonly dialect?: 'default' | 'tuned'
}

/** @throws RangeError in words for people on options that make no sense */
export function detectionOptions(input: DetectionOptionsInput): DetectionOptions {
  const devices = input.devices ?? 300
  const days = input.days ?? 45
  const learn = input.learn ?? Math.floor(days / 3)
  const attackDay = input.attackDay ?? Math.max(learn, days - LONGEST_ATTACK_DAYS)
  const seeds = input.seeds ?? TEST_SEEDS
  if (learn < 1 || learn >= days) throw new RangeError(`of ${days} days, 1 to ${days - 1} can be learned, not ${learn}`)
  if (attackDay < learn || attackDay >= days)
    throw new RangeError(`attacks must begin on a day from ${learn} (after learning) to ${days - 1}, not ${attackDay}`)
  if (new Set(seeds).size !== seeds.length) throw new RangeError('a seed is named twice')
  return {
    seeds,
    playbooks: input.playbooks ?? PLAYBOOKS,
    devices,
    days,
    learn,
    attackDay,
    dialect: input.dialect ?? 'default',
  }
}
