import { type Link, type LinkFinder, rarity } from './link.ts'

/** A credential that few devices use; one that all use says nothing. */
const MOST = 6

/** The same credential was used from both. */
export const sharedCredential: LinkFinder = (sighting, of, network) => {
  let best: Link | undefined
  for (const { value } of sighting.credentials) {
    for (const other of of.sightings.values()) {
      if (other.device === sighting.device || !other.credentials.some((each) => each.value === value)) continue
      const users = network.usersOf(value)
      const bits = Math.min(MOST, rarity(users, network.devices))
      if (best !== undefined && best.bits >= bits) continue
      const text = `${network.nameOf(other.device)} and ${network.nameOf(sighting.device)} used the credential ${value}, which ${users === 1 ? 'no other device uses' : `${users} devices use`}`
      best = { kind: 'credential', bits, from: other.device, to: sighting.device, text }
    }
  }
  return best
}
