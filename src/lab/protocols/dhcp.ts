import { HOUR, type Micros } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import { openFlow, type Scene } from '../world.ts'
import { AFTER_DHCP } from '../zeek/delays.ts'
import { closeUdp } from './transport.ts'

const NOBODY: Host = { address: '0.0.0.0', name: '', fqdn: '', local: false }
const EVERYBODY: Host = { address: '255.255.255.255', name: '', fqdn: '', local: false }

/** A lease asked for, or asked for again: dhcp and conn rows; the dhcp row stands 30 s later in its log. */
export function lease(scene: Scene, at: Micros, device: LabDevice, server: Host, renewal: boolean): void {
  const { random, tap, world } = scene
  const took = 800 + random.below(renewal ? 4000 : 900_000)
  const flow = renewal ? openFlow(scene, at, device, 68, server, 67) : openFlow(scene, at, NOBODY, 68, EVERYBODY, 67)
  tap.record('dhcp', flow, at, at + took + AFTER_DHCP, took, [
    [flow.uid],
    renewal ? device.address : undefined,
    server.address,
    device.mac,
    device.kind === 'camera' || device.kind === 'industrial' ? undefined : device.name,
    device.windows ? device.fqdn : undefined,
    world.plan.domain,
    renewal ? undefined : device.address,
    device.address,
    8 * HOUR,
    undefined,
    undefined,
    renewal ? ['REQUEST', 'ACK'] : ['DISCOVER', 'OFFER', 'REQUEST', 'ACK'],
    took,
  ])
  closeUdp(scene, flow, took, 'dhcp', renewal ? 320 : 640, 640)
}
