import { type Micros, SECOND } from '../../event/time.ts'
import type { Connection, PacketHeader } from './connection.ts'

/**
 * The life of a TCP connection as Zeek sees it: what became of it (`conn_state`), how many bytes each side sent by its
 * sequence numbers, so that a segment sent twice counts once and a lost one is not forgotten, and when it is over.
 * Modelled on Zeek's documented states (base/protocols/conn/main.zeek) and RFC 9293.
 */
type EndState = 'inactive' | 'syn-sent' | 'syn-ack-sent' | 'partial' | 'established' | 'closed' | 'reset'

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

/** An unanswered SYN is an attempt after 5 s; what has ended lingers 5 s; silence of 5 min ends the rest. */
export const TCP_ATTEMPT: Micros = 5 * SECOND
export const TCP_LINGER: Micros = 5 * SECOND
export const TCP_INACTIVITY: Micros = 300 * SECOND

/** A jump of sequence numbers that a SYN or RST is not believed. */
const TOO_LARGE_JUMP = 1_048_576
/** Ranges received ahead of a gap that are remembered. */
const MOST_RANGES = 64

// Bits of the letters an end shows once.
const SHOWN_SYN = 1
const SHOWN_FIN = 2
const SHOWN_RST = 4
const SHOWN_FIN_RST = 8
const SHOWN_DATA = 16
const SHOWN_ACK = 32
const SHOWN_MULTI = 64

/** Sequence numbers are kept relative to the SYN's, or to the one that must have been, and do not wrap. */
class Side {
  state: EndState = 'inactive'
  previous: EndState = 'inactive'
  start = 0
  last = 0
  acknowledged = 0
  fins = 0
  closed = false
  lastSyn = Number.NaN
  lastFin = Number.NaN
  lastRst = Number.NaN
  /** All bytes before this one were seen; ranges beyond it wait for the gap to close. */
  private contiguous = 1
  private ranges: { from: number; to: number }[] = []

  begin(sequence: number, last: number): void {
    this.start = sequence
    this.last = last
    this.acknowledged = 0
    this.contiguous = 1
    this.ranges = []
  }

  /** Unwraps a sequence number, taking it for the one nearest to `near`. */
  relative(sequence: number, near: number): number {
    return near + ((sequence - ((this.start + near) >>> 0)) | 0)
  }

  enter(state: EndState): void {
    if (state === this.state) return
    this.previous = this.state
    this.state = state
  }

  received(from: number, to: number): void {
    if (to <= this.contiguous) return
    this.ranges.push({ from, to })
    this.ranges.sort((a, b) => a.from - b.from)
    this.merge()
    if (this.ranges.length > MOST_RANGES) this.skipTo(this.ranges[0]!.from)
  }

  /** Bytes up to `end` that the peer has acknowledged and nobody has seen here. */
  missingBefore(end: number): number {
    let missed = 0
    while (this.contiguous < end) {
      const next = Math.min(this.ranges[0]?.from ?? end, end)
      missed += next - this.contiguous
      this.skipTo(next)
    }
    return missed
  }

  private skipTo(position: number): void {
    this.contiguous = Math.max(this.contiguous, position)
    this.merge()
  }

  private merge(): void {
    while (this.ranges.length > 0 && this.ranges[0]!.from <= this.contiguous) {
      this.contiguous = Math.max(this.contiguous, this.ranges.shift()!.to)
    }
  }

  /** Bytes of payload, by sequence numbers: neither SYN nor FIN counts. */
  size(peer: Side): number {
    // A RST that answers nothing (a half-open connection found and given up): its numbers say nothing about data.
    if (this.previous === 'syn-sent' && this.state === 'reset' && peer.state === 'inactive' && this.acknowledged > 1) {
      return 0
    }
    let size = Math.max(this.last, this.acknowledged)
    if (size > 0) size--
    if (this.fins > 0 && size > 0) size--
    return size
  }
}

export class TcpState {
  private orig = new Side()
  private resp = new Side()
  private readonly connection: Connection
  private attemptSince: Micros | undefined
  private overSince: Micros | undefined

  constructor(connection: Connection) {
    this.connection = connection
  }

  get originatorBytes(): number {
    return this.orig.size(this.resp)
  }

  get responderBytes(): number {
    return this.resp.size(this.orig)
  }

  /** When it should be ended if nothing more is seen. */
  get deadline(): Micros {
    if (this.overSince !== undefined) return this.overSince + TCP_LINGER
    const attempt = this.attemptSince
    if (attempt !== undefined && isHandshake(this.orig.state) && this.resp.state === 'inactive') {
      return attempt + TCP_ATTEMPT
    }
    return this.connection.lastTime + TCP_INACTIVITY
  }

  flip(): void {
    const { orig, resp } = this
    this.orig = resp
    this.resp = orig
    this.connection.flip()
  }

  /** True when this packet opens another connection with the same addresses and ports. */
  isReuse(header: PacketHeader): boolean {
    if ((header.flags & SYN) === 0) return false
    const opener = (header.flags & ACK) === 0 ? this.orig : this.resp
    if ((header.flags & ACK) !== 0 && this.orig.state !== 'inactive') return false
    if (this.orig.closed && this.resp.closed) return true
    if (header.sequence === opener.start) return false
    return !(
      (header.flags & ACK) === 0 &&
      this.orig.state === 'syn-ack-sent' &&
      this.resp.state === 'inactive' &&
      header.sequence === this.resp.start
    )
  }

  packet(header: PacketHeader): void {
    const { flags, sequence, acknowledgement, payload } = header
    this.flipWhenSynAckCameFirst(header)
    const fromOriginator = this.connection.isFromOriginator(header)
    const side = fromOriginator ? this.orig : this.resp
    const peer = fromOriginator ? this.resp : this.orig
    const rst = (flags & RST) !== 0
    // SYN and FIN take one sequence number each; what a RST carries is no part of the stream.
    const length = ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0) + (rst ? 0 : payload)

    this.begin(side, flags, sequence, length)
    const relative = side.relative(sequence, side.last)
    this.history(side, fromOriginator, flags, relative, payload)
    if (header.window === 0 && !rst && peer.state !== 'closed' && side.state !== 'reset') {
      this.connection.countHistory(fromOriginator, 'W')
    }
    if (!this.orig.closed || !this.resp.closed) this.connection.sawAt(header.time)
    if ((flags & FIN) !== 0) side.fins++
    let acknowledged = 0
    if ((flags & ACK) !== 0) acknowledged = this.acknowledge(peer, acknowledgement, rst)
    this.advance(side, fromOriginator, flags, relative + length, payload)
    this.transition(side, peer, fromOriginator, header)
    if (payload > 0 && !rst) side.received(relative + ((flags & SYN) !== 0 ? 1 : 0), relative + length)
    else if ((flags & FIN) !== 0) side.received(relative, relative + length)
    if (acknowledged > 0 && this.orig.state === 'established' && this.resp.state === 'established') {
      const missed = peer.missingBefore(acknowledged)
      if (missed > 0) {
        this.connection.missedBytes += missed
        this.connection.countHistory(!fromOriginator, 'G')
      }
    }
  }

  /**
   * A connection that began with a SYN-ACK: a stealth scan's originator sends one, and it is answered by RST. As soon as
   * anything productive follows, it was the responder's and the SYN was missed.
   */
  private flipWhenSynAckCameFirst(header: PacketHeader): void {
    if (this.connection.history !== 'H' || (header.flags & (SYN | FIN | RST)) !== 0) return
    if (header.payload === 0 && (header.flags & ACK) === 0) return
    this.flip()
    this.connection.history = '^h'
    this.resp.enter('established')
  }

  private begin(side: Side, flags: number, sequence: number, length: number): void {
    const syn = (flags & SYN) !== 0
    if (side.state === 'inactive') {
      if (syn) side.begin(sequence, length)
      // No SYN was seen: numbered as if there had been one.
      else side.begin((sequence - 1) >>> 0, 1)
      return
    }
    if (!syn) return
    const handshake = side.state === 'syn-sent' || side.state === 'syn-ack-sent'
    const open = side.state === 'established' || side.state === 'partial'
    if ((handshake && sequence !== side.start) || open || (side.state === 'reset' && side.previous === 'inactive')) {
      if (sequence !== side.start || !open) side.begin(sequence, length)
    }
  }

  private history(side: Side, fromOriginator: boolean, flags: number, relative: number, payload: number): void {
    const { connection } = this
    const letter = (code: string): void => connection.addHistory(fromOriginator ? code : code.toLowerCase())
    const bits = (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0) + (flags & RST ? 1 : 0)
    if (bits > 1) {
      if (flags & FIN && flags & RST) connection.checkHistory(fromOriginator, SHOWN_FIN_RST, 'I')
      else connection.checkHistory(fromOriginator, SHOWN_MULTI, 'Q')
    } else if (flags & SYN) {
      const code = flags & ACK ? 'H' : 'S'
      if (connection.checkHistory(fromOriginator, SHOWN_SYN, code) && relative !== side.lastSyn) letter(code)
      side.lastSyn = relative
    } else if (flags & FIN) {
      const end = relative + payload
      if (connection.checkHistory(fromOriginator, SHOWN_FIN, 'F') && end !== side.lastFin) letter('F')
      side.lastFin = end
    } else if (flags & RST) {
      if (connection.checkHistory(fromOriginator, SHOWN_RST, 'R') && relative !== side.lastRst) letter('R')
      side.lastRst = relative
    } else if (payload > 0) connection.checkHistory(fromOriginator, SHOWN_DATA, 'D')
    else if (flags & ACK) connection.checkHistory(fromOriginator, SHOWN_ACK, 'A')
  }

  /** @returns the acknowledged position, or 0 when it is not to be believed */
  private acknowledge(peer: Side, acknowledgement: number, rst: boolean): number {
    if (peer.state === 'inactive') {
      peer.begin((acknowledgement - 1) >>> 0, 0)
      return 0
    }
    const relative = peer.relative(acknowledgement, peer.acknowledged)
    if (relative < 0 || rst) return 0
    if (acknowledgement === 0 && relative - peer.acknowledged > TOO_LARGE_JUMP) return 0
    if (relative > peer.acknowledged) peer.acknowledged = relative
    return relative
  }

  private advance(side: Side, fromOriginator: boolean, flags: number, end: number, payload: number): void {
    const delta = end - side.last
    if ((flags & (SYN | RST)) !== 0 && Math.abs(delta) > TOO_LARGE_JUMP) return
    if ((flags & FIN) !== 0 && side.last === 1) side.last = end
    else if (side.state === 'reset') return
    else if (delta > 0) side.last = end
    else if (payload > 0) this.connection.countHistory(fromOriginator, 'T')
  }

  private transition(side: Side, peer: Side, fromOriginator: boolean, header: PacketHeader): void {
    const { flags, time } = header
    let closes = false
    switch (side.state) {
      case 'inactive':
        closes = this.fromInactive(side, peer, fromOriginator, header)
        break
      case 'syn-sent':
      case 'syn-ack-sent':
        if (flags & FIN) {
          side.enter('closed')
          closes = true
        }
        if (flags & RST) {
          side.enter('reset')
          closes = true
        }
        // It acknowledges an answer that was not recorded. Zeek goes on to call this an attempt without reply (S0); of a
        // capture that has one direction only, that would make a scan of every connection.
        if (fromOriginator && peer.state === 'inactive' && (flags & (SYN | FIN | RST | ACK)) === ACK) {
          side.enter('established')
        }
        break
      case 'established':
      case 'partial':
        if (flags & SYN && side.state === 'partial' && peer.state === 'inactive' && !(flags & ACK)) {
          side.enter('syn-sent')
          this.attemptSince = time
        }
        if (flags & FIN && !(flags & RST)) {
          side.enter('closed')
          // A FIN that was followed by a RST and is now answered by a FIN was an ordinary end.
          if (peer.state === 'reset' && peer.previous === 'closed') peer.enter('closed')
          closes = true
        }
        if (flags & RST) {
          side.enter('reset')
          closes = true
        }
        break
      case 'closed':
        if (flags & RST && peer.state !== 'closed') {
          side.enter('reset')
          closes = !side.closed
          this.overSince ??= time
        }
        break
      case 'reset':
        break
    }
    if (!closes || side.closed) return
    side.closed = true
    if (side.state === 'reset' || peer.closed || peer.state === 'inactive') this.overSince ??= time
  }

  private fromInactive(side: Side, peer: Side, fromOriginator: boolean, header: PacketHeader): boolean {
    const { flags, payload, time } = header
    let closes = false
    if (flags & SYN) {
      if (fromOriginator) {
        side.enter(flags & ACK ? 'syn-ack-sent' : 'syn-sent')
        this.attemptSince = time
      } else {
        if (!(flags & ACK) && peer.state === 'syn-ack-sent' && header.sequence === side.start) {
          // SYN and SYN-ACK were recorded in the wrong order.
          this.flip()
          peer.enter('established')
        }
        if (peer.state === 'syn-sent') peer.enter('established')
        side.enter('established')
      }
    }
    if (flags & FIN) {
      side.enter('closed')
      closes = true
    }
    if (flags & RST) {
      side.enter('reset')
      closes = true
    }
    if (side.state !== 'inactive') return closes
    // Some stacks acknowledge a SYN before they answer it.
    if (!fromOriginator && payload === 0 && this.orig.state === 'syn-sent') return closes
    side.enter(flags & ACK && peer.state === 'established' ? 'established' : 'partial')
    return closes
  }

  /** Zeek's conn_state. */
  get state(): string {
    const orig = this.orig.state
    const resp = this.resp.state
    const origQuiet = orig === 'inactive' || orig === 'partial'
    const respQuiet = resp === 'inactive' || resp === 'partial'
    if (resp === 'reset') {
      const refused = isHandshake(orig) || (orig === 'reset' && this.originatorBytes === 0 && this.responderBytes === 0)
      if (refused) return 'REJ'
      return origQuiet ? 'RSTRH' : 'RSTR'
    }
    if (orig === 'reset') {
      if (!respQuiet) return 'RSTO'
      return /^\^?S[^HAFGIQ]*R/.test(this.connection.history) ? 'RSTOS0' : 'OTH'
    }
    if (resp === 'closed' && orig === 'closed') return 'SF'
    if (orig === 'closed') return respQuiet ? 'SH' : 'S2'
    if (resp === 'closed') return origQuiet ? 'SHR' : 'S3'
    if (orig === 'syn-sent' && resp === 'inactive') return 'S0'
    return orig === 'established' && resp === 'established' ? 'S1' : 'OTH'
  }
}

function isHandshake(state: EndState): boolean {
  return state === 'syn-sent' || state === 'syn-ack-sent'
}
