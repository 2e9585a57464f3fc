import type { EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import type { AddressBook } from './address_book.ts'
import { NOBODY } from './address_table.ts'
import { ANSWERED, BatchView, BY_BYTES, DARK, ESTABLISHED, NEVER_A_DEVICE, OUTSIDE, UNANSWERED } from './batch_view.ts'
import { CREDENTIAL_READERS, type CredentialReader, namesCredential } from './credential_readers.ts'
import type { CredentialTable } from './credential_table.ts'
import type { Inventory } from './inventory.ts'
import { checkLeftAddresses } from './leases.ts'
import { type Lifecycle, SILENT_FOR } from './lifecycle.ts'
import { LinkEvidence } from './link_evidence.ts'
import { fileHosts, type Participants, participantsOf } from './participants.ts'
import { PROTOCOL_READERS, type ProtocolReader } from './protocol_readers.ts'
import { RecordEvidence } from './record_evidence.ts'
import type { RoleJudge } from './role_judge.ts'
import { NO_SERVICE, portClass, SPECIAL, specialService } from './roles/service_ports.ts'

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

/** What an event tells, taken to the parts of the station that it concerns. The hot path of the engine passes here. */
export class EventReader {
  private readonly inventory: Inventory
  private readonly book: AddressBook
  private readonly lifecycle: Lifecycle
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

  constructor(
    inventory: Inventory,
    book: AddressBook,
    lifecycle: Lifecycle,
    roles: RoleJudge,
    credentials: CredentialTable,
  ) {
    this.inventory = inventory
    this.book = book
    this.lifecycle = lifecycle
    this.roles = roles
    this.credentials = credentials
    this.links = new LinkEvidence(inventory, book, roles)
    this.records = new RecordEvidence(inventory, book, roles)
  }

  /** Indices that were looked up for batches may name something else from now on. */
  forgetViews(): void {
    this.views = new WeakMap()
    this.view?.forget()
    this.view = undefined
  }

  /**
   * One event, in canonical order.
   * @param site index of the site at which its sensor stands (`sites.ofSensor`)
   */
  see(event: Event, site: number): void {
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
