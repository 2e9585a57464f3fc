import { SECOND } from '../../event/time.ts'
import { serviceName } from './conn.ts'
import type { EveRecord } from './flow.ts'
import { countAt, objectAt, textAt, withoutKeys } from './json_reader.ts'
import type { EveRow } from './row.ts'

const ALERT_USED = new Set('signature_id rev gid signature category severity action'.split(' '))

/** EVE `alert` → `suricata_alert`: originator and responder are the flow's, whichever side sent the packet. */
export function alertRows(record: EveRecord): readonly EveRow[] {
  const alert = objectAt(record.json, 'alert')
  const fields = {
    ...record.connection,
    proto: record.proto,
    signature_id: countAt(alert, 'signature_id'),
    rev: countAt(alert, 'rev'),
    gid: countAt(alert, 'gid'),
    signature: textAt(alert, 'signature'),
    category: textAt(alert, 'category'),
    severity: countAt(alert, 'severity'),
    action: textAt(alert, 'action'),
    app_proto: serviceName(textAt(record.json, 'app_proto')),
  }
  const extra = { ...withoutKeys(alert, ALERT_USED), to_client: record.backwards }
  return [{ type: 'suricata_alert', line: record.line, ts: record.ts, fields, extra }]
}

/** EVE `anomaly` → `weird`. */
export function anomalyRows(record: EveRecord): readonly EveRow[] {
  const anomaly = objectAt(record.json, 'anomaly')
  const code = countAt(anomaly, 'code')
  const fields = {
    ...record.connection,
    name: textAt(anomaly, 'event') ?? (code === undefined ? textAt(anomaly, 'type') : `unknown-${code}`),
    addl: textAt(anomaly, 'layer') ?? textAt(anomaly, 'type'),
    notice: false,
    peer: textAt(record.json, 'host'),
    source: textAt(anomaly, 'app_proto')?.toUpperCase(),
  }
  return [{ type: 'weird', line: record.line, ts: record.ts, fields }]
}

/** EVE `arp` → `arp`. */
export function arpRows(record: EveRecord): readonly EveRow[] {
  const arp = objectAt(record.json, 'arp')
  const fields = {
    operation: textAt(arp, 'opcode'),
    src_mac: textAt(arp, 'src_mac')?.toLowerCase(),
    dst_mac: textAt(arp, 'dest_mac')?.toLowerCase(),
    orig_h: textAt(arp, 'src_ip'),
    resp_h: textAt(arp, 'dest_ip'),
  }
  return [{ type: 'arp', line: record.line, ts: record.ts, fields }]
}

interface Counters {
  readonly uptime: number
  readonly packets: number
  readonly bytes: number
  readonly kernel: number
  readonly dropped: number
}

/**
 * EVE `stats` → `stats` and `capture_loss`. Suricata counts since its start, Zeek since the line before, so the difference
 * is given; a restart begins anew. The loss is the share of packets that the kernel threw away before Suricata saw them
 * (Zeek measures acknowledged bytes that it missed); a capture method without that counter gives no `capture_loss`.
 */
export class EngineStats {
  private readonly last = new Map<string, Counters>()

  rows(record: EveRecord): readonly EveRow[] {
    const stats = objectAt(record.json, 'stats')
    const [capture, decoder] = [objectAt(stats, 'capture'), objectAt(stats, 'decoder')]
    const peer = textAt(record.json, 'host') ?? ''
    const now: Counters = {
      uptime: countAt(stats, 'uptime') ?? 0,
      packets: countAt(decoder, 'pkts') ?? 0,
      bytes: countAt(decoder, 'bytes') ?? 0,
      kernel: countAt(capture, 'kernel_packets') ?? 0,
      dropped: countAt(capture, 'kernel_drops') ?? 0,
    }
    const before = this.last.get(peer)
    const since =
      before !== undefined && before.uptime <= now.uptime && before.packets <= now.packets ? before : undefined
    if (before !== undefined || this.last.size < 64) this.last.set(peer, now)
    const difference = (key: keyof Counters): number => Math.max(0, now[key] - (since?.[key] ?? 0))
    const counted = capture['kernel_packets'] !== undefined
    const [kernel, dropped] = [difference('kernel'), difference('dropped')]
    const common = { line: record.line, ts: record.ts }
    const row: EveRow = {
      type: 'stats',
      ...common,
      fields: {
        peer: peer === '' ? undefined : peer,
        pkts_proc: difference('packets'),
        bytes_recv: difference('bytes'),
        pkts_dropped: counted ? dropped : undefined,
        pkts_link: counted ? kernel : undefined,
      },
    }
    if (!counted || kernel === 0) return [row]
    const loss: EveRow = {
      type: 'capture_loss',
      ...common,
      fields: {
        ts_delta: difference('uptime') * SECOND,
        peer: peer === '' ? undefined : peer,
        percent_lost: Math.min(100, (100 * dropped) / kernel),
      },
      extra: { measure: 'kernel_drops' },
    }
    return [row, loss]
  }
}
