import type { DeviceLine, MetricAnswer, MetricList } from './device_schema.ts'
import type { EventLake } from './event_lake.ts'
import { expectedBand, FEWEST_DAYS } from './expected_band.ts'

const HOUR = 3600
/** Hours that are ever read of a device: half a year. */
const MOST_HOURS = 24 * 183
const SKETCH_HOURS = 4

interface MetricKind {
  readonly label: string
  readonly unit: 'count' | 'bytes'
  /** An amount too small to matter: it keeps 6 instead of an expected 1 from looking like a peak. */
  readonly trifle: number
}

/** What is shown of a device, by hour. "In" is what others began towards it. */
export const METRICS = {
  connections_in: { label: 'Incoming connections', unit: 'count', trifle: 40 },
  connections_in_outside: { label: 'Incoming, from outside', unit: 'count', trifle: 40 },
  connections_out: { label: 'Outgoing connections', unit: 'count', trifle: 40 },
  failures: { label: 'Failed connections', unit: 'count', trifle: 20 },
  peers_out: { label: 'Devices it turned to', unit: 'count', trifle: 5 },
  peers_in: { label: 'Devices that turned to it', unit: 'count', trifle: 5 },
  bytes_out: { label: 'Bytes sent, inside', unit: 'bytes', trifle: 5e7 },
  bytes_out_outside: { label: 'Bytes sent, outside', unit: 'bytes', trifle: 5e7 },
  bytes_in: { label: 'Bytes received, inside', unit: 'bytes', trifle: 5e7 },
} as const satisfies Readonly<Record<string, MetricKind>>
export type MetricName = keyof typeof METRICS
export const METRIC_NAMES = Object.keys(METRICS) as [MetricName, ...MetricName[]]

/** From the hourly sums: everything between devices of the network, both ways. */
const INSIDE_SQL = `
SELECT hour,
  sum(CASE WHEN peer_device = $device THEN conns ELSE 0 END)::DOUBLE AS connections_in,
  sum(CASE WHEN device = $device THEN conns ELSE 0 END)::DOUBLE AS connections_out,
  sum(CASE WHEN device = $device THEN failures ELSE 0 END)::DOUBLE AS failures,
  count(DISTINCT CASE WHEN device = $device THEN peer_device END)::DOUBLE AS peers_out,
  count(DISTINCT CASE WHEN peer_device = $device THEN device END)::DOUBLE AS peers_in,
  sum(CASE WHEN device = $device THEN orig_bytes ELSE resp_bytes END)::DOUBLE AS bytes_out,
  sum(CASE WHEN device = $device THEN resp_bytes ELSE orig_bytes END)::DOUBLE AS bytes_in
FROM rollup_hour
WHERE (device = $device AND peer_device IS NOT NULL) OR peer_device = $device
GROUP BY hour`

/**
 * From the connections: those with the outside, whose sums do not tell who began. Of these the device is the inside
 * originator, or else was called.
 */
const outsideSql = (addresses: number): string => `
SELECT floor(known / ${HOUR}) * ${HOUR} AS hour,
  sum(CASE WHEN id_orig_h IN (${placeholders(addresses)}) THEN 0 ELSE 1 END)::DOUBLE AS connections_in_outside,
  sum(CASE WHEN id_orig_h IN (${placeholders(addresses)}) THEN 1 ELSE 0 END)::DOUBLE AS connections_out,
  sum(CASE WHEN id_orig_h IN (${placeholders(addresses)}) THEN orig_bytes ELSE resp_bytes END)::DOUBLE AS bytes_out_outside
FROM conn WHERE device = $device AND peer_device IS NULL GROUP BY 1`

function placeholders(count: number): string {
  return Array.from({ length: count }, (_, i) => `$a${i}`).join(', ')
}

interface Series {
  /** Hours since the epoch of the first value. */
  readonly first: number
  readonly values: Readonly<Record<MetricName, readonly number[]>>
}

/** Hourly metrics of devices, read once and kept for the devices looked at last. */
export class DeviceMetrics {
  private readonly lake: EventLake
  private readonly end: number
  private readonly kept = new Map<string, Promise<Series>>()

  /** @param end of the run, epoch seconds: hours of silence before it count as silence */
  constructor(lake: EventLake, end: number) {
    this.lake = lake
    this.end = end
  }

  async metric(device: DeviceLine, name: MetricName, from: number, to: number): Promise<MetricAnswer> {
    const { first, values } = await this.series(device)
    const all = values[name]
    const band = expectedBand(first, all)
    const begin = Math.max(0, Math.floor(from / HOUR) - first)
    const end = Math.max(begin, Math.min(all.length, Math.ceil(to / HOUR) - first))
    const cut = <T>(items: readonly T[]): T[] => items.slice(begin, end)
    return {
      metric: name,
      label: METRICS[name].label,
      unit: METRICS[name].unit,
      hours: cut(all.map((_, i) => (first + i) * HOUR)),
      values: cut(all),
      low: cut(band.low),
      median: cut(band.median),
      high: cut(band.high),
      days: cut(band.days),
      learned:
        'Expected: nine of ten hours of this device at the same time of day (an hour more or less) on earlier days, ' +
        `working days and weekends apart where ${FEWEST_DAYS} of a kind are known. Nothing later is looked at.`,
    }
  }

  async list(device: DeviceLine): Promise<MetricList> {
    const { first, values } = await this.series(device)
    const metrics = METRIC_NAMES.map((metric) => {
      const all = values[metric]
      const { high } = expectedBand(first, all)
      const { label, unit, trifle } = METRICS[metric]
      let [at, most] = [-1, 0]
      for (const [i, value] of all.entries()) {
        const expected = high[i]
        if (expected === null || expected === undefined || value <= expected) continue
        const times = Math.log2((value + trifle) / (expected + trifle))
        if (times > most) [at, most] = [i, times]
      }
      const peak = at < 0 ? null : { hour: (first + at) * HOUR, value: all[at]!, high: high[at]! }
      return { metric, label, unit, sketch: sketchOf(all), peak, most }
    })
    metrics.sort((a, b) => b.most - a.most)
    return { metrics: metrics.map(({ most: _, ...metric }) => metric) }
  }

  private series(device: DeviceLine): Promise<Series> {
    const kept = this.kept.get(device.id)
    if (kept !== undefined) return kept
    if (this.kept.size >= 32) this.kept.delete(this.kept.keys().next().value ?? '')
    const series = this.read(device)
    this.kept.set(device.id, series)
    series.catch(() => this.kept.delete(device.id))
    return series
  }

  private async read(device: DeviceLine): Promise<Series> {
    const last = Math.floor(Math.max(this.end, device.last_seen) / HOUR)
    const first = Math.max(Math.floor(device.first_seen / HOUR), last - MOST_HOURS + 1)
    const values = Object.fromEntries(
      METRIC_NAMES.map((name) => [name, new Array<number>(last - first + 1).fill(0)]),
    ) as Record<MetricName, number[]>
    const addresses = [...new Set([device.ip, ...device.addresses.map(({ address }) => address)])].slice(0, 200)
    const bound = Object.fromEntries(addresses.map((address, i) => [`a${i}`, address]))
    const ids = [device.id, ...device.aliases].slice(0, 8)
    for (const id of ids) {
      const rows = [
        ...(await this.lake.query(INSIDE_SQL, { device: id })),
        ...(await this.lake.query(outsideSql(addresses.length), { device: id, ...bound })),
      ]
      for (const row of rows) {
        const at = Math.floor(Number(row['hour']) / HOUR) - first
        if (at < 0 || at > last - first) continue
        for (const name of METRIC_NAMES) values[name][at] = values[name][at]! + Number(row[name] ?? 0)
      }
    }
    for (const [at, outside] of values.connections_in_outside.entries()) {
      values.connections_in[at] = values.connections_in[at]! + outside
    }
    return { first, values }
  }
}

function sketchOf(values: readonly number[]): number[] {
  const sketch: number[] = []
  for (let at = 0; at < values.length; at += SKETCH_HOURS) {
    sketch.push(Math.max(...values.slice(at, at + SKETCH_HOURS)))
  }
  return sketch
}
