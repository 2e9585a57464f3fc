import type { Segment, Subnet } from './addressing.ts'
import type { Host } from './host.ts'

const DEVICE_KINDS = [
  'domain-controller',
  'file-server',
  'archive-server',
  'database-server',
  'application-server',
  'web-server',
  'mail-server',
  'backup-server',
  'deployment-server',
  'monitoring-server',
  'vulnerability-scanner',
  'directory-sync',
  'print-server',
  'terminal-server',
  'linux-server',
  'network-gear',
  'workstation',
  'laptop',
  'printer',
  'phone',
  'camera',
  'medical',
  'industrial',
] as const
export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** Kinds that stand in a rack and offer something. */
const SERVER_KINDS: ReadonlySet<DeviceKind> = new Set<DeviceKind>([
  'domain-controller',
  'file-server',
  'archive-server',
  'database-server',
  'application-server',
  'web-server',
  'mail-server',
  'backup-server',
  'deployment-server',
  'monitoring-server',
  'vulnerability-scanner',
  'directory-sync',
  'print-server',
  'terminal-server',
  'linux-server',
])

const NOT_WINDOWS: ReadonlySet<DeviceKind> = new Set<DeviceKind>([
  'linux-server',
  'vulnerability-scanner',
  'network-gear',
  'printer',
  'phone',
  'camera',
  'industrial',
])

export interface DeviceSpec {
  readonly index: number
  readonly kind: DeviceKind
  readonly name: string
  readonly domain: string
  readonly mac: string
  readonly segment: Segment
  readonly address: string
  readonly leased: boolean
  readonly firstDay: number
}

/** A device of the lab. Its address changes when it is leased; all else stays. */
export class LabDevice implements Host {
  readonly index: number
  readonly kind: DeviceKind
  readonly name: string
  readonly fqdn: string
  readonly mac: string
  readonly segment: Segment
  readonly leased: boolean
  readonly local = true
  address: string
  /** All addresses it has had, with the moment (µs) from which. */
  readonly addresses: [from: number, address: string][] = []
  /** Days of the world in which it exists. */
  firstDay: number
  lastDay = Number.POSITIVE_INFINITY
  /** Switched off between these days (both included). */
  silent: readonly [from: number, to: number] | undefined
  /** Port of its RPC services above the well-known ones; fixed until it is started anew. */
  rpcPort: number
  /** Kinds of servers that reach out so seldom keep few endpoints. */
  readonly windows: boolean
  readonly server: boolean

  constructor(spec: DeviceSpec) {
    this.index = spec.index
    this.kind = spec.kind
    this.name = spec.name.toUpperCase()
    this.fqdn = `${spec.name.toLowerCase()}.${spec.domain}`
    this.mac = spec.mac
    this.segment = spec.segment
    this.leased = spec.leased
    this.address = spec.address
    this.firstDay = spec.firstDay
    this.windows = !NOT_WINDOWS.has(spec.kind)
    this.server = SERVER_KINDS.has(spec.kind)
    this.rpcPort = 49_664 + ((spec.index * 7) % 60)
  }

  isOn(day: number): boolean {
    if (day < this.firstDay || day >= this.lastDay) return false
    return this.silent === undefined || day < this.silent[0] || day > this.silent[1]
  }
}

export type Subnets = ReadonlyMap<Segment, Subnet>
