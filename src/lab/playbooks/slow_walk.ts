import { MINUTE, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { controlService } from '../protocols/administration.ts'
import { rdp, winrm } from '../protocols/remote.ts'
import { wmi } from '../protocols/rpc.ts'
import type { Login } from '../protocols/smb.ts'
import type { World } from '../world.ts'
import { Campaign } from './campaign.ts'

/** Days of the walk, a hop each. */
const HOPS = 14

/** One new hop a day: from the machine reached yesterday to the next, with one administrator's credential. */
export function slowWalk(world: World, order: number): void {
  const campaign = new Campaign(world, 'slow-walk', order, HOPS)
  const { random } = campaign
  const admin = random.pick(world.plan.withJob('server-admin'))
  const login: Login = { account: admin.adminAccount, how: 'kerberos' }
  const path: LabDevice[] = [campaign.foothold('foothold').device]
  path.push(
    ...random.shuffle(campaign.servers(campaign.startDay, world.plan.byKind('domain-controller'))).slice(0, HOPS - 1),
  )
  path.push(world.plan.byKind('domain-controller')[0]!)
  const means = random.fork('means')
  const hops = Math.min(campaign.days, path.length - 1)
  for (let hop = 0; hop < hops; hop++) {
    const from = path[hop]!
    const to = path[hop + 1]!
    const before = hop > 0 ? path[hop - 1]! : undefined
    const how = means.pick(['desktop', 'powershell', 'wmi', 'services'] as const)
    campaign.stage(
      {
        name: `hop-${hop + 1}`,
        title: `${from.name} reaches ${to.name} (${how})`,
        attacker: from,
        techniques: ['T1021', 'T1078.002'],
        credentials: [login.account],
      },
      [campaign.startDay + hop, random.fork('hour', hop).uniform(7.5, 20)],
      (scene, at, stage) => {
        stage.hit(to)
        // The way back to where it came from is kept open.
        if (before && scene.random.chance(0.6)) winrm(scene, at, before, from, login.account, 'kerberos', 2)
        const now = at + 2 * MINUTE
        if (how === 'desktop')
          rdp(scene, now, from, to, {
            account: login.account,
            duration: scene.random.uniform(3, 20) * MINUTE,
            kerberos: true,
          })
        else if (how === 'powershell')
          winrm(scene, now, from, to, login.account, 'kerberos', scene.random.between(2, 6))
        else if (how === 'wmi') wmi(scene, now, from, to, 'execute', login)
        else controlService(scene, now + SECOND, from, to, login, true)
      },
    )
  }
}
