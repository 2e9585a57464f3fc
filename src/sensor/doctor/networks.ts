/** Private use and link-local: RFC 1918, RFC 6598 (carrier NAT), RFC 3927, RFC 4193, RFC 4291. */
export function isPrivateAddress(address: string): boolean {
  if (address.includes(':')) return /^f[cd]|^fe[89ab]/.test(address)
  const [a = -1, b = -1] = address.split('.').map(Number)
  return (
    a === 10 ||
    (a === 192 && b === 168) ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b <= 127)
  )
}

/** Link-local addresses mean nothing beyond their wire, so no list of local networks needs them. */
export function isLinkLocal(address: string): boolean {
  return /^169\.254\.|^fe[89ab]/.test(address)
}

/** True for an address that stands for many or none: multicast, broadcast, unspecified, loopback. */
export function isNoHost(address: string): boolean {
  if (address.includes(':')) return /^ff/.test(address) || address === '::' || address === '::1'
  return address === '255.255.255.255' || /^(0|127|22[4-9]|23\d)\./.test(address) || address === ''
}

/** The network that people name an address's surroundings by: its /24, or /64. */
export function networkOf(address: string): string {
  if (address.includes(':'))
    return `${fullGroups(address)
      .slice(0, 4)
      .join(':')
      .replace(/(:0)+$/, '')}::/64`
  return `${address.split('.').slice(0, 3).join('.')}.0/24`
}

function fullGroups(address: string): string[] {
  const [before = '', after] = address.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  return after === undefined
    ? head
    : [...head, ...new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail]
}
