import { textAt } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { logType, slotOf } from '../event/log_types.ts'
import { canonicalMac, parseAddress, prefix64 } from './address.ts'
import type { AddressBook } from './address_book.ts'
import { NOBODY } from './address_table.ts'
import { type BatchView, DARK, OUTSIDE } from './batch_view.ts'
import { readDhcp } from './dhcp_records.ts'
import { normaliseName } from './host_name.ts'
import type { Inventory, Moment } from './inventory.ts'
import { outsideOnLink, seenOnLink } from './layer2.ts'
import { leased, released } from './leases.ts'
import { named } from './naming.ts'
import type { RoleJudge } from './role_judge.ts'
import { deviceWords } from './roles/device_words.ts'

const knownDevices = logType('known_devices')
const KNOWN = { mac: slotOf(knownDevices, 'mac'), name: slotOf(knownDevices, 'dhcp_host_name') }
const arp = logType('arp')
const ARP = { sender: slotOf(arp, 'orig_hw'), source: slotOf(arp, 'src_mac') }
const NO_MAC = -1

/** Evidence of network interfaces: layer 2 of connections, ARP, DHCP, known_devices. */
export class LinkEvidence {
  private readonly inventory: Inventory
  private readonly book: AddressBook
  private readonly roles: RoleJudge

  constructor(inventory: Inventory, book: AddressBook, roles: RoleJudge) {
    this.inventory = inventory
    this.book = book
    this.roles = roles
  }

  /**
   * An address that spoke was seen with an interface.
   * @param code of the address (`AddressBook.code`)
   * @param id, macId dictionary ids of address and interface
   * @param answered false when it only sent, and nobody answered
   */
  seen(view: BatchView, code: number, id: number, macId: number, moment: Moment, answered: boolean): void {
    if (code <= 0 && code !== DARK && code > OUTSIDE) return
    const mac = this.macOf(view, macId, moment)
    if (mac < 0 || this.inventory.macs.get(mac)!.shared !== '') return
    if (code <= OUTSIDE) {
      const address = parseAddress(view.batch.dictionary.text(id))
      if (address) outsideOnLink(this.inventory, mac, address.version === 4, prefix64(address), moment)
      return
    }
    const { addresses } = this.inventory
    let address = code > 0 ? code - 1 : this.book.find(view, id)
    if (address < 0) {
      if (!answered && !this.inventory.hasBudget(view.site, moment.clock)) return
      address = this.book.wake(view, id)
    }
    if (addresses.mac[address] === mac || addresses.pool[address]) return
    // Told of a time when somebody else had the address: it says nothing of the present holder.
    if (moment.ts < addresses.since[address]!) return
    const unknown = addresses.device[address] === NOBODY && this.inventory.macs.get(mac)!.device < 0
    // Unanswered sources with invented interfaces are a flood, too: the budget for them decides.
    if (unknown && !answered && this.inventory.newcomer(address, moment, false) < 0) return
    seenOnLink(this.inventory, address, mac, moment)
  }

  /** arp.log: who has which interface, said by the interface itself. */
  arp(event: Event, view: BatchView, code: number, id: number, moment: Moment): void {
    const sender = event.batch.strings[ARP.sender]![event.row]! || event.batch.strings[ARP.source]![event.row]!
    if (sender === 0) return
    const mac = this.macOf(view, sender, moment)
    const entry = this.inventory.macs.get(mac)
    if (entry && entry.shared !== '' && code > 0) {
      const device = this.inventory.addresses.device[code - 1]!
      // It answers for its own address by ARP and carries those of others: it forwards.
      if (device >= 0) this.roles.add(device, 'forwarding-interface', NOBODY, moment.clock)
      return
    }
    this.seen(view, code, id, sender, moment, false)
  }

  knownDevice(event: Event, view: BatchView, moment: Moment): void {
    const macId = event.batch.strings[KNOWN.mac]![event.row]!
    const mac = macId === 0 ? NO_MAC : this.macOf(view, macId, moment)
    const entry = this.inventory.macs.get(mac)
    if (!entry) return
    event.orig = entry.device
    const { name, full } = normaliseName(textAt(event.batch, KNOWN.name, event.row))
    if (name === '') return
    if (entry.device >= 0) this.inventory.addName(entry.device, name, full, 'known-device', moment)
    else entry.name = name
  }

  /** A line of dhcp.log. @returns the devices of the client and of the server, −1 where unknown */
  lease(event: Event, view: BatchView, moment: Moment): { client: number; server: number } {
    const record = readDhcp(event)
    const { book, inventory } = this
    const serverAddress = book.internalIndex(record.server, view.site)
    let server = NOBODY
    if (serverAddress >= 0 && record.kind !== 'none' && record.kind !== 'release') {
      const holder = inventory.addresses.device[serverAddress]!
      server = holder >= 0 ? holder : inventory.newcomer(serverAddress, moment, true)
    }
    const address = book.internalIndex(record.address, view.site)
    const text = canonicalMac(record.mac)
    if (address < 0 || text === '') {
      return { client: text === '' ? NOBODY : this.deviceOfMac(view.site, text), server }
    }
    const site = inventory.addresses.site[address]!
    const known = inventory.macs.find(site, text)
    const mac = known >= 0 ? known : inventory.addMac(site, text, moment.clock)
    if (record.kind === 'release') {
      released(inventory, mac, address, moment)
      return { client: inventory.addresses.device[address]!, server }
    }
    if (record.kind === 'none') return { client: this.deviceOfMac(site, text), server }
    const { name } = normaliseName(record.hostName)
    const client = leased(inventory, { mac, address, kind: record.kind, lasts: record.lasts, name }, moment)
    if (client >= 0) {
      named(inventory, client, record.hostName, 'dhcp-host-name', moment)
      const words = deviceWords(record.vendorClass) ?? deviceWords(record.hostName)
      if (words) this.roles.add(client, words, NOBODY, moment.clock)
    }
    return { client, server }
  }

  private deviceOfMac(site: number, mac: string): number {
    const at = this.inventory.macs.find(site, mac)
    return at < 0 ? NOBODY : this.inventory.macs.get(at)!.device
  }

  private macOf(view: BatchView, id: number, moment: Moment): number {
    view.macs ??= new Int32Array(view.batch.dictionary.size)
    const known = view.macs[id]!
    if (known !== 0) return known < 0 ? NO_MAC : known - 1
    const text = canonicalMac(view.batch.dictionary.text(id))
    if (text === '') {
      view.macs[id] = NO_MAC
      return NO_MAC
    }
    const at = this.inventory.macs.find(view.site, text)
    const mac = at >= 0 ? at : this.inventory.addMac(view.site, text, moment.clock)
    // Making room may have cleared the view: look it up anew.
    view.macs ??= new Int32Array(view.batch.dictionary.size)
    view.macs[id] = mac + 1
    return mac
  }
}
