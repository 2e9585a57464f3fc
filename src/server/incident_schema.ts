import * as z from 'zod'
import type { Incident } from '../analyst/incident.ts'

/** The shape of an incident (`src/analyst/incident.ts`), for reading `incidents.jsonl` and for answering with it. */

const bits = z.number()
const time = z.number().meta({ description: 'epoch seconds' })
const ids = z.array(z.string())

const incidentDevice = z.object({
  id: z.string(),
  ip: z.string(),
  hostname: z.string(),
  role: z.enum(['first foothold', 'second foothold', 'suspect', 'target', 'reached']),
  tags: ids,
  part: z.string(),
  alerts: ids,
  first: time,
  last: time,
})

const phase = z.object({
  name: z.string(),
  stage: z.number(),
  techniques: ids,
  start: time,
  end: time,
  text: z.string(),
  devices: ids,
  alerts: ids,
  evidence: ids,
})

export const incidentSchema = z.object({
  id: z.string(),
  start: time,
  end: time,
  raised: time,
  updated: time,
  score: z.number(),
  type: z.string(),
  types: ids,
  title: z.string(),
  summary: z.string(),
  clauses: z.array(z.object({ text: z.string(), alerts: ids, evidence: ids })),
  devices: z.array(incidentDevice),
  credentials: ids,
  alerts: ids,
  techniques: ids,
  phases: z.array(phase),
  timeline: z.array(
    z.object({
      time,
      device: z.string(),
      phase: z.string(),
      text: z.string(),
      alert: z.string().nullable(),
      evidence: ids,
    }),
  ),
  absorbed: ids,
  related: z.array(z.object({ id: z.string(), why: z.string() })),
  links: z.array(
    z.object({
      kind: z.enum(['device', 'movement', 'credential', 'endpoint', 'name', 'target']),
      alert: z.string(),
      from: z.string(),
      to: z.string(),
      time,
      bits,
      text: z.string(),
    }),
  ),
  indicators: z.array(
    z.object({
      kind: z.enum(['address', 'domain', 'file', 'service', 'account', 'client']),
      value: z.string(),
      defanged: z.string(),
      first: time,
      evidence: ids,
    }),
  ),
  verdict: z.object({
    is: z.enum(['attack', 'benign and explained', 'undecided']),
    hypothesis: z.string(),
    bits,
    probability: z.number(),
    text: z.string(),
  }),
  hypotheses: z.array(z.object({ name: z.string(), kind: z.enum(['attack', 'benign']), bits, text: z.string() })),
  investigation: z.array(
    z.object({
      as_of: time,
      device: z.string(),
      question: z.string(),
      answer: z.string(),
      could_tell: z.boolean(),
      basis: z.enum(['measured', 'judged']),
      weights: z.record(z.string(), z.number()),
      lead: bits,
      evidence: ids,
    }),
  ),
  unseen: ids,
  next_steps: ids,
}) satisfies z.ZodType<Incident>

/** What the tray shows of an incident. */
export const incidentBriefSchema = incidentSchema
  .pick({
    id: true,
    start: true,
    end: true,
    raised: true,
    updated: true,
    score: true,
    type: true,
    title: true,
    summary: true,
    verdict: true,
    credentials: true,
    techniques: true,
  })
  .extend({
    devices: z.array(incidentDevice.pick({ id: true, ip: true, hostname: true, role: true })),
    device_count: z.number(),
    phases: z.array(phase.pick({ name: true, stage: true, start: true, end: true })),
    alert_count: z.number(),
  })
export type IncidentBrief = z.infer<typeof incidentBriefSchema>

export const incidentListSchema = z.object({ incidents: z.array(incidentBriefSchema), total: z.number() })

/** One device acting on another. */
const attackStep = z.object({
  from: z.string(),
  to: z.string(),
  first: time,
  last: time,
  /** Phases of the alerts that show it. */
  phases: ids,
  alerts: ids,
  /** By which coincidence the analyst joined the two, and how improbable that is by chance. */
  why: z.string().nullable(),
  bits: bits.nullable(),
})
export type AttackStep = z.infer<typeof attackStep>

export const incidentAnswerSchema = incidentSchema.extend({
  steps: z.array(attackStep).meta({ description: 'from device to device, in order of time' }),
  /** Names of the techniques, by id. */
  technique_names: z.record(z.string(), z.string()),
})
export type IncidentAnswer = z.infer<typeof incidentAnswerSchema>
