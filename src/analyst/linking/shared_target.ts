import { type Link, type LinkFinder, rarity } from './link.ts'

const MOST = 4

/** Both acted on the same device. One that everybody administers links nothing. */
export const sharedTarget: LinkFinder = (sighting, of, network) => {
  let best: Link | undefined
  const targets = new Set(
    sighting.peers.flatMap(({ device, direction }) => (direction === 'to' && device !== '' ? [device] : [])),
  )
  for (const other of of.sightings.values()) {
    if (other.device === sighting.device) continue
    for (const { device, direction } of other.peers) {
      if (direction !== 'to' || !targets.has(device)) continue
      const bits = Math.min(MOST, rarity(Math.max(2, network.administrators(device)), network.devices))
      if (best !== undefined && best.bits >= bits) continue
      const text = `${network.nameOf(other.device)} and ${network.nameOf(sighting.device)} acted on ${network.nameOf(device)}`
      best = { kind: 'target', bits, from: other.device, to: sighting.device, text }
    }
  }
  return best
}
