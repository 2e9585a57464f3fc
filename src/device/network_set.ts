import { type ParsedAddress, parseAddress } from './address.ts'

/** A range of addresses in CIDR form, with what it stands for. */
interface Range<Value> {
  readonly version: 4 | 6
  readonly bits: number
  readonly base: ParsedAddress
  readonly value: Value
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. @returns undefined when the text is no range */
export function parseRange(text: string): { address: ParsedAddress; bits: number } | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const most = address.version === 4 ? 32 : 128
  if (slash < 0) return { address, bits: most }
  const length = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return undefined
  return { address, bits: Number(length) }
}

/** Ranges with the longest prefix winning; of equal ranges the first. A configuration holds tens, so the search is plain. */
export class NetworkSet<Value> {
  private readonly ranges: readonly Range<Value>[]

  /** @param entries ranges that `parseRange` accepts; others are left out (the configuration has been checked) */
  constructor(entries: Iterable<readonly [string, Value]>) {
    const ranges: Range<Value>[] = []
    for (const [text, value] of entries) {
      const range = parseRange(text)
      if (range) ranges.push({ version: range.address.version, bits: range.bits, base: range.address, value })
    }
    this.ranges = ranges.sort((a, b) => b.bits - a.bits)
  }

  get empty(): boolean {
    return this.ranges.length === 0
  }

  find(address: ParsedAddress): Value | undefined {
    for (const range of this.ranges) if (contains(range, address)) return range.value
    return undefined
  }
}

function contains<Value>(range: Range<Value>, address: ParsedAddress): boolean {
  if (range.version !== address.version) return false
  if (range.version === 4) {
    if (range.bits === 0) return true
    const shift = 32 - range.bits
    return range.base.v4 >>> shift === address.v4 >>> shift
  }
  let bits = range.bits
  for (let group = 0; bits > 0; group++, bits -= 16) {
    const shift = bits >= 16 ? 0 : 16 - bits
    if (range.base.groups[group]! >>> shift !== address.groups[group]! >>> shift) return false
  }
  return true
}
