import { HOUR, MINUTE, SECOND } from '../event/time.ts'
import type { AddressTable } from './address_table.ts'
import type { Inventory, Moment } from './inventory.ts'
import { type Interface, MOST_ADDRESSES_OF_A_HOST } from './mac_table.ts'

/** A host that leased its address is known to be one host, so shorter silence is enough to follow it. */
const SILENT_WHEN_LEASED = MINUTE
/** By then a DHCP line that explains a move has been written. */
const CLAIM_STANDS = 90 * SECOND
/** More moves than this in an hour are not one host's. */
const MOST_MOVES_AN_HOUR = 8
/** Hosts use at most a global and a unique local network (/64) of IPv6 on one link. */
const MOST_NETWORKS_OF_A_HOST = 2
/** So many different outside /64 behind one interface: it forwards. */
const OUTSIDE_NETWORKS_OF_A_ROUTER = 3

/**
 * An address was seen with an interface on layer 2 (conn.log with MAC logging, arp.log). What follows from that:
 *
 * - an address without a device, or whose device has no interface yet: they belong together;
 * - the interface's device has fallen silent at its old address: it moved here;
 * - it has other addresses of the same kind that are live: the interface is a router's and identifies nothing, from now
 *   on and back to where it had joined anything;
 * - IPv6 beside IPv4, and temporary addresses within one /64, are one host's.
 *
 * Call it only when `addresses.mac[address] !== mac` and the interface is not known to be shared: it is then cheap.
 */
export function seenOnLink(inventory: Inventory, address: number, mac: number, moment: Moment): void {
  const { addresses, macs, devices } = inventory
  const entry = macs.get(mac)
  if (entry?.shared !== '') return
  entry.lastSeen = moment.clock
  if (entry.leased && addresses.version[address] === 4 && contested(inventory, entry, mac, address, moment)) return
  const why = whyShared(inventory, entry, mac, address, moment)
  if (why !== '') {
    inventory.markShared(mac, why, moment)
    return
  }
  macs.noteAddress(entry, address)
  const holder = addresses.device[address]!
  const owner = entry.device
  if (owner < 0) {
    adoptInterface(inventory, address, mac, holder, moment)
    return
  }
  if (owner === holder) {
    addresses.mac[address] = mac
    return
  }
  const rivals = inventory.siblings(owner, address)
  if (addresses.version[address] === 4 && rivals.length > 0) {
    const silent = rivals.every((other) =>
      inventory.fellSilent(other, moment.clock, entry.leased ? SILENT_WHEN_LEASED : undefined),
    )
    // Present or just pausing: cannot tell a move from a second host yet. `whyShared` decides when both speak.
    if (!silent) return
    if (!vacate(inventory, address, owner, holder, moment)) return
    for (const other of rivals) inventory.take(other, moment, 'its MAC address moved to another address')
    noteMove(entry, moment)
  } else if (!vacate(inventory, address, owner, holder, moment)) return
  inventory.give(address, devices.resolve(owner), moment)
  addresses.mac[address] = mac
}

/** An outside address was seen with an interface: what forwards for the Internet is a router. */
export function outsideOnLink(
  inventory: Inventory,
  mac: number,
  isIpv4: boolean,
  network: string,
  moment: Moment,
): void {
  const entry = inventory.macs.get(mac)
  if (entry?.shared !== '') return
  entry.lastSeen = moment.clock
  if (isIpv4) {
    inventory.markShared(mac, 'it carries addresses of the Internet', moment)
    return
  }
  // A host's own global IPv6 address may not be declared internal: a few networks prove nothing.
  if (entry.outside.includes(network)) return
  entry.outside.push(network)
  if (entry.outside.length >= OUTSIDE_NETWORKS_OF_A_ROUTER) {
    inventory.markShared(mac, 'it carries many networks of the Internet', moment)
  }
}

/**
 * An interface that leased an address is one host's, as far as is known. Seen at another address while its own is in use,
 * it may have moved, or swapped addresses with somebody, and the DHCP line that says so is yet to be written. Until that
 * settles it nothing changes; if the interface is seen at both in turn, it stands for several hosts; if it stays away from
 * its old address, it has moved.
 * @returns true when nothing else is to be concluded
 */
function contested(inventory: Inventory, entry: Interface, mac: number, address: number, moment: Moment): boolean {
  const { addresses, devices } = inventory
  const owner = entry.device
  if (owner < 0) return false
  const { claim } = entry
  if (addresses.device[address] === owner) {
    if (claim === null || claim.address === address) return false
    if (moment.ts >= claim.ts) inventory.markShared(mac, twoLive(addresses, claim.address, address), moment)
    return true
  }
  const rivals = inventory.siblings(owner, address)
  if (rivals.every((other) => inventory.fellSilent(other, moment.clock, SILENT_WHEN_LEASED))) {
    entry.claim = null
    return false
  }
  if (claim?.address !== address) {
    entry.claim = { address, ts: moment.ts, clock: moment.clock }
    // So that the interface is noticed when it is seen there again.
    for (const other of rivals) addresses.mac[other] = -1
    return true
  }
  if (moment.clock - claim.clock < CLAIM_STANDS) return true
  for (const other of rivals) inventory.take(other, moment, 'its MAC address moved to another address')
  if (addresses.device[address]! >= 0) inventory.take(address, moment, 'another MAC address uses it')
  entry.claim = null
  noteMove(entry, moment)
  inventory.give(address, devices.resolve(owner), moment)
  addresses.mac[address] = mac
  return true
}

function adoptInterface(inventory: Inventory, address: number, mac: number, holder: number, moment: Moment): void {
  const { addresses, macs } = inventory
  const entry = macs.get(mac)!
  if (holder < 0) {
    const device = inventory.makeDevice(addresses.site[address]!, `mac:${entry.mac}`, moment)
    if (device < 0) return
    inventory.attachMac(mac, device, moment)
    inventory.give(address, device, moment)
    addresses.mac[address] = mac
    return
  }
  const other = otherInterface(inventory, holder, address, mac)
  if (other < 0) {
    inventory.attachMac(mac, holder, moment)
    addresses.mac[address] = mac
    return
  }
  // The address had another interface. If that one is still about, this is a second path to it, or a second card: it
  // proves nothing. If the address was silent for long, somebody else has it now.
  if (!inventory.fellSilent(address, moment.clock)) return
  inventory.take(address, moment, 'another MAC address uses it')
  adoptInterface(inventory, address, mac, -1, moment)
}

/** Makes room at an address for `owner`: its holder is the same host seen before its interface was, or has left it. */
function vacate(inventory: Inventory, address: number, owner: number, holder: number, moment: Moment): boolean {
  const { addresses, devices } = inventory
  if (holder < 0) return true
  const detail = devices.detail[holder]
  if (!detail) return true
  if (detail.macs.length === 0) {
    const lastElsewhere = Math.max(0, ...inventory.siblings(owner, address).map((at) => addresses.lastSpoke[at]!))
    const began = devices.firstSeen[holder]!
    const alone = detail.addresses.length === 1 && !namesDisagree(inventory, owner, holder)
    if (alone && (addresses.version[address] === 6 || began >= lastElsewhere)) {
      inventory.merge(holder, owner, moment)
      return true
    }
  }
  if (!inventory.fellSilent(address, moment.clock)) return false
  inventory.take(address, moment, 'another MAC address uses it')
  return true
}

function namesDisagree(inventory: Inventory, one: number, other: number): boolean {
  const mine = inventory.devices.detail[one]?.names ?? []
  const theirs = inventory.devices.detail[other]?.names ?? []
  return mine.length > 0 && theirs.length > 0 && !theirs.some(({ name }) => mine.some((own) => own.name === name))
}

/** An interface (not this one, and one that identifies) through which the device is known at the address, or -1. */
function otherInterface(inventory: Inventory, device: number, address: number, mac: number): number {
  const { addresses, macs, devices } = inventory
  for (const other of [addresses.leasedTo[address]!, addresses.mac[address]!]) {
    if (other >= 0 && other !== mac && macs.get(other)?.shared === '') return other
  }
  return devices.detail[device]?.macs.find((other) => other !== mac) ?? -1
}

/** Why the interface can no longer be one host's, now that it is seen with `address`; '' when it can. */
function whyShared(inventory: Inventory, entry: Interface, mac: number, address: number, moment: Moment): string {
  const { addresses } = inventory
  const leasedTo = addresses.leasedTo[address]!
  if (leasedTo >= 0 && leasedTo !== mac && moment.ts < addresses.leaseUntil[address]! && !entry.leased) {
    return 'it carries an address that another interface has leased'
  }
  const present = entry.addresses.filter(
    (other) => other !== address && addresses.mac[other] === mac && inventory.isPresent(other, moment.clock),
  )
  if (present.length >= MOST_ADDRESSES_OF_A_HOST) return `it has over ${MOST_ADDRESSES_OF_A_HOST} live addresses`
  if (addresses.version[address] === 4) {
    const rival = present.find((other) => addresses.version[other] === 4 && !inventory.fellSilent(other, moment.clock))
    if (rival !== undefined && !entry.leased) return twoLive(addresses, rival, address)
    const recent = entry.moves.filter((move) => moment.clock - move < HOUR)
    if (recent.length >= MOST_MOVES_AN_HOUR) return 'it moves between addresses all the time'
    return ''
  }
  const networks = new Set(
    [...present, address]
      .map((other) => addresses.prefix[other]!)
      .filter((prefix) => prefix !== '' && prefix !== 'link'),
  )
  if (networks.size > MOST_NETWORKS_OF_A_HOST) return 'it has IPv6 addresses in many networks'
  return ''
}

function twoLive(addresses: AddressTable, one: number, other: number): string {
  return `${addresses.text[one]} and ${addresses.text[other]} are live behind it at the same time`
}

function noteMove(entry: Interface, moment: Moment): void {
  entry.moves.push(moment.clock)
  if (entry.moves.length > MOST_MOVES_AN_HOUR) entry.moves.shift()
}
