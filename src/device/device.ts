import type { Event } from '../event/event.ts'
import type { Micros } from '../event/time.ts'
import { parseAddress } from './address.ts'
import { AddressBook } from './address_book.ts'
import { NOBODY } from './address_table.ts'
import type { DeviceConfig } from './config.ts'
import { CredentialTable } from './credential_table.ts'
import { Declarations } from './declarations.ts'
import { type DeviceDescription, describeDevice, findDevices } from './describe.ts'
import { FORGOTTEN } from './device_table.ts'
import type { DeviceDirectory } from './directory.ts'
import { EventReader } from './event_reader.ts'
import { type Bounds, DEFAULT_BOUNDS, type Evicted, Inventory } from './inventory.ts'
import { Lifecycle } from './lifecycle.ts'
import { MaintenanceCalendar } from './maintenance.ts'
import { RoleJudge } from './role_judge.ts'
import { Sites } from './sites.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { TAG_BIT, type Tag, type TagRecord } from './tags.ts'

export type { Bounds } from './inventory.ts'

/** What the station holds and what it had to let go; goes into the summary. */
export interface DeviceStats {
  readonly devices: number
  readonly addresses: number
  readonly macs: number
  readonly credentials: number
  readonly evicted: Evicted
}

/**
 * Who is this? The device station follows devices across their addresses, from evidence that is never proof alone, and
 * says what each does. It sees every event once, in canonical order, and fills `orig`, `resp` and `credential`.
 */
export class DeviceStation implements DeviceDirectory {
  readonly sites: Sites
  readonly maintenance: MaintenanceCalendar
  private readonly inventory: Inventory
  private readonly book: AddressBook
  private readonly lifecycle: Lifecycle
  private readonly declarations: Declarations
  private readonly roles: RoleJudge
  private readonly credentials: CredentialTable
  private readonly reader: EventReader

  constructor(config: DeviceConfig, bounds: Partial<Bounds> & { readonly credentials?: number } = {}) {
    const { credentials, ...rest } = bounds
    this.sites = new Sites(config)
    this.maintenance = new MaintenanceCalendar(config, this.sites)
    this.inventory = new Inventory(
      this.sites.list.map((site) => site.name),
      { ...DEFAULT_BOUNDS, ...rest },
    )
    this.book = new AddressBook(config, this.sites, this.inventory)
    this.lifecycle = new Lifecycle(this.inventory)
    this.declarations = new Declarations(config, this.sites)
    this.roles = new RoleJudge(this.inventory)
    this.credentials = new CredentialTable(credentials)
    this.reader = new EventReader(this.inventory, this.book, this.lifecycle, this.roles, this.credentials)
    this.inventory.onNewDevice = (device, clock) => this.lifecycle.appeared(device, clock)
    this.inventory.onChange = (device, clock) => this.changed(device, clock)
    this.inventory.onReuse = () => this.reader.forgetViews()
    this.credentials.onReuse = () => this.reader.forgetViews()
  }

  /**
   * One event, in canonical order.
   * @param site index of the site at which its sensor stands (`siteOf`)
   */
  see(event: Event, site = 0): void {
    this.reader.see(event, site)
  }

  /** Index of the site at which a sensor (name, or PATH argument of a replay) stands. */
  siteOf(sensor: string): number {
    return this.sites.ofSensor(sensor)
  }

  // ── what others may ask ──────────────────────────────────────────────────────────────────────────────────────────────

  get size(): number {
    return this.inventory.devices.size
  }

  get credentialCount(): number {
    return this.credentials.size
  }

  id(device: number): string {
    return this.inventory.devices.ids[device] ?? ''
  }

  ip(device: number): string {
    return this.inventory.devices.ip[this.now(device)] ?? ''
  }

  hostname(device: number): string {
    return this.inventory.devices.hostname(this.now(device))
  }

  tagMask(device: number): number {
    return this.inventory.devices.tagMask[this.now(device)] ?? 0
  }

  has(device: number, tag: Tag): boolean {
    return (this.tagMask(device) & TAG_BIT[tag]) !== 0
  }

  tags(device: number): readonly TagRecord[] {
    return this.inventory.devices.detail[this.now(device)]?.tags ?? []
  }

  firstSeen(device: number): number {
    return this.inventory.devices.firstSeen[this.now(device)] ?? Number.NaN
  }

  lastSeen(device: number): number {
    return this.inventory.devices.lastSeen[this.now(device)] ?? Number.NaN
  }

  /** The device that this one turned out to be: itself where nothing of the kind was found. */
  now(device: number): number {
    const found = this.inventory.devices.resolve(device)
    return found < 0 ? device : found
  }

  /** The name of the announced change that is going on for a device, if any. @param clock µs */
  openWindow(device: number, clock: number): string | undefined {
    return this.maintenance.openWindow(clock, this.inventory.devices.site[device]!, this.ip(device))
  }

  /** Name of the site of a device. */
  site(device: number): string {
    return this.sites.list[this.inventory.devices.site[device]!]?.name ?? ''
  }

  credential(credential: number): string {
    return this.credentials.names[credential] ?? ''
  }

  /** Whether a logon with the credential was ever seen to succeed. */
  credentialSucceeded(credential: number): boolean {
    return this.credentials.succeeded(credential)
  }

  /** The device that has an address now, or −1. For answers to people and for enforcement, not for events. */
  deviceAt(ip: string, site = 0): number {
    const address = parseAddress(ip)
    if (!address) return NOBODY
    const at = this.inventory.addresses.find(this.sites.ofAddress(address, site), address.text)
    return at < 0 ? NOBODY : this.inventory.addresses.device[at]!
  }

  /** All devices that an id (or its beginning), an address, a MAC address or a name means. */
  find(text: string): number[] {
    return findDevices(this.inventory, text)
  }

  describe(device: number): DeviceDescription | undefined {
    return describeDevice(this.inventory, this.roles, this.sites, this.now(device))
  }

  /** Indices of the devices that are alive: neither merged into another nor forgotten. */
  living(): number[] {
    const { devices } = this.inventory
    const found: number[] = []
    for (let at = 0; at < devices.size; at++) if (devices.detail[at]) found.push(at)
    return found
  }

  /** True when the device was forgotten to make room; its id stays in what was said of it. */
  isForgotten(device: number): boolean {
    return this.inventory.devices.mergedInto[device] === FORGOTTEN
  }

  /** Sets a tag by a person's word (feedback, a command). */
  declareTag(device: number, tag: Tag, reason: string, clock: Micros): void {
    const record = { tag, since: clock, reason, source: 'declared', declaredBy: 'person' } as const
    this.inventory.devices.setTag(this.now(device), record)
  }

  /** Takes back what `declareTag` said. */
  withdrawTag(device: number, tag: Tag): void {
    this.inventory.devices.dropTags(this.now(device), (one) => one.tag === tag && one.declaredBy === 'person')
  }

  /** Gives a device a tag that was learned downstream, or a newer reason for one that it has. Declared tags stand beside it. */
  learnTag(device: number, tag: Tag, reason: string, clock: Micros): void {
    const known = this.tags(device).find((one) => one.tag === tag && one.source === 'learned')
    const record = { tag, since: known?.since ?? clock, reason, source: 'learned' } as const
    this.inventory.devices.setTag(this.now(device), record)
  }

  /** Takes back what `learnTag` said; a declared tag stays. */
  unlearnTag(device: number, tag: Tag): void {
    this.inventory.devices.dropTags(this.now(device), (one) => one.tag === tag && one.source === 'learned')
  }

  stats(): DeviceStats {
    const { devices, addresses, macs, evicted } = this.inventory
    return {
      devices: devices.live,
      addresses: addresses.live,
      macs: macs.live,
      credentials: this.credentials.size,
      evicted: { ...evicted, credentials: this.credentials.evicted },
    }
  }

  /** Everything that must outlive a restart; the same state gives the same bytes. */
  save(): Uint8Array {
    return writeSnapshot(this.inventory, this.lifecycle, this.credentials, this.book)
  }

  /**
   * @param bytes of `save`
   * @throws SnapshotRefused when they are of another format or of other sites
   */
  static restore(
    config: DeviceConfig,
    bytes: Uint8Array,
    bounds: Partial<Bounds> & { readonly credentials?: number } = {},
  ): DeviceStation {
    const station = new DeviceStation(config, bounds)
    readSnapshot(bytes, station.inventory, station.lifecycle, station.credentials, station.book)
    for (const device of station.living()) {
      station.declarations.apply(station.inventory, device, station.inventory.devices.lastSeen[device]!)
    }
    return station
  }

  private changed(device: number, clock: Micros): void {
    this.declarations.apply(this.inventory, device, clock)
    this.roles.judgeAll(device, clock)
  }
}
