import type { EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import type { Micros } from '../event/time.ts'
import { parseAddress } from './address.ts'
import { AddressBook } from './address_book.ts'
import { NOBODY } from './address_table.ts'
import { ANSWERED, BatchView, BY_BYTES, DARK, ESTABLISHED, NEVER_A_DEVICE, OUTSIDE, UNANSWERED } from './batch_view.ts'
import type { DeviceConfig } from './config.ts'
import { CREDENTIAL_READERS, type CredentialReader, namesCredential } from './credential_readers.ts'
import { CredentialTable } from './credential_table.ts'
import { Declarations } from './declarations.ts'
import { type DeviceDescription, describeDevice, findDevices } from './describe.ts'
import { FORGOTTEN } from './device_table.ts'
import type { DeviceDirectory } from './directory.ts'
import { type Bounds, DEFAULT_BOUNDS, type Evicted, Inventory } from './inventory.ts'
import { checkLeftAddresses } from './leases.ts'
import { Lifecycle, SILENT_FOR } from './lifecycle.ts'
import { LinkEvidence } from './link_evidence.ts'
import { MaintenanceCalendar } from './maintenance.ts'
import { fileHosts, type Participants, participantsOf } from './participants.ts'
import { PROTOCOL_READERS, type ProtocolReader } from './protocol_readers.ts'
import { RecordEvidence } from './record_evidence.ts'
import { RoleJudge } from './role_judge.ts'
import { NO_SERVICE, portClass, SPECIAL, specialService } from './roles/service_ports.ts'
import { Sites } from './sites.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { TAG_BIT, type Tag, type TagRecord } from './tags.ts'

export type { DeviceDescription } from './describe.ts'
export type { Bounds, Evicted } from './inventory.ts'

/** What the station holds and what it had to let go; goes into the summary. */
export interface DeviceStats {
  readonly devices: number
  readonly addresses: number
  readonly macs: number
  readonly credentials: number
  readonly evicted: Evicted
}

const conn = logType('conn')
const CONN = {
  proto: slotOf(conn, 'proto'),
  respPort: slotOf(conn, 'id.resp_p'),
  origPort: slotOf(conn, 'id.orig_p'),
  state: slotOf(conn, 'conn_state'),
  origBytes: slotOf(conn, 'orig_bytes'),
  respBytes: slotOf(conn, 'resp_bytes'),
  respPackets: slotOf(conn, 'resp_pkts'),
  localOrig: slotOf(conn, 'local_orig'),
  localResp: slotOf(conn, 'local_resp'),
  origMac: slotOf(conn, 'orig_l2_addr'),
  respMac: slotOf(conn, 'resp_l2_addr'),
}
/** ICMPv6 type of a router advertisement (RFC 4861); Zeek logs the type as the originator's port. */
const ROUTER_ADVERTISEMENT = 134

/** How the records of a type are walked; found once a batch. */
interface Walk {
  readonly how: 'connection' | 'dhcp' | 'known-device' | 'arp' | 'file' | 'other'
  readonly participants: Participants
  readonly reader: ProtocolReader | undefined
  readonly credential: CredentialReader | undefined
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
  private readonly links: LinkEvidence
  private readonly records: RecordEvidence
  private views = new WeakMap<EventBatch, BatchView>()
  private view: BatchView | undefined
  private walk!: Walk
  private readonly walks = new Map<string, Walk>()
  /** Moved from event to event, as the event itself is: nobody keeps it. */
  private readonly moment = { ts: 0, known: 0, clock: 0 }

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
    this.links = new LinkEvidence(this.inventory, this.book, this.roles)
    this.records = new RecordEvidence(this.inventory, this.book, this.roles)
    this.inventory.onNewDevice = (device, clock) => this.lifecycle.appeared(device, clock)
    this.inventory.onChange = (device, clock) => this.changed(device, clock)
    this.inventory.onReuse = () => this.forgetViews()
    this.credentials.onReuse = () => this.forgetViews()
  }

  /**
   * One event, in canonical order.
   * @param site index of the site at which its sensor stands (`sites.ofSensor`)
   */
  see(event: Event, site = 0): void {
    const { batch } = event
    let { view } = this
    if (view === undefined || view.batch !== batch) view = this.enter(batch, site)
    const { clock } = event
    if (clock >= this.lifecycle.nextDay[site]!) this.lifecycle.beginDay(site, clock)
    if (clock >= this.lifecycle.nextEnd) this.lifecycle.end(clock)
    if (this.inventory.leftAddresses.length > 0) checkLeftAddresses(this.inventory, clock)
    event.orig = NOBODY
    event.resp = NOBODY
    event.credential = -1
    const { moment } = this
    moment.ts = event.ts
    moment.clock = clock
    const known = batch.known[event.row]!
    moment.known = Number.isNaN(known) ? event.key : known
    switch (this.walk.how) {
      case 'connection':
        this.connection(event, view)
        return
      case 'dhcp':
        this.dhcp(event, view)
        return
      case 'known-device':
        this.links.knownDevice(event, view, moment)
        return
      case 'arp':
        this.arp(event, view)
        return
      case 'file':
        this.file(event, view)
        return
      case 'other':
        this.record(event, view)
    }
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

  /** Sets a tag by a person's word (feedback, a command), or takes it back. */
  declareTag(device: number, tag: Tag, reason: string, clock: Micros): void {
    this.inventory.devices.setTag(this.now(device), { tag, since: clock, reason, source: 'declared' })
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

  // ── one event ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private connection(event: Event, view: BatchView): void {
    const { batch, row } = event
    const { numbers, strings } = batch
    const { moment, book } = this
    const { orig: origSlot, resp: respSlot } = this.walk.participants
    const origId = strings[origSlot]![row]!
    const respId = strings[respSlot]![row]!
    let origin = book.code(view, origId)
    let answerer = book.code(view, respId)
    if (origin <= OUTSIDE && numbers[CONN.localOrig]![row] === 1) origin = book.callLocal(view, origId)
    if (answerer <= OUTSIDE && numbers[CONN.localResp]![row] === 1) answerer = book.callLocal(view, respId)
    let state = view.stateClass(strings[CONN.state]![row]!)
    if (state === BY_BYTES) {
      const came = numbers[CONN.respPackets]![row]! > 0 || numbers[CONN.respBytes]![row]! > 0
      state = came ? ANSWERED : UNANSWERED
    }
    const answered = state >= ANSWERED
    const origMac = strings[CONN.origMac]![row]!
    const respMac = strings[CONN.respMac]![row]!
    if (origMac !== 0) this.links.seen(view, origin, origId, origMac, moment, answered)
    if (respMac !== 0 && answered) this.links.seen(view, answerer, respId, respMac, moment, true)
    // Codes are asked for again: an address may have got its index, or lost it, on the way.
    const orig = this.speaks(view, book.code(view, origId), origId, answered, true)
    answerer = book.code(view, respId)
    const resp = answered ? this.speaks(view, answerer, respId, true, false) : this.isThere(view, answerer, respId)
    event.orig = orig
    event.resp = resp
    if (resp >= 0 && state === ESTABLISHED) this.service(event, orig, resp, view.addresses[origId]!, origId)
    else if (orig >= 0 && numbers[CONN.origPort]![row] === ROUTER_ADVERTISEMENT) this.advertises(event, orig)
  }

  /** An established connection tells what the responder serves. */
  private service(event: Event, orig: number, resp: number, origin: number, origId: number): void {
    const { numbers } = event.batch
    const { row } = event
    const port = numbers[CONN.respPort]![row]!
    const fromServer = numbers[CONN.respBytes]![row]!
    if (fromServer === 0 || orig === resp) return
    if (orig < 0) {
      if (origin > OUTSIDE || !(fromServer > 0) || !(numbers[CONN.origBytes]![row]! > 0)) return
      if (this.roles.isFull(resp, 'outside-service') || event.text(CONN.proto) !== 'tcp') return
      this.roles.add(resp, 'outside-service', -2 - hash(event.batch.dictionary.text(origId)), this.moment.clock)
      return
    }
    const kind = portClass(port)
    if (kind === NO_SERVICE) return
    this.roles.add(resp, 'service', orig, this.moment.clock)
    if (kind !== SPECIAL) return
    const special = specialService(port, numbers[CONN.origBytes]![row]!, fromServer)
    if (special) this.roles.add(resp, special, orig, this.moment.clock)
  }

  private advertises(event: Event, orig: number): void {
    if (event.text(CONN.proto) !== 'icmp' || !event.text(this.walk.participants.orig).startsWith('fe8')) return
    this.roles.add(orig, 'router-advertisement', NOBODY, this.moment.clock)
    for (const mac of this.inventory.devices.detail[orig]?.macs ?? []) {
      this.inventory.markShared(mac, 'it announces itself as a router', this.moment)
    }
  }

  private record(event: Event, view: BatchView): void {
    const { batch, row } = event
    const { walk } = this
    const { orig, resp, origSpoke } = walk.participants
    const origId = orig < 0 ? 0 : batch.strings[orig]![row]!
    const respId = resp < 0 ? 0 : batch.strings[resp]![row]!
    const origin = this.book.code(view, origId)
    const answered = walk.reader?.answered(event) ?? false
    event.orig = origSpoke ? this.speaks(view, origin, origId, answered, true) : this.isThere(view, origin, origId)
    const answerer = this.book.code(view, respId)
    event.resp = answered ? this.speaks(view, answerer, respId, true, false) : this.isThere(view, answerer, respId)
    if (walk.reader?.read) this.records.read(event, view, walk.reader, this.moment)
    if (walk.credential) event.credential = this.credentialOf(event, view, walk.credential)
  }

  private file(event: Event, view: BatchView): void {
    const { participants } = this.walk
    const { strings } = event.batch
    if (strings[participants.orig]![event.row] !== 0 || strings[participants.resp]![event.row] !== 0) {
      this.record(event, view)
      return
    }
    const [orig, resp] = fileHosts(event.batch, event.row)
    event.orig = this.holderOf(this.book.indexOf(orig, view.site))
    event.resp = this.holderOf(this.book.indexOf(resp, view.site))
  }

  private dhcp(event: Event, view: BatchView): void {
    const { client, server } = this.links.lease(event, view, this.moment)
    event.orig = client
    event.resp = server
    if (client >= 0) this.touch(client, true)
    if (server >= 0) this.touch(server, false)
  }

  private arp(event: Event, view: BatchView): void {
    const { batch, row } = event
    const { orig } = this.walk.participants
    const origId = batch.strings[orig]![row]!
    const origin = this.book.code(view, origId)
    this.links.arp(event, view, origin, origId, this.moment)
    this.record(event, view)
  }

  /**
   * The device behind an address that spoke at the event's `ts`; a new one where there was none.
   * @param originates it spoke of its own accord, rather than answering
   */
  private speaks(view: BatchView, code: number, id: number, answered: boolean, originates: boolean): number {
    if (code <= NEVER_A_DEVICE && code !== DARK) return NOBODY
    const { addresses, devices } = this.inventory
    const { ts, clock } = this.moment
    const address = code > 0 ? code - 1 : this.wake(view, id, answered)
    if (address < 0) return NOBODY
    let device: number
    if (ts >= addresses.since[address]!) {
      device = addresses.device[address]!
      if (device < 0) {
        device = this.inventory.newcomer(address, this.moment, answered)
        if (device < 0) return device
      }
      if (addresses.device[address] === device) {
        if (addresses.spoken[address] === 0) addresses.firstSpoke[address] = clock
        addresses.spoken[address] = addresses.spoken[address]! + 1
        addresses.lastSpoke[address] = clock
      }
    } else {
      device = devices.resolve(addresses.holderAt(address, ts))
      if (device < 0) return device
    }
    if (clock - devices.lastSeen[device]! >= SILENT_FOR && originates) this.lifecycle.returned(device, clock)
    devices.lastSeen[device] = clock
    if (answered) devices.answered[device] = 1
    return device
  }

  /** Index of an address that speaks for the first time; −1 when it is one of a flood. */
  private wake(view: BatchView, id: number, answered: boolean): number {
    const known = this.book.find(view, id)
    if (known >= 0) return known
    if (!answered && !this.inventory.hasBudget(view.site, this.moment.clock)) return NOBODY
    return this.book.wake(view, id)
  }

  private touch(device: number, originates: boolean): void {
    const { devices } = this.inventory
    const { clock } = this.moment
    if (clock - devices.lastSeen[device]! >= SILENT_FOR && originates) this.lifecycle.returned(device, clock)
    devices.lastSeen[device] = clock
    devices.answered[device] = 1
  }

  /** The device of an address that said nothing, if it is known. */
  private isThere(view: BatchView, code: number, id: number): number {
    if (code > 0) return this.holderOf(code - 1)
    return code === DARK ? this.holderOf(this.book.find(view, id)) : NOBODY
  }

  private holderOf(address: number): number {
    if (address < 0) return NOBODY
    return this.inventory.devices.resolve(this.inventory.addresses.holderAt(address, this.moment.ts))
  }

  private credentialOf(event: Event, view: BatchView, reader: CredentialReader): number {
    const { batch, row } = event
    const userId = batch.strings[reader.user]![row]!
    if (userId === 0 || !namesCredential(batch.type.name, event)) return -1
    const domainId = reader.domain < 0 ? 0 : batch.strings[reader.domain]![row]!
    const key = userId * 2 ** 22 + domainId
    let credential = view.credentials.get(key)
    if (credential === undefined) {
      const { dictionary } = batch
      const name = reader.name(dictionary.text(userId), dictionary.text(domainId))
      if (name === undefined) return -1
      credential = reader.cut
        ? this.credentials.ofCookie(name, this.moment.clock)
        : this.credentials.of(name, this.moment.clock)
      // Whom a name without a domain means may change with the next event: only full names are remembered.
      if (name.domain !== '' && credential >= 0) view.credentials.set(key, credential)
    } else this.credentials.touch(credential, this.moment.clock)
    if (reader.succeeded(event)) this.credentials.markSucceeded(credential)
    return credential
  }

  private changed(device: number, clock: Micros): void {
    this.declarations.apply(this.inventory, device, clock)
    this.roles.judgeAll(device, clock)
  }

  private enter(batch: EventBatch, site: number): BatchView {
    let view = this.views.get(batch)
    if (view === undefined) {
      view = new BatchView(batch, site)
      this.views.set(batch, view)
    }
    this.view = view
    let walk = this.walks.get(batch.type.name)
    if (walk === undefined) {
      walk = walkOf(batch)
      this.walks.set(batch.type.name, walk)
    }
    this.walk = walk
    return view
  }

  private forgetViews(): void {
    this.views = new WeakMap()
    if (this.view) this.view.forget()
    this.view = undefined
  }
}

function walkOf(batch: EventBatch): Walk {
  const { name } = batch.type
  const hows: Readonly<Record<string, Walk['how']>> = {
    conn: 'connection',
    open_conn: 'connection',
    dhcp: 'dhcp',
    known_devices: 'known-device',
    arp: 'arp',
    files: 'file',
  }
  return {
    how: hows[name] ?? 'other',
    participants: participantsOf(batch.type),
    reader: PROTOCOL_READERS.get(name),
    credential: CREDENTIAL_READERS.get(name),
  }
}

/** FNV-1a, positive: tells outside sources apart in a count that is bounded and never shown. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 1
}
