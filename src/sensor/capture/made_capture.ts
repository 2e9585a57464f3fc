import type { EventBatch } from '../../event/batch.ts'
import { SET_SEPARATOR } from '../../event/log_types.ts'
import type { Micros } from '../../event/time.ts'
import { capture } from '../capture.ts'
import { ReadReport, type SourceFile } from '../sensor.ts'
import { AGGREGATOR } from './tshark.ts'
import { TSHARK_FIELDS, type TsharkField } from './tshark_fields.ts'

/** For tests: captures made packet by packet, and events read back as plain objects. */

export interface MadePacket {
  readonly time: Micros
  readonly bytes: Buffer
}

/** A pcap file of Ethernet frames. */
export function pcapOf(packets: readonly MadePacket[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(1, 20)
  const records = packets.map(({ time, bytes }) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(Math.floor(time / 1_000_000), 0)
    record.writeUInt32LE(time % 1_000_000, 4)
    record.writeUInt32LE(bytes.length, 8)
    record.writeUInt32LE(bytes.length, 12)
    return Buffer.concat([record, bytes])
  })
  return Buffer.concat([header, ...records])
}

interface Link {
  readonly vlan?: number
}

/** Wraps an IP payload for `10.0.0.1`-like or `2001:db8::1`-like addresses (full form for IPv6). */
export function frameOf(
  source: string,
  destination: string,
  protocol: number,
  payload: Buffer,
  { vlan }: Link = {},
): Buffer {
  const v6 = source.includes(':')
  const ethernet = Buffer.from('020000000002020000000001', 'hex')
  const type = Buffer.from(v6 ? '86dd' : '0800', 'hex')
  const tag = Buffer.alloc(4)
  tag.writeUInt16BE(0x8100, 0)
  tag.writeUInt16BE(vlan ?? 0, 2)
  return Buffer.concat([
    ethernet,
    ...(vlan === undefined ? [] : [tag]),
    type,
    v6 ? ipv6Header(source, destination, protocol, payload.length) : ipv4Header(source, destination, protocol, payload),
    payload,
  ])
}

function ipv4Header(source: string, destination: string, protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE(20 + payload.length, 2)
  header[8] = 64
  header[9] = protocol
  source.split('.').forEach((part, index) => {
    header[12 + index] = Number(part)
  })
  destination.split('.').forEach((part, index) => {
    header[16 + index] = Number(part)
  })
  return header
}

function ipv6Header(source: string, destination: string, protocol: number, length: number): Buffer {
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(length, 4)
  header[6] = protocol
  header[7] = 64
  const write = (address: string, at: number): void => {
    address.split(':').forEach((part, index) => {
      header.writeUInt16BE(Number.parseInt(part, 16), at + 2 * index)
    })
  }
  write(source, 8)
  write(destination, 24)
  return header
}

export function udpOf(sourcePort: number, destinationPort: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(sourcePort, 0)
  header.writeUInt16BE(destinationPort, 2)
  header.writeUInt16BE(8 + payload.length, 4)
  return Buffer.concat([header, payload])
}

export function tcpOf(
  sourcePort: number,
  destinationPort: number,
  flags: number,
  sequence: number,
  acknowledgement: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(sourcePort, 0)
  header.writeUInt16BE(destinationPort, 2)
  header.writeUInt32BE(sequence, 4)
  header.writeUInt32BE(acknowledgement, 8)
  header[12] = 0x50
  header[13] = flags
  header.writeUInt16BE(1024, 14)
  return Buffer.concat([header, payload])
}

/** A file that stands nowhere, in chunks of that size. */
export function memoryFile(bytes: Buffer, chunkBytes = 65_536, failure?: Error): SourceFile {
  return {
    path: '/nowhere/made.pcap',
    shown: 'made.pcap',
    bytes: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
      if (failure) throw failure
    },
  }
}

/** A line of tshark's output, from the fields that are not empty. */
export function lineOf(fields: Partial<Record<TsharkField, string | readonly string[]>>): string {
  return TSHARK_FIELDS.map((field) => {
    const value = fields[field] ?? ''
    const values = typeof value === 'string' ? [value] : value
    return values.map((text) => Buffer.from(text, 'utf8').toString('latin1')).join(AGGREGATOR)
  }).join('\t')
}

export type PlainEvent = Record<string, string | number | readonly string[]>

/** An event a row, with its log's name as `_log`; only what is set. */
export function plainEvents(batch: EventBatch): PlainEvent[] {
  return Array.from({ length: batch.rows }, (_, row) => {
    const event: PlainEvent = { _log: batch.type.name, _line: batch.line[row]!, _known: batch.known[row]! }
    for (const field of batch.type.fields) {
      if (field.numeric) {
        const value = batch.numbers[field.slot]![row]!
        if (!Number.isNaN(value)) event[field.name] = value
        continue
      }
      const id = batch.strings[field.slot]![row]!
      if (id === 0) continue
      const text = batch.dictionary.text(id)
      event[field.name] = field.kind === 'set' || field.kind === 'numbers' ? text.split(SET_SEPARATOR) : text
    }
    return event
  })
}

export async function eventsOf(
  file: SourceFile,
  report = new ReadReport(file.shown),
): Promise<{ events: PlainEvent[]; report: ReadReport }> {
  const events: PlainEvent[] = []
  for await (const batch of capture.read(file, report)) events.push(...plainEvents(batch))
  return { events, report }
}
