import type { EpochSeconds, Micros } from '../../event/time.ts'
import type { Case } from '../case.ts'
import type { LinkKind } from '../incident.ts'
import type { Reach } from '../reaches.ts'
import type { Sighting } from '../sighting.ts'

/** What links ask about the network; all as of the engine clock. Devices are named by their ids. */
export interface Coincidence {
  readonly clock: Micros
  /** More than a day was watched, and less than what it takes to know who administers. */
  readonly learning: boolean
  /** Devices of the network; at least a few, so that a share of them means something. */
  readonly devices: number
  /** `FS-03`, or the address where there is no name. */
  nameOf(device: string): string
  /** That one device administered another, within two weeks. */
  reach(from: string, to: string): Reach | undefined
  /** How many devices one has administered since a moment (µs); and by how many one was administered. */
  breadth(device: string, since: Micros): number
  administrators(device: string): number
  /** When a device began to act after a moment, by its alerts (epoch seconds). */
  beganAfter(device: string, time: EpochSeconds): EpochSeconds | undefined
  /** Alerts a day on a device, those of the case left out. */
  alertRate(device: string, without: Case): number
  /** How many devices use a credential; how many have written a file of that name, met a domain. */
  usersOf(credential: string): number
  writersOf(file: string): number
  visitorsOf(endpoint: string): number
}

/** That an alert and a case share something, and how improbable it is that they do by chance. */
export interface Link {
  readonly kind: LinkKind
  /** −log₂ of the probability that two unrelated alerts share this. */
  readonly bits: number
  readonly from: string
  readonly to: string
  /** "Joined because …", without the beginning. */
  readonly text: string
}

/** One way in which an alert may belong to a case. */
export type LinkFinder = (sighting: Sighting, of: Case, network: Coincidence) => Link | undefined

/** −log₂ of a share of the network's devices; what all have in common weighs nothing. */
export function rarity(count: number, devices: number): number {
  return Math.log2(devices / Math.min(devices, Math.max(1, count)))
}
