import { DAY, type Micros } from '../../event/time.ts'
import type { ReadReport } from '../sensor.ts'
import { Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { ConnectionTable, icmpPorts } from './connections.ts'
import { DceRpcReader } from './dce_rpc.ts'
import { DhcpReader } from './dhcp.ts'
import { Dissection, microsOfEpochText } from './dissection.ts'
import { DnsReader } from './dns.ts'
import { EventWriter } from './events.ts'
import { HttpReader } from './http.ts'
import { Dnp3Reader, ModbusReader } from './industrial.ts'
import { KerberosReader } from './kerberos.ts'
import { LdapReader } from './ldap.ts'
import { NtlmReader } from './ntlm.ts'
import type { ProtocolReader } from './protocol.ts'
import { RdpReader } from './rdp.ts'
import { noteServices } from './services.ts'
import { Smb1Reader } from './smb1.ts'
import { Smb2Reader } from './smb2.ts'
import { SshReader } from './ssh.ts'
import { TlsReader } from './tls.ts'

/** A time so far off is believed when so many packets in a row agree: a clock was set, or days lie between. */
const CLOCK_JUMP: Micros = DAY
const AGREEING_PACKETS = 100

interface TimedPacket {
  readonly dissection: Dissection
  readonly number: number
  readonly time: Micros
}

/** Turns dissected packets, in their order, into events. */
export class Trace {
  readonly writer: EventWriter
  private readonly connections: ConnectionTable
  private readonly evictions = new Evictions()
  private readonly readers: readonly ProtocolReader[]
  private readonly readersOf = new Map<string, readonly ProtocolReader[]>()
  private readonly report: ReadReport
  private started = false
  /** Packets whose times are far off, until it is clear whether to believe them. */
  private held: TimedPacket[] = []
  private absurdTimes = 0

  constructor(report: ReadReport) {
    this.report = report
    const writer = new EventWriter(report)
    const { evictions } = this
    this.writer = writer
    const rpc = new DceRpcReader(writer, evictions)
    // In the order in which one packet's events are told; a reader is a file beside this one.
    this.readers = [
      new DnsReader(writer, evictions),
      new DhcpReader(writer, evictions),
      new HttpReader(writer, evictions),
      new TlsReader(writer),
      new SshReader(writer),
      new RdpReader(writer),
      new KerberosReader(writer, evictions),
      new LdapReader(writer, evictions),
      new Smb2Reader(writer, rpc, evictions),
      new Smb1Reader(writer, rpc, evictions),
      rpc,
      new NtlmReader(writer, evictions),
      new ModbusReader(writer),
      new Dnp3Reader(writer, evictions),
    ]
    for (const reader of this.readers) {
      for (const protocol of reader.protocols) {
        this.readersOf.set(protocol, [...(this.readersOf.get(protocol) ?? []), reader])
      }
    }
    this.connections = new ConnectionTable(writer, evictions, (connection) => this.endProtocols(connection))
  }

  /**
   * @param line        one line of tshark's output
   * @param packetsBefore to be added to the packet number that it names
   */
  packet(line: string, packetsBefore: number): void {
    const dissection = new Dissection(line)
    const number = packetsBefore + (dissection.number('frame.number') ?? 0)
    const time = microsOfEpochText(dissection.text('frame.time_epoch') ?? '')
    if (Number.isNaN(time)) {
      this.report.reject('malformed-packet', number, {
        field: 'frame.time_epoch',
        value: line.slice(0, 40),
        expected: 'a time in seconds',
      })
      return
    }
    const packet = { dissection, number, time }
    if (this.started && Math.abs(time - this.writer.clock) > CLOCK_JUMP) {
      this.held.push(packet)
      if (this.held.length === AGREEING_PACKETS) this.believe()
      return
    }
    if (this.held.length > 0) this.disbelieve()
    this.tick(time)
    this.read(packet)
  }

  /** The capture is over. */
  finish(): void {
    if (this.held.length > 0) this.believe()
    this.connections.finish()
    for (const reader of this.readers) reader.finish?.()
    if (this.absurdTimes > 0) {
      this.report.note(
        `${this.absurdTimes} packets have times more than a day away from their neighbours; they were given their neighbours' time`,
      )
    }
    for (const note of this.evictions.notes()) this.report.note(note)
  }

  /** The times that were held are those of the network now. */
  private believe(): void {
    const { held } = this
    this.held = []
    this.report.note(`the capture's clock jumps by more than a day before packet ${held[0]!.number}`)
    // What was open in the old time cannot go on in one that lies before it.
    if (held[0]!.time < this.writer.clock) {
      this.connections.finish()
      this.started = false
    }
    for (const packet of held) {
      this.tick(packet.time)
      this.read(packet)
    }
  }

  /** The packets after them went on as before: their times were wrong, not the network's. */
  private disbelieve(): void {
    this.absurdTimes += this.held.length
    for (const packet of this.held.splice(0)) this.read({ ...packet, time: this.writer.clock })
  }

  private read({ dissection, number, time }: TimedPacket): void {
    const malformed = dissection.text('_ws.malformed')
    if (malformed !== undefined) {
      // Its addresses and sizes still count; what stands behind the broken place does not.
      this.report.reject('malformed-packet', number, {
        value: malformed,
        expected: 'a packet as its protocol defines it',
      })
    }
    const header = headerOf(dissection, number, time)
    if (!header) return
    const connection = this.connections.see(header)
    const { applications } = dissection.layers
    if (applications.size === 0) return
    noteServices(connection, dissection.layers)
    this.protocols(dissection, connection, header)
  }

  private protocols(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const called = new Set<ProtocolReader>()
    for (const protocol of dissection.layers.applications) {
      for (const reader of this.readersOf.get(protocol) ?? []) called.add(reader)
    }
    for (const reader of this.readers) if (called.has(reader)) reader.packet(dissection, connection, header)
  }

  private endProtocols(connection: Connection): void {
    for (const reader of this.readers) reader.ended?.(connection)
  }

  /** Moves the clock on, never back, and tells what was due in between. */
  private tick(time: Micros): void {
    const { writer } = this
    const before = this.started ? writer.clock : time
    this.started = true
    const now = Math.max(before, time)
    writer.clock = before
    this.connections.advance(now)
    for (const reader of this.readers) {
      writer.clock = before
      reader.advance?.(now)
    }
    writer.clock = now
  }
}

/** The headers that make a packet part of a connection; undefined for one that belongs to none (ARP, a fragment). */
function headerOf(dissection: Dissection, packet: number, time: Micros): PacketHeader | undefined {
  const { layers } = dissection
  const { transport, transportIndex, family, familyIndex } = layers
  if (transport === undefined || familyIndex < 0) return undefined
  const v6 = family === 'ipv6'
  const source = dissection.all(v6 ? 'ipv6.src' : 'ip.src')[familyIndex]
  const destination = dissection.all(v6 ? 'ipv6.dst' : 'ip.dst')[familyIndex]
  if (source === undefined || destination === undefined) return undefined
  const length = dissection.numbers(v6 ? 'ipv6.plen' : 'ip.len')[familyIndex] ?? 0
  const base = {
    packet,
    time,
    transport,
    layers,
    source,
    destination,
    sourceMac: dissection.text('eth.src'),
    destinationMac: dissection.text('eth.dst'),
    vlans: dissection.all('vlan.id'),
    // Segments that the network card was to cut have no length of their own.
    ipBytes: length === 0 ? (dissection.number('frame.len') ?? 0) : v6 ? length + 40 : length,
    flags: 0,
    sequence: 0,
    acknowledgement: 0,
    window: 1,
  }
  const nth = (field: Parameters<Dissection['numbers']>[0]): number => dissection.numbers(field)[transportIndex] ?? 0
  switch (transport) {
    case 'tcp':
      return {
        ...base,
        sourcePort: nth('tcp.srcport'),
        destinationPort: nth('tcp.dstport'),
        payload: nth('tcp.len'),
        flags: nth('tcp.flags'),
        sequence: nth('tcp.seq_raw'),
        acknowledgement: nth('tcp.ack_raw'),
        window: nth('tcp.window_size_value'),
      }
    case 'udp':
      return {
        ...base,
        sourcePort: nth('udp.srcport'),
        destinationPort: nth('udp.dstport'),
        payload: Math.max(0, nth('udp.length') - 8),
      }
    case 'icmp':
    case 'icmpv6': {
      const { port, peerPort } = icmpPorts(transport, nth(`${transport}.type`), nth(`${transport}.code`))
      // Both headers are counted in the IP length: 20 (IPv4, without options) or 40 bytes, and 8.
      const payload = Math.max(0, base.ipBytes - (v6 ? 48 : 28))
      return { ...base, sourcePort: port, destinationPort: peerPort, payload }
    }
  }
}
