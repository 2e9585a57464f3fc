import { createHash } from 'node:crypto'
import type { Micros } from '../../event/time.ts'
import { canonicalAddress } from './addresses.ts'
import { countAt, type JsonObject, listAt, objectAt, textAt } from './json_reader.ts'
import type { RowValue } from './row.ts'
import type { SmbMemory } from './smb_memory.ts'

/** What is remembered of a flow from one of its records to the next. */
export interface Flow {
  /** Zeek-like: `C` and 17 letters and digits; '' for a record that belongs to no flow. */
  readonly uid: string
  /** Endpoint of the side that opened the flow, once a record has told; ''. */
  originator: string
  smb?: SmbMemory
  /** Interfaces that DCE/RPC binds named, newest first. */
  rpcInterfaces?: readonly string[]
  ftpUser?: string
}

/** One EVE record with what every mapping needs of it. */
export interface EveRecord {
  readonly json: JsonObject
  readonly eventType: string
  /** `timestamp` (µs). */
  readonly ts: Micros
  /** Latest timestamp of the file so far, this record's included (µs). */
  readonly clock: Micros
  readonly line: number
  readonly flow: Flow
  /** `uid` and the four-tuple as Zeek has it: the originator is who opened the flow. */
  readonly connection: Readonly<Record<string, RowValue>>
  /** Zeek's name of the transport: tcp, udp, icmp. */
  readonly proto: string
  /** True when the record's `src_ip` is the responder: it tells of a packet or file on its way back. */
  readonly backwards: boolean
}

/** Flows of a generation: some 300 bytes each, and a Suricata holds 10⁴ to 10⁵ that are alive. */
const MOST_FLOWS = 1 << 16
/** Records of these types name source and destination of one packet or file; all others name client and server. */
const BY_PACKET = new Set(['alert', 'anomaly', 'drop', 'fileinfo', 'ike', 'nfs', 'metadata', 'frame', 'packet', 'dns'])

/** Remembers flows, gives them their uid and finds out who opened them. */
export class FlowTable {
  /** How many flows were forgotten because too many were alive. */
  evicted = 0
  /** Two generations: a flow that is met again moves to the younger one; the older is forgotten whole. */
  private young = new Map<string, Flow>()
  private old = new Map<string, Flow>()
  private clock: Micros = 0

  /** Puts a parsed line into its flow. */
  recordOf(json: JsonObject, eventType: string, ts: Micros, line: number): EveRecord {
    const proto = protoName(textAt(json, 'proto'))
    const source = endpointOf(json, 'src')
    const destination = endpointOf(json, 'dest')
    const flowId = json['flow_id']
    const known = typeof flowId === 'number' || typeof flowId === 'string'
    const flow = known ? this.flowOf(flowId, proto, source, destination) : { uid: '', originator: '' }
    const backwards = isBackwards(json, eventType, flow, source, destination)
    if (!backwards && flow.originator === '' && !BY_PACKET.has(eventType)) flow.originator = keyOf(source)
    const [orig, resp] = backwards ? [destination, source] : [source, destination]
    const connection: Record<string, RowValue> = {
      uid: flow.uid === '' ? undefined : flow.uid,
      'id.orig_h': orig.address,
      'id.orig_p': orig.port,
      'id.resp_h': resp.address,
      'id.resp_p': resp.port,
    }
    if (proto === 'icmp') Object.assign(connection, icmpPorts(json))
    if (ts > this.clock) this.clock = ts
    return { json, eventType, ts, clock: this.clock, line, flow, connection, proto, backwards }
  }

  private flowOf(flowId: number | string, proto: string, source: Endpoint, destination: Endpoint): Flow {
    const ends = [keyOf(source), keyOf(destination)].sort()
    const key = `${flowId}|${proto}|${ends[0]}|${ends[1]}`
    let flow = this.young.get(key)
    if (flow) return flow
    flow = this.old.get(key)
    if (flow) this.old.delete(key)
    else flow = { uid: hashedId('C', key), originator: '' }
    this.young.set(key, flow)
    if (this.young.size < MOST_FLOWS) return flow
    this.evicted += this.old.size
    this.old = this.young
    this.young = new Map()
    return flow
  }
}

interface Endpoint {
  readonly address: string | undefined
  readonly port: number | undefined
}

function endpointOf(json: JsonObject, side: 'src' | 'dest'): Endpoint {
  const address = textAt(json, `${side}_ip`)
  return { address: address === undefined ? undefined : canonicalAddress(address), port: countAt(json, `${side}_port`) }
}

function keyOf(endpoint: Endpoint): string {
  return `${endpoint.address ?? ''} ${endpoint.port ?? ''}`
}

/**
 * Whether the source is the responder. Best evidence first: the record's own `flow` object (Suricata 7 and later in
 * alerts), its `direction`, what an earlier record of the flow told, and last the ports: the responder's is the smaller.
 */
function isBackwards(
  json: JsonObject,
  eventType: string,
  flow: Flow,
  source: Endpoint,
  destination: Endpoint,
): boolean {
  if (!BY_PACKET.has(eventType)) return false
  const told = textAt(objectAt(json, 'flow'), 'src_ip')
  if (told !== undefined) {
    const opener = { address: canonicalAddress(told), port: countAt(objectAt(json, 'flow'), 'src_port') }
    return keyOf(opener) === keyOf(destination) && keyOf(opener) !== keyOf(source)
  }
  const direction = textAt(json, 'direction')
  if (direction !== undefined && eventType !== 'fileinfo') return direction === 'to_client'
  if (flow.originator !== '') return flow.originator === keyOf(destination) && flow.originator !== keyOf(source)
  if (eventType !== 'fileinfo' && eventType !== 'dns') return false
  return source.port !== undefined && destination.port !== undefined && source.port < destination.port
}

function protoName(proto: string | undefined): string {
  if (proto === undefined) return ''
  const name = proto.toLowerCase()
  return name === 'ipv6-icmp' || name === 'icmpv6' ? 'icmp' : name
}

/** Zeek's convention for ICMP: the type in place of the originator's port, the answer's type (else the code) as the other. */
const ICMP_ANSWER = new Map([
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
  [128, 129],
  [133, 134],
  [135, 136],
])

function icmpPorts(json: JsonObject): Record<string, RowValue> {
  const type = countAt(json, 'icmp_type')
  if (type === undefined) return {}
  const other = countAt(json, 'response_icmp_type') ?? ICMP_ANSWER.get(type) ?? countAt(json, 'icmp_code')
  return { 'id.orig_p': type, 'id.resp_p': other }
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A letter and 17 digits of base 62 (101 bits of SHA-256), as Zeek's ids look: the same cause, the same id, on any run. */
export function hashedId(letter: 'C' | 'F', cause: string): string {
  let rest = BigInt(`0x${createHash('sha256').update(cause).digest('hex').slice(0, 32)}`)
  let id = ''
  for (let i = 0; i < 17; i++) {
    id += DIGITS[Number(rest % 62n)]
    rest /= 62n
  }
  return letter + id
}

/** The VLANs of a record (QinQ: outer, inner) as Zeek's columns. */
export function vlanFields(json: JsonObject): Record<string, RowValue> {
  const [outer, inner] = listAt(json, 'vlan')
  return {
    vlan: typeof outer === 'number' ? outer : undefined,
    inner_vlan: typeof inner === 'number' ? inner : undefined,
  }
}
