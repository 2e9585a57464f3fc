import { ACCOUNTS } from './device_days.ts'

/** A day that has ended, waiting until its trials count: what will be fed to rates and maps, flat. */
export interface ClosedDay {
  /** Minute of the engine clock from which it counts. */
  readonly due: number
  /** How many days counted when it ended: what was said of it rests on so many. */
  readonly learned: number
  /** Four words a trial: owner, device, group, score (high half) and count (low half). */
  readonly trials: Int32Array
  /** Words a device: `DEVICE_WORD`. */
  readonly devices: Int32Array
  /** Four words a credential that was used: credential, group, how odd the day is for its account, on which device (or -1). */
  readonly credentials: Int32Array
}

export const TRIAL_WORDS = 4
export const CREDENTIAL_WORDS = 4
/** What stands in the words of a device; two halves of 16 bits, the first in the low one. */
export const DEVICE_WORD = {
  device: 0,
  group: 1,
  /** Sums of everything and of administration. */
  sums: 2,
  /** Bits of `many`; oddness of the day by the oddest limit. */
  manyAndOddness: 3,
  /** Of each account, one word after the other: its level; how odd the day is for it (0 for the account of a credential). */
  accounts: 4,
} as const
export const DEVICE_WORDS: number = DEVICE_WORD.accounts + ACCOUNTS.length

/** Days one after the other, each preceded by its due minute, the days that were learned and three lengths. */
export function packDays(days: readonly ClosedDay[]): Int32Array {
  return Int32Array.from(
    days.flatMap(({ due, learned, trials, devices, credentials }) => [
      due,
      learned,
      trials.length,
      devices.length,
      credentials.length,
      ...trials,
      ...devices,
      ...credentials,
    ]),
  )
}

export function unpackDays(packed: Int32Array): ClosedDay[] {
  const days: ClosedDay[] = []
  for (let at = 0; at < packed.length; ) {
    const [due, learned, trials, devices, credentials] = packed.subarray(at, at + 5) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ]
    const part = (from: number, length: number): Int32Array => packed.slice(from, from + length)
    const first = at + 5
    days.push({
      due,
      learned,
      trials: part(first, trials),
      devices: part(first + trials, devices),
      credentials: part(first + trials + devices, credentials),
    })
    at = first + trials + devices + credentials
  }
  return days
}
