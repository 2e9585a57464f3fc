/** Magic numbers of the formats, as they stand in the first four bytes of a file. */
const PCAP_MAGICS: ReadonlyMap<number, { readonly little: boolean; readonly recordHeader: number }> = new Map([
  // Read as a big-endian number: microseconds, nanoseconds, and Kuznetzov's variant with longer record headers.
  [0xa1b2c3d4, { little: false, recordHeader: 16 }],
  [0xd4c3b2a1, { little: true, recordHeader: 16 }],
  [0xa1b23c4d, { little: false, recordHeader: 16 }],
  [0x4d3cb2a1, { little: true, recordHeader: 16 }],
  [0xa1b2cd34, { little: false, recordHeader: 24 }],
  [0x34cdb2a1, { little: true, recordHeader: 24 }],
])
const PCAP_HEADER = 24
const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6
const OBSOLETE_PACKET = 2
const BYTE_ORDER_MAGIC = 0x1a2b3c4d

/** What Wireshark itself takes for the largest packet of a usual link (WTAP_MAX_PACKET_SIZE_STANDARD). */
const LARGEST_PACKET = 262_144
const LARGEST_BLOCK = 16 * 1024 * 1024
/** Interface descriptions repeated before each piece; a file with more of them is read in one piece. */
const LARGEST_PREAMBLE = 1 << 20

/** True when the bytes begin a capture in pcap or pcapng. */
export function looksLikeCapture(head: Uint8Array): boolean {
  if (head.length < 4) return false
  const magic = ((head[0]! << 24) | (head[1]! << 16) | (head[2]! << 8) | head[3]!) >>> 0
  if (PCAP_MAGICS.has(magic)) return true
  if (magic !== SECTION_HEADER) return false
  // A log that begins with line ends is no capture: the byte-order magic must stand where pcapng has it.
  if (head.length < 12) return true
  const order = ((head[8]! << 24) | (head[9]! << 16) | (head[10]! << 8) | head[11]!) >>> 0
  return order === BYTE_ORDER_MAGIC || order === 0x4d3c2b1a
}

type Format =
  | { readonly is: 'unknown' }
  | { readonly is: 'pcap'; readonly little: boolean; readonly recordHeader: number }
  | { readonly is: 'pcapng'; little: boolean }

/** Where the framing of a capture is broken: from here on nothing can be found any more. */
export interface BrokenFraming {
  readonly packet: number
  readonly value: string
  readonly expected: string
}

/**
 * Cuts the bytes of a capture into whole records, so that a capture cut short costs its last packet and no dissector
 * trips over it, and so that a long capture can be given to one dissector after another: tshark's memory grows with what
 * it has read.
 */
export class CaptureCutter {
  /** Whole packets passed so far. */
  packets = 0
  broken: BrokenFraming | undefined
  private format: Format = { is: 'unknown' }
  private rest: Buffer = Buffer.alloc(0)
  /** What a dissector must read before any packet: the file header, or section header and interfaces. */
  private header: Buffer[] = []
  private headerBytes = 0

  /** True when bytes of an unfinished record are left over: the file was cut short. */
  get unfinished(): boolean {
    return this.rest.length > 0 && this.broken === undefined
  }

  /** What comes first in a piece that does not begin the file; undefined when it has grown too long to be repeated. */
  preamble(): Buffer | undefined {
    return this.headerBytes > LARGEST_PREAMBLE ? undefined : Buffer.concat(this.header)
  }

  /** @returns the whole records among the bytes seen so far and not yet returned */
  push(chunk: Uint8Array): Buffer {
    if (this.broken) return Buffer.alloc(0)
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    const end = this.format.is === 'pcapng' || this.isBlock(all) ? this.blocks(all) : this.records(all)
    this.rest = Buffer.from(all.subarray(end))
    return all.subarray(0, end)
  }

  private isBlock(all: Buffer): boolean {
    return this.format.is === 'unknown' && all.length >= 4 && all.readUInt32BE(0) === SECTION_HEADER
  }

  private records(all: Buffer): number {
    let at = 0
    if (this.format.is === 'unknown') {
      if (all.length < PCAP_HEADER) return 0
      const magic = PCAP_MAGICS.get(all.readUInt32BE(0))
      if (!magic) {
        this.broken = { packet: 0, value: all.toString('hex', 0, 4), expected: 'the magic number of pcap or pcapng' }
        return 0
      }
      this.format = { is: 'pcap', ...magic }
      this.keepHeader(all.subarray(0, PCAP_HEADER))
      at = PCAP_HEADER
    }
    if (this.format.is !== 'pcap') return at
    const { little, recordHeader } = this.format
    while (at + recordHeader <= all.length) {
      const length = little ? all.readUInt32LE(at + 8) : all.readUInt32BE(at + 8)
      if (length > LARGEST_PACKET) {
        this.broken = {
          packet: this.packets + 1,
          value: `packet of ${length} bytes`,
          expected: `at most ${LARGEST_PACKET} bytes a packet`,
        }
        return at
      }
      if (at + recordHeader + length > all.length) break
      at += recordHeader + length
      this.packets++
    }
    return at
  }

  private blocks(all: Buffer): number {
    let at = 0
    while (at + 12 <= all.length) {
      const isSection = all.readUInt32BE(at) === SECTION_HEADER
      if (isSection) {
        const order = all.readUInt32BE(at + 8)
        if (order !== BYTE_ORDER_MAGIC && order !== 0x4d3c2b1a) {
          this.break(all, at, 'the byte-order magic of a pcapng section')
          return at
        }
        this.format = { is: 'pcapng', little: order !== BYTE_ORDER_MAGIC }
      }
      if (this.format.is !== 'pcapng') return at
      const { little } = this.format
      const type = little ? all.readUInt32LE(at) : all.readUInt32BE(at)
      const length = little ? all.readUInt32LE(at + 4) : all.readUInt32BE(at + 4)
      if (length < 12 || length % 4 !== 0 || length > LARGEST_BLOCK) {
        this.break(all, at, `a block length between 12 and ${LARGEST_BLOCK}, divisible by 4, not ${length}`)
        return at
      }
      if (at + length > all.length) break
      const trailer = little ? all.readUInt32LE(at + length - 4) : all.readUInt32BE(at + length - 4)
      if (trailer !== length) {
        this.break(all, at, `the block length ${length} repeated at the end of the block, not ${trailer}`)
        return at
      }
      if (isSection) {
        this.header = []
        this.headerBytes = 0
      }
      if (isSection || type === INTERFACE_DESCRIPTION) this.keepHeader(all.subarray(at, at + length))
      else if (type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === OBSOLETE_PACKET) this.packets++
      at += length
    }
    return at
  }

  private break(all: Buffer, at: number, expected: string): void {
    this.broken = { packet: this.packets + 1, value: all.toString('hex', at, at + 8), expected }
  }

  private keepHeader(part: Buffer): void {
    this.headerBytes += part.length
    if (this.headerBytes <= LARGEST_PREAMBLE) this.header.push(Buffer.from(part))
  }
}
