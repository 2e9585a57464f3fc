import type { Micros } from '../event/time.ts'
import { canonicalMac, parseAddress } from './address.ts'
import type { DeviceConfig, DeviceDeclaration } from './config.ts'
import { nameConfidence, normaliseName } from './host_name.ts'
import type { Inventory } from './inventory.ts'
import { NetworkSet, parseRange } from './network_set.ts'
import type { Sites } from './sites.ts'
import type { Tag, TagRecord } from './tags.ts'

/**
 * Tags that excuse what a device does. A host name alone does not earn them: whoever wants to be excused would only have to
 * call himself so.
 */
const EXCUSING: ReadonlySet<Tag> = new Set([
  'Security Scanner',
  'Admin Workstation',
  'Deployment Server',
  'Backup Server',
  'Monitoring',
])
/** A domain's word for a machine account, or better. */
const PROVEN_NAME = 90

interface Declared {
  readonly ip: string
  readonly mac: string
  readonly name: string
  readonly network: NetworkSet<true> | undefined
  readonly site: number
  readonly tags: readonly Tag[]
  readonly reason: string
}

/** What the configuration says of devices, applied to those that match, and withdrawn when they no longer do. */
export class Declarations {
  private readonly entries: readonly Declared[]

  constructor(config: DeviceConfig, sites: Sites) {
    const critical = config.critical.map((text): DeviceDeclaration => ({ ...subjectOf(text), tags: ['Critical'] }))
    this.entries = [...config.devices, ...critical].map((entry) => ({
      ip: entry.ip === undefined ? '' : (parseAddress(entry.ip)?.text ?? ''),
      mac: entry.mac === undefined ? '' : canonicalMac(entry.mac),
      name: entry.name === undefined ? '' : normaliseName(entry.name).name,
      network: entry.network === undefined ? undefined : new NetworkSet([[entry.network, true] as const]),
      site: entry.site === undefined ? -1 : sites.indexOf(entry.site),
      tags: entry.tags,
      reason: `declared in thymus.yaml for ${subjectText(entry)}${entry.note ? `: ${entry.note}` : ''}`,
    }))
  }

  get empty(): boolean {
    return this.entries.length === 0
  }

  /** Sets and drops declared tags of a device after something about it changed. */
  apply(inventory: Inventory, device: number, clock: Micros): void {
    const detail = inventory.devices.detail[device]
    if (!detail || (this.empty && !detail.tags.some(isConfigured))) return
    const due = new Map<Tag, string>()
    for (const entry of this.entries) {
      if (entry.site >= 0 && entry.site !== inventory.devices.site[device]) continue
      const belief = this.matches(inventory, device, entry)
      for (const tag of entry.tags) {
        if (belief >= (EXCUSING.has(tag) ? PROVEN_NAME : 1) && !due.has(tag)) due.set(tag, entry.reason)
      }
    }
    inventory.devices.dropTags(device, (record) => isConfigured(record) && !due.has(record.tag))
    for (const [tag, reason] of due) {
      const known = detail.tags.find((record) => record.tag === tag && isConfigured(record))
      if (known?.reason === reason) continue
      const record = { tag, since: clock, reason, source: 'declared', declaredBy: 'configuration' } as const
      inventory.devices.setTag(device, record)
    }
  }

  /** How surely (percent) the device is the one declared: 100 by address or interface, by name as far as that is believed. */
  private matches(inventory: Inventory, device: number, entry: Declared): number {
    const { addresses, macs } = inventory
    const detail = inventory.devices.detail[device]!
    if (entry.mac !== '') return detail.macs.some((mac) => macs.get(mac)?.mac === entry.mac) ? 100 : 0
    if (entry.name !== '') {
      const evidence = detail.names.find(({ name }) => name === entry.name)
      return evidence ? nameConfidence(evidence) : 0
    }
    const held = detail.addresses.map((at) => addresses.text[at]!)
    if (entry.ip !== '') return held.includes(entry.ip) ? 100 : 0
    const inside = held.some((ip) => {
      const address = parseAddress(ip)
      return address !== undefined && entry.network?.find(address) === true
    })
    return inside ? 100 : 0
  }
}

/** `critical:` holds plain texts: what each is shows in its form. */
function subjectOf(text: string): Pick<DeviceDeclaration, 'ip' | 'mac' | 'name' | 'network'> {
  if (parseAddress(text)) return { ip: text }
  if (parseRange(text)) return { network: text }
  if (canonicalMac(text) !== '') return { mac: text }
  return { name: text }
}

function subjectText(entry: DeviceDeclaration): string {
  return entry.ip ?? entry.mac ?? entry.name ?? entry.network ?? ''
}

function isConfigured(record: TagRecord): boolean {
  return record.declaredBy === 'configuration'
}
