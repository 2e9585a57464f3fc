import { DAY, HOUR, microsOf } from '../../event/time.ts'
import type { LinkFinder } from './link.ts'

/** Alerts on one device within so long are read together, however often it alerts. */
const TOGETHER = 12 * HOUR
const TOGETHER_BITS = 16
const MOST = 16

/**
 * The same device alerted before. By chance it does so again within Δt with probability 1 − e^(−rate Δt), which decays with
 * silence as it should.
 */
export const sameDevice: LinkFinder = (sighting, of, network) => {
  let last = 0
  for (const other of of.sightings.values())
    if (other.device === sighting.device) last = Math.max(last, microsOf(other.said))
  if (last === 0) return undefined
  const gap = Math.max(HOUR, network.clock - last)
  const chance = 1 - Math.exp((-network.alertRate(sighting.device, of) * gap) / DAY)
  const bits = Math.min(MOST, Math.max(-Math.log2(chance), gap <= TOGETHER ? TOGETHER_BITS : 0))
  const name = network.nameOf(sighting.device)
  return { kind: 'device', bits, from: sighting.device, to: sighting.device, text: `${name} had already raised alerts` }
}
