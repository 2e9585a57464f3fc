import { isIP } from 'node:net'

/** Addresses remembered with their canonical text. A scan from a million sources must not grow it. */
const MOST_REMEMBERED = 1 << 14
const remembered = new Map<string, string>()

/**
 * An IP address as Zeek writes it (RFC 5952: lower case, longest run of zeros as `::`; IPv4 mapped into IPv6 as IPv4).
 * Suricata writes IPv6 in full (`fe80:0000:…`) unless it is told to compress it.
 * @returns undefined when the text is no address
 */
export function canonicalAddress(text: string): string | undefined {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const bare = text.length > 64 ? '' : text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const version = isIP(bare)
  if (version === 0) return undefined
  const canonical = version === 4 ? bare : ipv6Text(groupsOf(bare.toLowerCase()))
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  remembered.set(text, canonical)
  return canonical
}

function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address
  const [before = '', after] = text.split('::')
  const numbers = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const head = numbers(before)
  if (after === undefined) return head
  const tail = numbers(after)
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function ipv6Text(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  }
  let bestStart = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let end = start
    while (end < 8 && groups[end] === 0) end++
    if (end - start > bestLength) {
      bestStart = start
      bestLength = end - start
    }
  }
  const hex = groups.map((group) => group.toString(16))
  if (bestStart < 0) return hex.join(':')
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`
}
