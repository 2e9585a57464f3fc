import type { Micros } from '../../event/time.ts'
import { BoundedMap, type Evictions } from './bounded_map.ts'
import type { Connection, PacketHeader } from './connection.ts'
import { Cursor, type Dissection } from './dissection.ts'
import type { EventWriter } from './events.ts'
import type { ProtocolReader } from './protocol.ts'
import type { TsharkField } from './tshark_fields.ts'

/** Queries of one connection that wait for their answer. */
const MOST_PENDING = 256
/** Answers of one response that are kept. */
const MOST_ANSWERS = 256

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [10, 'NULL'],
  [11, 'WKS'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [14, 'MINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [17, 'RP'],
  [18, 'AFSDB'],
  [24, 'SIG'],
  [25, 'KEY'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [37, 'CERT'],
  [39, 'DNAME'],
  [41, 'EDNS'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [49, 'DHCID'],
  [50, 'NSEC3'],
  [52, 'TLSA'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [255, '*'],
  [256, 'URI'],
  [257, 'CAA'],
])

const RCODE_NAMES: readonly string[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSet',
  'NOTAUTH',
  'NOTZONE',
]

const CLASS_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'C_INTERNET'],
  [3, 'C_CHAOS'],
  [4, 'C_HESOD'],
  [254, 'C_NONE'],
  [255, 'C_ANY'],
])

/** Where the data of a record stands, by its type. */
const DATA_FIELDS: ReadonlyMap<number, TsharkField> = new Map([
  [1, 'dns.a'],
  [2, 'dns.ns'],
  [5, 'dns.cname'],
  [6, 'dns.soa.mname'],
  [12, 'dns.ptr.domain_name'],
  [15, 'dns.mx.mail_exchange'],
  [28, 'dns.aaaa'],
  [33, 'dns.srv.target'],
])
const TXT = 16
const OPT = 41

interface Query {
  readonly ts: Micros
  readonly packet: number
  readonly id: number
  readonly name: string
  readonly type: number | undefined
  readonly queryClass: number | undefined
  readonly recursion: boolean
}

/** DNS, mDNS and LLMNR queries with their answers (RFC 1035, 6762, 4795), as Zeek's dns log. */
export class DnsReader implements ProtocolReader {
  readonly protocols = ['dns', 'mdns', 'llmnr']
  private readonly pending = new WeakMap<Connection, BoundedMap<number, Query>>()
  private readonly writer: EventWriter
  private readonly evictions: Evictions

  constructor(writer: EventWriter, evictions: Evictions) {
    this.writer = writer
    this.evictions = evictions
  }

  packet(dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const ids = dissection.numbers('dns.id')
    if (ids.length !== 1) {
      this.several(ids, dissection, connection, header)
      return
    }
    const id = ids[0]!
    if (dissection.number('dns.flags.response') !== 1) {
      this.ask(id, dissection.text('dns.qry.name'), dissection, connection, header)
      return
    }
    const query =
      this.pending.get(connection)?.take(id) ?? queryOf(id, dissection.text('dns.qry.name'), dissection, header)
    this.answer(query, dissection, connection, header)
  }

  ended(connection: Connection): void {
    const pending = this.pending.get(connection)
    if (!pending) return
    for (const query of pending.values()) this.unanswered(query, connection)
    pending.clear()
  }

  /** Several messages in one segment: whose record is whose cannot be told, so only the queries are. */
  private several(ids: readonly number[], dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const names = dissection.texts('dns.qry.name')
    const responses = dissection.numbers('dns.flags.response')
    for (const [index, id] of ids.entries()) {
      if (responses[index] !== 1) this.ask(id, names[index], dissection, connection, header)
      else {
        const query = this.pending.get(connection)?.take(id)
        if (query) this.unanswered(query, connection)
      }
    }
  }

  private ask(
    id: number,
    name: string | undefined,
    dissection: Dissection,
    connection: Connection,
    header: PacketHeader,
  ): void {
    let pending = this.pending.get(connection)
    if (!pending) {
      pending = new BoundedMap(MOST_PENDING, (query) => {
        this.evictions.count('DNS queries waiting for an answer')
        this.unanswered(query, connection)
      })
      this.pending.set(connection, pending)
    }
    const before = pending.take(id)
    if (before) this.unanswered(before, connection)
    pending.set(id, queryOf(id, name, dissection, header))
  }

  private unanswered(query: Query, connection: Connection): void {
    this.write(query, connection, () => {})
  }

  private answer(query: Query, dissection: Dissection, connection: Connection, header: PacketHeader): void {
    const rcode = dissection.number('dns.flags.rcode') ?? 0
    const { answers, ttls } = answersOf(dissection)
    this.write(query, connection, (row) => {
      row
        .number('rcode', rcode)
        .text('rcode_name', RCODE_NAMES[rcode] ?? `unknown-${rcode}`)
        .flag('AA', dissection.number('dns.flags.authoritative') === 1)
        .flag('TC', dissection.number('dns.flags.truncated') === 1)
        .flag('RA', dissection.number('dns.flags.recavail') === 1)
        .set('answers', answers)
        .set('TTLs', ttls)
        .flag('rejected', rcode === 5)
      if (header.time > query.ts) row.number('rtt', header.time - query.ts)
    })
  }

  private write(query: Query, connection: Connection, more: Parameters<EventWriter['write']>[2]): void {
    const { type, queryClass } = query
    this.writer.writeOf(connection, 'dns', query.ts, query.packet, (row) => {
      row
        .text('proto', connection.transport)
        .number('trans_id', query.id)
        .text('query', query.name)
        .flag('RD', query.recursion)
      if (type !== undefined) row.number('qtype', type).text('qtype_name', TYPE_NAMES.get(type) ?? `query-${type}`)
      if (queryClass !== undefined) {
        row.number('qclass', queryClass).text('qclass_name', CLASS_NAMES.get(queryClass) ?? `qclass-${queryClass}`)
      }
      more(row)
    })
  }
}

function queryOf(id: number, name: string | undefined, dissection: Dissection, header: PacketHeader): Query {
  return {
    ts: header.time,
    packet: header.packet,
    id,
    // As Zeek: upper and lower case are one name.
    name: name === '<Root>' ? '.' : (name ?? '').replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    type: dissection.number('dns.qry.type'),
    queryClass: dissection.number('dns.qry.class'),
    recursion: dissection.number('dns.flags.recdesired') === 1,
  }
}

/** The answer section comes first among the records; each type's data stands in a field of its own, in that order. */
function answersOf(dissection: Dissection): { answers: readonly string[]; ttls: readonly string[] } {
  const types = dissection.numbers('dns.resp.type')
  const count = Math.min(dissection.number('dns.count.answers') ?? 0, types.length, MOST_ANSWERS)
  const data = new Map<TsharkField, Cursor<string>>()
  const lifetimes = new Cursor(dissection.all('dns.resp.ttl'))
  const texts = new Cursor(dissection.texts('dns.txt'))
  const onlyText = types.filter((type) => type === TXT).length === 1
  const answers: string[] = []
  const ttls: string[] = []
  for (const type of types.slice(0, count)) {
    const lifetime = type === OPT ? undefined : lifetimes.next()
    if (lifetime !== undefined) ttls.push(lifetime)
    if (type === TXT) {
      const strings = onlyText ? texts.take(texts.left) : texts.take(1)
      answers.push(strings.map((text) => `TXT ${Buffer.byteLength(text)} ${text}`).join(' '))
      continue
    }
    const field = DATA_FIELDS.get(type)
    if (field === undefined) {
      answers.push(`<unknown type=${type}>`)
      continue
    }
    let values = data.get(field)
    if (values === undefined) {
      values = new Cursor(dissection.texts(field))
      data.set(field, values)
    }
    answers.push(values.next() ?? '')
  }
  return { answers, ttls }
}
