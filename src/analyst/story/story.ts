import { type ActKind, STAGES, type Stage, stageOf } from '../act_kind.ts'
import type { Case } from '../case.ts'
import type { DeviceRole } from '../incident.ts'
import type { Network } from '../investigation/network.ts'
import type { Sighting } from '../sighting.ts'

/** A device of a story. */
export interface Party {
  readonly id: string
  readonly index: number
  readonly name: string
  /** Own alerts, oldest first; none for one that was only reached. */
  readonly sightings: readonly Sighting[]
  /** By whom it was reached, and when first (epoch seconds). */
  readonly reachedBy: ReadonlyMap<string, number>
  readonly role: DeviceRole
  readonly first: number
  readonly last: number
}

/** What a case comes to, read by the narratives; nothing in it is kept. */
export interface Story {
  readonly case: Case
  readonly network: Network
  /** By first event. */
  readonly sightings: readonly Sighting[]
  readonly parties: readonly Party[]
  /** Parties with alerts of their own, in order of their first. */
  readonly actors: readonly Party[]
  /** Parties that were reached, whether or not they acted later. */
  readonly reached: readonly Party[]
  /** Places outside, and addresses inside behind which no device is known. */
  readonly addresses: readonly string[]
  of(kind: ActKind): readonly Sighting[]
  has(technique: string): boolean
  readonly stages: readonly Stage[]
  nameOf(device: string): string
}

/** Devices that a scan has touched are counted, not listed, beyond so many. */
const MOST_REACHED = 60

export function storyOf(of: Case, network: Network): Story {
  const sightings = [...of.sightings.values()].sort((a, b) => a.first - b.first || (a.id < b.id ? -1 : 1))
  const nameOf = (device: string): string => network.nameOf(device) || device
  const own = new Map<string, Sighting[]>()
  for (const sighting of sightings) own.set(sighting.device, [...(own.get(sighting.device) ?? []), sighting])
  const reachedBy = reachedIn(sightings)
  const moved = new Map<string, number>()
  for (const { kind, to, time } of of.links)
    if (kind === 'movement') moved.set(to, Math.min(time, moved.get(to) ?? Number.POSITIVE_INFINITY))
  const [founder] = own.keys()
  const parties = [...new Set([...own.keys(), ...reachedBy.keys()])].map((id): Party => {
    const mine = own.get(id) ?? []
    const by = reachedBy.get(id) ?? new Map<string, number>()
    const index = network.indexOf(id)
    const times = [...by.values()]
    const first = Math.min(...mine.map((each) => each.first), ...times)
    return {
      id,
      index,
      name: nameOf(id),
      sightings: mine,
      reachedBy: by,
      role: roleOf(mine.length > 0, id === founder, moved.has(id) || cameBefore(mine, times), network, index),
      first,
      last: Math.max(...mine.map((each) => each.last), ...times, first),
    }
  })
  const actors = parties.filter((party) => party.sightings.length > 0)
  const addresses = new Set(
    sightings.flatMap(({ peers }) => peers.filter(({ device }) => device === '').map((peer) => peer.address)),
  )
  const techniques = new Set(sightings.flatMap((each) => each.techniques))
  return {
    case: of,
    network,
    sightings,
    parties,
    actors,
    reached: parties.filter((party) => party.reachedBy.size > 0),
    addresses: [...addresses],
    of: (kind) => sightings.filter(({ kinds }) => kinds.includes(kind)),
    has: (technique) => [...techniques].some((each) => each === technique || each.startsWith(`${technique}.`)),
    stages: STAGES.filter((stage) => sightings.some(({ kinds }) => kinds.some((kind) => stageOf(kind) === stage))),
    nameOf,
  }
}

/** By reached device: by whom and when first. What the device itself was reached by counts too (a flood, a guess). */
function reachedIn(sightings: readonly Sighting[]): Map<string, Map<string, number>> {
  const reached = new Map<string, Map<string, number>>()
  for (const { device, peers } of sightings) {
    for (const peer of peers) {
      const [to, by] = peer.direction === 'to' ? [peer.device, device] : [device, peer.device || peer.address]
      if (to === '' || (!reached.has(to) && reached.size >= MOST_REACHED)) continue
      // That an alert's own device was reached makes it no reached device of the story: it is its subject.
      if (peer.direction === 'from') continue
      const known = reached.get(to) ?? new Map<string, number>()
      known.set(by, Math.min(peer.first, known.get(by) ?? Number.POSITIVE_INFINITY))
      reached.set(to, known)
    }
  }
  return reached
}

function cameBefore(own: readonly Sighting[], reached: readonly number[]): boolean {
  return own.length > 0 && reached.some((time) => time < own[0]!.first)
}

function roleOf(acted: boolean, founder: boolean, wasReached: boolean, network: Network, index: number): DeviceRole {
  if (founder) return 'first foothold'
  if (acted) return wasReached ? 'second foothold' : 'suspect'
  const valuable = index >= 0 && (network.has(index, 'Domain Controller') || network.has(index, 'Critical'))
  return valuable ? 'target' : 'reached'
}

/** `4 servers, among them DC-02`: how the reached ones are counted in a sentence. */
export function countOf(parties: readonly Party[], network: Network): string {
  if (parties.length === 1) return parties[0]!.name
  const controllers = parties.filter(({ index }) => index >= 0 && network.has(index, 'Domain Controller'))
  const [first, ...more] = controllers
  if (first === undefined) return `${parties.length} devices`
  const named = more.length === 0 ? `the domain controller ${first.name}` : `${controllers.length} domain controllers`
  return `${parties.length} devices including ${named}`
}
