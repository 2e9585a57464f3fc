import type { IncidentType } from './incident_type.ts'

/** A device speaks to places outside that nobody here knows. */
export const commandAndControl: IncidentType = {
  name: 'Possible Command and Control',
  fits({ of, stages }) {
    const outside = of('outside')
    return outside.length === 0 ? 0 : stages.length === 1 ? 8 : 3
  },
  title({ of, network }) {
    const [first] = of('outside')
    const where = first?.domains[0]?.value ?? first?.endpoints[0]?.value
    return `Possible command and control: ${network.nameOf(first!.device)} and ${where ?? 'places outside'}`
  },
  nextSteps: ['Block the endpoints at the gateway.', 'Find the program on the device that speaks to them.'],
}
