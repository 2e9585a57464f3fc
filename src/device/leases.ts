import { MINUTE, type Micros, SECOND } from '../event/time.ts'
import type { Inventory, LeftAddress, Moment } from './inventory.ts'

/**
 * What a DHCP exchange says of the client's past (RFC 2131, section 4.3): `new` begins with DISCOVER, the client remembers
 * no address; `reboot` asks for the address that it remembers; `renewal` comes from the address itself (ciaddr is set).
 */
export type LeaseKind = 'new' | 'reboot' | 'renewal'

export interface Lease {
  /** Interface (MAC index) of the client. */
  readonly mac: number
  /** Address (index) that it was given. */
  readonly address: number
  readonly kind: LeaseKind
  /** µs; NaN when not told. */
  readonly lasts: Micros
  /** Host name that the client gives itself, first label in lower case, or ''. */
  readonly name: string
}

/** Zeek writes a DHCP exchange up to 30 s after its end, when the client has long begun to use its address. */
const WRITTEN_LATE = MINUTE
/** How long after a move the old address is watched: time for its next client's own exchange to be written. */
const WATCHED = 90 * SECOND
/** What speaks from the old address later than this after the move is not an echo of the one that moved. */
const ECHO = 30 * SECOND
/** A second lease of one interface is used at the same time when the first spoke so shortly before. */
const IN_USE = MINUTE
const DEFAULT_LEASE = 24 * 60 * MINUTE

/**
 * A server acknowledged an address to a client: the address is the client's from then on, whoever had it before; the
 * device that was made for the address in the moments before the line was written is this client.
 * @returns the device of the address
 */
export function leased(inventory: Inventory, lease: Lease, moment: Moment): number {
  const { addresses, macs, devices } = inventory
  const { mac, address } = lease
  const entry = macs.get(mac)!
  entry.leased = true
  entry.lastSeen = moment.clock
  const holder = addresses.device[address]!
  // Known later than what came after it: history that has been written already.
  if (holder >= 0 && moment.ts < addresses.since[address]!) return holder
  if (addresses.pool[address]) return holder >= 0 ? holder : inventory.newcomer(address, moment, true)
  const owner = entry.device
  if (owner >= 0 && owner !== holder && entry.shared === '' && holdsSeveral(inventory, lease, owner, moment)) {
    inventory.markShared(mac, 'it uses several leases at the same time', moment)
  }
  if (entry.shared !== '') {
    // It identifies nothing, but the address may have changed hands: then its holder is not the one it was.
    const known = holder >= 0 && isClient(inventory, holder, lease, moment)
    if (holder >= 0 && !known && lease.kind === 'new') inventory.take(address, moment, 'DHCP gave it to another client')
    const current = addresses.device[address]!
    return current >= 0 ? current : inventory.newcomer(address, moment, true)
  }
  const device = settle(inventory, lease, moment, holder, owner)
  if (device >= 0) {
    addresses.leasedTo[address] = mac
    addresses.leaseUntil[address] = moment.ts + (lease.lasts > 0 ? lease.lasts : DEFAULT_LEASE)
    macs.noteAddress(entry, address)
    entry.claim = null
    devices.answered[device] = 1
  }
  return device
}

/** The client gave its address back: it stays known as its last holder, but the lease protects it no longer. */
export function released(inventory: Inventory, mac: number, address: number, moment: Moment): void {
  if (inventory.addresses.leasedTo[address] === mac) inventory.addresses.leaseUntil[address] = moment.ts
}

/**
 * Looks again at addresses that interfaces left a while ago. Where somebody without an interface of his own went on
 * speaking, nobody had left: the interface stands for several hosts (a VPN or NAT server that leases for its clients). What
 * was joined comes apart, and the old address gets its device back.
 */
export function checkLeftAddresses(inventory: Inventory, clock: Micros): void {
  while (inventory.leftAddresses.length > 0 && inventory.leftAddresses[0]!.due <= clock) {
    const left = inventory.leftAddresses.shift()!
    if (speaksOn(inventory, left)) comeApart(inventory, left, clock)
  }
}

function speaksOn(inventory: Inventory, left: LeftAddress): boolean {
  const { addresses, macs, devices } = inventory
  const speaker = addresses.device[left.address]!
  const detail = speaker >= 0 ? devices.detail[speaker] : undefined
  const entry = macs.get(left.mac)
  if (!detail || !entry || entry.shared !== '' || entry.device !== left.device) return false
  return speaker !== left.device && detail.macs.length === 0 && addresses.lastSpoke[left.address]! > left.at + ECHO
}

function comeApart(inventory: Inventory, left: LeftAddress, clock: Micros): void {
  const { addresses } = inventory
  const moment: Moment = { ts: clock, known: clock, clock }
  const speaker = addresses.device[left.address]!
  for (const held of [...(inventory.devices.detail[left.device]?.addresses ?? [])]) {
    if (addresses.leasedTo[held] !== left.mac && addresses.mac[held] !== left.mac) continue
    inventory.take(held, moment, 'its MAC address stands for several hosts')
  }
  inventory.markShared(left.mac, 'the address it left went on speaking', moment)
  inventory.merge(speaker, left.device, moment)
}

function settle(inventory: Inventory, lease: Lease, moment: Moment, holder: number, owner: number): number {
  const { addresses, macs } = inventory
  const { mac, address } = lease
  if (owner >= 0 && owner === holder) return owner
  const same = holder >= 0 && isClient(inventory, holder, lease, moment)
  if (owner < 0) {
    if (same) {
      inventory.attachMac(mac, holder, moment)
      return holder
    }
    if (holder >= 0) inventory.take(address, moment, 'DHCP gave it to another client')
    const made = inventory.makeDevice(addresses.site[address]!, `mac:${macs.get(mac)!.mac}`, moment)
    if (made < 0) return made
    inventory.attachMac(mac, made, moment)
    inventory.give(address, made, moment)
    return made
  }
  for (const other of inventory.siblings(owner, address)) {
    if (addresses.version[other] !== 4) continue
    inventory.take(other, moment, 'DHCP gave its MAC address another address')
    const watch = {
      due: moment.clock + WATCHED,
      address: other,
      mac,
      at: moment.clock,
      device: owner,
    }
    inventory.leftAddresses.push(watch)
  }
  if (same && beganAfter(inventory, holder, owner, address)) inventory.merge(holder, owner, moment)
  else inventory.give(address, owner, moment)
  return owner
}

/** The device at the address is the client itself, known by its address alone until now. */
function isClient(inventory: Inventory, holder: number, lease: Lease, moment: Moment): boolean {
  const detail = inventory.devices.detail[holder]
  if (!detail || detail.macs.some((mac) => mac !== lease.mac)) return false
  if (inventory.devices.firstSeen[holder]! >= moment.ts - WRITTEN_LATE) return true
  if (lease.name !== '' && detail.names.length > 0) return detail.names.some(({ name }) => name === lease.name)
  return lease.kind !== 'new'
}

/** Nothing was heard from the client's other addresses since the device at this one began: they never lived together. */
function beganAfter(inventory: Inventory, holder: number, owner: number, address: number): boolean {
  const { addresses, devices } = inventory
  const site = devices.site[owner]!
  const others = (devices.detail[owner]?.had ?? []).map(({ ip }) => addresses.find(site, ip))
  const last = Math.max(
    0,
    ...others
      .filter((at) => at >= 0 && at !== address && addresses.version[at] === 4)
      .map((at) => addresses.lastSpoke[at]!),
  )
  return devices.firstSeen[holder]! >= last - WRITTEN_LATE
}

/** The client renews this lease while it uses another one: it stands for several hosts. */
function holdsSeveral(inventory: Inventory, lease: Lease, owner: number, moment: Moment): boolean {
  if (lease.kind !== 'renewal') return false
  const { addresses } = inventory
  return inventory
    .siblings(owner, lease.address)
    .some(
      (other) =>
        addresses.leasedTo[other] === lease.mac &&
        addresses.spoken[other]! > 0 &&
        moment.clock - addresses.lastSpoke[other]! < IN_USE,
    )
}
