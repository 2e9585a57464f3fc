import { MINUTE } from '../event/time.ts'
import { type NameSource, normaliseName } from './host_name.ts'
import type { Inventory, Moment } from './inventory.ts'

/** A device this young, known by nothing but its address, may be one that was known before under another address. */
const YOUNG = 5 * MINUTE

/** A name was said of a device; hostile text is dropped or brought to one form. */
export function named(inventory: Inventory, device: number, text: string, source: NameSource, moment: Moment): void {
  const { name, full } = normaliseName(text)
  if (name !== '') inventory.addName(device, name, full, source, moment)
}

/**
 * A domain gave a ticket to a machine account (`HOST$`) at an address: whoever sits there knows the machine's password. That
 * names the device; and when the device that the account was known from has fallen silent, and this one is young and
 * nameless, it is the same machine under a new address. A machine with interfaces of its own is followed by those instead.
 * @returns the device of the address from now on
 */
export function machineAccount(
  inventory: Inventory,
  device: number,
  address: number,
  account: string,
  moment: Moment,
): number {
  const { devices, addresses } = inventory
  const detail = devices.detail[device]
  const { name, full } = normaliseName(account.replace(/\$$/, ''))
  if (!detail || name === '') return device
  const known = inventory.named(devices.site[device]!, name)
  const before = known >= 0 ? devices.detail[known] : undefined
  const accounts = before?.names.filter((one) => one.sources.some(({ source }) => source === 'kerberos-account')) ?? []
  // An address from which several machines log on is a NAT's: none of them moves.
  if (before && known !== device && before.account === name && accounts.length === 1 && !addresses.pool[address]) {
    const young = moment.clock - devices.firstSeen[device]! <= YOUNG
    const bare = detail.macs.length === 0 && detail.names.length === 0 && detail.addresses.length === 1
    const rivals = inventory.siblings(known, address)
    const gone = rivals.every((other) => inventory.fellSilent(other, moment.clock))
    if (young && bare && gone) {
      for (const other of rivals) inventory.take(other, moment, 'its machine account logged on from another address')
      inventory.merge(device, known, moment)
      return known
    }
  }
  detail.account = name
  inventory.addName(device, name, full, 'kerberos-account', moment)
  return device
}
