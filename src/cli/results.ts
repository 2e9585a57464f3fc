import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Incident } from '../analyst/incident.ts'
import { CommandFailure } from './failure.ts'

/** What the commands that look at a run read: the files of the contract, checked, since anyone may have written them. */

const device = z.object({ id: z.string(), ip: z.string(), hostname: z.string().nullish() })

const alertSchema = z.object({
  id: z.string(),
  time: z.number(),
  model: z.string(),
  score: z.number(),
  revision: z.number().default(1),
  first: z.number().optional(),
  last: z.number().optional(),
  device,
  techniques: z.array(z.string()),
  surprise: z.looseObject({
    trained: z.boolean(),
    text: z.string().default(''),
    reasons: z.array(z.looseObject({ sentence: z.string(), network_period_days: z.number() })).default([]),
  }),
  evidence: z.array(z.string()),
  summary: z.string(),
  facts: z
    .array(
      z.object({
        text: z.string(),
        value: z.number(),
        at_least: z.boolean().default(false),
        sql: z.string().nullable(),
      }),
    )
    .default([]),
  records: z
    .array(
      z.object({
        log: z.string(),
        uid: z.string(),
        ts: z.number(),
        /** Ids of the devices at both ends, where they are known. */
        orig: z.string().optional(),
        resp: z.string().optional(),
        fields: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    )
    .default([]),
})
export type AlertRecord = z.infer<typeof alertSchema>

const deviceSchema = device.extend({
  aliases: z.array(z.string()).default([]),
  vendor: z.string().nullish(),
  first_seen: z.number(),
  last_seen: z.number(),
  addresses: z.array(z.object({ address: z.string(), from: z.number(), to: z.number().nullable() })),
  macs: z.array(z.string()).default([]),
  names: z.array(z.object({ name: z.string(), confidence: z.number(), evidence: z.string() })),
  tags: z.array(z.object({ tag: z.string(), since: z.number(), reason: z.string(), source: z.string() })),
  normal: z.array(
    z.object({
      view: z.string(),
      value: z.string(),
      days: z.number(),
      of_days: z.number(),
      first_day: z.string(),
      last_day: z.string(),
    }),
  ),
  /** How much it usually does of each thing; bytes where the metric is one of bytes. */
  volumes: z
    .array(
      z.object({
        metric: z.string(),
        window: z.string(),
        days: z.number(),
        of_days: z.number(),
        median: z.number(),
        highest: z.number(),
      }),
    )
    .default([]),
})
export type DeviceRecord = z.infer<typeof deviceSchema>

const texts = z.array(z.string()).default([])
const seconds = z.number()

/** What the contract fixes has to be there; the analyst's further fields may be absent in files that others wrote. */
const incidentSchema = z.object({
  id: z.string(),
  start: seconds,
  end: seconds,
  raised: seconds.optional(),
  updated: seconds.optional(),
  score: z.number(),
  type: z.string().default('Incident'),
  types: texts,
  title: z.string(),
  summary: z.string(),
  clauses: z.array(z.object({ text: z.string(), alerts: texts, evidence: texts })).default([]),
  devices: z.array(
    z.object({
      id: z.string(),
      ip: z.string(),
      hostname: z
        .string()
        .nullish()
        .transform((name) => name ?? ''),
      role: z.enum(['first foothold', 'second foothold', 'suspect', 'target', 'reached']),
      tags: texts,
      part: z.string().default(''),
      alerts: texts,
      first: seconds.optional(),
      last: seconds.optional(),
    }),
  ),
  credentials: z.array(z.string()),
  alerts: z.array(z.string()),
  techniques: z.array(z.string()),
  phases: z.array(
    z.object({
      name: z.string(),
      stage: z.number(),
      techniques: texts,
      start: seconds,
      end: seconds,
      text: z.string(),
      devices: texts,
      alerts: texts,
      evidence: texts,
    }),
  ),
  timeline: z
    .array(
      z.object({
        time: seconds,
        device: z.string(),
        phase: z.string(),
        text: z.string(),
        alert: z.string().nullable(),
        evidence: texts,
      }),
    )
    .default([]),
  absorbed: z.array(z.string()),
  related: z.array(z.object({ id: z.string(), why: z.string() })).default([]),
  links: z
    .array(
      z.object({
        kind: z.enum(['device', 'movement', 'credential', 'endpoint', 'name', 'target']),
        alert: z.string(),
        from: z.string(),
        to: z.string(),
        time: seconds,
        bits: z.number(),
        text: z.string(),
      }),
    )
    .default([]),
  indicators: z
    .array(
      z.object({
        kind: z.enum(['address', 'domain', 'file', 'service', 'account', 'client']),
        value: z.string(),
        defanged: z.string(),
        first: seconds,
        evidence: texts,
      }),
    )
    .default([]),
  verdict: z
    .object({
      is: z.enum(['attack', 'benign and explained', 'undecided']),
      hypothesis: z.string(),
      bits: z.number(),
      probability: z.number(),
      text: z.string(),
    })
    .default({ is: 'undecided', hypothesis: '', bits: 0, probability: 0.5, text: 'No verdict was written down.' }),
  hypotheses: z
    .array(z.object({ name: z.string(), kind: z.enum(['attack', 'benign']), bits: z.number(), text: z.string() }))
    .default([]),
  investigation: z
    .array(
      z.object({
        as_of: seconds,
        device: z.string(),
        question: z.string(),
        answer: z.string(),
        could_tell: z.boolean(),
        basis: z.enum(['measured', 'judged']),
        weights: z.record(z.string(), z.number()),
        lead: z.number(),
        evidence: texts,
      }),
    )
    .default([]),
  unseen: texts,
  next_steps: texts,
})
export type IncidentRecord = Incident

const actionSchema = z.object({
  kind: z.string(),
  mode: z.string(),
  state: z.string(),
  time: seconds,
  expires: seconds.nullable().default(null),
  device: z.object({ id: z.string(), ip: z.string() }),
  alert: z.string().nullish(),
  incident: z.string().nullish(),
})
export type ActionRecord = z.infer<typeof actionSchema>

/** One line an incident, as it stood at the end of the run. */
export function readIncidents(dir: string): IncidentRecord[] {
  return readLines(dir, 'incidents.jsonl', incidentSchema).map((incident) => ({
    ...incident,
    raised: incident.raised ?? incident.end,
    updated: incident.updated ?? incident.end,
    devices: incident.devices.map((device) => ({
      ...device,
      first: device.first ?? incident.start,
      last: device.last ?? incident.end,
    })),
  }))
}

export function readActions(dir: string): ActionRecord[] {
  return readLines(dir, 'actions.jsonl', actionSchema)
}

/** Every revision of every alert, in order of time. */
export function readRevisions(dir: string): AlertRecord[] {
  return readLines(dir, 'alerts.jsonl', alertSchema)
}

/** The newest revision of each alert, in the order in which they were raised first. */
export function readAlerts(dir: string): AlertRecord[] {
  const newest = new Map<string, AlertRecord>()
  for (const alert of readRevisions(dir)) newest.set(alert.id, alert)
  return [...newest.values()]
}

export function readDevices(dir: string): DeviceRecord[] {
  return readLines(dir, 'devices.jsonl', deviceSchema)
}

/** @throws CommandFailure when there is no finished run in the folder */
export function needResults(dir: string): void {
  if (existsSync(join(dir, 'summary.json'))) return
  const hint = existsSync(join(dir, 'alerts.jsonl'))
    ? 'it holds a run that did not end: run it again'
    : 'make one with: thymus replay PATH --out DIR'
  throw new CommandFailure(`no results in ${dir}; ${hint}`)
}

function readLines<T>(dir: string, name: string, schema: z.ZodType<T>): T[] {
  const path = join(dir, name)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailure(`cannot read ${path}; make it with: thymus replay PATH --out DIR`, undefined, {
      cause: error,
    })
  }
  const items: T[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      throw new CommandFailure(`${path}:${index + 1} is no JSON; the file was cut or edited`)
    }
    const parsed = schema.safeParse(value)
    if (!parsed.success) throw new CommandFailure(`${path}:${index + 1}\n${z.prettifyError(parsed.error)}`)
    items.push(parsed.data)
  }
  return items
}
