import { type Link, type LinkFinder, rarity } from './link.ts'

/** A credential that few devices use; one that all use says nothing. */
const MOST = 6

/** The same credential was used from both. */
export const sharedCredential: LinkFinder = (sighting, of, network) => {
  let best: Link | undefined
  // Whose password is guessed has not used anything: the accounts of administrators are guessed everywhere.
  if (sighting.kinds.includes('guessing')) return undefined
  for (const { value } of sighting.credentials) {
    for (const other of of.sightings.values()) {
      if (other.device === sighting.device || other.kinds.includes('guessing')) continue
      if (!other.credentials.some((each) => each.value === value)) continue
      const users = network.usersOf(value)
      const bits = Math.min(MOST, rarity(users, network.devices))
      if (best !== undefined && best.bits >= bits) continue
      const text = `${network.nameOf(other.device)} and ${network.nameOf(sighting.device)} used the credential ${value}, which ${users === 1 ? 'no other device uses' : `${users} devices use`}`
      best = { kind: 'credential', bits, from: other.device, to: sighting.device, text }
    }
  }
  return best
}
