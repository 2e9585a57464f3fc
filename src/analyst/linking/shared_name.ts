import { type Link, type LinkFinder, rarity } from './link.ts'

const MOST = 8

/** A program or script of the same name was written by both. Tools that administrators have in common are common. */
export const sharedName: LinkFinder = (sighting, of, network) => {
  let best: Link | undefined
  for (const { value } of sighting.files) {
    const name = value.toLowerCase()
    for (const other of of.sightings.values()) {
      if (other.device === sighting.device || !other.files.some((each) => each.value.toLowerCase() === name)) continue
      const writers = Math.max(2, network.writersOf(name))
      const bits = Math.min(MOST, rarity(writers, network.devices))
      if (best !== undefined && best.bits >= bits) continue
      const text = `${network.nameOf(other.device)} and ${network.nameOf(sighting.device)} wrote files of the name ${value}, as ${writers} devices do`
      best = { kind: 'name', bits, from: other.device, to: sighting.device, text }
    }
  }
  return best
}
