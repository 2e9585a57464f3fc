import type { IncidentType } from './incident_type.ts'

/** So many connections that a service may fail. */
export const denialOfService: IncidentType = {
  name: 'Possible Denial of Service',
  fits({ of, stages }) {
    return of('flood').length === 0 ? 0 : stages.length === 1 ? 8 : 2
  },
  title({ of, network }) {
    return `Possible denial of service: flood of connections at ${network.nameOf(of('flood')[0]!.device)}`
  },
  nextSteps: [
    'Limit or block the sources at the gateway.',
    'Check whether the flood covers something else that happens at the same time.',
  ],
}
