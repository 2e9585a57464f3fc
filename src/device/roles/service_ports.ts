import type { EvidenceKind } from './role_evidence.ts'

/**
 * What a port may mean, once a connection to it was established and carried data. Classes are kept in a table of bytes, since
 * every connection asks.
 */
export const NO_SERVICE = 1
export const SPECIAL = 2

/**
 * Not a sign of a server: what workstations offer each other (RPC, NetBIOS, SMB, RDP, WinRM, update sharing, discovery), and
 * ports handed out by chance (IANA's dynamic range).
 */
const WORKSTATION_PORTS = [
  0, 67, 68, 135, 137, 138, 139, 445, 1900, 2869, 3389, 3702, 5040, 5353, 5355, 5357, 5358, 5985, 5986, 7680, 47001,
]
const DYNAMIC_PORTS_FROM = 49_152

/** What may be concluded from data exchanged on these ports; `least` bytes must have gone each way that is named. */
const SPECIAL_PORTS: readonly {
  ports: readonly number[]
  kind: EvidenceKind
  leastFromClient: number
  leastFromServer: number
}[] = [
  { ports: [9100, 515, 631], kind: 'print-job', leastFromClient: 4_000, leastFromServer: 0 },
  { ports: [554, 8554], kind: 'video-stream', leastFromClient: 200, leastFromServer: 20_000 },
  { ports: [104, 2762, 11112, 2575], kind: 'medical-exchange', leastFromClient: 100, leastFromServer: 50 },
  { ports: [25, 110, 143, 465, 587, 993, 995], kind: 'mail-service', leastFromClient: 50, leastFromServer: 50 },
  {
    ports: [1433, 1521, 3306, 5432, 50000, 27017, 6379, 9042],
    kind: 'database-service',
    leastFromClient: 50,
    leastFromServer: 50,
  },
]

const classes = new Uint8Array(65_536)
for (const port of WORKSTATION_PORTS) classes[port] = NO_SERVICE
classes.fill(NO_SERVICE, DYNAMIC_PORTS_FROM)
for (const { ports } of SPECIAL_PORTS) for (const port of ports) classes[port] = SPECIAL

/** 0 (a plain service), NO_SERVICE or SPECIAL. */
export function portClass(port: number): number {
  return classes[port] ?? NO_SERVICE
}

/** What the bytes exchanged on a SPECIAL port show, if they show anything. */
export function specialService(port: number, fromClient: number, fromServer: number): EvidenceKind | undefined {
  const special = SPECIAL_PORTS.find(({ ports }) => ports.includes(port))
  if (!special || !(fromClient >= special.leastFromClient) || !(fromServer >= special.leastFromServer)) return undefined
  return special.kind
}
