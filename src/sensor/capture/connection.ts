import { createHash } from 'node:crypto'
import type { Micros } from '../../event/time.ts'
import type { Layers, Transport } from './dissection.ts'

/** A packet's network and transport header, reduced to what connections are made of. */
export interface PacketHeader {
  /** Number in the capture, from 1. */
  readonly packet: number
  readonly time: Micros
  readonly transport: Transport
  readonly layers: Layers
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  readonly sourceMac: string | undefined
  readonly destinationMac: string | undefined
  readonly vlans: readonly string[]
  /** Length of the IP packet, its header included. */
  readonly ipBytes: number
  /** Bytes of transport payload, as its header says. */
  readonly payload: number
  /** TCP only; 0 otherwise. */
  readonly flags: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly window: number
}

/** One end of a connection. */
export interface End {
  readonly address: string
  readonly port: number
  mac: string | undefined
  packets: number
  ipBytes: number
  /** UDP and ICMP: payload bytes, or -1 as long as this end has sent nothing. */
  payload: number
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `C` and 17 characters, as Zeek's; a hash of the five-tuple and the time of the first packet, so always the same. */
function uidOf(header: PacketHeader): string {
  const { transport, source, sourcePort, destination, destinationPort, time } = header
  const digest = createHash('sha256')
    .update(JSON.stringify([transport, source, sourcePort, destination, destinationPort, time]))
    .digest()
  let uid = 'C'
  // 17 digits of base 62 are 101 bits; bytes 248 and above are skipped, so that all digits are equally likely.
  for (const byte of digest) {
    if (uid.length === 18) break
    if (byte < 248) uid += BASE62[byte % 62]
  }
  return uid.padEnd(18, '0')
}

/** A conversation between two ends, in one transport protocol. */
export class Connection {
  readonly uid: string
  readonly transport: Transport
  readonly key: string
  readonly start: Micros
  readonly firstPacket: number
  readonly vlans: readonly string[]
  originator: End
  responder: End
  lastTime: Micros
  /** Zeek's history letters. */
  history = ''
  missedBytes = 0
  /** Protocols recognised in it, by Zeek's service names. */
  readonly services = new Set<string>()
  /** When the table looks at it again. */
  wakeAt = 0
  ended = false
  private historySeen = 0
  private originatorHasSeen = new Map<string, number>()

  constructor(key: string, header: PacketHeader) {
    this.key = key
    this.uid = uidOf(header)
    this.transport = header.transport
    this.start = header.time
    this.lastTime = header.time
    this.firstPacket = header.packet
    this.vlans = header.vlans
    const end = (address: string, port: number, mac: string | undefined): End => ({
      address,
      port,
      mac,
      packets: 0,
      ipBytes: 0,
      payload: -1,
    })
    this.originator = end(header.source, header.sourcePort, header.sourceMac)
    this.responder = end(header.destination, header.destinationPort, header.destinationMac)
  }

  isFromOriginator(header: PacketHeader): boolean {
    return header.source === this.originator.address && header.sourcePort === this.originator.port
  }

  /** Packets of several interfaces may stand a little out of order in a capture. */
  sawAt(time: Micros): void {
    if (time > this.lastTime) this.lastTime = time
  }

  /** Swaps the roles when it turns out that the first packet came from the responder. */
  flip(): void {
    const { originator, responder } = this
    this.originator = responder
    this.responder = originator
    // What the ends have shown so far stays theirs.
    this.historySeen = ((this.historySeen & 0xffff) << 16) | (this.historySeen >>> 16)
    const counts = new Map<string, number>()
    for (const [code, count] of this.originatorHasSeen) counts.set(swapCase(code), count)
    this.originatorHasSeen = counts
    this.addHistory('^')
  }

  addHistory(code: string): void {
    if (this.history.length < 64) this.history += code
  }

  /** Adds a letter the first time that this end shows it. @returns true when it had shown it before */
  checkHistory(fromOriginator: boolean, bit: number, code: string): boolean {
    const mask = fromOriginator ? bit : bit << 16
    if ((this.historySeen & mask) !== 0) return true
    this.historySeen |= mask
    this.addHistory(fromOriginator ? code : code.toLowerCase())
    return false
  }

  /** Letters that Zeek repeats at the 1st, 10th, 100th … time: T, W, G. */
  countHistory(fromOriginator: boolean, code: string): void {
    const letter = fromOriginator ? code : code.toLowerCase()
    const count = (this.originatorHasSeen.get(letter) ?? 0) + 1
    this.originatorHasSeen.set(letter, count)
    if (isPowerOfTen(count)) this.addHistory(letter)
  }
}

function isPowerOfTen(count: number): boolean {
  let left = count
  while (left % 10 === 0) left /= 10
  return left === 1
}

function swapCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
}
