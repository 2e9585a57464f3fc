import * as z from 'zod'

const plain = z.union([z.string(), z.number(), z.boolean()])

/** An event as the lake has it: Zeek's fields under Zeek's names (dots as underscores), absent ones left out. */
export const eventSchema = z.object({
  log: z.string(),
  /** Position in canonical order; the same event has it in every answer. */
  seq: z.number(),
  ts: z.number(),
  known: z.number(),
  uid: z.string().nullable(),
  device: z.string().nullable(),
  peer_device: z.string().nullable(),
  fields: z.record(z.string(), z.union([plain, z.array(plain)])),
})
export type EventAnswer = z.infer<typeof eventSchema>

export const eventPageSchema = z.object({
  events: z.array(eventSchema),
  /** Value of `after` for the next page; null at the end. */
  next: z.number().nullable(),
  /** The logs that this run kept. */
  logs: z.array(z.string()),
  /** Names of the devices that the events name, by id. */
  devices: z.record(z.string(), z.string()),
})
export type EventPage = z.infer<typeof eventPageSchema>
