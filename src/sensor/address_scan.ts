/**
 * Recognises IP addresses in bytes, without making text of them: every connection has two.
 */

const DOT = 0x2e
const COLON = 0x3a

/**
 * @returns where the IPv4 or IPv6 address (lower case, no brackets, no zone) that begins at `start` ends, or -1 when
 * none does. Reads up to the first byte that belongs to no address: the caller has put one behind the last.
 */
export function addressEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while (isDigit(bytes[at]!)) at++
  return bytes[at] === DOT ? ipv4End(bytes, start) : ipv6End(bytes, start)
}

function ipv4End(bytes: Uint8Array, start: number): number {
  let octet = 0
  let dots = 0
  let octetStart = start
  for (let at = start; ; at++) {
    const byte = bytes[at]!
    if (isDigit(byte)) {
      octet = octet * 10 + byte - 0x30
      continue
    }
    if (octet > 255 || !octetLength(bytes, octetStart, at)) return -1
    if (byte !== DOT) return dots === 3 ? at : -1
    if (++dots > 3) return -1
    octet = 0
    octetStart = at + 1
  }
}

/** One to three digits, without a zero in front that some readers would take for octal. */
function octetLength(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  return length === 1 || ((length === 2 || length === 3) && bytes[start] !== 0x30)
}

/** RFC 4291 section 2.2: eight groups of up to four digits, one run of zeros as `::`, the last two as IPv4. */
function ipv6End(bytes: Uint8Array, start: number): number {
  let at = start
  let groups = 0
  let gap = false
  if (bytes[at] === COLON) {
    if (bytes[at + 1] !== COLON) return -1
    gap = true
    at += 2
  }
  for (;;) {
    const groupStart = at
    while (isHex(bytes[at]!)) at++
    const length = at - groupStart
    if (length === 0) return gap && groups < 8 && bytes[at] !== COLON ? at : -1
    if (bytes[at] === DOT) {
      const end = ipv4End(bytes, groupStart)
      return end >= 0 && (gap ? groups + 2 < 8 : groups + 2 === 8) ? end : -1
    }
    if (length > 4 || ++groups > 8) return -1
    if (bytes[at] !== COLON) return (gap ? groups < 8 : groups === 8) ? at : -1
    at++
    if (bytes[at] === COLON) {
      if (gap) return -1
      gap = true
      at++
    } else if (!isHex(bytes[at]!)) return -1
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
}

const scratch = Buffer.alloc(64)

/**
 * An address as Thymus writes it: lower case, without the brackets of a URL and without a zone (`fe80::1%eth0`), which
 * names an interface of the sensor.
 * @returns undefined when the text is no address
 */
export function addressText(text: string): string | undefined {
  let address = text.toLowerCase()
  if (address.startsWith('[') && address.endsWith(']')) address = address.slice(1, -1)
  const zone = address.indexOf('%')
  if (zone > 0) address = address.slice(0, zone)
  if (address.length > 45) return undefined
  const length = scratch.write(address, 'latin1')
  scratch[length] = 0
  return addressEnd(scratch, 0) === length && length > 0 ? address : undefined
}
