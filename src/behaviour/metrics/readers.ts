import { parseAddress, scopeOf } from '../../device/address.ts'
import type { Event } from '../../event/event.ts'
import { logType, slotOf } from '../../event/log_types.ts'
import { BatchMemo } from '../batch_memo.ts'
import { actOfOperation } from '../views/administration.ts'
import { protocolNumber } from '../views/connections.ts'
import { shareKind, shareName } from '../views/shares.ts'
import { FACT_BIT, type Fact } from './metric.ts'

/** What one record says; one object an engine, filled anew for each record. */
export interface Observation {
  facts: number
  bytesSent: number
  bytesReceived: number
  /** The responder, the port it was asked on and the originator, as words that tell one from the other. */
  target: number
  port: number
  source: number
}

/** Fills in what the record says; `facts` is 0 when there is nothing to count. */
export type Reader = (event: Event, into: Observation) => void

function bits(...facts: readonly Fact[]): number {
  return facts.reduce((sum, fact) => sum | FACT_BIT[fact], 0)
}

const NO_ANSWER = bits('failed', 'no answer')
const REJECTED = bits('failed', 'rejected')
const RESET = bits('failed', 'reset')

/**
 * States of a connection that never stood (Zeek, scripts/base/protocols/conn/main.zeek): S0 and SH without an answer seen, REJ
 * refused, RSTOS0 and RSTRH reset during the handshake.
 */
const FAILED_STATES: Readonly<Record<string, number>> = {
  S0: NO_ANSWER,
  SH: NO_ANSWER,
  REJ: REJECTED,
  RSTOS0: RESET,
  RSTRH: RESET,
}

/** A device as a word, or an address that is no device's as another. */
const ADDRESS = 0x4000_0000
function hashOf(text: string): number {
  // FNV-1a
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h | ADDRESS
}

const INSIDE = 1
const OUTSIDE = 2
const NOWHERE = 3
function sideOf(text: string): number {
  const address = parseAddress(text)
  if (address === undefined) return NOWHERE
  const scope = scopeOf(address)
  return scope === 'outside' ? OUTSIDE : scope === 'never' ? NOWHERE : INSIDE
}

function connections(): Reader {
  const type = logType('conn')
  const ORIG_H = slotOf(type, 'id.orig_h')
  const RESP_H = slotOf(type, 'id.resp_h')
  const RESP_P = slotOf(type, 'id.resp_p')
  const PROTO = slotOf(type, 'proto')
  const STATE = slotOf(type, 'conn_state')
  const ORIG_BYTES = slotOf(type, 'orig_bytes')
  const RESP_BYTES = slotOf(type, 'resp_bytes')
  const side = new BatchMemo(sideOf)
  const protocol = new BatchMemo(protocolNumber)
  const failure = new BatchMemo((text) => FAILED_STATES[text] ?? 0)
  const address = new BatchMemo(hashOf)
  const CONNECTION = bits('connection')
  const INCOMING = bits('connection', 'incoming')
  const ICMP = FACT_BIT.ICMP
  const INSIDE_BIT = FACT_BIT.inside
  const OUTSIDE_BIT = FACT_BIT.outside
  return ({ batch, row, orig, resp }, into) => {
    const { strings, numbers } = batch
    const ip = protocol.of(batch, strings[PROTO]![row]!)
    let facts = resp >= 0 ? INCOMING | INSIDE_BIT : CONNECTION
    if (resp < 0) {
      const where = side.of(batch, strings[RESP_H]![row]!)
      // A group's address or a broadcast is nobody's: counted as a connection, on neither side.
      if (where === INSIDE) facts |= INSIDE_BIT
      else if (where === OUTSIDE) facts |= OUTSIDE_BIT
    }
    into.target = resp >= 0 ? resp : address.of(batch, strings[RESP_H]![row]!)
    into.source = orig >= 0 ? orig : address.of(batch, strings[ORIG_H]![row]!)
    const port = numbers[RESP_P]![row]!
    if (ip === 1 || ip === 58) {
      facts |= ICMP
      into.port = ip << 16
    } else {
      into.port = (ip << 16) | Math.max(port, 0)
      // An unanswered datagram is no failure: UDP asks for no answer.
      if (ip === 6) facts |= failure.of(batch, strings[STATE]![row]!)
    }
    const sent = numbers[ORIG_BYTES]![row]!
    const received = numbers[RESP_BYTES]![row]!
    into.bytesSent = sent
    into.bytesReceived = received
    into.facts = facts
  }
}

function queries(): Reader {
  const type = logType('dns')
  const QUERY = slotOf(type, 'query')
  const RCODE = slotOf(type, 'rcode')
  const RCODE_NAME = slotOf(type, 'rcode_name')
  const missing = new BatchMemo((text) => (text === 'NXDOMAIN' ? 1 : 0))
  const QUERIED = bits('query')
  const NXDOMAIN = bits('query', 'NXDOMAIN')
  return ({ batch, row }, into) => {
    if (batch.strings[QUERY]![row] === 0) return
    // RFC 1035, 4.1.1: 3 is "name error".
    const gone = batch.numbers[RCODE]![row] === 3 || missing.of(batch, batch.strings[RCODE_NAME]![row]!) === 1
    into.facts = gone ? NXDOMAIN : QUERIED
  }
}

/** The parties of a record that is no connection, as far as they are devices. */
function parties({ orig, resp }: Event, into: Observation): void {
  into.source = orig
  into.target = resp
}

/** Where the sensor saw no outcome, nothing is known. */
function outcome(log: 'ntlm' | 'ssh', field: 'success' | 'auth_success', further: readonly Fact[]): Reader {
  const SUCCESS = slotOf(logType(log), field)
  const done = bits('succeeded', log, ...further)
  const failed = bits('login failed', log)
  return (event, into) => {
    const success = event.batch.numbers[SUCCESS]![event.row]
    if (success !== 0 && success !== 1) return
    parties(event, into)
    into.facts = success === 1 ? done : failed
  }
}

function kerberos(): Reader {
  const type = logType('kerberos')
  const SUCCESS = slotOf(type, 'success')
  const ERROR = slotOf(type, 'error_msg')
  // As in views/credentials.ts: RFC 4120, 7.5.9, without "pre-authentication required", the ordinary first answer.
  const failure = new BatchMemo((text) =>
    /^KDC_ERR_(C_PRINCIPAL_UNKNOWN|CLIENT_REVOKED|KEY_EXPIRED|PREAUTH_FAILED)$/.test(text) ? 1 : 0,
  )
  const done = bits('succeeded', 'kerberos')
  const failed = bits('login failed', 'kerberos')
  return (event, into) => {
    const { batch, row } = event
    parties(event, into)
    if (batch.numbers[SUCCESS]![row] === 1) into.facts = done
    else if (failure.of(batch, batch.strings[ERROR]![row]!) === 1) into.facts = failed
  }
}

function rdp(): Reader {
  const RESULT = slotOf(logType('rdp'), 'result')
  const done = bits('succeeded', 'rdp', 'session')
  const failed = bits('login failed', 'rdp')
  const result = new BatchMemo((text) => (text === '' ? 0 : /^(success|encrypted)$/i.test(text) ? done : failed))
  return (event, into) => {
    parties(event, into)
    into.facts = result.of(event.batch, event.batch.strings[RESULT]![event.row]!)
  }
}

/** A tree connect; one to an administrative share is a session of an administrator's. */
function trees(): Reader {
  const PATH = slotOf(logType('smb_mapping'), 'path')
  const connected = bits('succeeded', 'smb')
  const administrative = bits('succeeded', 'smb', 'session')
  const kind = new BatchMemo((text) =>
    text === '' ? 0 : /^(ADMIN\$|drive share)$/.test(shareKind(shareName(text))) ? administrative : connected,
  )
  return (event, into) => {
    parties(event, into)
    into.facts = kind.of(event.batch, event.batch.strings[PATH]![event.row]!)
  }
}

const FACT_OF_ACT: Readonly<Record<string, Fact>> = {
  'service control': 'service control',
  WMI: 'WMI',
  'scheduled task': 'scheduled task',
  'registry change': 'registry change',
}

function operations(): Reader {
  const type = logType('dce_rpc')
  const ENDPOINT = slotOf(type, 'endpoint')
  const OPERATION = slotOf(type, 'operation')
  const ORDINARY = bits('operation')
  /** The endpoint decides whether the operation has to be looked at: text of both is read for the few that administer. */
  const administers = new BatchMemo((text) => (actOfOperation(text, 'CreateService') === '' ? 0 : 1))
  return (event, into) => {
    const { batch, row } = event
    parties(event, into)
    into.facts = ORDINARY
    const endpoint = batch.strings[ENDPOINT]![row]!
    if (administers.of(batch, endpoint) === 0) return
    const act = actOfOperation(batch.dictionary.text(endpoint), batch.dictionary.text(batch.strings[OPERATION]![row]!))
    const fact = FACT_OF_ACT[act]
    if (fact !== undefined) into.facts |= FACT_BIT[fact]
  }
}

const FACT_OF_ACTION: Readonly<Record<string, Fact>> = {
  'SMB::FILE_OPEN': 'open',
  'SMB::FILE_READ': 'read',
  'SMB::FILE_WRITE': 'write',
  'SMB::FILE_DELETE': 'delete',
  'SMB::FILE_RENAME': 'rename',
}

/** Pipes are opened over IPC$ as files are, but are none. */
function files(): Reader {
  const type = logType('smb_files')
  const ACTION = slotOf(type, 'action')
  const PATH = slotOf(type, 'path')
  const action = new BatchMemo((text) => FACT_BIT[FACT_OF_ACTION[text] ?? 'open'] * (text in FACT_OF_ACTION ? 1 : 0))
  const pipes = new BatchMemo((text) => (/ipc\$$/i.test(text) ? 1 : 0))
  return ({ batch, row }, into) => {
    if (pipes.of(batch, batch.strings[PATH]![row]!) === 0) into.facts = action.of(batch, batch.strings[ACTION]![row]!)
  }
}

/**
 * A sensor in Zeek's default dialect logs no reads and writes, but the content that was transferred: from the client is
 * written, from the server read. Where both are logged, counts are of both.
 */
function transfers(): Reader {
  const type = logType('files')
  const SOURCE = slotOf(type, 'source')
  const FROM_CLIENT = slotOf(type, 'is_orig')
  const overSmb = new BatchMemo((text) => (text === 'SMB' ? 1 : 0))
  return ({ batch, row }, into) => {
    if (overSmb.of(batch, batch.strings[SOURCE]![row]!) === 0) return
    into.facts = batch.numbers[FROM_CLIENT]![row] === 1 ? FACT_BIT.write : FACT_BIT.read
  }
}

interface Log {
  /** All facts that a record of this log may say. */
  readonly says: readonly Fact[]
  readonly make: () => Reader
}

/** By log type. */
export const LOGS: Readonly<Record<string, Log>> = {
  conn: {
    says: ['connection', 'failed', 'no answer', 'rejected', 'reset', 'inside', 'outside', 'incoming', 'ICMP'],
    make: connections,
  },
  dns: { says: ['query', 'NXDOMAIN'], make: queries },
  ntlm: { says: ['succeeded', 'login failed', 'ntlm'], make: () => outcome('ntlm', 'success', []) },
  kerberos: { says: ['succeeded', 'login failed', 'kerberos'], make: kerberos },
  ssh: {
    says: ['succeeded', 'login failed', 'ssh', 'session'],
    make: () => outcome('ssh', 'auth_success', ['session']),
  },
  rdp: { says: ['succeeded', 'login failed', 'rdp', 'session'], make: rdp },
  smb_mapping: { says: ['succeeded', 'smb', 'session'], make: trees },
  dce_rpc: {
    says: ['operation', 'service control', 'WMI', 'scheduled task', 'registry change'],
    make: operations,
  },
  smb_files: { says: ['open', 'read', 'write', 'delete', 'rename'], make: files },
  files: { says: ['read', 'write'], make: transfers },
}
