import { type EventBatch, textAt } from '../event/batch.ts'
import { type LogType, SET_SEPARATOR } from '../event/log_types.ts'

/** Who takes part in the records of a log type: slots of the originator's and responder's addresses, −1 where there is none. */
export interface Participants {
  readonly orig: number
  readonly resp: number
  /** The record proves that the originator spoke, so it is there. (A notice may name anybody.) */
  readonly origSpoke: boolean
}

/** Logs that name their devices otherwise than by the connection's four-tuple. */
const OTHERS: Readonly<Record<string, { orig?: string; resp?: string; origSpoke: boolean }>> = {
  software: { orig: 'host', origSpoke: true },
  known_hosts: { orig: 'host', origSpoke: true },
  known_certs: { resp: 'host', origSpoke: false },
  known_services: { resp: 'host', origSpoke: false },
  known_modbus: { resp: 'host', origSpoke: false },
  dhcp: { origSpoke: false },
  arp: { orig: 'orig_h', resp: 'resp_h', origSpoke: true },
}
/** They tell of oddities, often of packets that nobody meant: no proof that their source is there. */
const HEARSAY: ReadonlySet<string> = new Set(['weird', 'notice', 'suricata_alert', 'dpd', 'analyzer'])

export function participantsOf(type: LogType): Participants {
  const other = OTHERS[type.name]
  const at = (name: string | undefined): number => (name === undefined ? -1 : (type.slots.get(name) ?? -1))
  if (other) return { orig: at(other.orig), resp: at(other.resp), origSpoke: other.origSpoke }
  const origSpoke = type.known && !HEARSAY.has(type.name)
  return { orig: at('id.orig_h'), resp: at('id.resp_h'), origSpoke }
}

/**
 * For records that name hosts by who sent and who received (files.log before Zeek 6): the sender is the originator unless
 * `is_orig` says F.
 * @returns originator and responder in text, '' where unknown
 */
export function fileHosts(batch: EventBatch, row: number): readonly [orig: string, resp: string] {
  const { slots } = batch.type
  const first = (name: string): string => {
    const slot = slots.get(name)
    return slot === undefined ? '' : textAt(batch, slot, row).split(SET_SEPARATOR)[0]!
  }
  const sent = first('tx_hosts')
  const received = first('rx_hosts')
  const isOrig = batch.numbers[slots.get('is_orig')!]![row]
  return isOrig === 0 ? [received, sent] : [sent, received]
}
