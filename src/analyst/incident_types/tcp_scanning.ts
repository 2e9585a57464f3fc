import type { IncidentType } from './incident_type.ts'

/** Many devices are tried on ports of TCP. */
export const tcpScanning: IncidentType = {
  name: 'TCP Scanning of Multiple Devices',
  fits({ of, reached, addresses }) {
    const scans = of('scan').filter(({ model }) => !/icmp/i.test(model))
    return scans.length === 0 || reached.length + addresses.length <= 2 ? 0 : of('scan').length === scans.length ? 5 : 4
  },
  title({ actors, of, network }) {
    return `TCP scanning of multiple devices by ${network.nameOf(of('scan')[0]?.device ?? actors[0]!.id)}`
  },
  nextSteps: [
    'Find the program that scans, and who started it.',
    'Block the scanned port from the device until that is known.',
  ],
}
