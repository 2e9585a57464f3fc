import * as z from 'zod'

/** The shape of a device, for reading `devices.jsonl` and for answering with it. */

const tag = z.object({
  tag: z.string(),
  since: z.number(),
  until: z.number().nullish(),
  reason: z.string(),
  source: z.string(),
})

const normalItem = z.object({
  value: z.string(),
  days: z.number(),
  of_days: z.number(),
  first_day: z.string(),
  last_day: z.string(),
})

const volume = z.object({
  metric: z.string(),
  window: z.string(),
  days: z.number(),
  of_days: z.number(),
  median: z.number(),
  highest: z.number(),
})

export const deviceLineSchema = z.object({
  id: z.string(),
  ip: z.string(),
  hostname: z.string().nullish(),
  vendor: z.string().nullish(),
  aliases: z.array(z.string()).default([]),
  first_seen: z.number(),
  last_seen: z.number(),
  addresses: z.array(z.object({ address: z.string(), from: z.number(), to: z.number().nullable() })),
  macs: z.array(z.string()).default([]),
  names: z.array(z.object({ name: z.string(), confidence: z.number(), evidence: z.string() })),
  tags: z.array(tag),
  normal: z.array(normalItem.extend({ view: z.string() })),
  volumes: z.array(volume).default([]),
})
export type DeviceLine = z.infer<typeof deviceLineSchema>

export const deviceBriefSchema = deviceLineSchema
  .pick({ id: true, ip: true, hostname: true, vendor: true, first_seen: true, last_seen: true })
  .extend({
    tags: z.array(z.string()),
    alerts: z.number(),
    highest_score: z.number().nullable(),
    incidents: z.array(z.string()),
  })
export type DeviceBrief = z.infer<typeof deviceBriefSchema>

export const deviceSchema = deviceLineSchema.omit({ normal: true }).extend({
  /** What is normal for it, by point of view; the most usual values of each. */
  normal: z.array(z.object({ view: z.string(), total: z.number(), values: z.array(normalItem) })),
  alerts: z.number(),
  incidents: z.array(z.object({ id: z.string(), title: z.string(), score: z.number(), role: z.string() })),
})
export type DeviceAnswer = z.infer<typeof deviceSchema>

/** An hourly metric of a device. Every series has one value for each of `hours`. */
export const metricSchema = z.object({
  metric: z.string(),
  label: z.string(),
  unit: z.enum(['count', 'bytes']),
  /** Begin of each hour, epoch seconds. */
  hours: z.array(z.number()),
  values: z.array(z.number()),
  /** The middle nine tenths of what the same device did at that time of day on earlier days; null while too few are known. */
  low: z.array(z.number().nullable()),
  median: z.array(z.number().nullable()),
  high: z.array(z.number().nullable()),
  /** How many earlier days each expectation rests on. */
  days: z.array(z.number()),
  learned: z.string(),
})
export type MetricAnswer = z.infer<typeof metricSchema>

/** The metrics of a device, that which left its band furthest first. */
export const metricListSchema = z.object({
  metrics: z.array(
    z.object({
      metric: z.string(),
      label: z.string(),
      unit: z.enum(['count', 'bytes']),
      /** The most of each sixth of a day, oldest first: for a small picture. */
      sketch: z.array(z.number()),
      /** The hour furthest above what was expected of it; null when none was above. */
      peak: z.object({ hour: z.number(), value: z.number(), high: z.number() }).nullable(),
    }),
  ),
})
export type MetricList = z.infer<typeof metricListSchema>
