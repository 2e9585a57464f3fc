import { MINUTE, type Micros } from '../../event/time.ts'
import type { EveRecord } from './flow.ts'
import {
  boolAt,
  countAt,
  isObject,
  type JsonObject,
  listAt,
  objectAt,
  objectsAt,
  textAt,
  textsAt,
} from './json_reader.ts'
import { type Deadline, Pending, waitFor } from './pending.ts'
import type { EveRow, RowValue } from './row.ts'

/** Numbers of the record types and response codes that are met (IANA DNS parameters). */
const QTYPE: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TKEY: 249,
  AXFR: 252,
  ANY: 255,
  URI: 256,
}
const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
]

/** A lookup that is not answered within this time is told as unanswered, as Zeek does when the UDP "connection" ends. */
const ANSWER_WITHIN: Micros = MINUTE
const MOST_WAITING = 20_000
/** The same query may be asked again before it is answered, or be seen twice by a mirror port: so many are told apart. */
const SAME_QUERY = [0, 1, 2, 3]
/** Version 1 writes a record an answer, one right after the other; other threads' records may come between. */
const LINES_OF_ONE_ANSWER = 50

interface Lookup {
  readonly record: EveRecord
  readonly name: string | undefined
  readonly type: string | undefined
  readonly id: number | undefined
}

interface Answers {
  readonly lookup: Lookup | undefined
  readonly record: EveRecord
  readonly dns: JsonObject
  readonly texts: string[]
  readonly ttls: number[]
}

/**
 * EVE `dns`, `llmnr` and `mdns` → `dns`, one row a lookup with its answer as in Zeek. Suricata writes the query and the
 * answer apart, in three formats: version 1 (up to 4.x: a record an answer), 2 (`rrname`, `answers`, `grouped`) and 3
 * (8.0: `queries` for both, `request` and `response`).
 */
export class DnsLookups {
  private readonly waiting = new Pending<Lookup>(MOST_WAITING)
  /** Answers of version 1, one record each, all written at the same moment. */
  private readonly gathering = new Pending<Answers>(MOST_WAITING)

  get evicted(): number {
    return this.waiting.evicted + this.gathering.evicted
  }

  rows(record: EveRecord): readonly EveRow[] {
    const dns = objectAt(record.json, record.eventType)
    const type = textAt(dns, 'type')
    const id = countAt(dns, 'id')
    const key = `${record.flow.uid} ${id ?? ''}`
    if (type === 'answer' || type === 'response') return this.answered(record, dns, key)
    const query = objectsAt(dns, 'queries')[0] ?? objectsAt(dns, 'query')[0] ?? dns
    const lookup: Lookup = { record, name: textAt(query, 'rrname'), type: textAt(query, 'rrtype')?.toUpperCase(), id }
    const places = SAME_QUERY.map((place) => `${key} ${place}`)
    const free = places.find((place) => this.waiting.get(place) === undefined)
    const before = free === undefined ? this.waiting.take(places[0]!) : undefined
    const given = this.waiting.add(free ?? places[0]!, lookup, waitFor(record, ANSWER_WITHIN))
    return [before, given].filter((item) => item !== undefined).map((item) => unanswered(item, record.ts))
  }

  /** The query that an answer belongs to: the one that has waited longest. */
  private takeLookup(key: string): Lookup | undefined {
    let oldest: { place: string; line: number } | undefined
    for (const number of SAME_QUERY) {
      const place = `${key} ${number}`
      const lookup = this.waiting.get(place)
      if (lookup && (oldest === undefined || lookup.record.line < oldest.line))
        oldest = { place, line: lookup.record.line }
    }
    return oldest === undefined ? undefined : this.waiting.take(oldest.place)
  }

  /** Lookups whose time is over at `now`; with Infinity all that still wait. */
  expired(now: Deadline): EveRow[] {
    const rows: EveRow[] = []
    for (const answers of this.gathering.expired(now)) rows.push(answerRow(answers))
    for (const lookup of this.waiting.expired(now)) rows.push(unanswered(lookup, lookup.record.ts + ANSWER_WITHIN))
    return rows
  }

  private answered(record: EveRecord, dns: JsonObject, key: string): readonly EveRow[] {
    const gathered = this.gathering.get(key)
    if (gathered) {
      addAnswer(gathered, dns)
      return []
    }
    const query = objectsAt(dns, 'queries')[0] ?? dns
    const lookup = this.takeLookup(key)
    const asked = { rrname: textAt(query, 'rrname'), rrtype: textAt(query, 'rrtype')?.toUpperCase() }
    const answers: Answers = { lookup, record, dns: { ...dns, ...asked }, texts: [], ttls: [] }
    const oneRecordEach =
      countAt(dns, 'version') === undefined && dns['answers'] === undefined && !isObject(dns['grouped'])
    if (!oneRecordEach) {
      for (const answer of objectsAt(dns, 'answers')) addAnswer(answers, answer)
      if (answers.texts.length === 0) answers.texts.push(...groupedAnswers(objectAt(dns, 'grouped')))
      return [answerRow(answers)]
    }
    addAnswer(answers, dns)
    const given = this.gathering.add(key, answers, { clock: record.clock - 1, line: record.line + LINES_OF_ONE_ANSWER })
    return given === undefined ? [] : [answerRow(given)]
  }
}

function addAnswer(answers: Answers, answer: JsonObject): void {
  const text = answerText(answer)
  if (text === undefined) return
  answers.texts.push(text)
  answers.ttls.push(countAt(answer, 'ttl') ?? 0)
}

/** An answer as Zeek writes it: the address or name; TXT with its length before it. */
function answerText(answer: JsonObject): string | undefined {
  const type = textAt(answer, 'rrtype')?.toUpperCase()
  const plain =
    textAt(answer, 'rdata') ??
    textAt(objectAt(answer, 'soa'), 'mname') ??
    textAt(objectAt(answer, 'srv'), 'name') ??
    textAt(objectAt(answer, 'srv'), 'target') ??
    textAt(objectAt(answer, 'sshfp'), 'fingerprint') ??
    // llmnr and mdns name the value after its type
    ['a', 'aaaa', 'cname', 'ptr', 'ns', 'txt'].map((key) => textAt(answer, key)).find((text) => text !== undefined)
  if (plain === undefined) return undefined
  return type === 'TXT' ? `TXT ${Buffer.byteLength(plain)} ${plain}` : plain
}

/** `grouped` answers, by type; names first, then where they lead to, as a resolver would list them. */
function groupedAnswers(grouped: JsonObject): string[] {
  const types = Object.keys(grouped).sort((a, b) => Number(b === 'CNAME') - Number(a === 'CNAME') || (a < b ? -1 : 1))
  return types.flatMap((type) => [
    ...textsAt(grouped, type).map((rdata) => answerText({ rrtype: type, rdata })!),
    ...listAt(grouped, type)
      .filter(isObject)
      .map(
        (item) =>
          textAt(item, 'name') ?? textAt(item, 'target') ?? textAt(item, 'mname') ?? textAt(item, 'fingerprint'),
      )
      .filter((text) => text !== undefined),
  ])
}

function lookupFields(record: EveRecord, name: string | undefined, type: string | undefined, id: number | undefined) {
  return {
    ...record.connection,
    proto: record.proto,
    trans_id: id,
    query: name,
    qtype: type === undefined ? undefined : QTYPE[type],
    qtype_name: type,
  } satisfies Record<string, RowValue>
}

function unanswered({ record, name, type, id }: Lookup, written: Micros): EveRow {
  return { type: 'dns', line: record.line, ts: record.ts, written, fields: lookupFields(record, name, type, id) }
}

function answerRow({ lookup, record, dns, texts, ttls }: Answers): EveRow {
  const asked = lookup?.record
  const name = lookup?.name ?? textAt(dns, 'rrname')
  const type = lookup?.type ?? textAt(dns, 'rrtype')
  const rcode = textAt(dns, 'rcode')
  const code = rcode === undefined ? -1 : RCODES.indexOf(rcode.toUpperCase())
  const forward = asked !== undefined && asked.ts <= record.ts
  return {
    type: 'dns',
    line: record.line,
    ts: forward ? asked.ts : record.ts,
    written: record.ts,
    fields: {
      ...lookupFields(asked ?? record, name, type, lookup?.id ?? countAt(dns, 'id')),
      rtt: forward ? record.ts - asked.ts : undefined,
      rcode: code < 0 ? undefined : code,
      rcode_name: rcode,
      AA: boolAt(dns, 'aa') ?? false,
      TC: boolAt(dns, 'tc') ?? false,
      RD: boolAt(dns, 'rd') ?? false,
      RA: boolAt(dns, 'ra') ?? false,
      answers: texts.length === 0 ? undefined : texts,
      TTLs: ttls.length === texts.length && ttls.length > 0 ? ttls.map((ttl) => ttl.toFixed(6)) : undefined,
    },
  }
}
