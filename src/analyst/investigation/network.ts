import type { DaysOf } from '../../behaviour/history.ts'
import type { Tag } from '../../device/tags.ts'
import type { Micros } from '../../event/time.ts'
import type { Case } from '../case.ts'

/**
 * All that questions may ask upstream, read-only and as of the engine clock: devices and behaviour. A device is named by its
 * index, -1 for one that is gone; in what is kept, by its id.
 */
export interface Network {
  /** Days of learning behind what is called usual. */
  readonly learnedDays: number
  readonly devices: number
  /** By id: its name, the address where there is none. */
  nameOf(device: string): string
  addressOf(device: string): { readonly ip: string; readonly hostname: string }
  indexOf(device: string): number
  tagsOf(device: number): readonly Tag[]
  has(device: number, tag: Tag): boolean
  /** Why it has a tag, in words; '' when it has not. */
  reasonOf(device: number, tag: Tag): string
  declared(device: number, tag: Tag): boolean
  administeredDays(device: number, clock: Micros): DaysOf
  rarestActToday(device: number, clock: Micros): { readonly act: string; readonly others: number } | undefined
  credentialDays(device: number, credential: string, clock: Micros): DaysOf | undefined
  failedDays(device: number, credential: string, clock: Micros): number
  usersOf(credential: string): number
  /** How odd its day is so far, in bits; undefined while nothing is learned. */
  oddness(device: number): number | undefined
  /** The strongest reasons for that, in words. */
  reasons(device: number): readonly string[]
  /** Whether the sensor has ever written such a log. */
  sees(log: string): boolean
  /** Acting devices of a case that the device has reached before they acted, and that have reached it. */
  wentOn(device: string, of: Case): readonly string[]
  cameFrom(device: string, of: Case): readonly string[]
  /** The announced change that is going on for the device, if any. */
  window(device: number, clock: Micros): string | undefined
}
