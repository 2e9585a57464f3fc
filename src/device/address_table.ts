import type { Micros } from '../event/time.ts'
import { isLinkLocalIpv6, type ParsedAddress, prefix64 } from './address.ts'
import { growFloats, growInts } from './columns.ts'
import type { DeviceConfig } from './config.ts'

/** A past holder of an address: it had it from `since` until (not including) `until`. */
export interface PastHolder {
  readonly device: number
  readonly since: Micros
  readonly until: Micros
}

/** How many past holders an address remembers: enough for connections that are reported after the address moved. */
const KEPT_HOLDERS = 4
const FIRST_CAPACITY = 1024

/** Why an address has no holder, or how surely it has one. */
export const NOBODY = -1

/** The internal addresses of all sites, as columns by address index; the same text at two sites is two addresses. */
export class AddressTable {
  /** Slots in use, counting those that are free again. */
  size = 0
  /** Current holder (device index), or NOBODY. */
  device: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** `ts` (µs) from which the current holder has it; while it has none, the `ts` at which the last one lost it. */
  since: Float64Array = new Float64Array(FIRST_CAPACITY)
  /** Engine clock (µs) when it first and last spoke. */
  firstSpoke: Float64Array = new Float64Array(FIRST_CAPACITY)
  lastSpoke: Float64Array = new Float64Array(FIRST_CAPACITY)
  /** How many events it spoke in since its current holder got it. */
  spoken: Uint32Array = new Uint32Array(FIRST_CAPACITY)
  /** Interface (MAC index) it was last seen with on layer 2, or -1. */
  mac: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** End (µs) of the lease that DHCP told of, or 0. */
  leaseUntil: Float64Array = new Float64Array(FIRST_CAPACITY)
  /** Interface (MAC index) that leased it, or -1. */
  leasedTo: Int32Array = new Int32Array(FIRST_CAPACITY)
  readonly text: string[] = []
  readonly site: number[] = []
  readonly version: number[] = []
  /** The /64 of an IPv6 address; 'link' for a link-local one; '' for IPv4. */
  readonly prefix: string[] = []
  /** True where addresses change hands without a word (a declared VPN or NAT pool). */
  readonly pool: boolean[] = []
  readonly past: (PastHolder[] | undefined)[] = []
  private readonly index: Map<string, number>[]
  private readonly free: number[] = []

  constructor(siteCount: number) {
    this.index = Array.from({ length: siteCount }, () => new Map())
  }

  get live(): number {
    return this.size - this.free.length
  }

  /** Index of a canonical text at a site, or -1. */
  find(site: number, text: string): number {
    return this.index[site]!.get(text) ?? -1
  }

  add(site: number, address: ParsedAddress, pool: boolean): number {
    const at = this.free.pop() ?? this.size++
    if (at >= this.device.length) this.grow()
    this.device[at] = NOBODY
    this.since[at] = Number.NEGATIVE_INFINITY
    this.firstSpoke[at] = 0
    this.lastSpoke[at] = 0
    this.spoken[at] = 0
    this.mac[at] = -1
    this.leaseUntil[at] = 0
    this.leasedTo[at] = -1
    this.text[at] = address.text
    this.site[at] = site
    this.version[at] = address.version
    this.prefix[at] = address.version === 4 ? '' : isLinkLocalIpv6(address) ? 'link' : prefix64(address)
    this.pool[at] = pool
    this.past[at] = undefined
    this.index[site]!.set(address.text, at)
    return at
  }

  /** Who had the address at `ts`; NOBODY when it had no holder then, or the holder is not remembered. */
  holderAt(at: number, ts: Micros): number {
    if (ts >= this.since[at]!) return this.device[at]!
    const past = this.past[at]
    if (past === undefined) return this.device[at]!
    for (let i = past.length - 1; i >= 0; i--) {
      if (ts >= past[i]!.since) return ts < past[i]!.until ? past[i]!.device : NOBODY
    }
    return past[0]?.device ?? NOBODY
  }

  /** Gives the address to a device from `ts` on; what the holder before it had stays known as an interval. */
  give(at: number, device: number, ts: Micros): void {
    if (this.device[at] === device) return
    this.closeHolder(at, ts)
    // The first holder has it for all times before, too: nobody else is known.
    const first = this.past[at] === undefined
    this.since[at] = first ? Number.NEGATIVE_INFINITY : Math.max(ts, this.since[at]!)
    this.device[at] = device
    this.spoken[at] = 0
  }

  /** Takes the address from its holder at `ts`. */
  take(at: number, ts: Micros): void {
    if (this.device[at] === NOBODY) return
    this.closeHolder(at, ts)
    this.device[at] = NOBODY
    this.since[at] = ts
    this.mac[at] = -1
    this.leaseUntil[at] = 0
    this.leasedTo[at] = -1
  }

  /** All that `from` has or had belongs to `to`: they are one device. */
  rename(at: number, from: number, to: number): void {
    if (this.device[at] === from) this.device[at] = to
    const past = this.past[at]
    if (past) this.past[at] = past.map((holder) => (holder.device === from ? { ...holder, device: to } : holder))
  }

  remove(at: number): void {
    this.index[this.site[at]!]!.delete(this.text[at]!)
    this.text[at] = ''
    this.device[at] = NOBODY
    this.past[at] = undefined
    this.free.push(at)
  }

  /** The addresses that spoke longest ago (never-spoken ones first), at most `count`, in a settled order. */
  oldest(count: number): number[] {
    const all: number[] = []
    for (const index of this.index) for (const at of index.values()) all.push(at)
    return all.sort((a, b) => this.lastSpoke[a]! - this.lastSpoke[b]! || a - b).slice(0, count)
  }

  save(): unknown {
    const rows: unknown[] = []
    for (let at = 0; at < this.size; at++) {
      if (this.text[at] === '') {
        rows.push(0)
        continue
      }
      const since = this.since[at]!
      rows.push([
        this.text[at],
        this.site[at],
        this.version[at],
        this.prefix[at],
        this.pool[at] ? 1 : 0,
        this.device[at],
        Number.isFinite(since) ? since : null,
        this.firstSpoke[at],
        this.lastSpoke[at],
        this.spoken[at],
        this.mac[at],
        this.leaseUntil[at],
        this.leasedTo[at],
        this.past[at]?.map((holder) => [
          holder.device,
          Number.isFinite(holder.since) ? holder.since : null,
          holder.until,
        ]) ?? 0,
      ])
    }
    return { rows, free: this.free }
  }

  static restore(siteCount: number, saved: unknown): AddressTable {
    const table = new AddressTable(siteCount)
    const { rows, free } = saved as { rows: (0 | SavedAddress)[]; free: number[] }
    for (const [at, row] of rows.entries()) {
      table.size = at + 1
      if (at >= table.device.length) table.grow()
      if (row === 0) {
        table.text[at] = ''
        table.device[at] = NOBODY
        continue
      }
      const [text, site, version, prefix, pool, device, since, first, last, spoken, mac, lease, leasedTo, past] = row
      table.text[at] = text
      table.site[at] = site
      table.version[at] = version
      table.prefix[at] = prefix
      table.pool[at] = pool === 1
      table.device[at] = device
      table.since[at] = since ?? Number.NEGATIVE_INFINITY
      table.firstSpoke[at] = first
      table.lastSpoke[at] = last
      table.spoken[at] = spoken
      table.mac[at] = mac
      table.leaseUntil[at] = lease
      table.leasedTo[at] = leasedTo
      if (past !== 0) {
        table.past[at] = past.map(([holder, from, until]) => ({
          device: holder,
          since: from ?? Number.NEGATIVE_INFINITY,
          until,
        }))
      }
      table.index[site]!.set(text, at)
    }
    table.free.push(...free)
    return table
  }

  private closeHolder(at: number, ts: Micros): void {
    const device = this.device[at]!
    if (device === NOBODY) return
    const past = this.past[at] ?? []
    const since = this.since[at]!
    // A holder that had it for no time at all leaves no interval, but still marks that there was one before.
    if (ts > since) past.push({ device, since, until: ts })
    if (past.length > KEPT_HOLDERS) past.shift()
    this.past[at] = past
  }

  private grow(): void {
    const size = this.device.length * 2
    this.device = growInts(this.device, size)
    this.since = growFloats(this.since, size)
    this.firstSpoke = growFloats(this.firstSpoke, size)
    this.lastSpoke = growFloats(this.lastSpoke, size)
    const spoken = new Uint32Array(size)
    spoken.set(this.spoken)
    this.spoken = spoken
    this.mac = growInts(this.mac, size)
    this.leaseUntil = growFloats(this.leaseUntil, size)
    this.leasedTo = growInts(this.leasedTo, size)
  }
}

type SavedAddress = [
  text: string,
  site: number,
  version: number,
  prefix: string,
  pool: number,
  device: number,
  since: number | null,
  firstSpoke: number,
  lastSpoke: number,
  spoken: number,
  mac: number,
  leaseUntil: number,
  leasedTo: number,
  past: 0 | [device: number, since: number | null, until: number][],
]

/** Ranges that the configuration calls pools. */
export function poolRanges(config: DeviceConfig): readonly string[] {
  return config.networks.flatMap((entry) => (typeof entry === 'string' || entry.kind !== 'pool' ? [] : [entry.range]))
}
