import * as z from 'zod'

/** What is read of `summary.json`. */
export const summaryFileSchema = z.object({
  start: z.number().nullable(),
  end: z.number().nullable(),
  events: z.object({ total: z.number(), by_type: z.record(z.string(), z.number()) }),
  devices: z.number(),
  credentials: z.number(),
  signals: z.object({ total: z.number() }),
  alerts: z.object({ held_back_by_budget: z.number().default(0) }),
  learning: z
    .object({ state: z.string(), committed_days: z.number(), rarest_period_days: z.number(), days_left: z.number() })
    .optional(),
  notes: z.array(z.string()).default([]),
})

/** A run at a glance: how much came in, and how little is left for a person. */
export const summarySchema = summaryFileSchema.omit({ signals: true, alerts: true }).extend({
  signals: z.number(),
  alerts: z.number(),
  held_back: z.number(),
  incidents: z.number(),
  /** Alerts that no incident holds. */
  alerts_alone: z.number(),
})
export type SummaryAnswer = z.infer<typeof summarySchema>

/** An error, as RFC 9457 has it. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
})
export type ProblemAnswer = z.infer<typeof problemSchema>
