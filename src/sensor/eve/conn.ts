import { type EveRecord, vlanFields } from './flow.ts'
import { microsOfIso } from './iso_time.ts'
import { countAt, isObject, type JsonObject, listAt, objectAt, textAt, withoutKeys } from './json_reader.ts'
import type { EveRow, RowValue } from './row.ts'

const FIN = 0x01
const SYN = 0x02
const RST = 0x04
const PSH = 0x08
const ACK = 0x10

/** Zeek's names of services where Suricata's differ. */
const SERVICE: Readonly<Record<string, string>> = {
  tls: 'ssl',
  krb5: 'krb',
  dcerpc: 'dce_rpc',
  http2: 'http',
  doh2: 'http',
  pgsql: 'postgresql',
  'bittorrent-dht': 'bittorrent',
}

/** Suricata's words for "no protocol": not tried, tried in vain. */
const NO_SERVICE = new Set(['failed', 'unknown', 'none', 'detection_failed'])

export function serviceName(appProto: string | undefined): string | undefined {
  if (appProto === undefined || NO_SERVICE.has(appProto)) return undefined
  return SERVICE[appProto] ?? appProto
}

/** Link-layer header of Ethernet: Suricata's byte counts are of frames, Zeek's `orig_ip_bytes` of IP packets. */
const ETHERNET_HEADER = 14
const VLAN_TAG = 4
const SMALLEST_IP_HEADER = 20

const USED = new Set([
  'pkts_toserver',
  'pkts_toclient',
  'bytes_toserver',
  'bytes_toclient',
  'start',
  'end',
  'age',
  'src_ip',
  'dest_ip',
  'src_port',
  'dest_port',
])

/**
 * EVE `flow` → `conn`. `ts` is the flow's start and `known` its end; the record's own timestamp is when Suricata's flow
 * manager came by, and in a replayed capture it is not even of the same day.
 *
 * What EVE does not tell stays absent (TCP payload bytes, missed bytes) or is derived as far as the union of a side's TCP
 * flags carries: `conn_state` by Zeek's own rules, `history` without the order of what a union cannot order.
 */
export function connRows(record: EveRecord): readonly EveRow[] {
  const { json, connection, proto } = record
  const flow = objectAt(json, 'flow')
  const start = timeAt(flow, 'start') ?? record.ts
  const end = timeAt(flow, 'end')
  const tcp = tcpFlags(json)
  const tags = listAt(json, 'vlan').length
  const orig = sideOf(flow, 'toserver', tags)
  const resp = sideOf(flow, 'toclient', tags)
  const payload = payloadBytes(proto, String(connection['id.orig_h'] ?? ''), orig, resp, tcp)
  const ether = objectAt(json, 'ether')
  const fields: Record<string, RowValue> = {
    ...connection,
    proto,
    service: serviceName(textAt(json, 'app_proto')),
    duration: end !== undefined && end > start ? end - start : undefined,
    orig_bytes: payload.orig,
    resp_bytes: payload.resp,
    conn_state: connState(proto, flow, tcp, orig.packets ?? 0, resp.packets ?? 0),
    history: historyOf(proto, tcp, orig.packets ?? 0, resp.packets ?? 0),
    orig_pkts: orig.packets,
    orig_ip_bytes: orig.bytes,
    resp_pkts: resp.packets,
    resp_ip_bytes: resp.bytes,
    ...vlanFields(json),
    orig_l2_addr: macAt(ether, 'src'),
    resp_l2_addr: macAt(ether, 'dest'),
    community_id: textAt(json, 'community_id'),
  }
  return [{ type: 'conn', line: record.line, ts: start, fields, extra: withoutKeys(flow, USED) }]
}

function timeAt(object: JsonObject, key: string): number | undefined {
  const text = textAt(object, key)
  return text === undefined ? undefined : microsOfIso(text)
}

interface Side {
  readonly packets: number | undefined
  readonly bytes: number | undefined
}

/** Packets and IP bytes of one direction: frames less their Ethernet header (and VLAN tags), never below a bare IP header. */
function sideOf(flow: JsonObject, direction: string, vlanTags: number): Side {
  const packets = countAt(flow, `pkts_${direction}`)
  const frameBytes = countAt(flow, `bytes_${direction}`)
  if (packets === undefined || frameBytes === undefined) return { packets, bytes: frameBytes }
  const header = ETHERNET_HEADER + VLAN_TAG * Math.min(vlanTags, 3)
  return { packets, bytes: Math.max(frameBytes - header * packets, Math.min(SMALLEST_IP_HEADER * packets, frameBytes)) }
}

/** Union of the TCP flags of each side. */
interface TcpFlags {
  readonly orig: number
  readonly resp: number
  /** A side's stream had a gap. */
  readonly origGap: boolean
  readonly respGap: boolean
}

/** Undefined for other transports, and for a TCP flow of which Suricata kept no session (packets without a SYN). */
function tcpFlags(json: JsonObject): TcpFlags | 'no-session' | undefined {
  const tcp = json['tcp']
  if (!isObject(tcp)) return undefined
  const orig = hexAt(tcp, 'tcp_flags_ts')
  const resp = hexAt(tcp, 'tcp_flags_tc')
  if (orig === 0 && resp === 0) return 'no-session'
  return { orig, resp, origGap: tcp['ts_gap'] === true, respGap: tcp['tc_gap'] === true }
}

function hexAt(object: JsonObject, key: string): number {
  const text = textAt(object, key)
  return text !== undefined && /^[0-9a-fA-F]{1,2}$/.test(text) ? Number.parseInt(text, 16) : 0
}

/** A side's state at the end of the connection, in the terms of Zeek's `conn_state` function (base/protocols/conn/main.zeek). */
type Endpoint = 'inactive' | 'syn-sent' | 'established' | 'closed' | 'reset'

function endpoints(tcp: TcpFlags): { orig: Endpoint; resp: Endpoint } {
  const respOpened = (tcp.resp & SYN) !== 0
  const ended = (flags: number): Endpoint | undefined => (flags & FIN ? 'closed' : flags & RST ? 'reset' : undefined)
  // A SYN that was answered with a SYN is a connection for both sides, as it is for Zeek.
  // Nor is it less of one when the first SYN was missed and the originator's ACK was not.
  const began = (tcp.orig & SYN) !== 0 ? 'syn-sent' : 'inactive'
  const orig = ended(tcp.orig) ?? (respOpened && (tcp.orig & (SYN | ACK)) !== 0 ? 'established' : began)
  const resp = ended(tcp.resp) ?? (respOpened ? 'established' : 'inactive')
  return { orig, resp }
}

function connState(
  proto: string,
  flow: JsonObject,
  tcp: TcpFlags | 'no-session' | undefined,
  origPackets: number,
  respPackets: number,
): string {
  if (proto === 'udp') return respPackets > 0 ? (origPackets > 0 ? 'SF' : 'SHR') : origPackets > 0 ? 'S0' : 'OTH'
  if (proto !== 'tcp' || tcp === 'no-session') return 'OTH'
  if (tcp === undefined) return stateWithoutFlags(textAt(flow, 'state'), respPackets)
  const { orig, resp } = endpoints(tcp)
  if (resp === 'reset') {
    if (orig === 'syn-sent' || (orig === 'reset' && (tcp.resp & SYN) === 0)) return 'REJ'
    return orig === 'inactive' ? 'RSTRH' : 'RSTR'
  }
  if (orig === 'reset') {
    if (resp !== 'inactive') return 'RSTO'
    return (tcp.orig & SYN) !== 0 && (tcp.orig & ACK) === 0 ? 'RSTOS0' : 'OTH'
  }
  if (orig === 'closed' && resp === 'closed') return 'SF'
  if (orig === 'closed') return resp === 'inactive' ? 'SH' : 'S2'
  if (resp === 'closed') return orig === 'inactive' ? 'SHR' : 'S3'
  if (orig === 'syn-sent' && resp === 'inactive') return 'S0'
  return orig === 'established' && resp === 'established' ? 'S1' : 'OTH'
}

/** A TCP flow logged without flags (they can be switched off): Suricata's own three states are all there is. */
function stateWithoutFlags(state: string | undefined, respPackets: number): string {
  if (state === 'new') return respPackets === 0 ? 'S0' : 'OTH'
  if (respPackets === 0) return 'OTH'
  return state === 'closed' ? 'SF' : state === 'established' ? 'S1' : 'OTH'
}

/** Zeek's history letters in their usual order; a union of flags says that something happened, not how often or when. */
function historyOf(
  proto: string,
  tcp: TcpFlags | 'no-session' | undefined,
  origPackets: number,
  respPackets: number,
): string | undefined {
  if (proto === 'udp') return `${origPackets > 0 ? 'D' : ''}${respPackets > 0 ? 'd' : ''}` || undefined
  if (tcp === undefined || tcp === 'no-session') return undefined
  const letters: [boolean, string][] = [
    [(tcp.orig & SYN) !== 0, 'S'],
    [(tcp.resp & SYN) !== 0, 'h'],
    [(tcp.orig & ACK) !== 0, 'A'],
    [(tcp.orig & PSH) !== 0, 'D'],
    [(tcp.resp & SYN) !== 0 && (tcp.orig & PSH) !== 0 && respPackets > 1, 'a'],
    [(tcp.resp & PSH) !== 0, 'd'],
    [tcp.origGap, 'G'],
    [tcp.respGap, 'g'],
    [(tcp.orig & FIN) !== 0, 'F'],
    [(tcp.resp & FIN) !== 0, 'f'],
    [(tcp.orig & RST) !== 0, 'R'],
    [(tcp.resp & RST) !== 0, 'r'],
  ]
  return letters.map(([seen, letter]) => (seen ? letter : '')).join('') || undefined
}

/**
 * Payload bytes where they follow from the rest. UDP and ICMP have headers of one size (IPv4 options and padded frames of
 * fewer than 18 bytes apart); TCP's vary, so only the certain zero is given: a side that sent nothing, or a connection
 * that never came about.
 */
function payloadBytes(
  proto: string,
  address: string,
  orig: Side,
  resp: Side,
  tcp: TcpFlags | 'no-session' | undefined,
): { orig: number | undefined; resp: number | undefined } {
  const headers = (address.includes(':') ? 40 : 20) + 8
  if (proto === 'udp' || proto === 'icmp') {
    const payload = ({ packets, bytes }: Side): number | undefined =>
      packets === undefined || bytes === undefined ? undefined : Math.max(0, bytes - headers * packets)
    return { orig: payload(orig), resp: payload(resp) }
  }
  const neverOpened = typeof tcp === 'object' && (tcp.orig & SYN) !== 0 && (tcp.resp & SYN) === 0
  return {
    orig: orig.packets === 0 || neverOpened ? 0 : undefined,
    resp: resp.packets === 0 || neverOpened ? 0 : undefined,
  }
}

/** The MAC of a side. A flow has the list of those seen; more than one says nothing about who it is. */
function macAt(ether: JsonObject, side: 'src' | 'dest'): string | undefined {
  const single = textAt(ether, `${side}_mac`)
  if (single !== undefined) return single.toLowerCase()
  const list = listAt(ether, `${side}_macs`)
  return list.length === 1 && typeof list[0] === 'string' ? list[0].toLowerCase() : undefined
}
