import type { Micros } from '../event/time.ts'
import type { Inventory } from './inventory.ts'
import { addClient, type EvidenceKind } from './roles/role_evidence.ts'
import { RULES_BY_KIND } from './roles/rules.ts'
import { VendorRegister } from './vendor.ts'

/** Gathers what devices do for others and, whenever that is news, judges the roles that it may decide. */
export class RoleJudge {
  readonly vendors = new VendorRegister()
  private readonly inventory: Inventory

  constructor(inventory: Inventory) {
    this.inventory = inventory
  }

  /** @param client device index, or for an outside source a negative hash */
  add(device: number, kind: EvidenceKind, client: number, clock: Micros): void {
    const detail = this.inventory.devices.detail[device]
    if (detail && addClient(detail.evidence, kind, client, clock)) this.judge(device, kind, clock)
  }

  /** True when more of this kind would change nothing. */
  isFull(device: number, kind: EvidenceKind): boolean {
    return this.inventory.devices.detail[device]?.evidence.get(kind)?.more === true
  }

  judge(device: number, kind: EvidenceKind, clock: Micros): void {
    const { devices } = this.inventory
    const detail = devices.detail[device]!
    for (const rule of RULES_BY_KIND.get(kind) ?? []) {
      if (detail.tags.some(({ tag, source }) => tag === rule.tag && source === 'learned')) continue
      const reason = rule.judge({
        evidence: detail.evidence,
        devices: devices.live,
        vendors: () => this.vendorsOf(device),
      })
      if (reason !== undefined) devices.setTag(device, { tag: rule.tag, since: clock, reason, source: 'learned' })
    }
  }

  /** All roles anew, after two devices turned out to be one. */
  judgeAll(device: number, clock: Micros): void {
    for (const kind of this.inventory.devices.detail[device]?.evidence.keys() ?? []) this.judge(device, kind, clock)
  }

  vendorsOf(device: number): readonly string[] {
    const macs = this.inventory.devices.detail[device]?.macs ?? []
    return macs.map((mac) => this.vendors.vendor(this.inventory.macs.get(mac)?.mac ?? '')).filter((name) => name !== '')
  }
}
