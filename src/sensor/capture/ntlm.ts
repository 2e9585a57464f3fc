import type { Micros } from '../../event/time.ts'
import type { Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import { ntStatusName, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS } from './nt_status.ts'
import type { ProtocolReader } from './protocol.ts'

const CHALLENGE = 2
const AUTHENTICATE = 3
/** tshark's word for an empty name. */
const EMPTY = 'NULL'
const SMB2_SESSION_SETUP = 1
const SMB1_SESSION_SETUP = 0x73
const LDAP_BIND_RESPONSE = 1
const LDAP_SASL_IN_PROGRESS = 14
const RPC_RESPONSE = 2
const RPC_FAULT = 3
const RPC_BIND_ACK = 12
const RPC_BIND_NAK = 13
const RPC_ALTER_ACK = 15
/** nca_s_fault_access_denied (MS-RPCE 3.1.1.5.5 with the Win32 code). */
const RPC_ACCESS_DENIED = 5
const MOST_PENDING = 64

interface Authentication {
  readonly ts: Micros
  readonly packet: number
  readonly username: string | undefined
  readonly domain: string | undefined
  readonly hostname: string | undefined
}

interface Session {
  /** What the server has called itself in its challenge. */
  netbiosName: string | undefined
  dnsName: string | undefined
  treeName: string | undefined
  readonly pending: Authentication[]
}

interface Verdict {
  readonly success: boolean
  readonly status?: string
}

/**
 * NTLM authentications (MS-NLMP) inside SMB, RPC, HTTP and LDAP, as Zeek's ntlm log. Whether one succeeded says the next
 * answer of the protocol around it.
 */
export class NtlmReader implements ProtocolReader {
  readonly protocols = ['ntlmssp', 'smb2', 'smb', 'dcerpc', 'http', 'ldap']
  private readonly sessions = new WeakMap<Connection, Session>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const messages = dissection.numbers('ntlmssp.messagetype')
    let session = this.sessions.get(connection)
    if (!session) {
      if (messages.length === 0) return
      session = { netbiosName: undefined, dnsName: undefined, treeName: undefined, pending: [] }
      this.sessions.set(connection, session)
    }
    if (messages.includes(CHALLENGE)) {
      session.netbiosName = dissection.text('ntlmssp.challenge.target_info.nb_computer_name') ?? session.netbiosName
      session.dnsName = dissection.text('ntlmssp.challenge.target_info.dns_computer_name') ?? session.dnsName
      session.treeName = dissection.text('ntlmssp.challenge.target_info.dns_tree_name') ?? session.treeName
    } else if (session.pending.length > 0) {
      for (const verdict of verdictsOf(dissection, session.pending.length)) {
        const authentication = session.pending.shift()
        if (authentication) this.write(authentication, verdict, session, connection)
      }
    }
    if (messages.includes(AUTHENTICATE)) this.authenticate(messages, session, dissection, connection, header)
  }

  ended(connection: Connection): void {
    const session = this.sessions.get(connection)
    if (!session) return
    for (const authentication of session.pending.splice(0)) this.write(authentication, undefined, session, connection)
  }

  private authenticate(
    messages: readonly number[],
    session: Session,
    dissection: Dissection,
    connection: Connection,
    header: PacketHeader,
  ): void {
    const users = new Cursor(dissection.texts('ntlmssp.auth.username'))
    const domains = new Cursor(dissection.texts('ntlmssp.auth.domain'))
    const hosts = new Cursor(dissection.texts('ntlmssp.auth.hostname'))
    for (const message of messages) {
      if (message !== AUTHENTICATE) continue
      if (session.pending.length >= MOST_PENDING) {
        this.evictions.count('NTLM authentications waiting for their outcome')
        this.write(session.pending.shift()!, undefined, session, connection)
      }
      session.pending.push({
        ts: header.time,
        packet: header.packet,
        username: nameOf(users.next()),
        domain: nameOf(domains.next()),
        hostname: nameOf(hosts.next()),
      })
    }
  }

  private write(
    authentication: Authentication,
    verdict: Verdict | undefined,
    session: Session,
    connection: Connection,
  ): void {
    this.writer.writeOf(connection, 'ntlm', authentication.ts, authentication.packet, (row) => {
      row
        .text('username', authentication.username)
        .text('hostname', authentication.hostname)
        .text('domainname', authentication.domain)
        .text('server_nb_computer_name', session.netbiosName)
        .text('server_dns_computer_name', session.dnsName)
        .text('server_tree_name', session.treeName)
        .flag('success', verdict?.success)
        .text('status', verdict?.status)
    })
  }
}

function nameOf(value: string | undefined): string | undefined {
  return value === EMPTY ? undefined : value
}

/** What a packet of the responder says about authentications that wait, oldest first. */
function verdictsOf(dissection: Dissection, waiting: number): readonly Verdict[] {
  const { applications } = dissection.layers
  if (applications.has('smb2')) {
    const responses = dissection.numbers('smb2.flags.response')
    const statuses = new Cursor(dissection.numbers('smb2.nt_status'))
    return dissection.numbers('smb2.cmd').flatMap((command, index) => {
      if (responses[index] !== 1) return []
      const status = statuses.next() ?? STATUS_SUCCESS
      return command === SMB2_SESSION_SETUP ? sessionSetup(status) : []
    })
  }
  if (applications.has('smb')) {
    const isSetup = dissection.numbers('smb.cmd')[0] === SMB1_SESSION_SETUP
    if (!isSetup || dissection.number('smb.flags.response') !== 1) return []
    return sessionSetup(dissection.number('smb.nt_status') ?? STATUS_SUCCESS)
  }
  if (applications.has('dcerpc')) return rpcVerdict(dissection, waiting)
  if (applications.has('http')) {
    const status = dissection.number('http.response.code')
    return status === undefined ? [] : [{ success: status !== 401 && status !== 407 }]
  }
  if (applications.has('ldap') && dissection.numbers('ldap.protocolOp').includes(LDAP_BIND_RESPONSE)) {
    const code = dissection.number('ldap.resultCode')
    return code === undefined || code === LDAP_SASL_IN_PROGRESS ? [] : [{ success: code === 0 }]
  }
  return []
}

function sessionSetup(status: number): readonly Verdict[] {
  if (status === STATUS_MORE_PROCESSING_REQUIRED) return []
  return [{ success: status === STATUS_SUCCESS, status: ntStatusName(status) }]
}

/** The third message of RPC has no reply: what comes back for the first call tells. */
function rpcVerdict(dissection: Dissection, waiting: number): readonly Verdict[] {
  const status = dissection.number('dcerpc.cn_status')
  for (const type of dissection.numbers('dcerpc.pkt_type')) {
    if (type === RPC_RESPONSE || type === RPC_ALTER_ACK || type === RPC_BIND_ACK) return repeat(true, waiting)
    if (type === RPC_BIND_NAK) return repeat(false, waiting)
    if (type === RPC_FAULT) return repeat(status !== RPC_ACCESS_DENIED, waiting)
  }
  return []
}

function repeat(success: boolean, times: number): readonly Verdict[] {
  return new Array<Verdict>(times).fill({ success })
}
