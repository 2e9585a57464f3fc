import { type Micros, SECOND } from '../../event/time.ts'
import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import type { Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'

/** Zeek collects the messages of one exchange for so long. */
const EXCHANGE: Micros = 30 * SECOND
const MOST_EXCHANGES = 20_000
const MOST_MESSAGES = 32

/** RFC 2132 section 9.6, and what RFC 3203, 4388, 6926 added. */
const MESSAGE_TYPES: readonly (string | undefined)[] = [
  undefined,
  'DISCOVER',
  'OFFER',
  'REQUEST',
  'DECLINE',
  'ACK',
  'NAK',
  'RELEASE',
  'INFORM',
  'FORCERENEW',
  'LEASEQUERY',
  'LEASEUNASSIGNED',
  'LEASEUNKNOWN',
  'LEASEACTIVE',
]
const NO_ADDRESS = '0.0.0.0'
const SERVER_PORT = 67

interface Exchange {
  readonly ts: Micros
  readonly packet: number
  last: Micros
  readonly uids: Set<string>
  readonly messages: string[]
  readonly senders: string[]
  readonly fields: Map<string, string>
  leaseSeconds: number | undefined
}

/**
 * DHCP exchanges (RFC 2131), as Zeek's dhcp log: the messages of one transaction in one row. Told when the server has
 * said yes or no, or after 30 s.
 */
export class DhcpReader implements ProtocolReader {
  readonly protocols = ['dhcp']
  private readonly exchanges: BoundedMap<string, Exchange>
  private readonly writer: EventWriter

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.exchanges = new BoundedMap(MOST_EXCHANGES, (exchange) => {
      evictions.count('DHCP exchanges')
      this.write(exchange)
    })
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const mac = dissection.text('dhcp.hw.mac_addr')
    const key = `${dissection.text('dhcp.id') ?? ''} ${mac ?? ''}`
    let exchange = this.exchanges.get(key)
    if (!exchange) {
      exchange = {
        ts: header.time,
        packet: header.packet,
        last: header.time,
        uids: new Set(),
        messages: [],
        senders: [],
        fields: new Map(),
        leaseSeconds: undefined,
      }
      this.exchanges.set(key, exchange)
    }
    exchange.last = header.time
    const code = dissection.number('dhcp.option.dhcp')
    const message = code === undefined ? undefined : (MESSAGE_TYPES[code] ?? `unknown-${code}`)
    if (exchange.messages.length < MOST_MESSAGES) {
      exchange.uids.add(connection.uid)
      if (message !== undefined) exchange.messages.push(message)
      exchange.senders.push(header.source)
    }
    if (header.sourcePort === SERVER_PORT) fromServer(exchange, dissection, header)
    else fromClient(exchange, dissection, header)
    if (mac !== undefined) exchange.fields.set('mac', mac)
    if (message === 'ACK' || message === 'NAK' || message === 'RELEASE' || message === 'DECLINE') {
      this.exchanges.delete(key)
      this.write(exchange)
    }
  }

  advance(now: Micros): void {
    for (const [key, exchange] of this.exchanges) {
      const due = exchange.ts + EXCHANGE
      if (due > now) break
      this.exchanges.delete(key)
      this.writer.clock = Math.max(this.writer.clock, due)
      this.write(exchange)
    }
  }

  finish(): void {
    for (const exchange of this.exchanges.values()) this.write(exchange)
    this.exchanges.clear()
  }

  private write(exchange: Exchange): void {
    this.writer.write('dhcp', exchange.packet, (row) => {
      row
        .number('ts', exchange.ts)
        .set('uids', [...exchange.uids])
        .set('msg_types', exchange.messages)
        .set('msg_orig', exchange.senders)
        .number('duration', exchange.last - exchange.ts)
        .number('lease_time', exchange.leaseSeconds === undefined ? undefined : exchange.leaseSeconds * SECOND)
      for (const [field, value] of exchange.fields) row.text(field, value)
    })
  }
}

function note(exchange: Exchange, field: string, value: string | undefined): void {
  if (value !== undefined && value !== '' && value !== NO_ADDRESS) exchange.fields.set(field, value)
}

function fromServer(exchange: Exchange, dissection: Dissection, header: PacketHeader): void {
  note(exchange, 'server_addr', dissection.text('dhcp.option.dhcp_server_id') ?? header.source)
  note(exchange, 'assigned_addr', dissection.text('dhcp.ip.your'))
  note(exchange, 'domain', dissection.text('dhcp.option.domain_name'))
  exchange.leaseSeconds = dissection.number('dhcp.option.ip_address_lease_time') ?? exchange.leaseSeconds
  note(exchange, 'client_addr', dissection.text('dhcp.ip.your') ?? dissection.text('dhcp.ip.client'))
}

function fromClient(exchange: Exchange, dissection: Dissection, header: PacketHeader): void {
  note(exchange, 'client_addr', header.source)
  note(exchange, 'client_addr', dissection.text('dhcp.ip.client'))
  note(exchange, 'requested_addr', dissection.text('dhcp.option.requested_ip_address'))
  note(exchange, 'host_name', dissection.text('dhcp.option.hostname'))
  note(exchange, 'client_fqdn', dissection.text('dhcp.fqdn.name'))
  note(exchange, 'vendor_class', dissection.text('dhcp.option.vendor_class_id'))
}
