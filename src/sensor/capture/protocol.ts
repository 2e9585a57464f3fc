import type { Micros } from '../../event/time.ts'
import type { Connection, PacketHeader } from './connection.ts'
import type { Dissection } from './dissection.ts'

/** One protocol's share of a capture: one file beside this one, one line in `trace.ts`. */
export interface ProtocolReader {
  /** tshark's names of the protocols whose packets it wants to see. */
  readonly protocols: readonly string[]
  /** A packet of its protocol, on a connection that has counted it. */
  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void
  /** The connection is over: requests that no reply will answer any more are told now. */
  ended?(connection: Connection): void
  /** The capture's clock moves on to `now`; what is due by then is told as of its own moment. */
  advance?(now: Micros): void
  /** The capture is over. */
  finish?(): void
}
