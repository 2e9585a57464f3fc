import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { type AlertLine, alertLineSchema, type EvidenceRecord } from './alert_schema.ts'
import { type DeviceLine, deviceLineSchema } from './device_schema.ts'
import { incidentSchema } from './incident_schema.ts'
import { summaryFileSchema } from './summary_schema.ts'

export type IncidentLine = z.infer<typeof incidentSchema>

/** What a folder holds is not what a finished run leaves there. */
export class ResultsFailure extends Error {
  override readonly name = 'ResultsFailure'
}

/** A finished run, read once and held: all but its events. Files are checked, since anyone may have written them. */
export class Results {
  readonly dir: string
  readonly summary: z.infer<typeof summaryFileSchema>
  /** Highest score first. */
  readonly incidents: readonly IncidentLine[]
  /** The newest revision of each, highest score first. */
  readonly alerts: readonly AlertLine[]
  readonly devices: readonly DeviceLine[]
  private readonly incidentById = new Map<string, IncidentLine>()
  private readonly alertById: ReadonlyMap<string, AlertLine>
  private readonly deviceById = new Map<string, DeviceLine>()
  private readonly incidentByAlert = new Map<string, IncidentLine>()
  private readonly recordByUid = new Map<string, EvidenceRecord>()

  private constructor(dir: string) {
    this.dir = dir
    this.summary = parsed(join(dir, 'summary.json'), readFileSync(join(dir, 'summary.json'), 'utf8'), summaryFileSchema)
    const incidents = new Map(readLines(dir, 'incidents.jsonl', incidentSchema).map((each) => [each.id, each]))
    this.incidents = [...incidents.values()].sort((a, b) => b.score - a.score || b.updated - a.updated)
    const alerts = new Map(readLines(dir, 'alerts.jsonl', alertLineSchema).map((each) => [each.id, each]))
    this.alertById = alerts
    this.alerts = [...alerts.values()].sort((a, b) => b.score - a.score || a.time - b.time)
    this.devices = readLines(dir, 'devices.jsonl', deviceLineSchema)
    for (const incident of this.incidents) {
      for (const id of incident.absorbed) this.incidentById.set(id, incident)
      for (const id of incident.alerts) if (!this.incidentByAlert.has(id)) this.incidentByAlert.set(id, incident)
    }
    for (const incident of this.incidents) this.incidentById.set(incident.id, incident)
    for (const device of this.devices) {
      for (const alias of device.aliases) this.deviceById.set(alias, device)
    }
    for (const device of this.devices) this.deviceById.set(device.id, device)
    for (const alert of this.alerts) for (const record of alert.records) this.recordByUid.set(record.uid, record)
  }

  /** @throws ResultsFailure saying what is missing or wrong */
  static open(dir: string): Results {
    if (!existsSync(join(dir, 'summary.json'))) {
      throw new ResultsFailure(`no finished run in ${dir}; make one with: thymus replay PATH --out DIR`)
    }
    return new Results(dir)
  }

  /** Also by the id of an incident that became part of it. */
  incident(id: string): IncidentLine | undefined {
    return this.incidentById.get(id)
  }

  alert(id: string): AlertLine | undefined {
    return this.alertById.get(id)
  }

  /** Also by an alias. */
  device(id: string): DeviceLine | undefined {
    return this.deviceById.get(id)
  }

  incidentOfAlert(id: string): IncidentLine | undefined {
    return this.incidentByAlert.get(id)
  }

  /** What an alert kept of an event: the only way to an event whose log has no uid. */
  record(uid: string): EvidenceRecord | undefined {
    return this.recordByUid.get(uid)
  }
}

function readLines<T>(dir: string, name: string, schema: z.ZodType<T>): T[] {
  const path = join(dir, name)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line, index) => (line === '' ? [] : [parsed(`${path}:${index + 1}`, line, schema)]))
}

function parsed<T>(where: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ResultsFailure(`${where} is no JSON; the file was cut or edited`)
  }
  const result = schema.safeParse(value)
  if (!result.success) throw new ResultsFailure(`${where}\n${z.prettifyError(result.error)}`)
  return result.data
}
