import { closeSync, openSync, writeSync } from 'node:fs'

/**
 * A made-up conn.log with the habits of a real one: a thousand clients, servers of very unequal popularity, services with
 * their own sizes and histories, failed connections without duration, times that run on by the end of connections. The
 * same seed gives the same bytes. 20 fields, about 372 bytes a JSON line.
 */
export interface ConnLog {
  readonly lines: number
  readonly seed?: number
  readonly clients?: number
  /** Connections a second. */
  readonly rate?: number
  /** Epoch seconds. */
  readonly start?: number
}

/** Values in the order of CONN_FIELDS; undefined is unset. */
type Record = readonly (string | number | boolean | undefined)[]

const CONN_FIELDS: readonly (readonly [name: string, type: string])[] = [
  ['ts', 'time'],
  ['uid', 'string'],
  ['id.orig_h', 'addr'],
  ['id.orig_p', 'port'],
  ['id.resp_h', 'addr'],
  ['id.resp_p', 'port'],
  ['proto', 'enum'],
  ['service', 'string'],
  ['duration', 'interval'],
  ['orig_bytes', 'count'],
  ['resp_bytes', 'count'],
  ['conn_state', 'string'],
  ['local_orig', 'bool'],
  ['local_resp', 'bool'],
  ['missed_bytes', 'count'],
  ['history', 'string'],
  ['orig_pkts', 'count'],
  ['orig_ip_bytes', 'count'],
  ['resp_pkts', 'count'],
  ['resp_ip_bytes', 'count'],
]

/** name, port, protocol, share, typical bytes up and down, seconds, histories. */
const SERVICES: readonly (readonly [string | undefined, number, string, number, number, number, number, string[]])[] = [
  ['dns', 53, 'udp', 0.38, 45, 130, 0.02, ['Dd']],
  ['ssl', 443, 'tcp', 0.28, 2200, 14000, 20, ['ShADadFf', 'ShADadfF', 'ShADadtFf', 'ShADadFfr', 'ShADadtfFR']],
  ['http', 80, 'tcp', 0.07, 500, 3000, 1.5, ['ShADadFf', 'ShADadfFr']],
  ['gssapi,smb,krb', 445, 'tcp', 0.05, 6000, 9000, 40, ['ShADdaFf', 'ShADdatR', 'ShADdaGR']],
  ['krb_tcp', 88, 'tcp', 0.03, 1600, 1800, 0.03, ['ShADadFf', 'ShADadfFR']],
  ['dce_rpc', 135, 'tcp', 0.02, 400, 300, 12, ['ShADdaFf']],
  ['ntp', 123, 'udp', 0.02, 48, 48, 0.04, ['Dd']],
  [undefined, 389, 'tcp', 0.03, 2500, 5000, 0.3, ['ShADdaFr', 'ShADdtFr']],
  [undefined, 8443, 'tcp', 0.08, 900, 2000, 5, ['ShADadFf', 'ShADad', 'ShADadR']],
  [undefined, 8080, 'tcp', 0.04, 0, 0, 0, ['S', 'Sr', 'S']],
]

/** Numbers in [0, 1) that look random and are the same everywhere (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function pickService(share: number): (typeof SERVICES)[number] {
  let left = share
  for (const service of SERVICES) {
    left -= service[3]
    if (left < 0) return service
  }
  return SERVICES[0]!
}

export function* connRecords({
  lines,
  seed = 1,
  clients = 1000,
  rate = 120,
  start = 1_713_571_200,
}: ConnLog): Generator<Record> {
  const random = seeded(seed)
  let now = start
  for (let line = 0; line < lines; line++) {
    now += -Math.log(1 - random()) / rate
    const [name, port, proto, , up, down, seconds, histories] = pickService(random())
    const history = histories[Math.floor(random() * histories.length)]!
    const answered = history.length > 2 || history === 'Dd'
    const client = Math.floor(random() * clients)
    const local = port !== 443 && port !== 80
    // Popularity falls off like 1/rank: a few servers take most connections, thousands take one each.
    const server = local
      ? usual(client, random, 6, 30, random() < 0.95)
      : usual(client, random, 40, 20_000, random() < 0.94)
    const size = (typical: number): number => Math.round(typical * Math.exp(2 * random() - 1))
    const [sent, received] = answered ? [size(up), size(down)] : [undefined, undefined]
    const duration = answered
      ? seconds * -Math.log(1 - random())
      : history === 'Sr'
        ? 0.00004 + random() / 1e4
        : undefined
    const sentPackets = answered ? 2 + Math.ceil(sent! / 1200) : 1
    const receivedPackets = answered ? 1 + Math.ceil(received! / 1200) : history === 'Sr' ? 1 : 0
    const state = !answered
      ? history === 'Sr'
        ? 'REJ'
        : 'S0'
      : /R/.test(history)
        ? 'RSTO'
        : history === 'ShADad'
          ? 'S1'
          : 'SF'
    let uid = 'C'
    while (uid.length < 18) uid += BASE62[Math.floor(random() * 62)]
    yield [
      // A line is written when its connection ends: an earlier start may follow.
      Math.round((now - (duration ?? 0)) * 1e6) / 1e6,
      uid,
      `10.${1 + (client >> 8)}.${client & 255}.${20 + (client % 200)}`,
      1024 + Math.floor(random() * 64_000),
      local
        ? `10.0.${server >> 4}.${10 + (server & 15)}`
        : `${20 + (server % 150)}.${server & 255}.${(server * 7) & 255}.${1 + (server % 250)}`,
      port,
      proto,
      answered ? name : undefined,
      duration,
      sent,
      received,
      state,
      true,
      local,
      0,
      history,
      sentPackets,
      (sent ?? 0) + sentPackets * 40,
      receivedPackets,
      (received ?? 0) + receivedPackets * 40,
    ]
  }
}

/**
 * Which of `all` servers: people go back to where they have been (19 of 20 times in the office, a little less outside),
 * each to a few of their own, some of those much more often than others; what is new to them is what is popular.
 */
function usual(client: number, random: () => number, own: number, all: number, back: boolean): number {
  if (!back) return Math.floor(all ** random())
  const rank = Math.floor(own ** random()) - 1
  const mixed = Math.imul(client * own + rank + 1, 0x9e3779b1) >>> 0
  return Math.floor(all ** (mixed / 4294967296))
}

function jsonLine(record: Record): string {
  let line = '{'
  for (let i = 0; i < record.length; i++) {
    const value = record[i]
    if (value !== undefined)
      line += `${line === '{' ? '' : ','}"${CONN_FIELDS[i]![0]}":${typeof value === 'string' ? `"${value}"` : value}`
  }
  return `${line}}\n`
}

function tsvLine(record: Record): string {
  let line = ''
  for (let i = 0; i < record.length; i++) {
    const value = record[i]
    const type = CONN_FIELDS[i]![1]
    line += i === 0 ? '' : '\t'
    if (value === undefined) line += '-'
    else if (typeof value === 'boolean') line += value ? 'T' : 'F'
    else if (type === 'time' || type === 'interval') line += (value as number).toFixed(6)
    else line += value
  }
  return `${line}\n`
}

const TSV_HEADER = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tconn',
  '#open\t2024-04-20-00-00-00',
  `#fields\t${CONN_FIELDS.map(([name]) => name).join('\t')}`,
  `#types\t${CONN_FIELDS.map(([, type]) => type).join('\t')}`,
  '',
].join('\n')

/** Writes the same records as JSON and as TSV. @returns bytes of each */
export function writeConnLogs(options: ConnLog, jsonPath: string, tsvPath: string): { json: number; tsv: number } {
  const files = [jsonPath, tsvPath].map((path) => ({ handle: openSync(path, 'w'), pending: '', bytes: 0 }))
  const [json, tsv] = files as [(typeof files)[0], (typeof files)[0]]
  const flush = (file: (typeof files)[0], atLeast: number): void => {
    if (file.pending.length < atLeast) return
    file.bytes += writeSync(file.handle, file.pending)
    file.pending = ''
  }
  tsv.pending = TSV_HEADER
  for (const record of connRecords(options)) {
    json.pending += jsonLine(record)
    tsv.pending += tsvLine(record)
    for (const file of files) flush(file, 1 << 20)
  }
  for (const file of files) {
    flush(file, 1)
    closeSync(file.handle)
  }
  return { json: json.bytes, tsv: tsv.bytes }
}
