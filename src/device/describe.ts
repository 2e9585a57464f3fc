import type { Micros } from '../event/time.ts'
import { canonicalMac, parseAddress } from './address.ts'
import { bestName, NAME_SOURCES, nameConfidence, normaliseName } from './host_name.ts'
import type { Inventory } from './inventory.ts'
import type { RoleJudge } from './role_judge.ts'
import type { EvidenceKind } from './roles/role_evidence.ts'
import type { Sites } from './sites.ts'
import type { TagRecord } from './tags.ts'

/** Everything that is known of a device, for people. Times are µs. */
export interface DeviceDescription {
  readonly id: string
  readonly aliases: readonly string[]
  readonly site: string
  /** The first key it was known by. */
  readonly key: string
  readonly ip: string
  readonly hostname: string
  readonly names: readonly {
    readonly name: string
    readonly full: string
    /** Percent. */
    readonly confidence: number
    readonly evidence: readonly { readonly says: string; readonly since: Micros }[]
  }[]
  readonly addresses: readonly {
    readonly ip: string
    /** `ts` from which it has it; undefined: since it was first seen. */
    readonly since: Micros | undefined
    /** `ts` until which it had it; undefined: it has it now. */
    readonly until: Micros | undefined
    readonly leaseUntil: Micros | undefined
    readonly why: string
  }[]
  readonly macs: readonly { readonly mac: string; readonly vendor: string }[]
  readonly tags: readonly TagRecord[]
  /** What it was seen to do for others, and for how many of them (counted up to a bound). */
  readonly served: readonly { readonly kind: EvidenceKind; readonly clients: number; readonly more: boolean }[]
  readonly firstSeen: Micros
  readonly lastSeen: Micros
}

export function describeDevice(
  inventory: Inventory,
  roles: RoleJudge,
  sites: Sites,
  device: number,
): DeviceDescription | undefined {
  const { addresses, devices, macs } = inventory
  const detail = devices.detail[device]
  if (!detail) return undefined
  const now = detail.addresses.map((at) => ({
    ip: addresses.text[at]!,
    since: Number.isFinite(addresses.since[at]!) ? addresses.since[at]! : undefined,
    until: undefined,
    leaseUntil: addresses.leaseUntil[at]! > 0 ? addresses.leaseUntil[at]! : undefined,
    why: '',
  }))
  const before = detail.had.map(({ ip, until, why }) => ({ ip, since: undefined, until, leaseUntil: undefined, why }))
  const names = detail.names
    .map((evidence) => ({
      name: evidence.name,
      full: evidence.full,
      confidence: nameConfidence(evidence),
      evidence: evidence.sources.map(({ source, since }) => ({ says: NAME_SOURCES[source].says, since })),
    }))
    .sort((a, b) => b.confidence - a.confidence)
  return {
    id: devices.ids[device]!,
    aliases: [...detail.aliases],
    site: sites.list[devices.site[device]!]!.name,
    key: detail.key,
    ip: devices.ip[device]!,
    hostname: bestName(detail.names),
    names,
    addresses: [...before, ...now],
    macs: detail.macs.map((at) => {
      const mac = macs.get(at)?.mac ?? ''
      return { mac, vendor: roles.vendors.vendor(mac) }
    }),
    tags: [...detail.tags],
    served: [...detail.evidence].map(([kind, { seen, more }]) => ({ kind, clients: seen.length, more })),
    firstSeen: devices.firstSeen[device]!,
    lastSeen: devices.lastSeen[device]!,
  }
}

const SHORTEST_ID = 4

/** Devices that a person may mean: by address (now, else had once), MAC, id or its beginning, or name (first label or full). */
export function findDevices(inventory: Inventory, text: string): number[] {
  const { addresses, devices, macs } = inventory
  const wanted = text.trim().toLowerCase()
  const found = new Set<number>()
  const alive = (device: number): void => {
    const at = devices.resolve(device)
    if (at >= 0) found.add(at)
  }
  const address = parseAddress(wanted)
  const mac = canonicalMac(wanted)
  for (let site = 0; site < inventory.siteNames.length; site++) {
    const at = address ? addresses.find(site, address.text) : -1
    if (at >= 0) alive(addresses.device[at]!)
    const card = mac === '' ? undefined : macs.get(macs.find(site, mac))
    if (card) alive(card.device)
  }
  if (found.size > 0) return [...found]
  const exact = devices.byIdOrAlias(wanted)
  if (exact >= 0) return [exact]
  const { name } = normaliseName(wanted)
  for (let device = 0; device < devices.size; device++) {
    const detail = devices.detail[device]
    if (!detail) continue
    const byId = wanted.length >= SHORTEST_ID && devices.ids[device]!.startsWith(wanted)
    const byName = name !== '' && detail.names.some((one) => one.name === name || one.full === wanted)
    const byPast = address !== undefined && detail.had.some(({ ip }) => ip === address.text)
    if (byId || byName || byPast) found.add(device)
  }
  return [...found]
}
