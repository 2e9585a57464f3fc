import type { EveRecord } from './flow.ts'
import type { JsonObject } from './json_reader.ts'
import type { EveRow } from './row.ts'

/** What says where and when a record was made rather than what it tells: in columns already, or of no use to anyone. */
const COMMON = new Set(
  'timestamp flow_id event_type src_ip src_port dest_ip dest_port proto pcap_cnt pcap_filename ip_v pkt_src icmp_type icmp_code'.split(
    ' ',
  ),
)

/**
 * A record that has no counterpart in Zeek's logs: carried as itself under `suricata_…`, everything it says in `extra`.
 * @param content what it says; without one, all members but the common ones
 */
export function otherRow(record: EveRecord, content?: JsonObject, type = `suricata_${record.eventType}`): EveRow {
  const extra: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, value] of Object.entries(content ?? record.json)) {
    if (content !== undefined || !COMMON.has(key)) extra[key] = value
  }
  if (record.proto !== '') extra['proto'] = record.proto
  return { type, line: record.line, ts: record.ts, fields: record.connection, extra }
}
