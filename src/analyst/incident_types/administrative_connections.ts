import { countOf } from '../story/story.ts'
import type { IncidentType } from './incident_type.ts'

/** One device administers several others as it never did. */
export const administrativeConnections: IncidentType = {
  name: 'Extensive Unusual Administrative Connections',
  fits({ actors, of, reached }) {
    const shown = of('administrative session').length + of('remote session').length + of('remote execution').length
    return shown === 0 || actors.length === 0 ? 0 : reached.length >= 3 ? 5 : 2
  },
  title({ actors, reached, network }) {
    return `Unusual administrative connections from ${actors[0]!.name} to ${countOf(reached, network)}`
  },
  nextSteps: [
    'Ask who worked on the device at that time, and whether it was meant to be.',
    'Look at what was executed or changed on the reached devices.',
  ],
}
