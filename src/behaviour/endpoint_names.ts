import { getDomain } from 'tldts'
import { parseAddress } from '../device/address.ts'
import { KeyedRows } from './keyed_rows.ts'
import type { FrozenRows } from './paged_rows.ts'
import type { TextTable } from './text_table.ts'

const NAME_WORDS = 5
const TEXT = 3
/** The hand gives an entry that was used since it last came by another round. */
const USED = 4
const MOST_STEPS = 256
const DOMAINS_KEPT = 32_768

/**
 * What the addresses outside are called, as each device knows them: from its own look-ups (dns), from the server name it
 * asked for (ssl) and the host it named (http). By device, since one address of a content network serves many names.
 * Bounded; what was not used for a whole round goes first.
 */
export class EndpointNames {
  private readonly rows: KeyedRows
  private readonly texts: TextTable
  private readonly most: number
  private hand = 1
  private domains = new Map<string, string>()
  private olderDomains = new Map<string, string>()
  evicted = 0

  constructor(most: number, texts: TextTable, seed: number) {
    this.most = most
    this.texts = texts
    this.rows = new KeyedRows(NAME_WORDS, 3, 256, seed)
  }

  get size(): number {
    return this.rows.size
  }

  get bytes(): number {
    return this.rows.bytes
  }

  /** The text number of the registered domain by which the device knows the address, or 0. */
  nameOf(device: number, address: AddressWords): number {
    const row = this.rows.find(device, address.high, address.low)
    if (row === 0) return 0
    if (this.rows.rows.get(row, USED) === 0) this.rows.rows.set(row, USED, 1)
    return this.rows.rows.get(row, TEXT)
  }

  /** The device knows the address by this registered domain. */
  learn(device: number, address: AddressWords, domain: number): void {
    if (domain === 0) return
    let row = this.rows.find(device, address.high, address.low)
    if (row !== 0) {
      const before = this.rows.rows.get(row, TEXT)
      if (before === domain) return
      this.texts.release(before)
    } else {
      if (this.rows.size >= this.most) this.evictOne()
      row = this.rows.insert(device, address.high, address.low)
    }
    this.texts.hold(domain)
    this.rows.rows.set(row, TEXT, domain)
    this.rows.rows.set(row, USED, 1)
  }

  private evictOne(): void {
    for (let steps = 0; ; steps++) {
      const row = this.hand
      this.hand = row + 1 >= this.rows.end ? 1 : row + 1
      if (!this.rows.isLive(row)) continue
      if (this.rows.rows.get(row, USED) !== 0 && steps < MOST_STEPS) {
        this.rows.rows.set(row, USED, 0)
        continue
      }
      this.texts.release(this.rows.rows.get(row, TEXT))
      this.rows.remove(row)
      this.evicted++
      return
    }
  }

  /** The registered domain of a host name ('' for an address or nothing): `a.b.example.co.uk` → `example.co.uk`. */
  domainOf(host: string): string {
    const known = this.domains.get(host) ?? this.olderDomains.get(host)
    if (known !== undefined) return known
    const domain = registeredDomain(host)
    // Two generations: the younger is asked first, the older forgotten when the younger is full.
    if (this.domains.size >= DOMAINS_KEPT) {
      this.olderDomains = this.domains
      this.domains = new Map()
    }
    this.domains.set(host, domain)
    return domain
  }

  head(): Int32Array {
    return Int32Array.from([...this.rows.head, this.hand, this.evicted])
  }

  freeze(): FrozenRows {
    return this.rows.rows.freeze(this.rows.end)
  }

  restore(head: Int32Array, bytes: Uint8Array): void {
    this.rows.restore([head[0]!, head[1]!, head[2]!], bytes)
    this.hand = head[3]!
    this.evicted = head[4]!
  }
}

function registeredDomain(host: string): string {
  let name = host.toLowerCase().slice(0, 253)
  if (name.endsWith('.')) name = name.slice(0, -1)
  const port = /^([^:]+):\d{1,5}$/.exec(name)
  if (port) name = port[1]!
  if (name === '' || parseAddress(name.replace(/^\[|\]$/g, '')) !== undefined) return ''
  if (/^[a-z0-9_.-]+$/.test(name) === false) return ''
  return getDomain(name, { extractHostname: false, validateHostname: false }) ?? name
}

/** An address as two words: IPv4 itself, IPv6 (whose host part is the host's own choice) as 64 bits of hash. */
export interface AddressWords {
  high: number
  low: number
}

/** @returns false when the text is no address */
export function addressWords(text: string, into: AddressWords): boolean {
  const address = parseAddress(text)
  if (address === undefined) return false
  if (address.version === 4) {
    into.high = 4
    into.low = address.v4 | 0
    return true
  }
  let high = 0x811c9dc5
  let low = 0x9747b28c
  for (const group of address.groups) {
    high = Math.imul(high ^ group, 0x01000193)
    low = Math.imul(low ^ group, 0x85ebca6b)
    low ^= low >>> 13
  }
  into.high = high === 4 ? 6 : high
  into.low = low
  return true
}

/** Where no name is known: the /24 of an IPv4 address, the /48 of an IPv6 address (what a site is commonly given, RFC 6177). */
export function prefixOf(text: string): string {
  const address = parseAddress(text)
  if (address === undefined) return ''
  if (address.version === 4) {
    const value = address.v4
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.0/24`
  }
  return `${address.groups
    .slice(0, 3)
    .map((group) => group.toString(16))
    .join(':')}::/48`
}
