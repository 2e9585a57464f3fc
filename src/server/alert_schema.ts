import * as z from 'zod'

/** The shape of an alert, for reading `alerts.jsonl` and for answering with it. */

const fieldValue = z.union([z.string(), z.number()])

export const recordSchema = z.object({
  log: z.string(),
  /** Zeek's uid, or the event's key where its log has none. */
  uid: z.string(),
  ts: z.number(),
  seq: z.number().optional(),
  /** Ids of the devices at both ends. */
  orig: z.string().optional(),
  resp: z.string().optional(),
  fields: z.record(z.string(), fieldValue),
})
export type EvidenceRecord = z.infer<typeof recordSchema>

const deviceSchema = z.object({ id: z.string(), ip: z.string(), hostname: z.string().nullish() })

export const alertLineSchema = z.object({
  id: z.string(),
  time: z.number(),
  first: z.number().optional(),
  last: z.number().optional(),
  model: z.string(),
  score: z.number(),
  revision: z.number().default(1),
  device: deviceSchema,
  techniques: z.array(z.string()),
  subject: z.string().default(''),
  summary: z.string(),
  surprise: z.object({
    trained: z.boolean(),
    bits: z.number().nullish(),
    network_period_days: z.number().nullish(),
    learned_days: z.number().nullish(),
    text: z.string().default(''),
    reasons: z
      .array(
        z.object({
          view: z.string(),
          value: z.string(),
          bits: z.number(),
          network_period_days: z.number(),
          sentence: z.string(),
        }),
      )
      .default([]),
  }),
  evidence: z.array(z.string()),
  facts: z.array(z.object({ text: z.string(), value: z.number(), at_least: z.boolean().default(false) })).default([]),
  records: z.array(recordSchema).default([]),
  response: z.string().default(''),
})
export type AlertLine = z.infer<typeof alertLineSchema>

export const alertBriefSchema = alertLineSchema
  .pick({
    id: true,
    time: true,
    first: true,
    last: true,
    model: true,
    score: true,
    revision: true,
    device: true,
    techniques: true,
    subject: true,
    summary: true,
  })
  .extend({ incident: z.string().nullable() })
export type AlertBrief = z.infer<typeof alertBriefSchema>

export const alertSchema = alertLineSchema.extend({
  incident: z.object({ id: z.string(), title: z.string(), score: z.number() }).nullable(),
  /** Names of the techniques, by id. */
  technique_names: z.record(z.string(), z.string()),
})
export type AlertAnswer = z.infer<typeof alertSchema>
