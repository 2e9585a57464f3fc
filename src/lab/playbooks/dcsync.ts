import { replicate } from '../protocols/administration.ts'
import type { World } from '../world.ts'
import { Campaign, darkHour } from './campaign.ts'

/** The directory's secrets are replicated to a machine that is no domain controller. */
export function dcSync(world: World, order: number): void {
  const campaign = new Campaign(world, 'dcsync', order, 2)
  const { random } = campaign
  const from = random.chance(0.5)
    ? campaign.foothold('foothold').device
    : random.pick(world.plan.byKind('application-server'))
  const admin = random.pick(world.plan.withJob('server-admin'))
  const controller = random.pick(world.plan.byKind('domain-controller'))
  campaign.stage(
    {
      name: 'replication',
      title: `${from.name} replicates the directory from ${controller.name}`,
      attacker: from,
      techniques: ['T1003.006'],
      credentials: [admin.adminAccount],
    },
    [campaign.startDay, darkHour(random)],
    (scene, at, stage) => {
      stage.hit(controller)
      replicate(scene, at, from, controller, admin.adminAccount, scene.random.between(1, 4))
    },
  )
}
