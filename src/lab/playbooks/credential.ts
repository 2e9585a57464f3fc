import { MINUTE } from '../../event/time.ts'
import { readFromDrive } from '../protocols/administration.ts'
import { rdp } from '../protocols/remote.ts'
import type { Login } from '../protocols/smb.ts'
import type { World } from '../world.ts'
import { Campaign } from './campaign.ts'

/** A known administrator's credential, used from a place where it never was, and nothing else: thrice on three days. */
export function credentialFromNewPlace(world: World, order: number): void {
  const campaign = new Campaign(world, 'credential', order, 5)
  const { random } = campaign
  const from = campaign.foothold('foothold').device
  const admin = random.pick([...world.plan.withJob('server-admin'), ...world.plan.withJob('desktop-admin')])
  const login: Login = { account: admin.adminAccount, how: random.chance(0.7) ? 'kerberos' : 'ntlm' }
  const servers = campaign.servers(campaign.startDay)
  const usual = random.sample(servers, 2)
  for (let index = 0; index < 3; index++) {
    const target = index < 2 ? usual[0]! : usual[1]!
    campaign.stage(
      {
        name: `use-${index + 1}`,
        title: `${login.account} is used from ${from.name}, which is not its own`,
        attacker: from,
        techniques: ['T1078.002', index === 1 ? 'T1021.001' : 'T1021.002'],
        credentials: [login.account],
      },
      campaign.atWork(index, 3, random.uniform(8.5, 17.5)),
      (scene, at, stage) => {
        stage.hit(target)
        if (index === 1)
          rdp(scene, at, from, target, {
            account: login.account,
            duration: 9 * MINUTE,
            kerberos: login.how === 'kerberos',
          })
        else readFromDrive(scene, at, from, target, login)
      },
    )
  }
}
