import { countOf } from '../story/story.ts'
import type { IncidentType } from './incident_type.ts'

/** Calls to interfaces that administrators and attackers use. */
export const dceRpc: IncidentType = {
  name: 'Suspicious DCE-RPC Activity',
  fits({ of, sightings }) {
    const calls = of('enumeration').length + of('exploit').length
    const rpc = sightings.filter(({ interfaces }) => interfaces.length > 0).length
    return rpc === 0 ? (calls > 0 ? 2 : 0) : calls > 0 ? 4.5 : 3.5
  },
  title({ actors, reached, network }) {
    return `Suspicious DCE-RPC activity from ${actors[0]!.name} on ${countOf(reached, network)}`
  },
  nextSteps: [
    'Look at which program on the device made the calls.',
    'Check whether a tool for inventory or security was introduced.',
  ],
}
