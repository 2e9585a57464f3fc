import { HOUR, SECOND } from '../../event/time.ts'
import { ask } from '../protocols/dns.ts'
import type { World } from '../world.ts'
import { Campaign } from './campaign.ts'

/** Data and commands in the names of one domain, by way of the ordinary resolver. */
export function dnsTunnel(world: World, order: number): void {
  const campaign = new Campaign(world, 'dns-tunnel', order, 3)
  const { random } = campaign
  const from = campaign.foothold('foothold').device
  const { domain } = world.plan.outside.fresh(random, 'tunnel')
  const type = random.pick(['TXT', 'CNAME', 'A'] as const)
  const period = random.uniform(1, 15) * SECOND
  const host = { address: '198.51.100.53', name: domain, fqdn: domain, local: false }
  campaign.longStage(
    {
      name: 'tunnel',
      title: `${from.name} speaks through names below ${domain}`,
      attacker: from,
      techniques: ['T1071.004', 'T1572'],
    },
    campaign.startDay,
    campaign.days,
    (own) => own.uniform(8, 18),
    (scene, at, stage) => {
      stage.hit(host)
      let now = at
      const until = at + scene.random.uniform(0.7, 4) * HOUR
      while (now < until) {
        const due = Math.floor(now)
        world.at(due, () => {
          const resolver = world.controllerOf(from, scene.random)
          const name = `${scene.random.hex(scene.random.between(18, 50))}.${scene.random.hex(8)}.${domain}`
          const answers = [
            type === 'A'
              ? '203.0.113.9'
              : type === 'TXT'
                ? `TXT 40 ${scene.random.hex(40)}`
                : `${scene.random.hex(24)}.${domain}`,
          ]
          ask(scene, due, from, resolver, { name, type, answers })
          ask(scene, due + 2000, resolver, world.plan.outside.service('time').hosts[1]!, { name, type, answers })
        })
        now += scene.random.exponential(period)
      }
    },
  )
}
