import type { Micros } from '../event/time.ts'

/** A network interface, by its MAC address at one site. */
export interface Interface {
  readonly mac: string
  readonly site: number
  /** The device it belongs to, or -1. */
  device: number
  /** Why it identifies nothing (a router's, a pool's), once that has been seen; '' while it may identify. */
  shared: string
  /** DHCP named it as a client: then it is a host's own interface, whatever stands between it and the sensor. */
  leased: boolean
  /** Addresses (index) it was seen with, the oldest first; bounded. */
  addresses: number[]
  /** Networks (/64) of outside IPv6 addresses seen with it; bounded. */
  outside: string[]
  /** Name that known_devices gave before any address was known, or ''. */
  name: string
  /** Engine clock (µs). */
  firstSeen: Micros
  lastSeen: Micros
  /** Another address at which it was seen while its own was in use, and since when: a move, a swap, or a second host. */
  claim: { readonly address: number; readonly ts: Micros; readonly clock: Micros } | null
  /** Engine clock of its latest moves between addresses by layer 2; bounded. */
  moves: Micros[]
}

export const MOST_ADDRESSES_OF_A_HOST = 8
/** One more than a host may have, and room to see which of them are silent. */
const KEPT_ADDRESSES = 16

/** The interfaces seen, by index; those of two sites are apart (virtual machines repeat theirs). */
export class MacTable {
  readonly list: (Interface | undefined)[] = []
  private readonly index: Map<string, number>[]
  private readonly free: number[] = []

  constructor(siteCount: number) {
    this.index = Array.from({ length: siteCount }, () => new Map())
  }

  get live(): number {
    return this.list.length - this.free.length
  }

  /** @param mac canonical */
  find(site: number, mac: string): number {
    return this.index[site]!.get(mac) ?? -1
  }

  get(at: number): Interface | undefined {
    return at < 0 ? undefined : this.list[at]
  }

  add(site: number, mac: string, clock: Micros): number {
    const at = this.free.pop() ?? this.list.length
    this.list[at] = {
      mac,
      site,
      device: -1,
      shared: '',
      leased: false,
      addresses: [],
      outside: [],
      name: '',
      claim: null,
      firstSeen: clock,
      lastSeen: clock,
      moves: [],
    }
    this.index[site]!.set(mac, at)
    return at
  }

  noteAddress(entry: Interface, address: number): void {
    const at = entry.addresses.indexOf(address)
    if (at >= 0) return
    entry.addresses.push(address)
    if (entry.addresses.length > KEPT_ADDRESSES) entry.addresses.shift()
  }

  remove(at: number): void {
    const entry = this.list[at]
    if (entry === undefined) return
    this.index[entry.site]!.delete(entry.mac)
    this.list[at] = undefined
    this.free.push(at)
  }

  /** Interfaces that no device has (or that identify nothing), longest unseen first, then the others, at most `count`. */
  oldest(count: number): number[] {
    const live: [number, Interface][] = []
    for (const [at, entry] of this.list.entries()) if (entry) live.push([at, entry])
    live.sort(
      ([a, one], [b, two]) => Number(one.device >= 0) - Number(two.device >= 0) || one.lastSeen - two.lastSeen || a - b,
    )
    return live.slice(0, count).map(([at]) => at)
  }

  save(): unknown {
    return { list: this.list.map((entry) => entry ?? 0), free: this.free }
  }

  static restore(siteCount: number, saved: unknown): MacTable {
    const table = new MacTable(siteCount)
    const { list, free } = saved as { list: (0 | Interface)[]; free: number[] }
    for (const [at, entry] of list.entries()) {
      table.list[at] = entry === 0 ? undefined : entry
      if (entry !== 0) table.index[entry.site]!.set(entry.mac, at)
    }
    table.free.push(...free)
    return table
  }
}
