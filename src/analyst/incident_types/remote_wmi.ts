import { countOf } from '../story/story.ts'
import type { IncidentType } from './incident_type.ts'

/** Other devices are asked or told by WMI (T1047). */
export const remoteWmi: IncidentType = {
  name: 'Extensive Suspicious Remote WMI Activity',
  fits({ has, sightings }) {
    const wmi = sightings.filter(({ interfaces }) => interfaces.some(({ value }) => /^iwbem/i.test(value)))
    return wmi.length === 0 || !has('T1047') ? 0 : wmi.length === sightings.length ? 8 : 4
  },
  title({ actors, reached, network }) {
    return `Suspicious remote WMI activity from ${actors[0]!.name} on ${countOf(reached, network)}`
  },
  nextSteps: [
    'Look at the processes that the WMI provider host started on the reached devices at that time.',
    'Ask whether a management tool was introduced.',
  ],
}
