/**
 * What an address is, from its text alone: IPv4 is read by hand (it stands on the hot path), IPv6 is brought to the
 * canonical form of RFC 5952, so that one address has one text whoever wrote it.
 */

/** `never`: no device stands behind it (multicast, broadcast, unspecified, loopback). */
export type AddressScope = 'never' | 'local' | 'outside'

export interface ParsedAddress {
  /** Canonical text. */
  readonly text: string
  /** 4 or 6; an IPv4-mapped IPv6 address is IPv4. */
  readonly version: 4 | 6
  /** IPv4 as an unsigned 32-bit number; 0 for IPv6. */
  readonly v4: number
  /** The eight groups of IPv6; empty for IPv4. */
  readonly groups: readonly number[]
}

const NO_GROUPS: readonly number[] = []
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255` */
const LONGEST_TEXT = 45

/** Dotted decimal to an unsigned 32-bit number, or -1: four groups, no leading zeros (`010` is octal to some), no blanks. */
export function parseIpv4(text: string): number {
  const { length } = text
  if (length < 7 || length > 15) return -1
  let value = 0
  let group = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      if (digits === 0) return -1
      value = value * 256 + group
      group = 0
      digits = 0
      if (++dots > 3) return -1
      continue
    }
    const digit = code - 48
    if (digit < 0 || digit > 9 || (digits > 0 && group === 0)) return -1
    group = group * 10 + digit
    if (++digits > 3 || group > 255) return -1
  }
  return dots === 3 && digits > 0 ? value * 256 + group : -1
}

/** An address in canonical form, or undefined when the text is none. A zone (`%eth0`) is dropped. */
export function parseAddress(text: string): ParsedAddress | undefined {
  const v4 = parseIpv4(text)
  if (v4 >= 0) return { text, version: 4, v4, groups: NO_GROUPS }
  const zone = text.indexOf('%')
  const groups = parseIpv6(zone < 0 ? text : text.slice(0, zone))
  if (groups === undefined) return undefined
  if (isMapped(groups)) {
    const mapped = groups[6]! * 65536 + groups[7]!
    return { text: ipv4Text(mapped), version: 4, v4: mapped, groups: NO_GROUPS }
  }
  return { text: ipv6Text(groups), version: 6, v4: 0, groups }
}

export function ipv4Text(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

/**
 * Scope by the address plan of the Internet alone: RFC 1918, RFC 4193 (fc00::/7) and link-local are local; the
 * configuration and Zeek's own judgement may add to `local`, never to `never`.
 */
export function scopeOf(address: ParsedAddress): AddressScope {
  return address.version === 4 ? scopeOfIpv4(address.v4) : scopeOfIpv6(address.groups)
}

function scopeOfIpv4(value: number): AddressScope {
  const first = value >>> 24
  if (first === 0 || first === 127 || first >= 224) return 'never'
  if (first === 10) return 'local'
  const two = value >>> 16
  if (two === 0xc0a8 || two === 0xa9fe || two >>> 4 === 0xac1) return 'local'
  return 'outside'
}

function scopeOfIpv6(groups: readonly number[]): AddressScope {
  const first = groups[0]!
  if (first >= 0xff00) return 'never'
  if (first >>> 6 === 0x3fa || first >>> 9 === 0x7e) return 'local'
  if (first === 0 && groups.slice(0, 7).every((group) => group === 0) && groups[7]! <= 1) return 'never'
  return 'outside'
}

/** fe80::/10: valid on one link only, every IPv6 interface has one. */
export function isLinkLocalIpv6(address: ParsedAddress): boolean {
  return address.version === 6 && address.groups[0]! >>> 6 === 0x3fa
}

/** The /64 that an IPv6 address stands in, as text: a host's stable and temporary addresses share it (RFC 8981). */
export function prefix64(address: ParsedAddress): string {
  return address.groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

function parseIpv6(text: string): number[] | undefined {
  if (text.length < 2 || text.length > LONGEST_TEXT || !text.includes(':')) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = readGroups(halves[0]!)
  const tail = halves.length === 2 ? readGroups(halves[1]!) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1) return missing === 0 ? head : undefined
  if (missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const v4 = parseIpv4(part)
      if (v4 < 0) return undefined
      groups.push(v4 >>> 16, v4 & 0xffff)
      continue
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
    groups.push(Number.parseInt(part, 16))
  }
  return groups
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
function ipv6Text(groups: readonly number[]): string {
  let bestStart = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > bestLength) {
      bestStart = start
      bestLength = length
    }
  }
  const hex = groups.map((group) => group.toString(16))
  if (bestStart < 0) return hex.join(':')
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`
}

/** Canonical text of a unicast Ethernet address (`aa:bb:cc:dd:ee:ff`), or '' when it names no single interface. */
export function canonicalMac(text: string): string {
  if (text.length < 12 || text.length > 17) return ''
  const digits = text.replace(/[:.-]/g, '').toLowerCase()
  if (!/^[0-9a-f]{12}$/.test(digits)) return ''
  // The lowest bit of the first octet marks a group address (broadcast, multicast); all zeros is "none".
  if ((Number.parseInt(digits.slice(0, 2), 16) & 1) === 1 || digits === '000000000000') return ''
  return digits.replace(/(..)(?=.)/g, '$1:')
}
