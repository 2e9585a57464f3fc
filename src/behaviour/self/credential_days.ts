import { type FrozenRows, PagedRows } from '../paged_rows.ts'
import type { Sixteenths } from './bits.ts'
import { ACCOUNT_WORDS } from './evidence_account.ts'

const DAY = 0
const BITS = 1
const FIRED_LEVEL = 2
const OWN = 3
const FIRED_DAY = 4
const DEVICE = 5
const ACCOUNT = 6
const WORDS: number = ACCOUNT + ACCOUNT_WORDS

/**
 * Each credential's day so far and its evidence account, dense, 36 bytes each. A walk that changes the device at every
 * hop leaves a little on each device and all of it on the credential that walks.
 */
export class CredentialDays {
  private readonly rows = new PagedRows(WORDS)
  private end = 0

  /** Begins the credential's day when it has not begun. */
  begin(credential: number, day: number): void {
    if (credential >= this.end) {
      this.rows.reserve(credential)
      this.end = credential + 1
    }
    // Days are kept as their successor: 0 is none.
    if (this.rows.get(credential, DAY) === day + 1) return
    this.rows.set(credential, DAY, day + 1)
    this.rows.set(credential, BITS, 0)
    this.rows.set(credential, DEVICE, 0)
    this.rows.set(credential, FIRED_LEVEL, 0)
  }

  isActive(credential: number, day: number): boolean {
    return credential >= 0 && credential < this.end && this.rows.get(credential, DAY) === day + 1
  }

  /** Of the oddest thing that was done with it today: −log₂ of the expected number a device and day. */
  bits(credential: number): Sixteenths {
    return this.rows.get(credential, BITS)
  }

  /** @param device on which it was done */
  raise(credential: number, bits: Sixteenths, device: number): void {
    if (bits <= this.bits(credential)) return
    this.rows.set(credential, BITS, bits)
    this.rows.set(credential, DEVICE, device + 1)
  }

  /** The device on which the oddest thing of the day was done, or -1. */
  device(credential: number): number {
    return this.rows.get(credential, DEVICE) - 1
  }

  /** A learned model fires on a device on which it did the oddest thing of the day. */
  setFired(credential: number, day: number): void {
    this.rows.set(credential, FIRED_DAY, day + 1)
  }

  /** Whether that was so within so many days, the present one among them. */
  firedWithin(credential: number, day: number, days: number): boolean {
    if (credential < 0 || credential >= this.end) return false
    const fired = this.rows.get(credential, FIRED_DAY)
    return fired !== 0 && day + 1 - fired < days
  }

  /** The level at which a learned model first fired today on a device that used it, or 0. */
  firedLevel(credential: number): Sixteenths {
    return this.rows.get(credential, FIRED_LEVEL)
  }

  setFiredLevel(credential: number, level: Sixteenths): void {
    this.rows.set(credential, FIRED_LEVEL, level)
  }

  account(credential: number): number[] {
    return Array.from({ length: ACCOUNT_WORDS }, (_, word) => this.rows.get(credential, ACCOUNT + word))
  }

  setAccount(credential: number, values: readonly number[]): void {
    values.forEach((value, word) => {
      this.rows.set(credential, ACCOUNT + word, value)
    })
  }

  /** How odd its own days have been; packed by `evidence_account.ts`. */
  own(credential: number): number {
    return credential < this.end ? this.rows.get(credential, OWN) : 0
  }

  setOwn(credential: number, packed: number): void {
    this.rows.set(credential, OWN, packed)
  }

  get bytes(): number {
    return this.rows.bytes
  }

  freeze(): FrozenRows {
    return this.rows.freeze(this.end)
  }

  head(): Int32Array {
    return Int32Array.of(this.end)
  }

  restore(head: Int32Array, bytes: Uint8Array): void {
    this.end = head[0] ?? 0
    this.rows.restore(bytes)
  }
}
