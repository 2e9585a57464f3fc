import type { Tag, TagRecord } from './tags.ts'

/** What stations downstream may ask about devices; a device is named by its index (dense, from 0, never reused in a run). */
export interface DeviceDirectory {
  readonly size: number
  /** The id that never changes (16 hexadecimal digits). */
  id(device: number): string
  /** The address it has now, or had last. */
  ip(device: number): string
  /** The best name known, or ''. Chosen by the device itself: never proof. */
  hostname(device: number): string
  /** Bits of `TAG_BIT`: for conditions on the hot path. */
  tagMask(device: number): number
  has(device: number, tag: Tag): boolean
  tags(device: number): readonly TagRecord[]
  /** Engine clock (µs) of the first and last event that it took part in. */
  firstSeen(device: number): number
  lastSeen(device: number): number
  /** The name of a credential (index from `Event.credential`): `DOMAIN\user`, lower case user. */
  credential(credential: number): string
}
