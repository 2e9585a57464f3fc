import type { FrozenRows } from '../paged_rows.ts'
import { PagedRows } from '../paged_rows.ts'
import type { Sixteenths } from './bits.ts'
import { ACCOUNT_WORDS } from './evidence_account.ts'
import { QUESTIONS } from './questions.ts'

/**
 * What a device has an account for: everything, and what concerns credentials and administration alone. The third is not its
 * own: that of the credential which did the oddest thing on it today.
 */
export const ACCOUNTS = ['everything', 'administration', 'credential'] as const
export const OF_CREDENTIAL: number = ACCOUNTS.indexOf('credential')
/** Sums of a day for which the device's own days are counted. */
export const OWN_SUMS = ['everything', 'administration'] as const
/** Accounts that are the device's own. */
export const OWN_ACCOUNTS: number = OF_CREDENTIAL

const WORDS_OF_QUESTION = 4
const BITS = 0
const LINK = 1
const VIEW = 2
const SCORE_AND_COUNT = 3
const DAY = QUESTIONS.length * WORDS_OF_QUESTION
const VIEWS_TESTED = DAY + 1
const FIRED_SUM = DAY + 2
const FIRED_ODDNESS = DAY + 3
const FIRED_MANY = DAY + 4
const CREDENTIAL = DAY + 5
const CREDENTIAL_BITS = DAY + 6
const FIRED_LEVEL = DAY + 7
const ACCOUNT: number = FIRED_LEVEL + ACCOUNTS.length
const OWN: number = ACCOUNT + OWN_ACCOUNTS * ACCOUNT_WORDS
const WORDS: number = OWN + OWN_ACCOUNTS + OWN_SUMS.length

/** What answered a question oddest on a device's day. */
export interface Oddest {
  /** −log₂ of the expected number a device and day. */
  readonly bits: Sixteenths
  readonly link: number
  /** Id of the view, or of the view "used again". */
  readonly view: number
  readonly score: Sixteenths
  /** How many values were new in the view that day when this one came. */
  readonly count: number
}

/** Each device's day so far, and its evidence accounts: some 230 bytes a device, dense. */
export class DeviceDays {
  private readonly rows = new PagedRows(WORDS)
  private end = 0
  /** Devices that have had a day begun today, in the order in which it began. */
  active: number[] = []

  /** Begins the device's day when it has not begun. @returns true when it was begun */
  begin(device: number, day: number): boolean {
    if (device >= this.end) {
      this.rows.reserve(device)
      this.end = device + 1
    }
    if (this.rows.get(device, DAY) === day) return false
    for (let word = 0; word < DAY; word++) this.rows.set(device, word, 0)
    this.rows.set(device, DAY, day)
    for (let word = VIEWS_TESTED; word < ACCOUNT; word++) this.rows.set(device, word, 0)
    this.active.push(device)
    return true
  }

  isActive(device: number, day: number): boolean {
    return device >= 0 && device < this.end && this.rows.get(device, DAY) === day
  }

  bits(device: number, question: number): Sixteenths {
    return this.rows.get(device, question * WORDS_OF_QUESTION + BITS)
  }

  oddest(device: number, question: number): Oddest {
    const at = question * WORDS_OF_QUESTION
    const packed = this.rows.get(device, at + SCORE_AND_COUNT) >>> 0
    return {
      bits: this.rows.get(device, at + BITS),
      link: this.rows.get(device, at + LINK),
      view: this.rows.get(device, at + VIEW),
      score: packed >>> 16,
      count: packed & 0xffff,
    }
  }

  setOddest(device: number, question: number, { bits, link, view, score, count }: Oddest): void {
    const at = question * WORDS_OF_QUESTION
    this.rows.set(device, at + BITS, bits)
    this.rows.set(device, at + LINK, link)
    this.rows.set(device, at + VIEW, view)
    this.rows.set(device, at + SCORE_AND_COUNT, (Math.min(score, 0xffff) << 16) | Math.min(count, 0xffff))
  }

  /** The sum of the bits of questions, given by their indexes. */
  sum(device: number, questions: readonly number[]): Sixteenths {
    let sum = 0
    for (const question of questions) sum += this.bits(device, question)
    return sum
  }

  /** Views in which the device has had a trial today. */
  viewsTested(device: number): number {
    return this.rows.get(device, VIEWS_TESTED)
  }

  addViewTested(device: number): void {
    this.rows.set(device, VIEWS_TESTED, this.viewsTested(device) + 1)
  }

  /** The sum at which a learned model first fired on the device today, or 0. */
  firedSum(device: number): Sixteenths {
    return this.rows.get(device, FIRED_SUM)
  }

  setFiredSum(device: number, sum: Sixteenths): void {
    this.rows.set(device, FIRED_SUM, sum)
  }

  /** How odd the day was by all limits when a learned model first fired on the device today, or 0. */
  firedOddness(device: number): Sixteenths {
    return this.rows.get(device, FIRED_ODDNESS)
  }

  setFiredOddness(device: number, oddness: Sixteenths): void {
    this.rows.set(device, FIRED_ODDNESS, oddness)
  }

  /** Bits of `many` when a learned model first fired on the device today. */
  firedMany(device: number): Sixteenths {
    return this.rows.get(device, FIRED_MANY)
  }

  setFiredMany(device: number, bits: Sixteenths): void {
    this.rows.set(device, FIRED_MANY, bits)
  }

  /** The credential that did the oddest thing on the device today, or -1. */
  credential(device: number): number {
    return this.rows.get(device, CREDENTIAL) - 1
  }

  addCredential(device: number, credential: number, bits: Sixteenths): void {
    if (this.rows.get(device, CREDENTIAL) !== 0 && bits <= this.rows.get(device, CREDENTIAL_BITS)) return
    this.rows.set(device, CREDENTIAL, credential + 1)
    this.rows.set(device, CREDENTIAL_BITS, bits)
  }

  firedLevel(device: number, account: number): Sixteenths {
    return this.rows.get(device, FIRED_LEVEL + account)
  }

  setFiredLevel(device: number, account: number, level: Sixteenths): void {
    this.rows.set(device, FIRED_LEVEL + account, level)
  }

  account(device: number, account: number): number[] {
    if (device >= this.end) return new Array<number>(ACCOUNT_WORDS).fill(0)
    const at = ACCOUNT + account * ACCOUNT_WORDS
    return Array.from({ length: ACCOUNT_WORDS }, (_, word) => this.rows.get(device, at + word))
  }

  setAccount(device: number, account: number, values: readonly number[]): void {
    const at = ACCOUNT + account * ACCOUNT_WORDS
    values.forEach((value, word) => {
      this.rows.set(device, at + word, value)
    })
  }

  /** How odd the device's own days have been: for an account, or behind these for a sum; packed by `evidence_account.ts`. */
  own(device: number, account: number): number {
    return device < this.end ? this.rows.get(device, OWN + account) : 0
  }

  setOwn(device: number, account: number, packed: number): void {
    this.rows.set(device, OWN + account, packed)
  }

  ownOfSum(device: number, sum: number): number {
    return this.own(device, OWN_ACCOUNTS + sum)
  }

  setOwnOfSum(device: number, sum: number, packed: number): void {
    this.setOwn(device, OWN_ACCOUNTS + sum, packed)
  }

  get bytes(): number {
    return this.rows.bytes
  }

  freeze(): FrozenRows {
    return this.rows.freeze(this.end)
  }

  head(): Int32Array {
    return Int32Array.from([this.end, ...this.active])
  }

  restore(head: Int32Array, bytes: Uint8Array): void {
    this.end = head[0]!
    this.active = Array.from(head.subarray(1))
    this.rows.restore(bytes)
  }
}
