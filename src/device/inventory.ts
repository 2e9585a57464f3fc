import { DAY, HOUR, MINUTE, type Micros, SECOND } from '../event/time.ts'
import type { ParsedAddress } from './address.ts'
import { AddressTable, NOBODY } from './address_table.ts'
import { DeviceTable } from './device_table.ts'
import { addName, type NameSource, nameConfidence } from './host_name.ts'
import { MacTable } from './mac_table.ts'
import { mergeEvidence } from './roles/role_evidence.ts'

/** How much is kept. What is beyond goes by age, counted in `Evicted`. */
export interface Bounds {
  readonly devices: number
  /** Device indices ever given out in a run: they are never used twice. */
  readonly indices: number
  readonly addresses: number
  readonly macs: number
  /** New devices a minute and site of which nothing but unanswered packets is known: a flood of spoofed sources. */
  readonly unansweredNewcomers: number
}

export const DEFAULT_BOUNDS: Bounds = {
  devices: 200_000,
  indices: 4_000_000,
  addresses: 400_000,
  macs: 200_000,
  unansweredNewcomers: 2_000,
}

/** What was evicted or refused by bounds; goes into the summary. */
export interface Evicted {
  devices: number
  addresses: number
  macs: number
  names: number
  credentials: number
  /** Events of sources that were given no device since too many unanswered ones appeared within a minute. */
  floodedSources: number
}

/** Where and when something was seen. */
export interface Moment {
  /** `ts` of the record (µs). */
  readonly ts: Micros
  /** Earliest time at which the record could be known (µs): goes into a device's id. */
  readonly known: Micros
  /** Engine clock (µs). */
  readonly clock: Micros
}

/** A released address still belongs to its last holder for this long: its last packets are reported a little later. */
const AFTERGLOW = 5 * SECOND
/** A share of a full table that is cleared at once, so that clearing is rare. */
const CLEARED_SHARE = 16
const SILENT_AT_LEAST = 10 * MINUTE
const SILENT_GAPS = 10
const SPOKEN_AT_LEAST = 5
const PRESENT_WITHIN = HOUR / 2

/** A claim to be looked at again: did the address that an interface left go on speaking? */
export interface LeftAddress {
  readonly due: Micros
  readonly address: number
  readonly mac: number
  /** `ts` at which it was left. */
  readonly at: Micros
  readonly device: number
}

/** All that is known of devices, their addresses, interfaces and names, with the few steps by which it may change. */
export class Inventory {
  addresses: AddressTable
  macs: MacTable
  devices: DeviceTable
  readonly siteNames: readonly string[]
  readonly bounds: Bounds
  readonly evicted: Evicted = { devices: 0, addresses: 0, macs: 0, names: 0, credentials: 0, floodedSources: 0 }
  /** Device by name and site, for those who are asked for by name. */
  readonly byName: Map<string, number>[]
  leftAddresses: LeftAddress[] = []
  private budgetMinute = Number.NEGATIVE_INFINITY
  private readonly budget: number[]
  /** Called when a device is made. */
  onNewDevice: (device: number, clock: Micros) => void = () => {}
  /** Called when a device's addresses, interfaces or names changed. */
  onChange: (device: number, clock: Micros) => void = () => {}
  /** Called when indices kept by others (caches) may name something else from now on. */
  onReuse: () => void = () => {}

  constructor(siteNames: readonly string[], bounds: Bounds) {
    this.siteNames = siteNames
    this.bounds = bounds
    this.addresses = new AddressTable(siteNames.length)
    this.macs = new MacTable(siteNames.length)
    this.devices = new DeviceTable()
    this.byName = siteNames.map(() => new Map())
    this.budget = siteNames.map(() => 0)
  }

  addAddress(site: number, address: ParsedAddress, pool: boolean): number {
    if (this.addresses.live >= this.bounds.addresses) this.clearAddresses()
    return this.addresses.add(site, address, pool)
  }

  addMac(site: number, mac: string, clock: Micros): number {
    if (this.macs.live >= this.bounds.macs) this.clearMacs()
    return this.macs.add(site, mac, clock)
  }

  /**
   * The device of an address that nobody holds and that has just spoken: a new one, or for the last packets after a move
   * the one that had it.
   * @param answered false when it only sent, and nobody answered: such sources may be spoofed
   * @returns -1 when no device may be made now
   */
  newcomer(address: number, moment: Moment, answered: boolean): number {
    const { addresses } = this
    const last = addresses.past[address]?.at(-1)
    if (last && moment.ts < addresses.since[address]! + AFTERGLOW && moment.ts >= last.since) {
      const device = this.devices.resolve(last.device)
      if (device >= 0) return device
    }
    if (!answered && !this.withinBudget(addresses.site[address]!, moment.clock)) {
      this.evicted.floodedSources++
      return NOBODY
    }
    const device = this.makeDevice(addresses.site[address]!, `ip:${addresses.text[address]}`, moment)
    if (device >= 0) this.give(address, device, moment)
    return device
  }

  makeDevice(site: number, key: string, moment: Moment): number {
    const { devices, bounds } = this
    if (devices.live >= bounds.devices) this.clearDevices()
    if (devices.size >= bounds.indices) {
      this.evicted.floodedSources++
      return NOBODY
    }
    const device = devices.add(site, this.siteNames[site]!, key, moment.known, moment.clock)
    this.onNewDevice(device, moment.clock)
    return device
  }

  /** The address is the device's from `moment.ts` on. */
  give(address: number, device: number, moment: Moment): void {
    const { addresses, devices } = this
    const before = addresses.device[address]!
    if (before === device) return
    if (before !== NOBODY) this.take(address, moment, 'given to another device')
    addresses.give(address, device, moment.ts)
    const detail = devices.detail[device]
    if (detail && !detail.addresses.includes(address)) detail.addresses.push(address)
    this.showAddress(device)
    this.onChange(device, moment.clock)
  }

  /** Nobody has the address from `moment.ts` on. */
  take(address: number, moment: Moment, why: string): void {
    const { addresses, devices } = this
    const device = addresses.device[address]!
    if (device === NOBODY) return
    addresses.take(address, moment.ts)
    const detail = devices.detail[device]
    if (!detail) return
    const at = detail.addresses.indexOf(address)
    if (at >= 0) detail.addresses.splice(at, 1)
    devices.noteLost(device, addresses.text[address]!, moment.ts, why)
    this.showAddress(device)
    this.onChange(device, moment.clock)
  }

  attachMac(mac: number, device: number, moment: Moment): void {
    const entry = this.macs.get(mac)
    const detail = this.devices.detail[device]
    if (!entry || !detail) return
    entry.device = device
    if (!detail.macs.includes(mac)) detail.macs.push(mac)
    if (entry.name !== '') this.addName(device, entry.name, '', 'known-device', moment)
    this.onChange(device, moment.clock)
  }

  /**
   * The interface is a router's, a pool's or otherwise not one host's: from now on it identifies nothing, and what it had
   * joined comes apart: the device keeps the address it had first, the others start anew.
   */
  markShared(mac: number, why: string, moment: Moment): void {
    const entry = this.macs.get(mac)
    if (entry?.shared !== '') return
    entry.shared = why
    const device = entry.device
    entry.device = NOBODY
    const detail = device >= 0 ? this.devices.detail[device] : undefined
    if (!detail) return
    const at = detail.macs.indexOf(mac)
    if (at >= 0) detail.macs.splice(at, 1)
    const through = (address: number): boolean =>
      this.addresses.mac[address] === mac || this.addresses.leasedTo[address] === mac
    for (const address of detail.addresses.slice(1)) {
      if (through(address)) this.take(address, moment, `its MAC address identifies nothing: ${why}`)
    }
    this.onChange(device, moment.clock)
  }

  /** Two devices turned out to be one: `from` becomes an alias of `into`. Both must be alive. */
  merge(from: number, into: number, moment: Moment): void {
    const { addresses, devices } = this
    const source = devices.detail[from]
    const target = devices.detail[into]
    if (!source || !target || from === into) return
    for (const address of source.addresses) {
      addresses.rename(address, from, into)
      if (!target.addresses.includes(address)) target.addresses.push(address)
    }
    for (const { ip } of source.had) {
      const address = addresses.find(devices.site[from]!, ip)
      if (address >= 0) addresses.rename(address, from, into)
    }
    for (const mac of source.macs) this.attachMac(mac, into, moment)
    for (const evidence of source.names) {
      for (const { source: from, since } of evidence.sources) {
        addName(target.names, evidence.name, evidence.full, from, since)
      }
    }
    mergeEvidence(target.evidence, source.evidence)
    if (target.account === '') target.account = source.account
    devices.merge(from, into)
    this.showAddress(into)
    this.onChange(into, moment.clock)
  }

  /** @param name as `normaliseName` gives it */
  addName(device: number, name: string, full: string, source: NameSource, moment: Moment): void {
    const detail = this.devices.detail[device]
    if (!detail || name === '') return
    const { change, dropped } = addName(detail.names, name, full, source, moment.clock)
    if (dropped) this.evicted.names++
    if (change === 'none') return
    this.noteName(device, name)
    this.onChange(device, moment.clock)
  }

  /** The device that goes by a name (first label, lower case) at a site, or -1. */
  named(site: number, name: string): number {
    const device = this.byName[site]!.get(name)
    return device === undefined ? NOBODY : this.devices.resolve(device)
  }

  /**
   * Nothing was heard from an address for so long that its host has left it: at least `atLeast`, and ten times its usual
   * pause, of which at least five words are needed to know. An address that seldom speaks is not a silent one.
   */
  fellSilent(address: number, clock: Micros, atLeast: Micros = SILENT_AT_LEAST): boolean {
    const { addresses } = this
    const spoken = addresses.spoken[address]!
    const silence = clock - addresses.lastSpoke[address]!
    if (silence < atLeast) return false
    if (atLeast < SILENT_AT_LEAST) return true
    if (silence >= DAY) return true
    const span = addresses.lastSpoke[address]! - addresses.firstSpoke[address]!
    return spoken >= SPOKEN_AT_LEAST && silence * (spoken - 1) >= SILENT_GAPS * span
  }

  /** It spoke lately. */
  isPresent(address: number, clock: Micros): boolean {
    return this.addresses.spoken[address]! > 0 && clock - this.addresses.lastSpoke[address]! < PRESENT_WITHIN
  }

  /** Other addresses of a device of the same version (for IPv6 there may be many by right). */
  siblings(device: number, address: number): number[] {
    const { addresses } = this
    const version = addresses.version[address]
    const held = this.devices.detail[device]?.addresses ?? []
    return held.filter((other) => other !== address && addresses.version[other] === version)
  }

  saveBudget(): unknown {
    return [Number.isFinite(this.budgetMinute) ? this.budgetMinute : null, this.budget]
  }

  restoreBudget(saved: unknown): void {
    const [minute, used] = saved as [number | null, number[]]
    this.budgetMinute = minute ?? Number.NEGATIVE_INFINITY
    for (const [site, count] of used.entries()) this.budget[site] = count
  }

  private noteName(device: number, name: string): void {
    const names = this.byName[this.devices.site[device]!]!
    const known = this.named(this.devices.site[device]!, name)
    if (known >= 0 && known !== device) {
      const belief = (at: number): number => {
        const evidence = this.devices.detail[at]?.names.find((one) => one.name === name)
        return evidence ? nameConfidence(evidence) : 0
      }
      if (belief(known) >= belief(device)) return
    }
    names.set(name, device)
  }

  /** IPv4 before IPv6, global before link-local, of equals the one it got last. */
  private showAddress(device: number): void {
    const held = this.devices.detail[device]?.addresses ?? []
    if (held.length === 0) return
    const { addresses } = this
    const rank = (at: number): number => (addresses.version[at] === 4 ? 2 : addresses.prefix[at] === 'link' ? 0 : 1)
    let best = held[0]!
    for (const address of held) if (rank(address) >= rank(best)) best = address
    this.devices.ip[device] = addresses.text[best]!
  }

  /** False during a flood of unanswered sources: those that are not known yet are given nothing then. */
  hasBudget(site: number, clock: Micros): boolean {
    const spent = Math.floor(clock / MINUTE) === this.budgetMinute ? this.budget[site]! : 0
    if (spent < this.bounds.unansweredNewcomers) return true
    this.evicted.floodedSources++
    return false
  }

  private withinBudget(site: number, clock: Micros): boolean {
    const minute = Math.floor(clock / MINUTE)
    if (minute !== this.budgetMinute) {
      this.budgetMinute = minute
      this.budget.fill(0)
    }
    if (this.budget[site]! >= this.bounds.unansweredNewcomers) return false
    this.budget[site]!++
    return true
  }

  private clearAddresses(): void {
    const { addresses, devices } = this
    for (const address of addresses.oldest(Math.ceil(this.bounds.addresses / CLEARED_SHARE))) {
      const device = addresses.device[address]!
      const detail = device >= 0 ? devices.detail[device] : undefined
      if (detail) {
        const at = detail.addresses.indexOf(address)
        if (at >= 0) detail.addresses.splice(at, 1)
        if (detail.addresses.length === 0 && detail.macs.length === 0) this.forget(device)
      }
      this.forgetAddress(address)
      this.evicted.addresses++
    }
    this.onReuse()
  }

  private clearMacs(): void {
    for (const mac of this.macs.oldest(Math.ceil(this.bounds.macs / CLEARED_SHARE))) {
      const device = this.macs.get(mac)!.device
      const detail = device >= 0 ? this.devices.detail[device] : undefined
      if (detail) detail.macs.splice(detail.macs.indexOf(mac), 1)
      for (const address of this.macs.get(mac)!.addresses) {
        if (this.addresses.mac[address] === mac) this.addresses.mac[address] = -1
        if (this.addresses.leasedTo[address] === mac) this.addresses.leasedTo[address] = -1
      }
      this.leftAddresses = this.leftAddresses.filter((left) => left.mac !== mac)
      this.macs.remove(mac)
      this.evicted.macs++
    }
    this.onReuse()
  }

  /** Those go first that were never answered, then those unseen for longest. */
  private clearDevices(): void {
    const { devices } = this
    const alive: number[] = []
    for (let at = 0; at < devices.size; at++) if (devices.detail[at]) alive.push(at)
    alive.sort(
      (a, b) => devices.answered[a]! - devices.answered[b]! || devices.lastSeen[a]! - devices.lastSeen[b]! || a - b,
    )
    for (const device of alive.slice(0, Math.ceil(this.bounds.devices / CLEARED_SHARE))) {
      for (const address of [...devices.detail[device]!.addresses]) this.forgetAddress(address)
      this.forget(device)
      this.evicted.devices++
    }
    this.onReuse()
  }

  private forget(device: number): void {
    const detail = this.devices.detail[device]
    if (!detail) return
    for (const mac of detail.macs) {
      const entry = this.macs.get(mac)
      if (entry?.device === device) entry.device = NOBODY
    }
    const names = this.byName[this.devices.site[device]!]!
    for (const { name } of detail.names) if (names.get(name) === device) names.delete(name)
    this.devices.forget(device)
  }

  private forgetAddress(address: number): void {
    for (const mac of [this.addresses.mac[address]!, this.addresses.leasedTo[address]!]) {
      const entry = this.macs.get(mac)
      if (entry) entry.addresses = entry.addresses.filter((other) => other !== address)
      if (entry?.claim?.address === address) entry.claim = null
    }
    this.leftAddresses = this.leftAddresses.filter((left) => left.address !== address)
    this.addresses.remove(address)
  }
}
