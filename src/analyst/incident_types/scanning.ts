import type { IncidentType } from './incident_type.ts'

/** Many devices are looked for, by whatever means. */
export const scanning: IncidentType = {
  name: 'Scanning of Multiple Devices',
  fits({ of, reached, addresses }) {
    const scans = of('scan')
    return scans.length === 0 || reached.length + addresses.length <= 2
      ? 0
      : scans.some(({ model }) => /icmp/i.test(model))
        ? 5
        : 3
  },
  title({ actors, of, network }) {
    return `Scanning of multiple devices by ${network.nameOf(of('scan')[0]?.device ?? actors[0]!.id)}`
  },
  nextSteps: ['Find the program that scans, and who started it.'],
}
