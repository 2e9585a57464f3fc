import type { DeviceDirectory } from '../device/directory.ts'
import { HOUR, MINUTE, type Micros } from '../event/time.ts'
import { KeyedRows } from './keyed_rows.ts'
import type { FrozenRows } from './paged_rows.ts'

/** A service ticket is good for so long where nobody changed it (`Maximum lifetime for service ticket`, 600 minutes). */
const LIFETIME: Micros = 10 * HOUR
const WORDS = 4
const CREDENTIAL = 2
const MINUTE_OF_USE = 3
/** NetBIOS names end here, host names in tickets do not. */
const LETTERS = 15

/**
 * Whose session it is. SMB, RPC and WinRM name nobody, and a Kerberos exchange with a server (AP-REQ) hides the client; but the
 * ticket for that server was asked for in the clear, and NTLM names its user. So a session belongs to the last credential with
 * which its source got a ticket for, or signed on with NTLM at, that very target, as long as tickets live. A machine account does not
 * displace a person's: it fetches its policies beside whatever is going on.
 *
 * Two generations, the older dropped when the younger is full or as old as a ticket; 16 bytes a pair and index.
 */
export class SessionCredentials {
  private readonly devices: DeviceDirectory
  private readonly most: number
  private readonly seed: number
  private young: KeyedRows
  private old: KeyedRows
  private since: Micros = 0

  /** @param most pairs of source and target in a generation */
  constructor(devices: DeviceDirectory, most: number, seed: number) {
    this.devices = devices
    this.most = most
    this.seed = seed
    this.young = this.fresh()
    this.old = this.fresh()
  }

  private fresh(): KeyedRows {
    return new KeyedRows(WORDS, 2, 64, this.seed)
  }

  /** @param target `targetOfHost` or `targetOfDevice` */
  remember(source: number, target: number, credential: number, clock: Micros): void {
    if (target === 0) return
    if (this.devices.credential(credential).endsWith('$')) {
      const other = this.find(source, target, clock)
      if (other >= 0 && !this.devices.credential(other).endsWith('$')) return
    }
    if (this.young.size >= this.most || clock - this.since > LIFETIME) {
      this.old = this.young
      this.young = this.fresh()
      this.since = clock
    }
    const row = this.young.find(source, target, 0) || this.young.insert(source, target, 0)
    this.young.rows.set(row, CREDENTIAL, credential)
    this.young.rows.set(row, MINUTE_OF_USE, Math.floor(clock / MINUTE))
  }

  /** The credential of a session between two devices; -1 when nobody was seen to sign on. */
  of(source: number, target: number, clock: Micros): number {
    return this.find(source, this.targetOfDevice(target), clock)
  }

  private find(source: number, target: number, clock: Micros): number {
    for (const rows of [this.young, this.old]) {
      const row = rows.find(source, target, 0)
      if (row === 0) continue
      const age = clock - rows.rows.get(row, MINUTE_OF_USE) * MINUTE
      return age <= LIFETIME ? rows.rows.get(row, CREDENTIAL) : -1
    }
    return -1
  }

  targetOfDevice(device: number): number {
    return targetOfHost(this.devices.hostname(device)) || hashOf(`#${device}`)
  }

  /** Pairs remembered. */
  get size(): number {
    return this.young.size + this.old.size
  }

  get bytes(): number {
    return this.young.bytes + this.old.bytes
  }

  freeze(): [young: FrozenRows, old: FrozenRows] {
    return [this.young.rows.freeze(this.young.end), this.old.rows.freeze(this.old.end)]
  }

  /** Minute from which the younger generation is, and the heads of both. */
  head(): Int32Array {
    return Int32Array.from([Math.floor(this.since / MINUTE), ...this.young.head, ...this.old.head])
  }

  restore(head: Int32Array, young: Uint8Array, old: Uint8Array): void {
    this.since = head[0]! * MINUTE
    this.young = this.fresh()
    this.young.restore([head[1]!, head[2]!, head[3]!], young)
    this.old = this.fresh()
    this.old.restore([head[4]!, head[5]!, head[6]!], old)
  }
}

/**
 * A number for a host by the first label of its name, in small letters; 0 when it has none (an address is no name: nobody
 * gets a ticket for one).
 */
export function targetOfHost(name: string): number {
  const label = name.split('.', 1)[0]!.slice(0, LETTERS).toLowerCase()
  return label === '' || /^[\d:]*$/.test(label) ? 0 : hashOf(label)
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits, never 0. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash | 0 || 1
}
