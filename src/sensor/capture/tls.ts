import type { Micros } from '../../event/time.ts'
import type { Connection, PacketHeader } from './connection.ts'
import type { Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'
import { tlsAlertName, tlsCipherName, tlsVersionName } from './tls_names.ts'

const CLIENT_HELLO = 1
const SERVER_HELLO = 2
const CHANGE_CIPHER_SPEC = 20
const APPLICATION_DATA = 23
/** GREASE (RFC 8701) and drafts are no versions. */
const TLS_13 = 0x0304

interface Handshake {
  readonly ts: Micros
  readonly packet: number
  version: number | undefined
  cipher: number | undefined
  serverName: string | undefined
  nextProtocol: string | undefined
  ja3: string | undefined
  ja3s: string | undefined
  alert: number | undefined
  greeted: boolean
  /** Who has gone over to encryption. */
  readonly encrypting: Set<'originator' | 'responder'>
  told: boolean
}

/**
 * TLS handshakes (RFC 5246, 8446), as Zeek's ssl log: who was asked for, what was agreed on, and whether it came about.
 * Told when both sides encrypt, when it fails, or when the connection ends.
 */
export class TlsReader implements ProtocolReader {
  readonly protocols = ['tls']
  private readonly handshakes = new WeakMap<Connection, Handshake>()
  private readonly writer: EventWriter

  constructor(writer: EventWriter) {
    this.writer = writer
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const messages = dissection.numbers('tls.handshake.type')
    let handshake = this.handshakes.get(connection)
    if (!handshake) {
      if (!messages.includes(CLIENT_HELLO) && !messages.includes(SERVER_HELLO)) return
      handshake = {
        ts: header.time,
        packet: header.packet,
        version: undefined,
        cipher: undefined,
        serverName: undefined,
        nextProtocol: undefined,
        ja3: undefined,
        ja3s: undefined,
        alert: undefined,
        greeted: false,
        encrypting: new Set(),
        told: false,
      }
      this.handshakes.set(connection, handshake)
    }
    if (handshake.told) return
    if (messages.includes(CLIENT_HELLO)) {
      handshake.serverName ??= dissection.text('tls.handshake.extensions_server_name')
      handshake.ja3 ??= dissection.text('tls.handshake.ja3')
    }
    if (messages.includes(SERVER_HELLO)) serverHello(handshake, dissection)
    handshake.alert = dissection.number('tls.alert_message.desc') ?? handshake.alert
    const side = connection.isFromOriginator(header) ? 'originator' : 'responder'
    const records = dissection.numbers('tls.record.content_type')
    if (records.includes(CHANGE_CIPHER_SPEC) || records.includes(APPLICATION_DATA)) handshake.encrypting.add(side)
    const established = handshake.greeted && handshake.encrypting.size === 2
    if (established || handshake.alert !== undefined) this.tell(handshake, connection)
  }

  ended(connection: Connection): void {
    const handshake = this.handshakes.get(connection)
    if (handshake && !handshake.told) this.tell(handshake, connection)
  }

  private tell(handshake: Handshake, connection: Connection): void {
    handshake.told = true
    this.writer.writeOf(connection, 'ssl', handshake.ts, handshake.packet, (row) => {
      row
        .text('version', handshake.version === undefined ? undefined : tlsVersionName(handshake.version))
        .text('cipher', handshake.cipher === undefined ? undefined : tlsCipherName(handshake.cipher))
        .text('server_name', handshake.serverName)
        .text('last_alert', handshake.alert === undefined ? undefined : tlsAlertName(handshake.alert))
        .text('next_protocol', handshake.nextProtocol)
        .flag('established', handshake.greeted && handshake.encrypting.size === 2)
        .text('ja3', handshake.ja3)
        .text('ja3s', handshake.ja3s)
    })
  }
}

function serverHello(handshake: Handshake, dissection: Dissection): void {
  handshake.greeted = true
  handshake.ja3s ??= dissection.text('tls.handshake.ja3s')
  handshake.cipher ??= dissection.number('tls.handshake.ciphersuite')
  handshake.nextProtocol ??= dissection.text('tls.handshake.extensions_alpn_str')
  // TLS 1.3 calls itself 1.2 in the header and says the truth in an extension.
  const chosen = dissection.numbers('tls.handshake.extensions.supported_version').includes(TLS_13)
  handshake.version ??= chosen ? TLS_13 : dissection.number('tls.handshake.version')
}
