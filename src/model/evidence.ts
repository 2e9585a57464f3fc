import type { DeviceDirectory } from '../device/directory.ts'
import type { Event } from '../event/event.ts'
import { SET_SEPARATOR } from '../event/log_types.ts'
import { secondsOf } from '../event/time.ts'
import type { EvidenceRecord } from './alert.ts'
import type { Part } from './definition.ts'

/** Lengths of what is kept from the network. */
const LONGEST_FIELD = 300

/** What is kept of an event as evidence: where it is and the fields that the part shows. */
export function evidenceOf(event: Event, part: Part, directory: DeviceDirectory): EvidenceRecord {
  const { log } = part
  const uidSlot = log.slots.get('uid') ?? log.slots.get('fuid') ?? log.slots.get('id') ?? -1
  const uid = uidSlot < 0 ? '' : event.text(uidSlot)
  const fields: Record<string, string | number> = {}
  for (const field of part.show) {
    const value = valueAt(event, field.slot, field.numeric)
    const seconds = field.kind === 'time' || field.kind === 'interval'
    put(fields, field.name, seconds && typeof value === 'number' ? secondsOf(value) : value)
  }
  const { orig, resp, credential } = event
  return {
    log: log.name,
    uid: uid === '' ? event.eventKey : uid.slice(0, LONGEST_FIELD),
    ts: secondsOf(event.ts),
    seq: event.sequence,
    ...(orig >= 0 && { orig: directory.id(orig) }),
    ...(resp >= 0 && { resp: directory.id(resp) }),
    ...(credential >= 0 && { credential: directory.credential(credential).slice(0, LONGEST_FIELD) }),
    fields,
  }
}

function put(fields: Record<string, string | number>, name: string, value: string | number | undefined): void {
  if (value !== undefined) fields[name] = value
}

function valueAt(event: Event, slot: number, numeric: boolean): string | number | undefined {
  if (numeric) {
    const value = event.number(slot)
    return Number.isNaN(value) ? undefined : value
  }
  const text = event.text(slot)
  return text === '' ? undefined : text.replaceAll(SET_SEPARATOR, ', ').slice(0, LONGEST_FIELD)
}
