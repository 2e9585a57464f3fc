import * as z from 'zod'
import { TAGS } from '../device/tags.ts'
import { parseDuration } from './duration.ts'

/** The shape of a model file. What the words inside mean (fields, keys, names) is checked by `model_file.ts`. */

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'a name: lower case letters, digits and _, beginning with a letter')
const text = z.string().min(1).max(2000)
const condition = z.string().min(1).describe('A condition in CEL syntax over the fields of the log')
const duration = z
  .string()
  .refine((value) => (parseDuration(value) ?? 0) > 0, 'a length of time such as 30 seconds, 5 minutes, 1 hour, 2 days')
const score = z.number().int().min(0).max(100)
const oneOrMore = z.union([name, z.array(name).min(1)])

const part = z.strictObject({
  log: z.string().describe('The log it reads: conn, smb_files, … or alert'),
  within: name.optional().describe('Another part of the same log that must hold as well'),
  when: condition.optional(),
  device: z.enum(['orig', 'resp']).optional().describe("On which side the model's device stands here"),
  keys: z.record(name, condition).optional().describe('Values to group by, worked out from the event'),
  show: z.array(z.string()).optional().describe('Fields kept as evidence'),
})

const window = z.strictObject({
  count: oneOrMore.optional().describe('Counts the events of these parts'),
  distinct: condition.optional().describe('Counts the different values of this'),
  sum: z.string().optional().describe('Adds up this field'),
  of: oneOrMore.optional().describe('The parts for distinct and sum'),
  over: duration,
  from: oneOrMore
    .optional()
    .describe('Counting begins with an event of one of these parts; of any that is counted when not given'),
  by: z.array(z.string()).min(1).optional().describe('What groups the events; [device] when not given'),
  at_most: z
    .number()
    .int()
    .min(1)
    .max(65_536)
    .optional()
    .describe('A distinct count is exact up to here; 4096 when not given'),
})

const sequence = z.strictObject({
  steps: z.array(oneOrMore).min(2).max(6),
  over: duration,
  by: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('What the steps must have in common; [device, peer] when not given'),
})

const rule = z.strictObject({
  when: condition.describe('A condition over windows, sequences, parts and surprise'),
  score: score.optional().describe('The severity of the model when not given'),
  summary: text.describe('One sentence with places such as {device} and {window|noun|nouns}'),
  grows: name.optional().describe('The window whose doubling is worth saying again'),
})

export const MODEL_SCHEMA = z.strictObject({
  description: text,
  severity: score,
  techniques: z.array(z.string()).describe('ATT&CK ids'),
  device: z.enum(['orig', 'resp']).default('orig').describe('On which side the device stands that the model is about'),
  subject: z.array(z.string()).default([]).describe('What tells two alerts of one device apart'),
  excuse: condition.optional().describe('Events for which this holds are not looked at'),
  parts: z.record(name, part),
  windows: z.record(name, window).default({}),
  sequences: z.record(name, sequence).default({}),
  fires: z.array(rule).min(1),
  cooldown: duration.default('1 hour'),
  budget: z.number().gt(0).max(1).default(0.2).describe("The share of a day's alerts that the model owns"),
  alert: z
    .enum(['always', 'never', 'with another model', 'on an odd day', 'unless the day is ordinary'])
    .default('always'),
  tags: z.array(z.enum(TAGS)).default([]),
  response: text.describe('What to do about it, for people'),
  earliest_evidence: text.describe('Which record shows it first, and how late, in both dialects'),
  quiet_on: z.array(text).default([]).describe('Look-alikes, and what keeps the model quiet on them'),
})

export type ModelFile = z.infer<typeof MODEL_SCHEMA>
