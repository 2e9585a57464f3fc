import { idOf } from '../event/id.ts'
import type { Micros } from '../event/time.ts'
import { growFloats, growInts } from './columns.ts'
import { bestName, type NameEvidence } from './host_name.ts'
import { type RoleEvidence, restoreEvidence, saveEvidence } from './roles/role_evidence.ts'
import { TAG_BIT, type TagRecord } from './tags.ts'

/** What is known of a device beyond its columns; released when the device is forgotten. */
export interface DeviceDetail {
  /** The first key it was known by: `mac:00:0d:3a:13:e3:69` or `ip:10.0.0.4`. Never changes. */
  readonly key: string
  /** Addresses (index) it has now, in the order in which it got them. */
  readonly addresses: number[]
  /** Addresses it had, with the time (`ts`, µs) until which; bounded. */
  readonly had: { readonly ip: string; readonly until: Micros; readonly why: string }[]
  /** Interfaces (MAC index). */
  readonly macs: number[]
  readonly names: NameEvidence[]
  tags: TagRecord[]
  /** Ids of devices that turned out to be this one. */
  readonly aliases: string[]
  /** What it was seen to do for others, by kind of evidence. */
  readonly evidence: RoleEvidence
  /** Machine account that got tickets from here (`HOST$`), or ''. */
  account: string
}

/** It is this device that an address or interface belongs to. */
const ALIVE = -1
/** Forgotten to make room: its index names nobody any more. */
export const FORGOTTEN = -2

const KEPT_PAST_ADDRESSES = 32
const KEPT_ALIASES = 32
const FIRST_CAPACITY = 1024

/** All devices, as columns by device index. An index is never used twice in a run, so others may keep it. */
export class DeviceTable {
  size = 0
  live = 0
  firstSeen: Float64Array = new Float64Array(FIRST_CAPACITY)
  lastSeen: Float64Array = new Float64Array(FIRST_CAPACITY)
  tagMask: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** ALIVE, FORGOTTEN, or the device that this one turned out to be. */
  mergedInto: Int32Array = new Int32Array(FIRST_CAPACITY)
  /** 1 once it answered somebody or was answered: a spoofed source never is. */
  answered: Uint8Array = new Uint8Array(FIRST_CAPACITY)
  readonly ids: string[] = []
  readonly site: number[] = []
  /** The address it has now or had last. */
  readonly ip: string[] = []
  readonly detail: (DeviceDetail | undefined)[] = []
  private readonly byId = new Map<string, number>()

  /**
   * @param siteName name, not index, so that an id outlives a change of the configuration
   * @param known when its first event was known (µs)
   */
  add(site: number, siteName: string, key: string, known: Micros, clock: Micros): number {
    const device = this.size++
    if (device >= this.firstSeen.length) this.grow()
    let id = idOf('device', siteName, key, known)
    for (let again = 1; this.byId.has(id); again++) id = idOf('device', siteName, key, known, again)
    this.byId.set(id, device)
    this.ids[device] = id
    this.site[device] = site
    this.ip[device] = ''
    this.firstSeen[device] = clock
    this.lastSeen[device] = clock
    this.mergedInto[device] = ALIVE
    this.detail[device] = newDetail(key)
    this.live++
    return device
  }

  /** The living device behind an index: itself, or what it turned out to be; -1 when it was forgotten. */
  resolve(device: number): number {
    let at = device
    while (at >= 0 && this.mergedInto[at]! >= 0) at = this.mergedInto[at]!
    return at >= 0 && this.mergedInto[at] === FORGOTTEN ? -1 : at
  }

  byIdOrAlias(id: string): number {
    const device = this.byId.get(id)
    return device === undefined ? -1 : this.resolve(device)
  }

  /** Marks `from` as being `into`; the caller has moved its addresses, interfaces and names. */
  merge(from: number, into: number): void {
    const source = this.detail[from]
    const target = this.detail[into]
    if (!source || !target) return
    for (const alias of [this.ids[from]!, ...source.aliases]) {
      if (target.aliases.length < KEPT_ALIASES) target.aliases.push(alias)
    }
    this.mergedInto[from] = into
    this.detail[from] = undefined
    this.firstSeen[into] = Math.min(this.firstSeen[into]!, this.firstSeen[from]!)
    this.lastSeen[into] = Math.max(this.lastSeen[into]!, this.lastSeen[from]!)
    this.answered[into] = this.answered[into]! | this.answered[from]!
    this.live--
  }

  forget(device: number): void {
    this.mergedInto[device] = FORGOTTEN
    this.detail[device] = undefined
    this.byId.delete(this.ids[device]!)
    this.live--
  }

  noteLost(device: number, ip: string, until: Micros, why: string): void {
    const detail = this.detail[device]
    if (!detail) return
    detail.had.push({ ip, until, why })
    if (detail.had.length > KEPT_PAST_ADDRESSES) detail.had.shift()
  }

  setTag(device: number, record: TagRecord): void {
    const detail = this.detail[device]
    if (!detail) return
    const same = (tag: TagRecord): boolean =>
      tag.tag === record.tag && tag.source === record.source && tag.declaredBy === record.declaredBy
    detail.tags = [...detail.tags.filter((tag) => !same(tag)), record]
    this.tagMask[device] = maskOf(detail.tags)
  }

  dropTags(device: number, goes: (record: TagRecord) => boolean): void {
    const detail = this.detail[device]
    if (!detail?.tags.some(goes)) return
    detail.tags = detail.tags.filter((tag) => !goes(tag))
    this.tagMask[device] = maskOf(detail.tags)
  }

  hostname(device: number): string {
    const detail = this.detail[device]
    return detail ? bestName(detail.names) : ''
  }

  save(): unknown {
    const rows: unknown[] = []
    for (let at = 0; at < this.size; at++) {
      const detail = this.detail[at]
      const columns = [
        this.ids[at],
        this.site[at],
        this.ip[at],
        this.firstSeen[at],
        this.lastSeen[at],
        this.mergedInto[at],
        this.answered[at],
      ]
      rows.push(detail ? [...columns, { ...detail, evidence: saveEvidence(detail.evidence) }] : columns)
    }
    return rows
  }

  static restore(saved: unknown): DeviceTable {
    const table = new DeviceTable()
    for (const row of saved as SavedDevice[]) {
      const [id, site, ip, first, last, mergedInto, answered, detail] = row
      const at = table.size++
      if (at >= table.firstSeen.length) table.grow()
      table.ids[at] = id
      table.site[at] = site
      table.ip[at] = ip
      table.firstSeen[at] = first
      table.lastSeen[at] = last
      table.mergedInto[at] = mergedInto
      table.answered[at] = answered
      if (mergedInto !== FORGOTTEN) table.byId.set(id, at)
      if (!detail) {
        table.detail[at] = undefined
        continue
      }
      table.detail[at] = { ...detail, evidence: restoreEvidence(detail.evidence) }
      table.tagMask[at] = maskOf(detail.tags)
      table.live++
    }
    return table
  }

  private grow(): void {
    const size = this.firstSeen.length * 2
    this.firstSeen = growFloats(this.firstSeen, size)
    this.lastSeen = growFloats(this.lastSeen, size)
    this.tagMask = growInts(this.tagMask, size)
    this.mergedInto = growInts(this.mergedInto, size)
    const answered = new Uint8Array(size)
    answered.set(this.answered)
    this.answered = answered
  }
}

type SavedDevice = [
  id: string,
  site: number,
  ip: string,
  firstSeen: number,
  lastSeen: number,
  mergedInto: number,
  answered: number,
  detail?: Omit<DeviceDetail, 'evidence'> & { evidence: unknown },
]

function newDetail(key: string): DeviceDetail {
  return {
    key,
    addresses: [],
    had: [],
    macs: [],
    names: [],
    tags: [],
    aliases: [],
    evidence: new Map(),
    account: '',
  }
}

function maskOf(tags: readonly TagRecord[]): number {
  return tags.reduce((mask, record) => mask | TAG_BIT[record.tag], 0)
}
