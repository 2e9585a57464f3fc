import { z } from 'zod'
import { DAY, type Micros } from '../event/time.ts'
import { PLAYBOOKS, type PlaybookName } from './playbooks/names.ts'

/** Acts that can be a habit in one of two otherwise equal worlds. */
export const PAIRED_ACTS = ['service-control', 'admin-rdp', 'drive-copy', 'new-endpoint', 'credential'] as const
export type PairedAct = (typeof PAIRED_ACTS)[number]

/** What a world is made of. The same options give the same bytes. */
export interface WorldOptions {
  readonly seed: number
  readonly devices: number
  readonly days: number
  readonly dialect: 'default' | 'tuned'
  readonly format: 'json' | 'tsv'
  readonly gzip: boolean
  /** Midnight UTC of the first day. */
  readonly start: Micros
  /** Hours that the site's clocks are ahead of UTC. */
  readonly utcOffset: number
  /** Played at the same time when there are several. */
  readonly attacks: readonly PlaybookName[]
  /** Day (from 0) on which attacks begin; undefined: so that they end with the world. */
  readonly attackDay?: number | undefined
  /** Connections of the flood stage; undefined: by size of the world (full scale is 12 million). */
  readonly flood?: number | undefined
  /** With 2, the segments behind the firewall have a sensor of their own, whose clock is minutes off. */
  readonly sensors: 1 | 2
  /** Whether the sensor fails as real ones do: lost hours, packet loss, duplicates, a wrong clock. */
  readonly troubles: boolean
  /** Whether benign changes (migrations, new staff, expired passwords, …) happen. */
  readonly oddities: boolean
  /** An act on the last working day that was (or was not) a habit for the 20 days before. */
  readonly paired?: { readonly act: PairedAct; readonly habitual: boolean } | undefined
}

/** What is asked of the lab cannot be done; the message says why and what can. */
export class LabFailure extends Error {
  override readonly name = 'LabFailure'
}

const schema = z.strictObject({
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
  devices: z
    .int()
    .min(40, 'a world needs at least 40 devices, or it has no room for its servers')
    .max(20_000)
    .default(300),
  days: z.int().min(1).max(366).default(21),
  dialect: z.enum(['default', 'tuned']).default('default'),
  format: z.enum(['json', 'tsv']).default('json'),
  gzip: z.boolean().default(false),
  start: z
    .number()
    .refine((start) => start >= 0 && start % DAY === 0, 'the start must be midnight UTC')
    .default(Date.UTC(2025, 2, 3) * 1000),
  utcOffset: z.number().min(-12).max(14).default(0),
  attacks: z.array(z.enum(PLAYBOOKS)).default([]),
  attackDay: z.int().min(0).optional(),
  flood: z.int().min(0).max(50_000_000).optional(),
  sensors: z.union([z.literal(1), z.literal(2)]).default(1),
  troubles: z.boolean().default(true),
  oddities: z.boolean().default(true),
  paired: z.strictObject({ act: z.enum(PAIRED_ACTS), habitual: z.boolean() }).optional(),
})

/** What is not given is filled in. */
export type WorldOptionsInput = Partial<WorldOptions>

/**
 * Checks options and fills in what was not given.
 * @param input a `WorldOptionsInput`, or anything that wants to be one
 * @throws LabFailure naming each option that is wrong and what was expected
 */
export function worldOptions(input: unknown): WorldOptions {
  const result = schema.safeParse(input)
  if (!result.success) throw new LabFailure(`lab options:\n${z.prettifyError(result.error)}`)
  const { attackDay, days } = result.data
  if (attackDay !== undefined && attackDay >= days) {
    throw new LabFailure(`lab options: attackDay is ${attackDay}, but the world has only the days 0 to ${days - 1}`)
  }
  return result.data
}
