import { knownLogTypes, type LogType, logType } from '../event/log_types.ts'

/** What a part of a model can read besides Zeek's logs: the alerts of other models. */
export const ALERT_LOG = 'alert'

/** An alert as an event, so that meta models are written in the same language: `orig` is the alerted device. */
export const ALERT_TYPE: LogType = makeAlertType()

function makeAlertType(): LogType {
  const names: readonly (readonly [string, 'time' | 'string' | 'count' | 'set' | 'uid'])[] = [
    ['ts', 'time'],
    ['uid', 'uid'],
    ['model', 'string'],
    ['category', 'string'],
    ['score', 'count'],
    ['revision', 'count'],
    ['techniques', 'set'],
    ['tactics', 'set'],
    ['act', 'uid'],
  ]
  const fields = names.map(([name, kind], slot) => ({
    name,
    column: name,
    kind,
    numeric: kind === 'time' || kind === 'count',
    slot,
  }))
  return {
    name: ALERT_LOG,
    fields,
    slots: new Map(fields.map((field) => [field.name, field.slot])),
    known: true,
    durationSlot: -1,
    lateAfter: 0,
  }
}

/** The log type that a part names, or undefined. */
export function readableLog(name: string): LogType | undefined {
  if (name === ALERT_LOG) return ALERT_TYPE
  return knownLogTypes().some((type) => type.name === name) ? logType(name) : undefined
}

export function readableLogs(): readonly string[] {
  return [...knownLogTypes().map((type) => type.name), ALERT_LOG]
}
