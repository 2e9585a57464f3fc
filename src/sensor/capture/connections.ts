import { MINUTE, type Micros } from '../../event/time.ts'
import type { Evictions } from './bounded_map.ts'
import { Connection, type PacketHeader } from './connection.ts'
import { Deadlines } from './deadlines.ts'
import type { EventWriter } from './events.ts'
import { isServerPort } from './services.ts'
import { TcpState } from './tcp_state.ts'

/** Connections held open at a time; each costs under 2 KB. */
const MOST_CONNECTIONS = 200_000
const QUIET_UDP: Micros = MINUTE
const QUIET_ICMP: Micros = MINUTE
const IP_PROTOCOL = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const
const SYN = 2
const ACK = 16

/** What an ICMP type is answered with, both ways; the rest goes one way. RFC 792, 1256, 4443, 4861, 2710. */
const ICMP_ANSWERS: ReadonlyMap<number, number> = bothWays([
  [8, 0],
  [10, 9],
  [13, 14],
  [15, 16],
  [17, 18],
])
const ICMPV6_ANSWERS: ReadonlyMap<number, number> = bothWays([
  [128, 129],
  [130, 131],
  [133, 134],
  [135, 136],
  [139, 140],
  [144, 145],
])

function bothWays(pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]))
}

/**
 * Zeek's ports of an ICMP flow: the type, and the type it is answered with, or the code of one that has no answer.
 */
export function icmpPorts(
  transport: 'icmp' | 'icmpv6',
  type: number,
  code: number,
): { readonly port: number; readonly peerPort: number; readonly oneWay: boolean } {
  const answer = (transport === 'icmp' ? ICMP_ANSWERS : ICMPV6_ANSWERS).get(type)
  return { port: type, peerPort: answer ?? code, oneWay: answer === undefined }
}

/** The same for both directions, except for ICMP that has no answer. */
function keyOf(header: PacketHeader): string {
  const from = `${header.source} ${header.sourcePort}`
  const to = `${header.destination} ${header.destinationPort}`
  const { transport } = header
  const oneWay =
    (transport === 'icmp' || transport === 'icmpv6') &&
    !(transport === 'icmp' ? ICMP_ANSWERS : ICMPV6_ANSWERS).has(header.sourcePort)
  return oneWay || from < to ? `${transport} ${from} ${to}` : `${transport} ${to} ${from}`
}

/**
 * The connections that are open, and Zeek's conn log of those that are over: ended, silent for too long, pushed out by
 * newer ones, or cut off by the end of the capture.
 */
export class ConnectionTable {
  private readonly open = new Map<string, Connection>()
  private readonly tcp = new WeakMap<Connection, TcpState>()
  /** Connections by the moment at which their time may be up. */
  private readonly deadlines = new Deadlines<Connection>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions
  private readonly ended: (connection: Connection) => void
  private readonly limit: number

  /** @param ended called before a connection is logged, so that what it still owes comes first */
  constructor(
    writer: EventWriter,
    evictions: Evictions,
    ended: (connection: Connection) => void,
    limit = MOST_CONNECTIONS,
  ) {
    this.writer = writer
    this.evictions = evictions
    this.ended = ended
    this.limit = limit
  }

  /** The connection that the packet belongs to, with the packet counted. */
  see(header: PacketHeader): Connection {
    const key = keyOf(header)
    let connection = this.open.get(key)
    if (connection && this.tcp.get(connection)?.isReuse(header)) {
      this.end(connection)
      connection = undefined
    }
    if (!connection) connection = this.begin(key, header)
    const tcp = this.tcp.get(connection)
    if (tcp) {
      tcp.packet(header)
      // An end makes it due sooner; anything else only later, which is found out when it is looked at.
      if (tcp.deadline < connection.wakeAt) this.schedule(connection)
    } else connection.sawAt(header.time)
    const fromOriginator = connection.isFromOriginator(header)
    const end = fromOriginator ? connection.originator : connection.responder
    end.packets++
    end.ipBytes += header.ipBytes
    if (!tcp) end.payload = Math.max(0, end.payload) + header.payload
    if (header.transport === 'udp') connection.checkHistory(fromOriginator, 1, 'D')
    return connection
  }

  /**
   * Ends what has been silent for too long by now, each at its own moment and in that order: a sensor on a network that
   * has gone quiet would have said it then, not with the next packet.
   */
  advance(now: Micros): void {
    for (;;) {
      const due = this.deadlines.takeDue(now)
      if (!due) return
      const { at, item: connection } = due
      // Scheduled anew since.
      if (connection.ended || connection.wakeAt !== at) continue
      if (this.deadline(connection) > at) {
        this.schedule(connection)
        continue
      }
      this.writer.clock = Math.max(this.writer.clock, at)
      this.end(connection)
    }
  }

  /** The capture is over: what is still open is told as it stands. */
  finish(): void {
    for (const connection of [...this.open.values()]) this.end(connection)
  }

  private begin(key: string, header: PacketHeader): Connection {
    if (this.open.size >= this.limit) {
      for (const oldest of this.open.values()) {
        this.evictions.count('connections')
        this.end(oldest)
        break
      }
    }
    const connection = new Connection(key, header)
    this.open.set(key, connection)
    if (header.transport === 'tcp') {
      const tcp = new TcpState(connection)
      this.tcp.set(connection, tcp)
      if (beganWithResponder(header)) tcp.flip()
    } else if (
      header.transport === 'udp' &&
      isServerPort('udp', header.sourcePort) &&
      !isServerPort('udp', header.destinationPort)
    ) {
      connection.flip()
    }
    this.schedule(connection)
    return connection
  }

  private deadline(connection: Connection): Micros {
    const tcp = this.tcp.get(connection)
    if (tcp) return tcp.deadline
    return connection.lastTime + (connection.transport === 'udp' ? QUIET_UDP : QUIET_ICMP)
  }

  private schedule(connection: Connection): void {
    connection.wakeAt = this.deadline(connection)
    this.deadlines.add(connection.wakeAt, connection)
  }

  private end(connection: Connection): void {
    connection.ended = true
    this.open.delete(connection.key)
    this.ended(connection)
    const tcp = this.tcp.get(connection)
    const { originator, responder, transport, vlans } = connection
    const duration = connection.lastTime - connection.start
    this.writer.writeOf(connection, 'conn', connection.start, connection.firstPacket, (row) => {
      row
        .text('proto', transport === 'icmpv6' ? 'icmp' : transport)
        .text('service', [...connection.services].sort().join(','))
        .text('conn_state', tcp ? tcp.state : stateOf(connection))
        .number('missed_bytes', connection.missedBytes)
        .text('history', connection.history)
        .number('orig_pkts', originator.packets)
        .number('orig_ip_bytes', originator.ipBytes)
        .number('resp_pkts', responder.packets)
        .number('resp_ip_bytes', responder.ipBytes)
        .number('ip_proto', IP_PROTOCOL[transport])
        .text('orig_l2_addr', originator.mac)
        .text('resp_l2_addr', responder.mac)
        .number('vlan', vlans[0] === undefined ? undefined : Number(vlans[0]))
        .number('inner_vlan', vlans[1] === undefined ? undefined : Number(vlans[1]))
      if (duration <= 0) return
      row
        .number('duration', duration)
        .number('orig_bytes', tcp ? tcp.originatorBytes : Math.max(0, originator.payload))
        .number('resp_bytes', tcp ? tcp.responderBytes : Math.max(0, responder.payload))
    })
  }
}

function stateOf(connection: Connection): string {
  if (connection.transport !== 'udp') return 'OTH'
  const { originator, responder } = connection
  if (originator.packets > 0) return responder.packets > 0 ? 'SF' : 'S0'
  return responder.packets > 0 ? 'SHR' : 'OTH'
}

/**
 * Zeek's guess for a connection whose SYN was not seen: the side with the port that servers listen on is the responder;
 * where both have one, the lower. A SYN-ACK between two such ports may be a stealth scan's, so it stays its sender's.
 */
function beganWithResponder(header: PacketHeader): boolean {
  const { flags, sourcePort, destinationPort } = header
  if ((flags & SYN) !== 0 && (flags & ACK) === 0) return false
  if (!isServerPort('tcp', sourcePort)) return false
  if (!isServerPort('tcp', destinationPort)) return true
  return (flags & SYN) === 0 && sourcePort < destinationPort
}
