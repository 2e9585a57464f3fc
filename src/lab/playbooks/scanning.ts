import type { Micros } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import type { Host } from '../host.ts'
import type { StageLabel } from '../labels.ts'
import { failedTcp, tcp } from '../protocols/transport.ts'
import type { Scene } from '../world.ts'

/**
 * Tries one port on the addresses of some networks, living or not.
 * @param pause mean time between two tries
 * @returns the moment after the last
 */
export function scanPort(
  scene: Scene,
  stage: StageLabel,
  at: Micros,
  from: LabDevice,
  port: number,
  addresses: number,
  pause: Micros,
): Micros {
  const { world, random } = scene
  const living = new Map(world.plan.devices.map((device) => [device.address, device]))
  const day = world.plan.calendar.dayOf(at)
  const segments = ['servers', 'office', 'dmz', 'infrastructure'] as const
  let now = at
  for (let i = 0; i < addresses; i++) {
    const subnet = world.plan.subnets.get(i % 3 === 0 ? 'servers' : random.pick(segments))!
    const known = random.chance(0.5) ? random.pick(world.plan.devices) : undefined
    const address = known?.address ?? subnet.any(random)
    const target: Host = living.get(address) ?? { address, name: '', fqdn: '', local: true }
    now += Math.floor(random.exponential(pause))
    if (address === from.address) continue
    const device = living.get(address)
    const alive = device?.isOn(day) ?? false
    const due = now
    if (device && alive) stage.hit(device)
    world.at(due, () => {
      if (alive && device && listens(device, port))
        tcp(scene, due, from, target, port, { duration: 30_000, sent: 0, received: 0 })
      else failedTcp(scene, due, from, target, port, alive && random.chance(0.6) ? 'REJ' : 'S0')
    })
  }
  return now
}

function listens(device: LabDevice, port: number): boolean {
  if (port === 445 || port === 135 || port === 139) return device.windows
  if (port === 3389 || port === 5985) return device.windows && device.server
  if (port === 88 || port === 389) return device.kind === 'domain-controller'
  if (port === 22) return device.kind === 'linux-server' || device.kind === 'network-gear'
  return device.server && (port === 443 || port === 80)
}
