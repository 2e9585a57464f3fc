import type { Micros } from '../../event/time.ts'
import type { Connection, PacketHeader } from './connection.ts'
import type { Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'

const COOKIE = /^Cookie: mstshash=/i
const NEGOTIATION_REQUEST = 1
const NEGOTIATION_RESPONSE = 2

/** MS-RDPBCGR section 2.2.1.2.1. */
const SECURITY_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'RDP'],
  [1, 'SSL'],
  [2, 'HYBRID'],
  [4, 'RDSTLS'],
  [8, 'HYBRID_EX'],
])
/** MS-RDPBCGR section 2.2.1.2.2. */
const FAILURES: readonly (string | undefined)[] = [
  undefined,
  'SSL_REQUIRED_BY_SERVER',
  'SSL_NOT_ALLOWED_BY_SERVER',
  'SSL_CERT_NOT_ON_SERVER',
  'INCONSISTENT_FLAGS',
  'HYBRID_REQUIRED_BY_SERVER',
  'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER',
]
/** MS-RDPBCGR section 2.2.1.4.3. */
const ENCRYPTION_METHODS: ReadonlyMap<number, string> = new Map([
  [0, 'None'],
  [1, '40bit'],
  [2, '128bit'],
  [8, '56bit'],
  [16, 'FIPS'],
])
const ENCRYPTION_LEVELS = ['None', 'Low', 'Client compatible', 'High', 'FIPS'] as const

interface Session {
  readonly ts: Micros
  readonly packet: number
  cookie: string | undefined
  result: string | undefined
  security: number | undefined
  clientName: string | undefined
  width: number | undefined
  height: number | undefined
  method: number | undefined
  level: number | undefined
  told: boolean
}

/**
 * The beginning of a Remote Desktop session (MS-RDPBCGR), as Zeek's rdp log: who asked (the cookie), how it is secured.
 * Told when the server has answered for good, or when the connection ends.
 */
export class RdpReader implements ProtocolReader {
  readonly protocols = ['rdp', 't124', 'cotp']
  private readonly sessions = new WeakMap<Connection, Session>()
  private readonly writer: EventWriter

  constructor(writer: EventWriter) {
    this.writer = writer
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const cookie = dissection.text('rdp.rt_cookie')
    const kind = dissection.number('rdp.neg_type')
    const clientName = dissection.text('rdp.client.name')
    let session = this.sessions.get(connection)
    if (!session) {
      if (cookie === undefined && kind === undefined && clientName === undefined) return
      session = {
        ts: header.time,
        packet: header.packet,
        cookie: undefined,
        result: undefined,
        security: undefined,
        clientName: undefined,
        width: undefined,
        height: undefined,
        method: undefined,
        level: undefined,
        told: false,
      }
      this.sessions.set(connection, session)
    }
    if (session.told) return
    // A routing token ("Cookie: msts=…") names a server, not a user.
    if (cookie !== undefined && COOKIE.test(cookie)) session.cookie ??= cookie.replace(COOKIE, '').trim()
    if (kind === NEGOTIATION_RESPONSE) {
      const security = dissection.number('rdp.negReq.selectedProtocol')
      session.security = security
      // From here on TLS hides the rest.
      if (security !== undefined && security !== 0) session.result = 'encrypted'
    } else if (kind !== undefined && kind !== NEGOTIATION_REQUEST) {
      const failure = dissection.number('rdp.negFailure.failureCode') ?? 0
      session.result = FAILURES[failure] ?? `failure_code-${failure}`
    }
    session.clientName ??= clientName
    session.width ??= dissection.number('rdp.desktop.width')
    session.height ??= dissection.number('rdp.desktop.height')
    const level = dissection.number('rdp.encryptionLevel')
    if (level !== undefined) {
      session.level = level
      session.method = dissection.number('rdp.encryptionMethod')
      session.result ??= 'Success'
    }
    if (session.result !== undefined) this.tell(session, connection)
  }

  ended(connection: Connection): void {
    const session = this.sessions.get(connection)
    if (session && !session.told) this.tell(session, connection)
  }

  private tell(session: Session, connection: Connection): void {
    session.told = true
    const { security, method, level } = session
    this.writer.writeOf(connection, 'rdp', session.ts, session.packet, (row) => {
      row
        .text('cookie', session.cookie)
        .text('result', session.result)
        .text('client_name', session.clientName)
        .number('desktop_width', session.width)
        .number('desktop_height', session.height)
      if (security !== undefined)
        row.text('security_protocol', SECURITY_PROTOCOLS.get(security) ?? `unknown-${security}`)
      if (method !== undefined) row.text('encryption_method', ENCRYPTION_METHODS.get(method) ?? `unknown-${method}`)
      if (level !== undefined) row.text('encryption_level', ENCRYPTION_LEVELS[level] ?? `unknown-${level}`)
    })
  }
}
