import type { Event } from '../event/event.ts'
import type { AddressBook } from './address_book.ts'
import { type BatchView, DARK } from './batch_view.ts'
import { NAME_SOURCE_NUMBER, type NameSource, normaliseName } from './host_name.ts'
import type { Inventory, Moment } from './inventory.ts'
import { machineAccount, named } from './naming.ts'
import type { EvidenceReport, ProtocolReader } from './protocol_readers.ts'
import type { RoleJudge } from './role_judge.ts'
import type { EvidenceKind } from './roles/role_evidence.ts'

/** Takes what protocol records tell and gives it to the devices that took part in them. */
export class RecordEvidence implements EvidenceReport {
  private readonly inventory: Inventory
  private readonly book: AddressBook
  private readonly roles: RoleJudge
  private event!: Event
  private view!: BatchView
  private moment!: Moment

  constructor(inventory: Inventory, book: AddressBook, roles: RoleJudge) {
    this.inventory = inventory
    this.book = book
    this.roles = roles
  }

  read(event: Event, view: BatchView, reader: ProtocolReader, moment: Moment): void {
    this.event = event
    this.view = view
    this.moment = moment
    reader.read?.(event, this)
  }

  served(kind: EvidenceKind): void {
    const { orig, resp } = this.event
    if (resp >= 0 && orig >= 0 && orig !== resp) this.roles.add(resp, kind, orig, this.moment.clock)
  }

  did(kind: EvidenceKind): void {
    if (this.event.orig >= 0) this.roles.add(this.event.orig, kind, this.event.resp, this.moment.clock)
  }

  names(who: 'orig' | 'resp' | number, id: number, source: NameSource): void {
    const device = typeof who === 'number' ? who : this.event[who]
    if (id === 0 || device < 0 || !this.view.firstTime(device, id, NAME_SOURCE_NUMBER[source])) return
    named(this.inventory, device, this.event.batch.dictionary.text(id), source, this.moment)
  }

  namesText(who: 'orig' | 'resp', text: string, source: NameSource): void {
    if (this.event[who] >= 0) named(this.inventory, this.event[who], text, source, this.moment)
  }

  machineAccount(account: string): void {
    const { event, inventory, moment } = this
    if (event.orig < 0) return
    const code = this.book.code(this.view, this.origId())
    if (code <= 0) return
    const before = event.orig
    event.orig = machineAccount(inventory, before, code - 1, account, moment)
  }

  resolves(nameId: number, answerId: number): void {
    const code = this.book.code(this.view, answerId)
    const address = code > 0 ? code - 1 : code === DARK ? this.book.find(this.view, answerId) : -1
    if (address < 0) return
    const device = this.inventory.addresses.device[address]!
    // In a pool a name belongs to the address, not to who has it at the moment.
    if (device < 0 || this.inventory.addresses.pool[address]) return
    this.names(device, nameId, 'dns-answer')
  }

  controller(name: string): void {
    const device = this.inventory.named(this.view.site, normaliseName(name).name)
    if (device >= 0 && this.event.orig >= 0) {
      this.roles.add(device, 'controller-record', this.event.orig, this.moment.clock)
    }
  }

  private origId(): number {
    const { batch, row } = this.event
    return batch.strings[batch.type.slots.get('id.orig_h')!]![row]!
  }
}
