import { defaultDeviceConfig } from '../src/device/config.ts'
import { DeviceStation } from '../src/device/device.ts'
import { batchesOf, type Row } from '../src/device/play.ts'
import type { EventBatch } from '../src/event/batch.ts'
import { Event } from '../src/event/event.ts'

/**
 * What the device station costs an event: `node bench/device.ts`. Times are CPU time, shown beside `JSON.parse` of the same
 * rows in the same run, so that two machines can be compared.
 */

const ROWS = 400_000
const DEVICES = 1_000
const SERVERS = 40
const OUTSIDE = 5_000
const INTERLEAVED = 20

/** A fixed sequence, so that each run does the same work. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

function connRows(withMacs: boolean): Row[] {
  const random = numbers(7)
  const pick = (count: number): number => Math.floor(random.next().value * count)
  return Array.from({ length: ROWS }, (_, index): Row => {
    const client = pick(DEVICES)
    const inside = pick(3) > 0
    const server = pick(SERVERS)
    const resp = inside ? `10.0.0.${server + 1}` : `93.184.${pick(OUTSIDE) >> 8}.${pick(256)}`
    return {
      log: 'conn',
      ts: 1_700_000_000 + index / 500,
      uid: `C${index.toString(36)}`,
      'id.orig_h': `10.1.${client >> 8}.${client & 255}`,
      'id.orig_p': 49_152 + pick(16_000),
      'id.resp_h': resp,
      'id.resp_p': [53, 80, 443, 445, 88, 389][pick(6)]!,
      proto: 'tcp',
      duration: 1,
      conn_state: ['SF', 'SF', 'SF', 'S0', 'RSTO'][pick(5)]!,
      orig_bytes: pick(5_000),
      resp_bytes: pick(50_000),
      orig_pkts: 10,
      resp_pkts: 10,
      ...(withMacs
        ? {
            orig_l2_addr: `00:0d:3a:00:${(client >> 8).toString(16).padStart(2, '0')}:${(client & 255).toString(16).padStart(2, '0')}`,
            resp_l2_addr: '00:1b:17:00:01:20',
          }
        : {}),
    }
  })
}

function dnsRows(): Row[] {
  const random = numbers(11)
  const pick = (count: number): number => Math.floor(random.next().value * count)
  return Array.from({ length: ROWS / 4 }, (_, index): Row => {
    const client = pick(DEVICES)
    return {
      log: 'dns',
      ts: 1_700_000_000 + index / 125,
      uid: `D${index.toString(36)}`,
      'id.orig_h': `10.1.${client >> 8}.${client & 255}`,
      'id.orig_p': 50_000,
      'id.resp_h': '10.0.0.1',
      'id.resp_p': 53,
      proto: 'udp',
      query: `host${pick(2_000)}.example`,
      qtype: 1,
      rcode: 0,
      answers: [`10.0.0.${pick(40) + 1}`],
    }
  })
}

/** Walks the batches some at a time, a stretch of each in turn, as merging does. */
function walk(station: DeviceStation, batches: readonly EventBatch[], stretch: number): number {
  const event = new Event()
  const start = process.cpuUsage()
  let events = 0
  for (let group = 0; group < batches.length; group += INTERLEAVED) {
    const together = batches.slice(group, group + INTERLEAVED)
    const longest = Math.max(...together.map((batch) => batch.rows))
    for (let from = 0; from < longest; from += stretch) {
      for (const batch of together) {
        event.batch = batch
        for (let row = from; row < Math.min(from + stretch, batch.rows); row++) {
          event.row = row
          event.key = batch.known[row]!
          event.clock = Math.max(event.clock, event.key)
          station.see(event)
          events++
        }
      }
    }
  }
  const used = process.cpuUsage(start)
  return ((used.user + used.system) * 1000) / events
}

function floor(rows: readonly Row[]): number {
  const lines = rows.slice(0, 100_000).map((row) => JSON.stringify(row))
  const start = process.cpuUsage()
  let total = 0
  for (const line of lines) total += (JSON.parse(line) as Row).ts
  const used = process.cpuUsage(start)
  return total > 0 ? ((used.user + used.system) * 1000) / lines.length : 0
}

const cases: readonly (readonly [string, readonly Row[], number])[] = [
  ['conn', connRows(false), 8192],
  ['conn, a few rows a batch in turn', connRows(false), 4],
  ['conn with MAC addresses', connRows(true), 8192],
  ['dns', dnsRows(), 8192],
]
const base = floor(cases[0]![1])
console.log(`Node ${process.version}; JSON.parse ${base.toFixed(0)} ns a line`)
for (const [name, rows, stretch] of cases) {
  const batches = batchesOf(rows, 8192)
  const station = new DeviceStation(defaultDeviceConfig())
  walk(station, batches, stretch)
  const again = walk(station, batches, stretch)
  console.log(`${name}: ${again.toFixed(0)} ns an event, ${(again / base).toFixed(2)} of JSON.parse`)
}

const flooded = new DeviceStation(defaultDeviceConfig())
const before = process.memoryUsage().heapUsed
for (let part = 0; part < 20; part++) {
  const rows = Array.from({ length: 50_000 }, (_, at): Row => {
    const n = part * 50_000 + at
    return {
      log: 'conn',
      ts: 1_700_000_000 + n / 10_000,
      'id.orig_h': `172.${16 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
      'id.resp_h': '10.0.0.1',
      'id.resp_p': 80,
      conn_state: 'S0',
    }
  })
  walk(flooded, batchesOf(rows, 8192), 8192)
}
const { devices, addresses, evicted } = flooded.stats()
const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20
console.log(
  `1,000,000 spoofed internal sources: ${devices} devices, ${addresses} addresses, ${evicted.floodedSources} refused, ` +
    `heap +${grown.toFixed(0)} MiB`,
)
