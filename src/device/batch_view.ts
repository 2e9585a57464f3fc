import type { EventBatch } from '../event/batch.ts'

/** The text is no address of a device, whatever site or time: multicast, loopback, or no address at all. */
export const NEVER_A_DEVICE = -1
/** An internal address that has no index, since it never spoke. */
export const DARK = -2
/** An address outside. Whether it stays so depends on what Zeek calls local: the code is only valid in its epoch. */
export const OUTSIDE = -3

const ABSENT = 0

/** Could the responder be said to have answered? By Zeek's `conn_state`. */
export const UNANSWERED = 1
export const ANSWERED = 2
export const ESTABLISHED = 3
/** The state does not say: what came back does. */
export const BY_BYTES = 4

/** https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html: a rejected attempt (REJ) may be a firewall's word. */
const STATES: Readonly<Record<string, number>> = {
  S0: UNANSWERED,
  REJ: UNANSWERED,
  RSTOS0: UNANSWERED,
  SH: UNANSWERED,
  SHR: ANSWERED,
  RSTRH: ANSWERED,
  S1: ESTABLISHED,
  S2: ESTABLISHED,
  S3: ESTABLISHED,
  SF: ESTABLISHED,
  RSTO: ESTABLISHED,
  RSTR: ESTABLISHED,
}

/** What the station has looked up for one batch, by dictionary id: each text is decoded and looked up once a batch. */
export class BatchView {
  readonly batch: EventBatch
  readonly site: number
  /** Address index + 1, or one of the codes above (OUTSIDE − epoch), or 0 when not looked up yet. */
  readonly addresses: Int32Array
  private states: Uint8Array | undefined
  /** MAC index + 1, −1 when the text names no interface, 0 when not looked up. */
  macs: Int32Array | undefined
  /** Credential by user and domain ids. */
  readonly credentials = new Map<number, number>()
  private said: Set<number> | undefined

  constructor(batch: EventBatch, site: number) {
    this.batch = batch
    this.site = site
    this.addresses = new Int32Array(batch.dictionary.size)
  }

  /** What was looked up may name something else from now on. */
  forget(): void {
    this.addresses.fill(0)
    this.macs = undefined
    this.credentials.clear()
    this.said = undefined
  }

  stateClass(id: number): number {
    if (id === ABSENT) return BY_BYTES
    this.states ??= new Uint8Array(this.batch.dictionary.size)
    const known = this.states[id]!
    if (known !== 0) return known
    const found = STATES[this.batch.dictionary.text(id)] ?? BY_BYTES
    this.states[id] = found
    return found
  }

  /**
   * True the first time that a text is said of a device in this batch: for what changes nothing when said again.
   * @param how in what way it is said, below 16
   */
  firstTime(device: number, id: number, how: number): boolean {
    this.said ??= new Set()
    const key = (device * 2 ** 22 + id) * 16 + how
    if (this.said.has(key)) return false
    this.said.add(key)
    return true
  }
}
