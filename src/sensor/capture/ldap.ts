import type { Micros } from '../../event/time.ts'
import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import { LdapFilters } from './ldap_filter.ts'
import type { ProtocolReader } from './protocol.ts'

/** Operations of one connection that wait for their result. */
const MOST_PENDING = 128

const BIND_REQUEST = 0
const SEARCH_REQUEST = 3
const SEARCH_ENTRY = 4
const SEARCH_DONE = 5
const EXTENDED_REQUEST = 23

/** RFC 4511 section 4, requests by application tag, in Zeek's words. */
const REQUESTS: ReadonlyMap<number, string> = new Map([
  [BIND_REQUEST, 'bind'],
  [2, 'unbind'],
  [6, 'modify'],
  [8, 'add'],
  [10, 'delete'],
  [12, 'modify dn'],
  [14, 'compare'],
  [16, 'abandon'],
  [EXTENDED_REQUEST, 'extended'],
])
/** Requests that nobody answers. */
const UNANSWERED: ReadonlySet<number> = new Set([2, 16])
const RESULTS: ReadonlySet<number> = new Set([1, 7, 9, 11, 13, 15, 24])
const SCOPES = ['base', 'single', 'tree'] as const

/** RFC 4511 section 4.1.9, in Zeek's words. */
const RESULT_CODES: ReadonlyMap<number, string> = new Map([
  [0, 'success'],
  [1, 'operations error'],
  [2, 'protocol error'],
  [3, 'time limit exceeded'],
  [4, 'size limit exceeded'],
  [5, 'compare false'],
  [6, 'compare true'],
  [7, 'auth method not supported'],
  [8, 'stronger auth required'],
  [10, 'referral'],
  [11, 'admin limit exceeded'],
  [12, 'unavailable critical extension'],
  [13, 'confidentiality required'],
  [14, 'SASL bind in progress'],
  [16, 'no such attribute'],
  [17, 'undefined attribute type'],
  [18, 'inappropriate matching'],
  [19, 'constraint violation'],
  [20, 'attribute or value exists'],
  [21, 'invalid attribute syntax'],
  [32, 'no such object'],
  [33, 'alias problem'],
  [34, 'invalid DN syntax'],
  [48, 'inappropriate authentication'],
  [49, 'invalid credentials'],
  [50, 'insufficient access rights'],
  [51, 'busy'],
  [52, 'unavailable'],
  [53, 'unwilling to perform'],
  [64, 'naming violation'],
  [65, 'object class violation'],
  [66, 'not allowed on non-leaf'],
  [68, 'entry already exists'],
  [80, 'other'],
])

interface Search {
  readonly is: 'search'
  readonly ts: Micros
  readonly packet: number
  readonly id: number
  readonly base: string
  readonly scope: number | undefined
  readonly filter: string | undefined
  readonly attributes: readonly string[]
  results: number
}

interface Operation {
  readonly is: 'operation'
  readonly ts: Micros
  readonly packet: number
  readonly id: number
  readonly name: string
  readonly version: number | undefined
  readonly object: string | undefined
  readonly argument: string | undefined
}

type Pending = Search | Operation

interface Outcome {
  readonly code: number | undefined
  readonly message: string | undefined
}

/** LDAP operations (RFC 4511), over TCP and UDP, as Zeek's ldap and ldap_search logs. */
export class LdapReader implements ProtocolReader {
  readonly protocols = ['ldap', 'cldap']
  private readonly pending = new WeakMap<Connection, BoundedMap<number, Pending>>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const operations = dissection.numbers('ldap.protocolOp')
    if (operations.length === 0) return
    const ids = dissection.numbers('ldap.messageID')
    const pending = this.pendingOf(connection)
    const searches = searchesOf(operations, dissection)
    const codes = new Cursor(dissection.numbers('ldap.resultCode'))
    const messages = dissection.texts('ldap.errorMessage')
    for (const [index, operation] of operations.entries()) {
      const id = ids[index] ?? 0
      if (operation === SEARCH_REQUEST) {
        const search = searches.next()
        if (search) pending.set(id, { ...search, ts: header.time, packet: header.packet, id })
      } else if (operation === SEARCH_ENTRY) {
        const search = pending.get(id)
        if (search?.is === 'search') search.results++
      } else if (operation === SEARCH_DONE || RESULTS.has(operation)) {
        const outcome = { code: codes.next(), message: operations.length === 1 ? messages[0] : undefined }
        const request = pending.take(id)
        if (request) this.write(request, outcome, connection)
      } else {
        this.request(operation, id, operations.length === 1, dissection, pending, connection, header)
      }
    }
  }

  ended(connection: Connection): void {
    const pending = this.pending.get(connection)
    if (!pending) return
    for (const request of pending.values()) this.write(request, undefined, connection)
    pending.clear()
  }

  private pendingOf(connection: Connection): BoundedMap<number, Pending> {
    let pending = this.pending.get(connection)
    if (!pending) {
      pending = new BoundedMap(MOST_PENDING, (request) => {
        this.evictions.count('LDAP operations waiting for a result')
        this.write(request, undefined, connection)
      })
      this.pending.set(connection, pending)
    }
    return pending
  }

  private request(
    operation: number,
    id: number,
    alone: boolean,
    dissection: Dissection,
    pending: BoundedMap<number, Pending>,
    connection: Connection,
    header: PacketHeader,
  ): void {
    const name = REQUESTS.get(operation)
    if (name === undefined) return
    const isBind = operation === BIND_REQUEST
    // Simple binds carry a password as their credential: it is not kept.
    const simple = isBind && dissection.number('ldap.authentication') === 0
    const request: Operation = {
      is: 'operation',
      ts: header.time,
      packet: header.packet,
      id,
      name: isBind ? `bind ${simple ? 'simple' : 'SASL'}` : name,
      version: isBind ? dissection.number('ldap.version') : undefined,
      object: !alone ? undefined : isBind ? dissection.text('ldap.name') : dissection.text('ldap.entry'),
      argument: isBind && !simple ? dissection.text('ldap.mechanism') : undefined,
    }
    if (UNANSWERED.has(operation)) this.write(request, undefined, connection)
    else pending.set(id, request)
  }

  private write(request: Pending, outcome: Outcome | undefined, connection: Connection): void {
    const result =
      outcome?.code === undefined ? undefined : (RESULT_CODES.get(outcome.code) ?? `unknown-${outcome.code}`)
    if (request.is === 'search') {
      this.writer.writeOf(connection, 'ldap_search', request.ts, request.packet, (row) => {
        row
          .number('message_id', request.id)
          .text(
            'scope',
            request.scope === undefined ? undefined : (SCOPES[request.scope] ?? `unknown-${request.scope}`),
          )
          .text('base_object', request.base)
          .number('result_count', outcome === undefined ? undefined : request.results)
          .text('result', result)
          .text('diagnostic_message', outcome?.message)
          .text('filter', request.filter)
          .set('attributes', request.attributes)
      })
      return
    }
    this.writer.writeOf(connection, 'ldap', request.ts, request.packet, (row) => {
      row
        .number('message_id', request.id)
        .number('version', request.version)
        .text('opcode', request.name)
        .text('result', result)
        .text('diagnostic_message', outcome?.message)
        .text('object', request.object)
        .text('argument', request.argument)
    })
  }
}

type Asked = Omit<Search, 'ts' | 'packet' | 'id'>

/** The searches of a packet. An empty base object is not printed, so of several searches only all or none have theirs. */
function searchesOf(operations: readonly number[], dissection: Dissection): Cursor<Asked> {
  const count = operations.filter((operation) => operation === SEARCH_REQUEST).length
  if (count === 0) return new Cursor<Asked>([])
  const found = dissection.texts('ldap.baseObject')
  const bases = new Cursor(found.length === count ? found : [])
  const scopes = new Cursor(dissection.numbers('ldap.scope'))
  const filters = new LdapFilters(dissection)
  const attributes = count === 1 ? dissection.texts('ldap.AttributeDescription') : []
  return new Cursor(
    Array.from({ length: count }, () => ({
      is: 'search' as const,
      base: bases.next() ?? '',
      scope: scopes.next(),
      filter: filters.next(),
      attributes,
      results: 0,
    })),
  )
}
