import { Dictionary, type EventBatch } from '../event/batch.ts'
import { Event } from '../event/event.ts'
import { idOf } from '../event/id.ts'
import { SET_SEPARATOR } from '../event/log_types.ts'
import { type EpochSeconds, microsOf } from '../event/time.ts'
import { techniqueOf } from './attack.ts'
import { ALERT_TYPE } from './sources.ts'

/** What meta models read of an alert: of one that several models add to, what one of them said. */
export interface Told {
  readonly alert: string
  readonly time: EpochSeconds
  readonly model: string
  readonly score: number
  readonly revision: number
  readonly techniques: readonly string[]
  /** What was done; the same for all alerts that see it (`Acts`). */
  readonly act: string
}

/** An alert as the event that meta models read: it happens where and when the event happened that raised it. */
export function alertEvent(told: Told, device: number, cause: Event): Event {
  const tactics = new Set(told.techniques.flatMap((id) => techniqueOf(id)?.tactics ?? []))
  const texts = new Map<string, string>([
    ['uid', told.alert],
    ['model', told.model],
    ['category', told.model.split('/')[0] ?? ''],
    ['techniques', told.techniques.join(SET_SEPARATOR)],
    ['tactics', [...tactics].sort().join(SET_SEPARATOR)],
    ['act', told.act],
  ])
  const numbers = new Map<string, number>([
    ['ts', microsOf(told.time)],
    ['score', told.score],
    ['revision', told.revision],
  ])
  const entries = [...texts.values()].map((text) => Buffer.from(text, 'utf8'))
  const offsets = new Uint32Array(entries.length + 2)
  entries.forEach((bytes, at) => {
    offsets[at + 2] = offsets[at + 1]! + bytes.length
  })
  const ids = [...texts.keys()]
  const key = idOf('told', told.alert, told.model, told.revision)
  const batch: EventBatch = {
    type: ALERT_TYPE,
    rows: 1,
    numbers: ALERT_TYPE.fields.map(({ name }) => Float64Array.of(numbers.get(name) ?? Number.NaN)),
    strings: ALERT_TYPE.fields.map(({ name }) => Uint32Array.of(ids.indexOf(name) + 1)),
    extra: new Uint32Array(1),
    known: Float64Array.of(cause.key),
    keyHigh: Uint32Array.of(Number.parseInt(key.slice(0, 8), 16)),
    keyLow: Uint32Array.of(Number.parseInt(key.slice(8, 16), 16)),
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
