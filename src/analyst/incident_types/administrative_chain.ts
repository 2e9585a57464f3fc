import { countOf } from '../story/story.ts'
import type { IncidentType } from './incident_type.ts'

/** One device takes another, and that one goes on. */
export const administrativeChain: IncidentType = {
  name: 'Suspicious Chain of Administrative Connections',
  fits({ actors, of }) {
    const moved = actors.filter(({ role }) => role === 'second foothold').length
    const lateral = of('remote execution').length + of('tool written').length + of('administrative session').length
    return moved > 0 && lateral > 0 ? 10 + moved : 0
  },
  title({ actors, reached, network }) {
    return `Suspicious chain of administrative connections from ${actors[0]!.name} to ${countOf(
      reached.filter(({ id }) => id !== actors[0]!.id),
      network,
    )}`
  },
  nextSteps: [
    'Isolate the devices that acted, the first one first; what they reached follows.',
    'Disable the credentials that were used, and change their passwords from a clean device.',
    'Look for the written programs on the reached devices, and keep copies of them.',
  ],
}
