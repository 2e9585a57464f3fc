import { type EventBatch, textAt } from '../../event/batch.ts'
import type { LogType } from '../../event/log_types.ts'
import { HOUR, MINUTE, type Micros } from '../../event/time.ts'
import type { ReadReportData, RejectReason, Trouble } from '../sensor.ts'
import { isLinkLocal, isNoHost, isPrivateAddress, networkOf } from './networks.ts'
import { TimeLine } from './time_line.ts'

/** What is looked at is bounded, whatever the input: beyond these numbers things are counted, not kept. */
const MOST = { types: 300, macs: 5_000, addressesOfMac: 9, networks: 4_096, keys: 100_000, tuples: 20_000, troubles: 5 }

export interface TypeCount {
  readonly type: LogType
  count: number
  /** Rows whose `known` lies further behind the log's latest than the type allows. */
  late: number
  latest: Micros
  /** Rows that say when they were written (`_write_ts`). */
  withWriteTime: number
  readonly hours: TimeLine
}

/** Connections of one sort: all, and those in which both sides spoke. */
export interface Traffic {
  all: number
  answered: number
}

export interface Rejects {
  count: number
  readonly first: Trouble<RejectReason>[]
}

/** 2000-01-01. */
const CLOCK_NOT_SET: Micros = 946_684_800_000_000

/** States of a connection that came about. */
const ANSWERED = new Set(['SF', 'S1', 'S2', 'S3', 'RSTO', 'RSTR'])

/**
 * What one source (a sensor: one PATH) shows of itself. It takes batches as they come and keeps counts; what they mean is
 * said in `findings.ts`.
 */
export class Observation {
  readonly name: string
  readonly types = new Map<string, TypeCount>()
  readonly formats = new Map<string, number>()
  readonly rejected = new Map<RejectReason, Rejects>()
  readonly notes: string[] = []
  readonly minutes = new TimeLine(MINUTE)
  rows = 0
  files = 0
  unreadable = 0
  first: Micros = Number.NaN
  last: Micros = Number.NaN
  duplicates = 0
  /** Records with a `ts` before 2000: no sensor of this sort existed; its clock was not set. */
  beforeClock = 0

  /** By `proto/port` of the responder, for the ports that a missing log can be judged by. */
  readonly traffic = new Map<string, Traffic>()
  readonly tcp = { all: 0, oneSided: 0, midstream: 0, judged: 0 }
  readonly missed = { bytes: 0, of: 0, connections: 0 }
  readonly doubled = { connections: 0 }
  readonly macs = { connections: 0, withMac: 0, addresses: new Map<string, Set<string>>() }
  readonly local = { told: 0, untold: 0, privateButNotLocal: 0, publicButLocal: 0, lacking: new Map<string, number>() }
  readonly networks = new Map<string, number>()
  readonly loss = { count: 0, sum: 0, high: 0, worst: 0, worstAt: Number.NaN, peers: new Set<string>() }
  readonly drops = { dropped: 0, seen: 0 }
  readonly smbActions = new Map<string, number>()
  filesOverSmb = 0
  /** DCE/RPC operations that a default Zeek hides: how many were seen. */
  hiddenOperations = 0
  /** Start of connections by their four-tuple, for the comparison of two sensors' clocks. */
  readonly starts = new Map<string, Micros>()

  /** Event keys of the latest records, in two generations: the older is forgotten whole. */
  private recentKeys = new Set<number>()
  private olderKeys = new Set<number>()

  /** @param name the source as the operator called it */
  constructor(name: string) {
    this.name = name
  }

  take(batch: EventBatch): void {
    const count = this.typeCount(batch.type)
    this.rows += batch.rows
    if (!count) return
    count.count += batch.rows
    const written = batch.type.slots.get('_write_ts')
    for (let row = 0; row < batch.rows; row++) {
      this.time(count, batch.known[row]!, batch.numbers[0]![row]!)
      if (written !== undefined && !Number.isNaN(batch.numbers[written]![row]!)) count.withWriteTime++
      this.key(batch.keyHigh[row]!, batch.keyLow[row]!)
    }
    switch (batch.type.name) {
      case 'conn':
        this.connections(batch)
        break
      case 'smb_files':
        for (let row = 0; row < batch.rows; row++) bump(this.smbActions, textOf(batch, 'action', row) || 'none')
        break
      case 'files':
        for (let row = 0; row < batch.rows; row++) if (textOf(batch, 'source', row) === 'SMB') this.filesOverSmb++
        break
      case 'dce_rpc':
        for (let row = 0; row < batch.rows; row++) {
          if (HIDDEN_OPERATIONS.has(`${textOf(batch, 'endpoint', row)} ${textOf(batch, 'operation', row)}`))
            this.hiddenOperations++
        }
        break
      case 'capture_loss':
        this.captureLoss(batch)
        break
      case 'stats':
        this.engineStats(batch)
        break
    }
  }

  /** What reading a file of this source found wrong. */
  addReport(report: ReadReportData): void {
    for (const [reason, { count, first }] of report.rejected) {
      let entry = this.rejected.get(reason)
      if (!entry) {
        entry = { count: 0, first: [] }
        this.rejected.set(reason, entry)
      }
      entry.count += count
      for (const trouble of first) if (entry.first.length < MOST.troubles) entry.first.push(trouble)
    }
    for (const note of report.notes) if (this.notes.length < 20) this.notes.push(note)
  }

  private typeCount(type: LogType): TypeCount | undefined {
    let count = this.types.get(type.name)
    if (!count && this.types.size < MOST.types) {
      count = { type, count: 0, late: 0, latest: Number.NaN, withWriteTime: 0, hours: new TimeLine(HOUR) }
      this.types.set(type.name, count)
    }
    return count
  }

  private time(count: TypeCount, known: Micros, ts: Micros): void {
    if (Number.isNaN(known)) return
    if (ts < CLOCK_NOT_SET) {
      this.beforeClock++
      return
    }
    if (!(this.first <= ts)) this.first = ts
    if (!(this.last >= known)) this.last = known
    this.minutes.mark(known)
    count.hours.mark(known)
    if (known < count.latest - count.type.lateAfter) count.late++
    if (!(count.latest >= known)) count.latest = known
  }

  private key(high: number, low: number): void {
    const key = high * 0x100000 + (low >>> 12)
    if (this.recentKeys.has(key) || this.olderKeys.has(key)) {
      this.duplicates++
      return
    }
    this.recentKeys.add(key)
    if (this.recentKeys.size < MOST.keys) return
    this.olderKeys = this.recentKeys
    this.recentKeys = new Set()
  }

  private connections(batch: EventBatch): void {
    const number = columns(batch)
    for (let row = 0; row < batch.rows; row++) {
      const proto = textOf(batch, 'proto', row)
      const state = textOf(batch, 'conn_state', row)
      const history = textOf(batch, 'history', row)
      const orig = textOf(batch, 'id.orig_h', row)
      const resp = textOf(batch, 'id.resp_h', row)
      const [origPackets, respPackets] = [number('orig_pkts', row), number('resp_pkts', row)]
      const answered = proto === 'tcp' ? ANSWERED.has(state) : state === 'SF'
      this.port(`${proto}/${number('id.resp_p', row)}`, answered)
      if (proto === 'tcp') this.sides(state, history, origPackets, respPackets)
      const missed = number('missed_bytes', row)
      const bytes = sum(number('orig_bytes', row), number('resp_bytes', row))
      if (!Number.isNaN(missed)) {
        this.missed.bytes += missed
        this.missed.of += bytes + missed
        if (missed > 0) this.missed.connections++
      }
      this.identity(batch, row, orig, resp)
      this.locality(number('local_orig', row), orig)
      this.locality(number('local_resp', row), resp)
      if (answered)
        this.start(
          `${proto} ${orig} ${number('id.orig_p', row)} ${resp} ${number('id.resp_p', row)}`,
          number('ts', row),
        )
    }
  }

  private port(key: string, answered: boolean): void {
    if (!TELLING_PORTS.has(key)) return
    let traffic = this.traffic.get(key)
    if (!traffic) {
      traffic = { all: 0, answered: 0 }
      this.traffic.set(key, traffic)
    }
    traffic.all++
    if (answered) traffic.answered++
  }

  /**
   * One side alone was seen although the other must have spoken: the originator acknowledged or sent data to someone who
   * sent no packet, or the responder answered someone who sent none. An unanswered SYN is no such thing.
   */
  private sides(state: string, history: string, origPackets: number, respPackets: number): void {
    this.tcp.all++
    if (state === 'S0' || state === 'REJ' || state === 'RSTOS0') return
    this.tcp.judged++
    const respSilent = Number.isNaN(respPackets) ? history !== '' && !/[a-z]/.test(history) : respPackets === 0
    const origSilent = Number.isNaN(origPackets) ? history !== '' && !/[A-Z]/.test(history) : origPackets === 0
    if ((respSilent && /[ADF]/.test(history)) || origSilent || state === 'SHR' || state === 'SH') this.tcp.oneSided++
    else if (state === 'OTH') this.tcp.midstream++
  }

  private identity(batch: EventBatch, row: number, orig: string, resp: string): void {
    this.macs.connections++
    const sides: [string, string][] = [
      [textOf(batch, 'orig_l2_addr', row), orig],
      [textOf(batch, 'resp_l2_addr', row), resp],
    ]
    if (sides[0]![0] !== '' || sides[1]![0] !== '') this.macs.withMac++
    for (const [mac, address] of sides) {
      if (mac === '') continue
      let addresses = this.macs.addresses.get(mac)
      if (!addresses && this.macs.addresses.size < MOST.macs) {
        addresses = new Set()
        this.macs.addresses.set(mac, addresses)
      }
      if (addresses && addresses.size < MOST.addressesOfMac) addresses.add(address)
    }
  }

  private locality(flag: number, address: string): void {
    if (isNoHost(address)) return
    const own = isPrivateAddress(address)
    if (own) {
      const network = networkOf(address)
      if (this.networks.has(network) || this.networks.size < MOST.networks) bump(this.networks, network)
    }
    if (Number.isNaN(flag)) {
      this.local.untold++
      return
    }
    this.local.told++
    if (own && flag === 0 && !isLinkLocal(address)) {
      this.local.privateButNotLocal++
      const network = networkOf(address)
      if (this.local.lacking.has(network) || this.local.lacking.size < MOST.networks) bump(this.local.lacking, network)
    }
    if (!own && flag === 1) this.local.publicButLocal++
  }

  /** A second connection of the same four-tuple within 100 ms of the first is the same packets seen twice. */
  private start(tuple: string, ts: Micros): void {
    const known = this.starts.get(tuple)
    if (known !== undefined) {
      if (Math.abs(ts - known) < 100_000) this.doubled.connections++
    } else if (this.starts.size < MOST.tuples) this.starts.set(tuple, ts)
  }

  private captureLoss(batch: EventBatch): void {
    const number = columns(batch)
    for (let row = 0; row < batch.rows; row++) {
      const lost = number('percent_lost', row)
      if (Number.isNaN(lost)) continue
      this.loss.count++
      this.loss.sum += lost
      if (lost > 5) this.loss.high++
      if (this.loss.peers.size < 100) this.loss.peers.add(textOf(batch, 'peer', row))
      if (lost > this.loss.worst) {
        this.loss.worst = lost
        this.loss.worstAt = number('ts', row)
      }
    }
  }

  private engineStats(batch: EventBatch): void {
    const number = columns(batch)
    for (let row = 0; row < batch.rows; row++) {
      const dropped = number('pkts_dropped', row)
      if (Number.isNaN(dropped)) continue
      this.drops.dropped += dropped
      const link = number('pkts_link', row)
      this.drops.seen += Number.isNaN(link) ? sum(number('pkts_proc', row), dropped) : link
    }
  }
}

/** What Zeek leaves out of dce_rpc.log unless it is tuned (`DCE_RPC::ignored_operations`). */
const HIDDEN_OPERATIONS = new Set([
  ...'BaseRegCloseKey BaseRegGetVersion BaseRegOpenKey BaseRegQueryValue BaseRegDeleteKeyEx OpenLocalMachine BaseRegEnumKey OpenClassesRoot'
    .split(' ')
    .map((operation) => `winreg ${operation}`),
  'spoolss RpcSplOpenPrinter',
  'spoolss RpcClosePrinter',
  'wkssvc NetrWkstaGetInfo',
])

/** Ports whose traffic tells that a log should be there. */
export const TELLING_PORTS: ReadonlySet<string> = new Set(
  'tcp/445 tcp/139 tcp/135 tcp/88 udp/88 tcp/389 udp/389 tcp/3268 udp/53 tcp/53 udp/67 udp/68 tcp/80 tcp/443 tcp/3389 tcp/22 tcp/25 tcp/21 udp/161 tcp/502 tcp/20000'.split(
    ' ',
  ),
)

function columns(batch: EventBatch): (field: string, row: number) => number {
  return (field, row) => {
    const slot = batch.type.slots.get(field)
    return slot === undefined ? Number.NaN : batch.numbers[slot]![row]!
  }
}

function textOf(batch: EventBatch, field: string, row: number): string {
  const slot = batch.type.slots.get(field)
  return slot === undefined ? '' : textAt(batch, slot, row)
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function sum(a: number, b: number): number {
  return (Number.isNaN(a) ? 0 : a) + (Number.isNaN(b) ? 0 : b)
}
