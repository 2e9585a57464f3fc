import { DAY, microsOf, secondsOf } from '../../event/time.ts'
import type { Case } from '../case.ts'
import type { Sighting } from '../sighting.ts'
import { dateText } from '../story/wording.ts'
import { type Coincidence, type Link, type LinkFinder, rarity } from './link.ts'

/** What was taken is used within days; each further one takes a bit. A slow walk goes on from day to day. */
const FRESH_DAYS = 3

/** First own alert of a device in a case (by its events), or undefined. */
function firstOf(device: string, of: Case): number | undefined {
  let first: number | undefined
  for (const other of of.sightings.values())
    if (other.device === device && (first === undefined || other.first < first)) first = other.first
  return first
}

/**
 * One device administered another, and then that one began to act: typed and directed. A device that administers everybody
 * links nothing.
 */
export const movement: LinkFinder = (sighting, of, network) => {
  let best: Link | undefined
  const actors = new Set([...of.sightings.values()].map(({ device }) => device))
  for (const actor of actors) {
    if (actor === sighting.device) continue
    const there = moved(actor, sighting.device, sighting.first, sighting, of, network)
    const began = firstOf(actor, of)
    const back = began === undefined ? undefined : moved(sighting.device, actor, began, sighting, of, network)
    for (const link of [there, back]) if (link && (best === undefined || link.bits > best.bits)) best = link
  }
  return best
}

function moved(
  from: string,
  to: string,
  began: number,
  sighting: Sighting,
  of: Case,
  network: Coincidence,
): Link | undefined {
  const seen = network.reach(from, to)
  const shown = evidenceOf(from, to, began, sighting, of)
  const first = Math.min(seen?.first ?? Number.POSITIVE_INFINITY, shown ?? Number.POSITIVE_INFINITY)
  if (first > microsOf(began)) return undefined
  // The latest time that it was reached before it began, as far as first and last are remembered.
  const latest = seen !== undefined && seen.last <= microsOf(began) ? seen.last : first
  const stale = Math.max(0, (microsOf(began) - latest) / DAY - FRESH_DAYS)
  const bits = rarity(Math.max(1, network.breadth(from, latest)), network.devices) - stale
  if (bits <= 0) return undefined
  const act = seen?.acts[0]
  const how = act === undefined ? 'reached' : `used ${act} on`
  // The alert at hand need not be the first that came after.
  const acted = Math.min(began, network.beganAfter(to, secondsOf(first)) ?? began)
  const [source, target] = [network.nameOf(from), network.nameOf(to)]
  const text = `${source} ${how} ${target} on ${dateText(secondsOf(first))}, before ${target} began to act itself on ${dateText(acted)}`
  return { kind: 'movement', bits, from, to, text }
}

/** When an alert's own events first show that a device acted on another (µs): what is no administration moves, too. */
function evidenceOf(from: string, to: string, before: number, sighting: Sighting, of: Case): number | undefined {
  let first: number | undefined
  for (const { device, kinds, peers } of [...of.sightings.values(), sighting]) {
    if (device !== from || !kinds.some((kind) => MOVES.has(kind))) continue
    for (const peer of peers)
      if (
        peer.device === to &&
        peer.direction === 'to' &&
        peer.first <= before &&
        (first === undefined || peer.first < first)
      )
        first = peer.first
  }
  return first === undefined ? undefined : microsOf(first)
}

const MOVES: ReadonlySet<string> = new Set([
  'exploit',
  'remote execution',
  'tool written',
  'remote session',
  'administrative session',
])
