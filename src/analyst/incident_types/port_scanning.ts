import type { IncidentType } from './incident_type.ts'

/** Many ports of one device, or of few. */
export const portScanning: IncidentType = {
  name: 'Port Scanning',
  fits({ of, reached, addresses }) {
    const scans = of('scan')
    return scans.length === 0 ? 0 : reached.length + addresses.length <= 2 ? 5 : 0
  },
  title({ actors, of, network }) {
    const scans = of('scan')
    const scanner = scans[0]?.device ?? actors[0]!.id
    return `Port scanning by ${network.nameOf(scanner)}`
  },
  nextSteps: ['Find the program that scans, and who started it.'],
}
