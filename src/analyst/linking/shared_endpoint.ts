import type { Sighting } from '../sighting.ts'
import { type Link, type LinkFinder, rarity } from './link.ts'

const MOST = 8

/** Both met the same place outside, which few know. */
export const sharedEndpoint: LinkFinder = (sighting, of, network) => {
  let best: Link | undefined
  for (const value of outside(sighting)) {
    for (const other of of.sightings.values()) {
      if (other.device === sighting.device || !outside(other).includes(value)) continue
      const visitors = Math.max(2, network.visitorsOf(value))
      const bits = Math.min(MOST, rarity(visitors, network.devices))
      if (best !== undefined && best.bits >= bits) continue
      const text = `${network.nameOf(other.device)} and ${network.nameOf(sighting.device)} met ${value}, which ${visitors} devices know`
      best = { kind: 'endpoint', bits, from: other.device, to: sighting.device, text }
    }
  }
  return best
}

function outside({ domains, endpoints }: Sighting): string[] {
  return [...domains, ...endpoints].map(({ value }) => value)
}
