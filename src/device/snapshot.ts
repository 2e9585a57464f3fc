import type { AddressBook } from './address_book.ts'
import { AddressTable } from './address_table.ts'
import type { CredentialTable } from './credential_table.ts'
import { DeviceTable } from './device_table.ts'
import type { Evicted, Inventory, LeftAddress } from './inventory.ts'
import type { Lifecycle } from './lifecycle.ts'
import { MacTable } from './mac_table.ts'

const FORMAT = 1

/** What was saved cannot be used here; the message says why and what to do. */
export class SnapshotRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SnapshotRefused'
  }
}

interface Saved {
  readonly format: number
  readonly sites: readonly string[]
  readonly addresses: unknown
  readonly macs: unknown
  readonly devices: unknown
  readonly credentials: unknown
  readonly lifecycle: unknown
  readonly calledLocal: unknown
  readonly leftAddresses: LeftAddress[]
  readonly budget: unknown
  readonly byName: (readonly [string, number])[][]
  readonly evicted: Evicted
}

/** UTF-8 of a JSON document; integrity (checksum, atomic writing) is the state store's business. */
export function writeSnapshot(
  inventory: Inventory,
  lifecycle: Lifecycle,
  credentials: CredentialTable,
  book: AddressBook,
): Uint8Array {
  const saved: Saved = {
    format: FORMAT,
    sites: inventory.siteNames,
    addresses: inventory.addresses.save(),
    macs: inventory.macs.save(),
    devices: inventory.devices.save(),
    credentials: credentials.save(),
    lifecycle: lifecycle.save(),
    calledLocal: book.save(),
    leftAddresses: inventory.leftAddresses,
    budget: inventory.saveBudget(),
    byName: inventory.byName.map((names) => [...names]),
    evicted: inventory.evicted,
  }
  return Buffer.from(JSON.stringify(saved), 'utf8')
}

/** @throws SnapshotRefused */
export function readSnapshot(
  bytes: Uint8Array,
  inventory: Inventory,
  lifecycle: Lifecycle,
  credentials: CredentialTable,
  book: AddressBook,
): void {
  const saved = parse(bytes)
  // A site may be added at the end: everything else is kept by the index of its site.
  const known = inventory.siteNames.slice(0, saved.sites.length)
  if (JSON.stringify(known) !== JSON.stringify(saved.sites)) {
    throw new SnapshotRefused(
      `the state knows the sites ${saved.sites.join(', ')}, thymus.yaml names ${inventory.siteNames.join(', ')}: ` +
        'put the sites back as they were (same names, same order; new ones at the end), or begin with a new --state directory',
    )
  }
  const siteCount = inventory.siteNames.length
  inventory.addresses = AddressTable.restore(siteCount, saved.addresses)
  inventory.macs = MacTable.restore(siteCount, saved.macs)
  inventory.devices = DeviceTable.restore(saved.devices)
  inventory.leftAddresses = saved.leftAddresses
  inventory.restoreBudget(saved.budget)
  for (const [site, entries] of saved.byName.entries()) {
    for (const [name, device] of entries) inventory.byName[site]!.set(name, device)
  }
  Object.assign(inventory.evicted, saved.evicted)
  credentials.restore(saved.credentials)
  lifecycle.restore(saved.lifecycle)
  book.restore(saved.calledLocal)
}

function parse(bytes: Uint8Array): Saved {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch (cause) {
    throw new SnapshotRefused(`the saved devices are not readable: ${cause instanceof Error ? cause.message : cause}`)
  }
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (format !== FORMAT) {
    throw new SnapshotRefused(
      `the saved devices have format ${String(format)}, this version reads ${FORMAT}: use the version that wrote them, ` +
        'or begin with a new --state directory',
    )
  }
  return value as Saved
}
