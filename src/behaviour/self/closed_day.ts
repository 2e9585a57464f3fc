/** A day that has ended, waiting until its trials count: what will be fed to rates and maps, flat. */
export interface ClosedDay {
  /** Minute of the engine clock from which it counts. */
  readonly due: number
  /** Four words a trial: owner, device, group, score (high half) and count (low half). */
  readonly trials: Int32Array
  /** Four words a device: device, group, sum, levels of the accounts (16 bits each). */
  readonly devices: Int32Array
}

export const TRIAL_WORDS = 4
export const DEVICE_WORDS = 4

/** Days one after the other, each preceded by its due minute and two lengths. */
export function packDays(days: readonly ClosedDay[]): Int32Array {
  const packed = new Int32Array(days.reduce((sum, { trials, devices }) => sum + 3 + trials.length + devices.length, 0))
  let at = 0
  for (const { due, trials, devices } of days) {
    packed.set([due, trials.length, devices.length], at)
    packed.set(trials, at + 3)
    packed.set(devices, at + 3 + trials.length)
    at += 3 + trials.length + devices.length
  }
  return packed
}

export function unpackDays(packed: Int32Array): ClosedDay[] {
  const days: ClosedDay[] = []
  for (let at = 0; at < packed.length; ) {
    const trials = packed[at + 1]!
    const devices = packed[at + 2]!
    days.push({
      due: packed[at]!,
      trials: packed.slice(at + 3, at + 3 + trials),
      devices: packed.slice(at + 3 + trials, at + 3 + trials + devices),
    })
    at += 3 + trials + devices
  }
  return days
}
