import { HOUR, MINUTE } from '../../event/time.ts'
import { requestTicket } from '../protocols/kerberos.ts'
import { type Login, refusedSmb, SmbSession } from '../protocols/smb.ts'
import type { World } from '../world.ts'
import { Campaign } from './campaign.ts'

/** Passwords guessed at about a dozen an hour, below any lock-out, over days; then one is right. */
export function slowGuessing(world: World, order: number): void {
  const campaign = new Campaign(world, 'slow-guess', order, 5)
  const { random } = campaign
  const { plan } = world
  const from = campaign.foothold('foothold').device
  const admins = plan.people.filter((person) => person.administers)
  const account = random.pick(admins).adminAccount
  const sprayed = random.chance(0.4)
  const target = random.pick([...plan.byKind('file-server'), ...plan.byKind('application-server')])
  const overKerberos = random.chance(0.35)
  const guessingDays = Math.max(1, campaign.days - 1)
  campaign.longStage(
    {
      name: 'guessing',
      title: `${from.name} tries passwords at a dozen an hour`,
      attacker: from,
      techniques: [sprayed ? 'T1110.003' : 'T1110.001'],
      credentials: [account],
    },
    campaign.startDay,
    guessingDays,
    (own) => own.uniform(7, 11),
    (scene, at, stage) => {
      stage.hit(target)
      let now = at
      while (now < at + 8 * HOUR) {
        const due = Math.floor(now)
        world.at(due, () => {
          const name = sprayed ? scene.random.pick(plan.people).account : account
          if (overKerberos)
            requestTicket(scene, due, from, world.controllerOf(from, scene.random), {
              kind: 'AS',
              client: name,
              service: 'krbtgt',
              error: 'KDC_ERR_PREAUTH_FAILED',
            })
          else refusedSmb(scene, due, from, target, { account: name, how: 'ntlm' })
        })
        now += scene.random.exponential(5 * MINUTE)
      }
    },
  )
  campaign.stage(
    {
      name: 'success',
      title: `One guess is right: ${from.name} is in as ${account}`,
      attacker: from,
      techniques: ['T1078.002'],
      credentials: [account],
    },
    [campaign.startDay + guessingDays - 1, random.uniform(20, 22.5)],
    (scene, at, stage) => {
      stage.hit(target)
      const login: Login = { account, how: 'ntlm' }
      new SmbSession(scene, at, from, target, login, { by: 'address' }).tree('C$').open('<share_root>').close()
    },
  )
}
