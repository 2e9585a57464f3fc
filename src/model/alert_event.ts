import { Dictionary, type EventBatch } from '../event/batch.ts'
import { Event } from '../event/event.ts'
import { SET_SEPARATOR } from '../event/log_types.ts'
import { microsOf } from '../event/time.ts'
import type { Alert } from './alert.ts'
import { techniqueOf } from './attack.ts'
import { ALERT_TYPE } from './sources.ts'

/** An alert as the event that meta models read: it happens where and when the event happened that raised it. */
export function alertEvent(alert: Alert, device: number, cause: Event): Event {
  const tactics = new Set(alert.techniques.flatMap((id) => techniqueOf(id)?.tactics ?? []))
  const texts = new Map<string, string>([
    ['uid', alert.id],
    ['model', alert.model],
    ['category', alert.model.split('/')[0] ?? ''],
    ['techniques', alert.techniques.join(SET_SEPARATOR)],
    ['tactics', [...tactics].sort().join(SET_SEPARATOR)],
  ])
  const numbers = new Map<string, number>([
    ['ts', microsOf(alert.time)],
    ['score', alert.score],
    ['revision', alert.revision],
  ])
  const entries = [...texts.values()].map((text) => Buffer.from(text, 'utf8'))
  const offsets = new Uint32Array(entries.length + 2)
  entries.forEach((bytes, at) => {
    offsets[at + 2] = offsets[at + 1]! + bytes.length
  })
  const ids = [...texts.keys()]
  const batch: EventBatch = {
    type: ALERT_TYPE,
    rows: 1,
    numbers: ALERT_TYPE.fields.map(({ name }) => Float64Array.of(numbers.get(name) ?? Number.NaN)),
    strings: ALERT_TYPE.fields.map(({ name }) => Uint32Array.of(ids.indexOf(name) + 1)),
    extra: new Uint32Array(1),
    known: Float64Array.of(cause.key),
    keyHigh: Uint32Array.of(Number.parseInt(alert.id.slice(0, 8), 16)),
    keyLow: Uint32Array.of((Number.parseInt(alert.id.slice(8, 16), 16) + alert.revision) >>> 0),
    line: new Uint32Array(1),
    dictionary: new Dictionary(Buffer.concat(entries), offsets, entries.length + 1),
  }
  const event = new Event()
  event.batch = batch
  event.key = cause.key
  event.clock = cause.clock
  event.sequence = cause.sequence
  event.orig = device
  return event
}
