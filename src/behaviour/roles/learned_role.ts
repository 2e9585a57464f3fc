import { TAG_BIT, type Tag } from '../../device/tags.ts'
import type { View } from '../view.ts'
import type { DayFacts } from './day_facts.ts'

/** What is known when a tag is to be given: of the device, and of the committed days on which it did what the role does. */
export interface RoleHistory {
  readonly device: number
  /** Bits of `TAG_BIT`. */
  readonly tagMask: number
  /** The day that was committed last. */
  readonly day: number
  /** First committed day of the behaviour. */
  readonly firstDay: number
  /** First day on which the device was active at all, and on which anything was seen here. */
  readonly firstDayOfDevice: number
  readonly firstDayOfNetwork: number
}

/** A role that excuses: one file each. It is given for days of a behaviour, never for a name or a single act. */
export interface LearnedRole {
  readonly tag: Tag
  /** Stands in snapshots; never given to another role. */
  readonly id: number
  /** To whom it does it: the values of this view are counted. */
  readonly view: View
  /** To so many different devices, at least, on the days that count. */
  readonly devices: number
  /** So many of the last days may be looked at; without it all, as long as no pause exceeds 30 days. */
  readonly within?: number
  /** Whether the day that has ended was one of this behaviour. */
  isSuchDay(day: DayFacts): boolean
  /** True when something else that is known of the device forbids the excuse. */
  forbids?(history: RoleHistory): boolean
  /** In words, for people: "wrote programs or scripts to 41 devices". */
  did(devices: number): string
}

/** The bits of several tags. */
export function maskOfTags(...tags: readonly Tag[]): number {
  return tags.reduce((mask, tag) => mask | TAG_BIT[tag], 0)
}

/** Devices that are there for others. */
export const SERVING: number = maskOfTags(
  'Domain Controller',
  'Server',
  'File Server',
  'DNS Server',
  'Mail Server',
  'Web Server',
  'Database Server',
  'Internet Facing System',
  'Gateway',
)

/** Machines that nobody works at and that scan or administer nobody. */
export const APPLIANCES: number = maskOfTags('Printer', 'Phone', 'Camera', 'Medical Device', 'Industrial Controller')
