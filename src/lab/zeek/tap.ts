import { HOUR, type Micros } from '../../event/time.ts'
import type { Segment } from '../addressing.ts'
import type { Host } from '../host.ts'
import { type Random, uniqueText } from '../random.ts'
import { OPEN_CONNECTION } from './delays.ts'
import {
  type Format,
  isWritten,
  jsonLine,
  jsonSeconds,
  type Layout,
  type LogName,
  layoutsOf,
  type Release,
  secondsText,
  tsvLine,
  type Value,
} from './layout.ts'
import { SLOT, type Spool } from './spool.ts'

/** Which of Zeek's defaults the site has changed: none, or those that Thymus recommends. */
export type Dialect = 'default' | 'tuned'

/** Notes the records of a labelled stage or oddity as they are written. */
export interface Recorder {
  note(uid: string, ts: Micros, known: Micros, written: Micros): void
}

/** What is wrong with a sensor during a slot (ten minutes) of write time. */
export interface Trouble {
  /** Nothing is written. */
  readonly blind: boolean
  /** Share of connections that lose packets, 0 to 1. */
  readonly loss: number
  /** Share of lines that are written twice. */
  readonly duplicates: number
  /** Added to all times: the sensor's clock is wrong. */
  readonly shift: Micros
}

/** A connection as the sensor sees it. */
export class Flow {
  readonly uid: string
  readonly ts: Micros
  readonly orig: Host
  readonly resp: Host
  readonly origPort: number
  readonly respPort: number
  /** uid and four-tuple, rendered for the sensor's format. */
  readonly head: string
  readonly recorder: Recorder | undefined
  /** Which sensor sees it: 0, or 1 where a second one watches one of its ends. */
  readonly sensor: 0 | 1
  /** In [0, 1): decides what a lossy sensor misses of it. */
  readonly luck: number

  constructor(
    format: Format,
    random: Random,
    recorder: Recorder | undefined,
    ts: Micros,
    orig: Host,
    origPort: number,
    resp: Host,
    respPort: number,
    sensor: 0 | 1,
  ) {
    this.sensor = sensor
    const uid = `C${uniqueText(random)}`
    this.uid = uid
    this.luck = random.float()
    this.ts = ts
    this.orig = orig
    this.resp = resp
    this.origPort = origPort
    this.respPort = respPort
    this.recorder = recorder
    this.head =
      format === 'json'
        ? `"uid":"${uid}","id.orig_h":"${orig.address}","id.orig_p":${origPort},"id.resp_h":"${resp.address}","id.resp_p":${respPort}`
        : `${uid}\t${orig.address}\t${origPort}\t${resp.address}\t${respPort}`
  }
}

type Protocol = 'tcp' | 'udp' | 'icmp'
const IP_PROTO: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, icmp: 1 }
/** Bytes of IP and transport headers a packet. */
const HEADERS: Readonly<Record<Protocol, number>> = { tcp: 46, udp: 28, icmp: 28 }

/** The row of conn.log, without the addresses. */
export interface ConnRow {
  readonly proto: Protocol
  readonly service?: string | undefined
  /** µs; undefined when only one packet was seen. */
  readonly duration?: Micros | undefined
  readonly origBytes: number
  readonly respBytes: number
  readonly state: string
  readonly history: string
  readonly origPackets: number
  readonly respPackets: number
}

/** RPC operations that a default sensor does not log: `DCE_RPC::ignored_operations`. */
const IGNORED_OPERATIONS: ReadonlySet<string> = new Set([
  'winreg BaseRegCloseKey',
  'winreg BaseRegGetVersion',
  'winreg BaseRegOpenKey',
  'winreg BaseRegQueryValue',
  'winreg BaseRegDeleteKeyEx',
  'winreg OpenLocalMachine',
  'winreg BaseRegEnumKey',
  'winreg OpenClassesRoot',
  'spoolss RpcSplOpenPrinter',
  'spoolss RpcClosePrinter',
  'wkssvc NetrWkstaGetInfo',
])

/** File actions that a default sensor logs (`SMB::logged_file_actions`); the tuned one adds writes and pipes. */
const DEFAULT_FILE_ACTIONS: ReadonlySet<string> = new Set(['FILE_OPEN', 'FILE_RENAME', 'FILE_DELETE', 'PRINT_OPEN'])
const TUNED_FILE_ACTIONS: ReadonlySet<string> = new Set([...DEFAULT_FILE_ACTIONS, 'FILE_WRITE', 'PIPE_OPEN'])

export type FileAction = 'FILE_OPEN' | 'FILE_WRITE' | 'FILE_RENAME' | 'FILE_DELETE' | 'PIPE_OPEN' | 'PRINT_OPEN'

export interface TapOptions {
  readonly format: Format
  readonly dialect: Dialect
  readonly release: Release
  /** By slot of write time (see `SLOT`). */
  readonly troubles: ReadonlyMap<number, Trouble>
  /** The sensor is switched off then: what it would write later is written nowhere. */
  readonly end: Micros
  /** How far the clock of the second sensor is ahead, where there is one. */
  readonly skew: Micros
}

/** What stands behind the firewall: a second sensor watches it, where there is one. */
const BEHIND_FIREWALL: ReadonlySet<Segment> = new Set<Segment>(['dmz', 'medical', 'industrial', 'cameras'])

function isBehindFirewall(host: Host): boolean {
  return host.segment !== undefined && BEHIND_FIREWALL.has(host.segment)
}

/** The Zeek sensor or sensors: turn what happens on the network into the lines that their version and dialect would write. */
export class SensorTap {
  readonly format: Format
  readonly dialect: Dialect
  readonly release: Release
  readonly layouts: Readonly<Record<LogName, Layout>>
  private readonly spools: readonly Spool[]
  private readonly skew: Micros
  private readonly end: Micros
  private readonly troubles: ReadonlyMap<number, Trouble>
  private readonly line: (layout: Layout, ts: Micros, head: string, values: readonly Value[]) => string

  /** @param spools one for each sensor */
  constructor(options: TapOptions, spools: readonly Spool[]) {
    this.format = options.format
    this.dialect = options.dialect
    this.release = options.release
    this.troubles = options.troubles
    this.end = options.end
    this.spools = spools
    this.skew = options.skew
    this.layouts = layoutsOf(options.release, options.dialect === 'tuned')
    this.line = options.format === 'json' ? jsonLine : tsvLine
  }

  flow(
    random: Random,
    recorder: Recorder | undefined,
    ts: Micros,
    orig: Host,
    origPort: number,
    resp: Host,
    respPort: number,
  ): Flow {
    const sensor = this.spools.length === 2 && (isBehindFirewall(orig) || isBehindFirewall(resp)) ? 1 : 0
    return new Flow(this.format, random, recorder, Math.floor(ts), orig, origPort, resp, respPort, sensor)
  }

  /**
   * A record of a log that belongs to a connection.
   * @param ts      when what it tells began
   * @param written when Zeek writes the line
   * @param values  by column of the log's layout; the rest is absent
   */
  row(log: LogName, flow: Flow, ts: Micros, written: Micros, values: readonly Value[]): void {
    this.put(log, flow.head, flow, Math.floor(ts), Math.floor(written), Math.floor(ts), values)
  }

  /** A record of a log without a connection's addresses (files, dhcp, x509, capture_loss). */
  record(
    log: LogName,
    flow: Flow | undefined,
    ts: Micros,
    written: Micros,
    duration: Micros,
    values: readonly Value[],
  ): void {
    this.put(log, '', flow, Math.floor(ts), Math.floor(written), Math.floor(ts + duration), values)
  }

  /** The row of conn.log; a tuned sensor also names a long connection while it is open. */
  conn(flow: Flow, row: ConnRow, written: Micros): void {
    if (this.dialect === 'tuned' && row.duration !== undefined && row.duration > OPEN_CONNECTION) {
      for (let open = OPEN_CONNECTION; open < row.duration; open += HOUR) this.openConn(flow, row, open)
    }
    this.connLine('conn', flow, row, Math.floor(written))
  }

  /** Writes everything that is due by then. */
  flush(until: Micros): void {
    this.spools.forEach((spool, sensor) => {
      spool.flush(sensor === 0 ? until : until + this.skew)
    })
  }

  close(): void {
    for (const spool of this.spools) spool.close(this.end)
  }

  /** Whether the sensor logs this operation of a DCE-RPC interface. */
  logsOperation(endpoint: string, operation: string): boolean {
    return this.dialect === 'tuned' || !IGNORED_OPERATIONS.has(`${endpoint} ${operation}`)
  }

  logsFileAction(action: FileAction): boolean {
    return (this.dialect === 'tuned' ? TUNED_FILE_ACTIONS : DEFAULT_FILE_ACTIONS).has(action)
  }

  private openConn(flow: Flow, row: ConnRow, open: Micros): void {
    const share = open / row.duration!
    const soFar: ConnRow = {
      ...row,
      duration: open,
      origBytes: Math.floor(row.origBytes * share),
      respBytes: Math.floor(row.respBytes * share),
      origPackets: Math.ceil(row.origPackets * share),
      respPackets: Math.ceil(row.respPackets * share),
      state: row.state === 'SF' || row.state.startsWith('RST') ? 'S1' : row.state,
      history: row.history.replace(/[fFrR].*$/, ''),
    }
    this.connLine('open_conn', flow, soFar, flow.ts + open)
  }

  private connLine(log: 'conn' | 'open_conn', flow: Flow, row: ConnRow, written: Micros): void {
    const trouble = this.troubleAt(written)
    if (trouble?.blind || written >= this.end) return
    const lossy = trouble !== undefined && flow.luck < trouble.loss
    // A connection of one packet each way is either seen or lost; a longer one shows gaps.
    if (lossy && row.origPackets < 3) return
    const missed = lossy ? Math.ceil((row.origBytes + row.respBytes) * flow.luck) : 0
    const history = missed > 0 ? `${row.history}g` : row.history
    const duration = row.duration === undefined ? undefined : Math.floor(row.duration)
    const header = HEADERS[row.proto]
    const skew = flow.sensor === 0 ? 0 : this.skew
    const ts = flow.ts + (trouble?.shift ?? 0) + skew
    let line: string
    if (this.format === 'json') {
      line = `{"ts":${jsonSeconds(ts)},${flow.head},"proto":"${row.proto}"`
      if (row.service !== undefined) line += `,"service":"${row.service}"`
      if (duration !== undefined) {
        line += `,"duration":${jsonSeconds(duration)},"orig_bytes":${row.origBytes},"resp_bytes":${row.respBytes}`
      }
      line +=
        `,"conn_state":"${row.state}","local_orig":${flow.orig.local},"local_resp":${flow.resp.local},"missed_bytes":${missed}` +
        `${history === '' ? '' : `,"history":"${history}"`},"orig_pkts":${row.origPackets},"orig_ip_bytes":${row.origBytes + row.origPackets * header}` +
        `,"resp_pkts":${row.respPackets},"resp_ip_bytes":${row.respBytes + row.respPackets * header}`
      line += this.release === 7 ? `,"ip_proto":${IP_PROTO[row.proto]}}\n` : '}\n'
    } else {
      line =
        `${secondsText(ts)}\t${flow.head}\t${row.proto}\t${row.service ?? '-'}\t` +
        (duration === undefined ? '-\t-\t-' : `${secondsText(duration)}\t${row.origBytes}\t${row.respBytes}`) +
        `\t${row.state}\t${flow.orig.local ? 'T' : 'F'}\t${flow.resp.local ? 'T' : 'F'}\t${missed}\t${history || '-'}` +
        `\t${row.origPackets}\t${row.origBytes + row.origPackets * header}\t${row.respPackets}\t${row.respBytes + row.respPackets * header}\t-`
      line += this.release === 7 ? `\t${IP_PROTO[row.proto]}\n` : '\n'
    }
    const spool = this.spools[flow.sensor]!
    spool.write(this.layouts[log].index, written + skew, line)
    if (trouble !== undefined && isDuplicated(flow, trouble)) {
      spool.write(this.layouts[log].index, written + skew, line)
    }
    flow.recorder?.note(flow.uid, ts, ts + (duration ?? 0), written + skew)
  }

  private put(
    log: LogName,
    head: string,
    flow: Flow | undefined,
    ts: Micros,
    written: Micros,
    known: Micros,
    values: readonly Value[],
  ): void {
    if (!isWritten(log, this.release)) return
    const trouble = this.troubleAt(written)
    if (trouble?.blind || written >= this.end) return
    // Where packets are missing, protocol analysis mostly gives up.
    if (trouble !== undefined && flow !== undefined && flow.luck < trouble.loss * 0.7) return
    const skew = flow === undefined || flow.sensor === 0 ? 0 : this.skew
    const shift = (trouble?.shift ?? 0) + skew
    const spool = this.spools[flow?.sensor ?? 0]!
    const layout = this.layouts[log]
    const line = this.line(layout, ts + shift, head, values)
    spool.write(layout.index, written + skew, line)
    if (flow === undefined) return
    if (trouble !== undefined && isDuplicated(flow, trouble)) spool.write(layout.index, written + skew, line)
    flow.recorder?.note(flow.uid, ts + shift, known + shift, written + skew)
  }

  /** What is wrong with the sensor at a moment. */
  troubleAt(written: Micros): Trouble | undefined {
    return this.troubles.size === 0 ? undefined : this.troubles.get(Math.floor(written / SLOT))
  }
}

function isDuplicated(flow: Flow, trouble: Trouble): boolean {
  // The upper end of the luck: what is lost and what is doubled are not the same connections.
  return 1 - flow.luck < trouble.duplicates
}
