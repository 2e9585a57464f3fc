import type { Micros } from '../../event/time.ts'
import type { Connection, PacketHeader } from './connection.ts'
import type { Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'

interface Session {
  readonly ts: Micros
  readonly packet: number
  client: string | undefined
  server: string | undefined
  hassh: string | undefined
  hasshServer: string | undefined
  told: boolean
}

/** SSH identification strings (RFC 4253 section 4.2) and HASSH fingerprints, as Zeek's ssh log. */
export class SshReader implements ProtocolReader {
  readonly protocols = ['ssh']
  private readonly sessions = new WeakMap<Connection, Session>()
  private readonly writer: EventWriter

  constructor(writer: EventWriter) {
    this.writer = writer
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    let session = this.sessions.get(connection)
    const banner = dissection.text('ssh.protocol')?.replace(/(\\r|\\n|[\r\n])+$/, '')
    if (!session) {
      if (banner === undefined) return
      session = {
        ts: header.time,
        packet: header.packet,
        client: undefined,
        server: undefined,
        hassh: undefined,
        hasshServer: undefined,
        told: false,
      }
      this.sessions.set(connection, session)
    }
    if (session.told) return
    if (connection.isFromOriginator(header)) session.client ??= banner
    else session.server ??= banner
    session.hassh ??= dissection.text('ssh.kex.hassh')
    session.hasshServer ??= dissection.text('ssh.kex.hasshserver')
    if (session.hassh !== undefined && session.hasshServer !== undefined) this.tell(session, connection)
  }

  ended(connection: Connection): void {
    const session = this.sessions.get(connection)
    if (session && !session.told) this.tell(session, connection)
  }

  private tell(session: Session, connection: Connection): void {
    session.told = true
    const spoken = session.server ?? session.client ?? ''
    this.writer.writeOf(connection, 'ssh', session.ts, session.packet, (row) => {
      row
        // 1.99 is a server that speaks both (RFC 4253 section 5.1).
        .number('version', spoken.startsWith('SSH-1.') && !spoken.startsWith('SSH-1.99') ? 1 : 2)
        .text('client', session.client)
        .text('server', session.server)
        .text('hassh', session.hassh)
        .text('hasshServer', session.hasshServer)
    })
  }
}
