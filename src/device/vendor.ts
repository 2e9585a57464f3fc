import { createRequire } from 'node:module'

/**
 * Who made the network interface, by the IEEE's register of address blocks. The register takes a tenth of a second to
 * load, so it is loaded when the first address must be named, never before.
 */
export class VendorRegister {
  private table: Readonly<Record<string, string>> | undefined

  /** First line of the register's entry (`Intel Corporate`), or '' when the block is unknown or the address is random. */
  vendor(mac: string): string {
    const digits = mac.replaceAll(':', '').slice(0, 6).toUpperCase()
    // The second lowest bit of the first octet: administered locally (virtual, or random for privacy), so no maker.
    if (digits.length < 6 || (Number.parseInt(digits.slice(0, 2), 16) & 2) !== 0) return ''
    this.table ??= createRequire(import.meta.url)('oui-data') as Readonly<Record<string, string>>
    const entry = Object.hasOwn(this.table, digits) ? this.table[digits]! : ''
    const line = entry.split('\n')[0]!
    // Blocks that the IEEE sells in smaller pieces show only the register itself.
    return line === 'IEEE Registration Authority' ? '' : line
  }
}
