import { type ParsedAddress, parseAddress, scopeOf } from './address.ts'
import { poolRanges } from './address_table.ts'
import { type BatchView, DARK, NEVER_A_DEVICE, OUTSIDE } from './batch_view.ts'
import type { DeviceConfig } from './config.ts'
import type { Inventory } from './inventory.ts'
import { NetworkSet } from './network_set.ts'
import type { Sites } from './sites.ts'

/** Addresses that only the sensor calls local; a sensor that calls everything local must not fill the memory. */
const MOST_CALLED_LOCAL = 100_000

/** From the text of an address to its index: once a batch and text, by code afterwards (see `batch_view.ts`). */
export class AddressBook {
  private readonly sites: Sites
  private readonly inventory: Inventory
  private readonly internal: NetworkSet<true>
  private readonly pools: NetworkSet<true>
  /** By site: outside by the address plan, but the sensor knows better. */
  private readonly calledLocal: Set<string>[]
  /** Grows when an outside address becomes a local one: what was looked up as outside before must be looked up again. */
  private epoch = 0

  constructor(config: DeviceConfig, sites: Sites, inventory: Inventory) {
    this.sites = sites
    this.inventory = inventory
    const ranges = config.networks.map((entry) => (typeof entry === 'string' ? entry : entry.range))
    const siteRanges = config.sites.flatMap((site) => site.networks)
    this.internal = new NetworkSet([...ranges, ...siteRanges].map((range) => [range, true] as const))
    this.pools = new NetworkSet(poolRanges(config).map((range) => [range, true] as const))
    this.calledLocal = sites.list.map(() => new Set())
  }

  /** Address index + 1, NEVER_A_DEVICE, DARK, or something at most OUTSIDE. */
  code(view: BatchView, id: number): number {
    const known = view.addresses[id]!
    if (known > 0 || known === NEVER_A_DEVICE || known === OUTSIDE - this.epoch) return known
    if (id === 0) return NEVER_A_DEVICE
    return this.lookUp(view, id)
  }

  /** The sensor says that an address is local, whatever the address plan says. @returns its code */
  callLocal(view: BatchView, id: number): number {
    const address = parseAddress(view.batch.dictionary.text(id))
    if (!address || scopeOf(address) !== 'outside') return NEVER_A_DEVICE
    const called = this.calledLocal[this.sites.ofAddress(address, view.site)]!
    if (called.size >= MOST_CALLED_LOCAL) return OUTSIDE - this.epoch
    called.add(address.text)
    this.epoch++
    return this.lookUp(view, id)
  }

  /** Index of a DARK address, made now since it spoke. */
  wake(view: BatchView, id: number): number {
    const address = parseAddress(view.batch.dictionary.text(id))!
    const site = this.sites.ofAddress(address, view.site)
    const index = this.indexAt(site, address)
    view.addresses[id] = index + 1
    return index
  }

  /** Index of a DARK address if it has got one meanwhile, or −1. */
  find(view: BatchView, id: number): number {
    const code = this.lookUp(view, id)
    return code > 0 ? code - 1 : -1
  }

  /** Index of an internal address that has spoken before, or −1. */
  indexOf(text: string, site: number): number {
    const address = text === '' ? undefined : parseAddress(text)
    if (!address) return -1
    return this.inventory.addresses.find(this.sites.ofAddress(address, site), address.text)
  }

  /** Index of an internal address, made if need be; −1 when it is none. */
  internalIndex(text: string, site: number): number {
    const address = text === '' ? undefined : parseAddress(text)
    if (!address) return -1
    const at = this.sites.ofAddress(address, site)
    return this.isInternal(address, at) ? this.indexAt(at, address) : -1
  }

  save(): unknown {
    return this.calledLocal.map((called) => [...called])
  }

  restore(saved: unknown): void {
    for (const [site, texts] of (saved as string[][]).entries()) {
      for (const text of texts) this.calledLocal[site]!.add(text)
    }
  }

  private lookUp(view: BatchView, id: number): number {
    const address = parseAddress(view.batch.dictionary.text(id))
    let code = NEVER_A_DEVICE
    if (address && scopeOf(address) !== 'never') {
      const site = this.sites.ofAddress(address, view.site)
      if (this.isInternal(address, site)) {
        const index = this.inventory.addresses.find(site, address.text)
        code = index < 0 ? DARK : index + 1
      } else code = OUTSIDE - this.epoch
    }
    view.addresses[id] = code
    return code
  }

  private isInternal(address: ParsedAddress, site: number): boolean {
    const scope = scopeOf(address)
    if (scope !== 'outside') return scope === 'local'
    return (!this.internal.empty && this.internal.find(address) === true) || this.calledLocal[site]!.has(address.text)
  }

  private indexAt(site: number, address: ParsedAddress): number {
    const known = this.inventory.addresses.find(site, address.text)
    if (known >= 0) return known
    return this.inventory.addAddress(site, address, this.pools.find(address) === true)
  }
}
