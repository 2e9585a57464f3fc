import type { Connection } from './connection.ts'
import type { Layers } from './dissection.ts'

/** Zeek's service name by tshark's protocol name. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ['dns', 'dns'],
  ['mdns', 'dns'],
  ['llmnr', 'dns'],
  ['nbns', 'dns'],
  ['dhcp', 'dhcp'],
  ['http', 'http'],
  ['tls', 'ssl'],
  ['dtls', 'ssl'],
  ['quic', 'quic'],
  ['smb', 'smb'],
  ['smb2', 'smb'],
  ['dcerpc', 'dce_rpc'],
  ['ntlmssp', 'ntlm'],
  ['gss-api', 'gssapi'],
  ['spnego', 'gssapi'],
  ['spnego-krb5', 'krb'],
  ['rdp', 'rdp'],
  ['t124', 'rdp'],
  ['ssh', 'ssh'],
  ['modbus', 'modbus'],
  ['ntp', 'ntp'],
  ['snmp', 'snmp'],
  ['sip', 'sip'],
  ['smtp', 'smtp'],
  ['ftp', 'ftp'],
  ['imap', 'imap'],
  ['pop', 'pop3'],
  ['irc', 'irc'],
  ['syslog', 'syslog'],
  ['radius', 'radius'],
  ['mysql', 'mysql'],
  ['pgsql', 'postgresql'],
  ['mqtt', 'mqtt'],
  ['vnc', 'rfb'],
  ['socks', 'socks'],
])

/** Services whose Zeek name says over what they run. */
const BY_TRANSPORT: ReadonlyMap<string, { readonly tcp: string; readonly udp: string }> = new Map([
  ['kerberos', { tcp: 'krb_tcp', udp: 'krb' }],
  ['ldap', { tcp: 'ldap_tcp', udp: 'ldap_udp' }],
  ['cldap', { tcp: 'ldap_tcp', udp: 'ldap_udp' }],
  ['dnp3', { tcp: 'dnp3_tcp', udp: 'dnp3_udp' }],
])

/** Notes which services a packet shows. A name from the packet is only ever looked up, so the set stays small. */
export function noteServices(connection: Connection, layers: Layers): void {
  for (const name of layers.applications) {
    const both = BY_TRANSPORT.get(name)
    const service = both === undefined ? SERVICES.get(name) : layers.transport === 'tcp' ? both.tcp : both.udp
    if (service !== undefined) connection.services.add(service)
  }
}

/**
 * Ports that a server listens on rather than a client sends from: those that Zeek's analyzers register, and the usual
 * administrative ones. They only decide who is taken for the originator when the beginning was not seen.
 */
const SERVER_PORTS: ReadonlySet<string> = new Set([
  ...[
    21, 22, 23, 25, 53, 79, 80, 81, 88, 110, 135, 139, 143, 389, 443, 445, 464, 465, 502, 514, 563, 585, 587, 593, 614,
    631, 636, 989, 990, 992, 993, 995, 1080, 1433, 1434, 1521, 1883, 2049, 2811, 3128, 3268, 3269, 3306, 3389, 5222,
    5223, 5269, 5432, 5900, 5985, 5986, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8443, 8888, 9100, 20000,
  ].map((port) => `tcp:${port}`),
  ...[
    53, 67, 88, 123, 137, 161, 162, 389, 443, 464, 514, 784, 853, 1812, 2123, 2152, 3389, 3544, 4011, 4754, 5060, 5072,
    5353, 5355, 20000,
  ].map((port) => `udp:${port}`),
])

export function isServerPort(transport: string, port: number): boolean {
  return SERVER_PORTS.has(`${transport}:${port}`)
}
