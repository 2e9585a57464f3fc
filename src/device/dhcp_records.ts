import { elementsAt, textAt } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import type { LeaseKind } from './leases.ts'

const type = logType('dhcp')
const MAC = slotOf(type, 'mac')
const CLIENT = slotOf(type, 'client_addr')
const SERVER = slotOf(type, 'server_addr')
const ASSIGNED = slotOf(type, 'assigned_addr')
const LASTS = slotOf(type, 'lease_time')
const MESSAGES = slotOf(type, 'msg_types')
const SERVER_MESSAGE = slotOf(type, 'server_message')
const HOST_NAME = slotOf(type, 'host_name')
const FQDN = slotOf(type, 'client_fqdn')
const VENDOR_CLASS = slotOf(type, 'vendor_class')

/** What a line of dhcp.log says (RFC 2131; Zeek gathers one exchange in a line). */
export interface DhcpRecord {
  readonly mac: string
  /** The address that the client has after the exchange, or ''. */
  readonly address: string
  readonly server: string
  readonly kind: LeaseKind | 'release' | 'none'
  /** µs; NaN when not told. */
  readonly lasts: number
  readonly hostName: string
  readonly vendorClass: string
}

export function readDhcp({ batch, row }: Event): DhcpRecord {
  const text = (slot: number): string => textAt(batch, slot, row)
  const messages = elementsAt(batch, MESSAGES, row)
  const assigned = text(ASSIGNED)
  const client = text(CLIENT)
  const lasts = batch.numbers[LASTS]![row]!
  const base = {
    mac: text(MAC),
    server: text(SERVER),
    lasts,
    hostName: text(FQDN).includes('.') ? text(FQDN) : text(HOST_NAME) || text(FQDN),
    vendorClass: text(VENDOR_CLASS),
  }
  // A line without message types, but with an address and its lease, tells of an acknowledged one (older sensors).
  const acknowledged =
    messages.length > 0
      ? messages.includes('ACK')
      : /^ACK$/i.test(text(SERVER_MESSAGE)) || (assigned !== '' && lasts > 0)
  if (!acknowledged) {
    const gone = messages.includes('RELEASE') && client !== ''
    return { ...base, address: gone ? client : '', kind: gone ? 'release' : 'none' }
  }
  // A client that has an address (ciaddr: renewal, INFORM) is answered at it.
  const address = assigned !== '' ? assigned : client
  return { ...base, address, kind: kindOf(messages, client, address) }
}

function kindOf(messages: readonly string[], client: string, address: string): LeaseKind {
  if (messages.includes('DISCOVER')) return 'new'
  // Zeek fills client_addr from ciaddr, which only a client that uses the address sends.
  return client !== '' && client === address ? 'renewal' : 'reboot'
}
