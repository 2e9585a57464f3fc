import type { Micros } from '../../event/time.ts'
import type { Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import { kerberosCipherName, kerberosErrorName } from './kerberos_names.ts'
import type { ProtocolReader } from './protocol.ts'

const AS_REQ = 10
const AS_REP = 11
const TGS_REQ = 12
const TGS_REP = 13
const AP_REQ = 14
const AP_REP = 15
const ERROR = 30
/** Encrypted timestamp, PKINIT, encrypted challenge: RFC 4120, 4556, 6113. */
const PROOFS: ReadonlySet<number> = new Set([2, 14, 15, 16, 17, 138])
/** Requests of one connection that wait for their reply. */
const MOST_PENDING = 64

type RequestType = 'AS' | 'TGS' | 'AP'

interface Request {
  readonly type: RequestType | undefined
  readonly ts: Micros
  readonly packet: number
  client: string | undefined
  service: string | undefined
  cipher: number | undefined
  readonly till: Micros | undefined
  readonly forwardable: boolean | undefined
  readonly renewable: boolean | undefined
  readonly preauthenticated: boolean | undefined
  readonly ciphersOffered: readonly number[]
}

interface Outcome {
  readonly success: boolean
  readonly error?: number | undefined
  readonly errorText?: string | undefined
}

/**
 * Kerberos exchanges (RFC 4120), on ports of their own and inside SMB, HTTP, LDAP and RPC, as Zeek's kerberos log; of a
 * request that nobody answers (a capture cut off, one direction lost) what it asked for is told all the same.
 */
export class KerberosReader implements ProtocolReader {
  readonly protocols = ['kerberos', 'spnego-krb5']
  private readonly pending = new WeakMap<Connection, Request[]>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const messages = dissection.numbers('kerberos.msg_type')
    if (messages.length === 0) return
    if (messages.includes(AS_REQ) || messages.includes(TGS_REQ) || messages[0] === AP_REQ) {
      this.ask(requestOf(messages, dissection, header), connection)
      return
    }
    for (const message of messages) this.reply(message, dissection, connection, header)
  }

  ended(connection: Connection): void {
    for (const request of this.pending.get(connection)?.splice(0) ?? []) this.write(request, undefined, connection)
  }

  private ask(request: Request, connection: Connection): void {
    let pending = this.pending.get(connection)
    if (!pending) {
      pending = []
      this.pending.set(connection, pending)
    }
    if (pending.length >= MOST_PENDING) {
      this.evictions.count('Kerberos requests waiting for a reply')
      this.write(pending.shift()!, undefined, connection)
    }
    pending.push(request)
  }

  private reply(message: number, dissection: Dissection, connection: Connection, header: PacketHeader): void {
    switch (message) {
      case AS_REP:
      case TGS_REP: {
        const request = this.taken(connection, message === AS_REP ? 'AS' : 'TGS') ?? {
          ...unasked(header),
          type: message === AS_REP ? ('AS' as const) : ('TGS' as const),
        }
        const names = principals(dissection)
        const realm = dissection.text('kerberos.crealm') ?? ''
        request.client ??= `${names.clients[0] ?? ''}/${realm}`
        request.service = names.services[0] ?? request.service
        // Before these two come the types that pre-authentication data advertise: the ticket's, then the reply's own.
        const types = dissection.numbers('kerberos.etype')
        request.cipher = types.length >= 2 ? types.at(-2) : types[0]
        this.write(request, { success: true }, connection)
        return
      }
      case AP_REP: {
        const request = this.taken(connection, 'AP')
        if (request) this.write(request, { success: true }, connection)
        return
      }
      case ERROR: {
        const names = principals(dissection)
        const request = this.taken(connection, undefined) ?? unasked(header)
        request.service = names.services[0] ?? request.service
        const error = dissection.number('kerberos.error_code')
        this.write(request, { success: false, error, errorText: dissection.text('kerberos.e_text') }, connection)
        return
      }
    }
  }

  /** The oldest request of that type that still waits. */
  private taken(connection: Connection, type: RequestType | undefined): Request | undefined {
    const pending = this.pending.get(connection)
    if (!pending) return undefined
    const at = pending.findIndex((request) => type === undefined || request.type === type)
    return at < 0 ? undefined : pending.splice(at, 1)[0]
  }

  private write(request: Request, outcome: Outcome | undefined, connection: Connection): void {
    const { cipher } = request
    this.writer.writeOf(connection, 'kerberos', request.ts, request.packet, (row) => {
      row
        .text('request_type', request.type)
        .text('client', request.client)
        .text('service', request.service)
        .number('till', request.till)
        .flag('forwardable', request.forwardable)
        .flag('renewable', request.renewable)
        .flag('preauth', request.preauthenticated)
        .text('cipher', cipher === undefined ? undefined : kerberosCipherName(cipher))
        .set('request_etypes', request.ciphersOffered.map(kerberosCipherName))
      if (!outcome) return
      row.flag('success', outcome.success).number('error_code', outcome.error)
      if (!outcome.success) {
        row.text(
          'error_msg',
          outcome.errorText ?? (outcome.error === undefined ? undefined : kerberosErrorName(outcome.error)),
        )
      }
    })
  }
}

function requestOf(messages: readonly number[], dissection: Dissection, header: PacketHeader): Request {
  const names = principals(dissection)
  const realms = dissection.texts('kerberos.realm')
  const options = {
    till: microsOfTicketTime(dissection.text('kerberos.till')),
    forwardable: flagOf(dissection.number('kerberos.KDCOptions.forwardable')),
    renewable: flagOf(dissection.number('kerberos.KDCOptions.renewable')),
    ciphersOffered: dissection.numbers('kerberos.ENCTYPE'),
  }
  const base = { ...unasked(header), ...options }
  if (messages.includes(AS_REQ)) {
    return {
      ...base,
      type: 'AS',
      client: `${names.clients[0] ?? ''}/${realms[0] ?? ''}`,
      service: names.services[0],
      preauthenticated: dissection.numbers('kerberos.padata_type').some((type) => PROOFS.has(type)),
    }
  }
  if (messages.includes(TGS_REQ)) {
    // The ticket that is shown (an AP-REQ in the pre-authentication data) names its own service before the one asked for.
    return { ...base, type: 'TGS', service: names.services[messages.includes(AP_REQ) ? 1 : 0] ?? names.services[0] }
  }
  return {
    ...unasked(header),
    type: 'AP',
    service: names.services[0],
    cipher: dissection.numbers('kerberos.etype')[0],
  }
}

function unasked(header: PacketHeader): Request {
  return {
    type: undefined,
    ts: header.time,
    packet: header.packet,
    client: undefined,
    service: undefined,
    cipher: undefined,
    till: undefined,
    forwardable: undefined,
    renewable: undefined,
    preauthenticated: undefined,
    ciphersOffered: [],
  }
}

function flagOf(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 1
}

/** Principal names have several components; how many, stands before them. `HTTP`, `web.example` is HTTP/web.example. */
function principals(dissection: Dissection): { clients: readonly string[]; services: readonly string[] } {
  return {
    clients: joined(dissection.numbers('kerberos.cname_string'), dissection.texts('kerberos.CNameString')),
    services: joined(dissection.numbers('kerberos.sname_string'), dissection.texts('kerberos.SNameString')),
  }
}

function joined(counts: readonly number[], components: readonly string[]): readonly string[] {
  const cursor = new Cursor(components)
  return counts.map((count) => cursor.take(count).join('/'))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** tshark's `Sep 13, 2037 02:48:05.000000000 UTC`; undefined when it is anything else. */
function microsOfTicketTime(text: string | undefined): Micros | undefined {
  const found = /^([A-Z][a-z]{2}) +(\d{1,2}), (\d{4}) (\d{2}):(\d{2}):(\d{2})/.exec(text ?? '')
  if (!found) return undefined
  const [, month, day, year, hour, minute, second] = found
  const millis = Date.UTC(
    Number(year),
    MONTHS.indexOf(month ?? ''),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  return Number.isNaN(millis) ? undefined : millis * 1000
}
