import { SECOND } from '../../event/time.ts'
import { RC4, requestTicket } from '../protocols/kerberos.ts'
import { baseOf, ldap } from '../protocols/ldap.ts'
import { SmbSession } from '../protocols/smb.ts'
import type { World } from '../world.ts'
import { Campaign } from './campaign.ts'

/** Tickets for all service accounts, encrypted weakly so that their passwords can be broken at home; then one is used. */
export function kerberoasting(world: World, order: number): void {
  const campaign = new Campaign(world, 'kerberoast', order, 4)
  const { random } = campaign
  const { plan } = world
  const person = campaign.foothold('foothold')
  const from = person.device
  const controller = random.pick(plan.byKind('domain-controller'))
  const services = campaign
    .servers(campaign.startDay)
    .filter((one) => one.kind === 'database-server' || one.kind === 'application-server')
  const slow = random.chance(0.4)
  campaign.stage(
    {
      name: 'roasting',
      title: `${from.name} asks for RC4 tickets of all services`,
      attacker: from,
      techniques: ['T1558.003', 'T1087.002'],
      credentials: [person.account],
    },
    [campaign.startDay, random.uniform(9, 17)],
    (scene, at, stage) => {
      stage.hit(controller)
      ldap(scene, at, from, controller, person.account, [
        { base: baseOf(plan.domain), filter: '(&(samAccountType=805306368)(servicePrincipalName=*))', results: 24 },
      ])
      let now = at + 20 * SECOND
      const principals = [
        ...services.map((one) => `MSSQLSvc/${one.fqdn}:1433`),
        ...services.map((one) => `HTTP/${one.fqdn}`),
        ...[...plan.serviceAccounts.values()].map((name) => `${name}/${plan.domain}`),
      ]
      for (const service of scene.random.shuffle(principals).slice(0, 30)) {
        const due = Math.floor(now)
        world.at(
          due,
          () =>
            void requestTicket(scene, due, from, controller, {
              kind: 'TGS',
              client: person.account,
              service,
              cipher: RC4,
            }),
        )
        now += scene.random.exponential(slow ? 240 * SECOND : SECOND / 4)
      }
    },
  )
  const account = plan.serviceAccounts.get('database')!
  const target = random.pick(plan.byKind('file-server'))
  campaign.stage(
    {
      name: 'use',
      title: `${from.name} uses the service account ${account}`,
      attacker: from,
      techniques: ['T1078.002', 'T1021.002'],
      credentials: [account],
    },
    [campaign.startDay + Math.max(0, campaign.days - 1), random.uniform(17.5, 22)],
    (scene, at, stage) => {
      stage.hit(target)
      new SmbSession(scene, at, from, target, { account, how: 'ntlm' }, { by: 'address' })
        .tree('C$')
        .open('<share_root>')
        .open('Users')
        .close()
    },
  )
}
