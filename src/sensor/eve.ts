import { isUtf8 } from 'node:buffer'
import type { EventBatch } from '../event/batch.ts'
import { connRows } from './eve/conn.ts'
import { dceRpcRows } from './eve/dce_rpc.ts'
import { DhcpExchanges } from './eve/dhcp.ts'
import { DnsLookups } from './eve/dns.ts'
import { alertRows, anomalyRows, arpRows, EngineStats } from './eve/engine_records.ts'
import { fileRows } from './eve/files.ts'
import { type EveRecord, FlowTable } from './eve/flow.ts'
import { InOrder } from './eve/in_order.ts'
import { dnp3Rows, modbusRows } from './eve/industrial.ts'
import { microsOfIso } from './eve/iso_time.ts'
import { DEEPEST, isObject, nestedTooDeep, objectAt, textAt } from './eve/json_reader.ts'
import { ldapRows } from './eve/ldap.ts'
import { kerberosRows, RdpNegotiations, sshRows } from './eve/logins.ts'
import { ftpRows, sipRows, smtpRows, snmpRows } from './eve/mail_and_text.ts'
import { otherRow } from './eve/other.ts'
import type { Deadline } from './eve/pending.ts'
import { type EveRow, RowWriter } from './eve/row.ts'
import { smbRows } from './eve/smb.ts'
import { httpRows, quicRows, tlsRows } from './eve/web.ts'
import type { ReadReport, Sensor, SourceFile } from './sensor.ts'
import { wholeLines } from './text_lines.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
/** The first line may be the rest of one (a file cut by size), so a few are looked at. */
const LINES_LOOKED_AT = 20
const EVE_LINE = /^\s*\{.*"event_type"\s*:\s*"/
const EVENT_TYPE = /^[A-Za-z0-9_-]{1,40}$/

/** Suricata's EVE: JSON lines, all types in one file. Mapped to Zeek's logs; what has no counterpart is `suricata_…`. */
export const eve: Sensor = {
  name: 'eve',
  manyTypes: true,
  recognises(head) {
    const lines = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8').split('\n')
    return lines.slice(0, LINES_LOOKED_AT).some((line) => EVE_LINE.test(line) && /"timestamp"\s*:\s*"/.test(line))
  },
  async *read(file: SourceFile, report: ReadReport): AsyncGenerator<EventBatch> {
    const reading = new EveReading(report)
    let line = 0
    for await (const part of wholeLines(file.open())) {
      if (part.kind === 'line-too-long') {
        line++
        report.reject('line-too-long', line, { expected: 'a record of at most 1 MiB', value: `${part.length} bytes` })
        continue
      }
      if (part.kind === 'cut-off') {
        report.reject('truncated-compression', line + 1, {
          value: part.message,
          expected: 'a file that was written to its end',
        })
        continue
      }
      // Checked once a block: the rule is that all of it is fine.
      const clean = isUtf8(part.bytes)
      let start = 0
      for (;;) {
        const end = part.bytes.indexOf(LINE_FEED, start)
        if (end < 0) break
        line++
        yield* reading.line(part.bytes.subarray(start, end), line, clean)
        start = end + 1
      }
    }
    if (line === 0) report.reject('empty-file', 0)
    yield* reading.end()
  },
}

const AT_THE_END: Deadline = { clock: Number.POSITIVE_INFINITY, line: Number.POSITIVE_INFINITY }

type Mapping = (record: EveRecord) => readonly EveRow[]

/** One file on its way through: what has to be remembered from line to line. */
class EveReading {
  private readonly report: ReadReport
  private readonly writer: RowWriter
  private readonly order = new InOrder()
  private readonly flows = new FlowTable()
  private readonly dns = new DnsLookups()
  private readonly dhcp = new DhcpExchanges()
  private readonly rdp = new RdpNegotiations()
  private readonly mappings: ReadonlyMap<string, Mapping>

  constructor(report: ReadReport) {
    this.report = report
    this.writer = new RowWriter(report)
    const stats = new EngineStats()
    const dns: Mapping = (record) => this.dns.rows(record)
    this.mappings = new Map<string, Mapping>([
      ['flow', connRows],
      ['alert', alertRows],
      ['dns', dns],
      ['llmnr', dns],
      ['mdns', dns],
      ['http', httpRows],
      ['http2', httpRows],
      ['tls', tlsRows],
      ['quic', quicRows],
      ['smb', smbRows],
      ['dcerpc', (record) => dceRpcRows(record, objectAt(record.json, 'dcerpc'), undefined)],
      ['krb5', kerberosRows],
      ['rdp', (record) => this.rdp.rows(record)],
      ['dhcp', (record) => this.dhcp.rows(record)],
      ['fileinfo', fileRows],
      ['ssh', sshRows],
      ['ftp', ftpRows],
      ['smtp', smtpRows],
      ['snmp', snmpRows],
      ['sip', sipRows],
      ['ldap', ldapRows],
      ['modbus', modbusRows],
      ['dnp3', dnp3Rows],
      ['anomaly', anomalyRows],
      ['arp', arpRows],
      ['stats', (record) => stats.rows(record)],
    ])
  }

  *line(bytes: Buffer, line: number, clean: boolean): Generator<EventBatch> {
    const length = bytes.length > 0 && bytes[bytes.length - 1] === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length
    if (length === 0) return
    const record = this.recordOf(bytes, length, line)
    if (!record) return
    if (!clean && !isUtf8(bytes.subarray(0, length))) this.report.repair('invalid-utf8', line)
    yield* this.put(this.expired(record))
    yield* this.put((this.mappings.get(record.eventType) ?? carriedAsItself)(record))
  }

  *end(): Generator<EventBatch> {
    yield* this.put(this.expired(AT_THE_END))
    for (const row of this.order.rest()) {
      const batch = this.writer.put(row)
      if (batch) yield batch
    }
    yield* this.writer.take()
    const given = this.dns.evicted + this.dhcp.evicted + this.rdp.evicted
    if (given > 0)
      this.report.note(
        `${given} DNS lookups, DHCP exchanges or RDP negotiations were told unfinished: too many waited at a time`,
      )
    if (this.flows.evicted > 0) {
      this.report.note(
        `${this.flows.evicted} flows were forgotten because too many were alive: the share of their later SMB records may be missing`,
      )
    }
  }

  private *put(rows: readonly EveRow[]): Generator<EventBatch> {
    for (const row of rows) {
      const earliest = this.order.add(row)
      const batch = earliest === undefined ? undefined : this.writer.put(earliest)
      if (batch) yield batch
    }
  }

  /** What has waited too long for its other half. */
  private expired(now: Deadline): EveRow[] {
    return [...this.dns.expired(now), ...this.dhcp.expired(now), ...this.rdp.expired(now)]
  }

  /** The record on a line; undefined, and counted, when there is none that can be placed in time. */
  private recordOf(bytes: Buffer, length: number, line: number): EveRecord | undefined {
    const text = bytes.utf8Slice(0, length)
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      const nul = bytes.subarray(0, length).includes(0)
      this.report.reject(nul ? 'nul-bytes' : 'malformed-json', line, {
        value: text,
        expected: 'one JSON object a line',
      })
      return undefined
    }
    if (!isObject(json)) {
      this.report.reject('malformed-json', line, { value: text, expected: 'a JSON object' })
      return undefined
    }
    if (nestedTooDeep(json)) {
      this.report.reject('nested-too-deep', line, { value: text, expected: `at most ${DEEPEST} levels` })
      return undefined
    }
    const eventType = textAt(json, 'event_type')
    if (eventType === undefined || !EVENT_TYPE.test(eventType)) {
      this.report.reject('unknown-log-type', line, {
        field: 'event_type',
        value: eventType ?? text,
        expected: "Suricata's name of a record type, such as flow",
      })
      return undefined
    }
    const stamp = textAt(json, 'timestamp')
    if (stamp === undefined) {
      this.report.reject('ts-missing', line, {
        field: 'timestamp',
        value: text,
        expected: 'a time such as 2021-06-06T15:59:46.457984+0200',
      })
      return undefined
    }
    const ts = microsOfIso(stamp)
    if (ts === undefined) {
      this.report.reject('malformed-value', line, {
        field: 'timestamp',
        value: stamp,
        expected: 'a time such as 2021-06-06T15:59:46.457984+0200',
      })
      return undefined
    }
    return this.flows.recordOf(json, eventType, ts, line)
  }
}

const carriedAsItself: Mapping = (record) => [otherRow(record)]
