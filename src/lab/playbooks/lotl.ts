import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import {
  controlService,
  enumerate,
  lookUpAccounts,
  remoteRegistry,
  scheduleTask,
  wmiExecute,
} from '../protocols/administration.ts'
import { logOn } from '../protocols/kerberos.ts'
import { baseOf, ldap } from '../protocols/ldap.ts'
import { rdp, winrm } from '../protocols/remote.ts'
import { wmi } from '../protocols/rpc.ts'
import { type Login, SmbSession } from '../protocols/smb.ts'
import { fetchOutside, programOf } from '../protocols/web.ts'
import type { World } from '../world.ts'
import { Campaign, eachOf } from './campaign.ts'

const STAGES = 7

/**
 * Living off the land: no tool is dropped, nothing is guessed, few machines are touched, all with what Windows brings and
 * an administrator's own credential, at hours when administrators work. By seed: order, which of the means, pace.
 */
export function livingOffTheLand(world: World, order: number): void {
  const campaign = new Campaign(world, 'lotl', order, 9)
  const { random } = campaign
  const { plan } = world
  const from = campaign.foothold('foothold').device
  const admin = random.pick(plan.withJob('server-admin'))
  const login: Login = { account: admin.adminAccount, how: 'kerberos' }
  const credentials = [login.account]
  const servers = random.shuffle(campaign.servers(campaign.startDay, plan.byKind('domain-controller')))
  const bridge = servers[0]!
  const controller = random.pick(plan.byKind('domain-controller'))
  const when = (stage: number) => campaign.atWork(stage - 1, STAGES, random.fork('hour', stage).uniform(8.5, 19))
  const pause = random.uniform(3, 25) * MINUTE

  campaign.stage(
    {
      name: 'credential',
      title: `${from.name} uses ${login.account}, which never was there`,
      attacker: from,
      techniques: ['T1078.002'],
      credentials,
    },
    when(1),
    (scene, at, stage) => {
      logOn(scene, at, from, login.account)
      stage.hit(bridge)
      new SmbSession(scene, at + 20 * SECOND, from, bridge, login, { lingers: true })
        .tree('C$')
        .open('<share_root>')
        .close()
    },
  )
  campaign.stage(
    {
      name: 'discovery',
      title: `${from.name} asks the directory and a few machines who is where`,
      attacker: from,
      techniques: ['T1087.002', 'T1069.002', 'T1049'],
      credentials,
    },
    when(2),
    (scene, at, stage) => {
      stage.hit(controller)
      ldap(scene, at, from, controller, login.account, [
        { base: baseOf(plan.domain), filter: '(objectCategory=computer)', results: plan.devices.length },
      ])
      lookUpAccounts(scene, at + MINUTE, from, controller, login, 9)
      eachOf(scene, stage, at + 4 * MINUTE, servers.slice(0, 5), pause / 3, (now, target) =>
        enumerate(scene, now, from, target, login),
      )
    },
  )
  const execution = random.shuffle(['wmi', 'powershell', 'task'] as const)
  campaign.stage(
    {
      name: 'execution',
      title: `${from.name} starts commands on servers (${execution[0]})`,
      attacker: from,
      techniques: ['T1047', 'T1021.006', 'T1053.005'],
      credentials,
    },
    when(3),
    (scene, at, stage) => {
      eachOf(scene, stage, at, servers.slice(0, 3), pause, (now, target) =>
        run(scene, now, from, target, login, execution[0]!),
      )
    },
  )
  campaign.stage(
    {
      name: 'movement',
      title: `From ${bridge.name} on to further servers (${execution[1]})`,
      attacker: bridge,
      techniques: ['T1021.006', 'T1047', 'T1053.005'],
      credentials,
    },
    when(4),
    (scene, at, stage) => {
      eachOf(scene, stage, at, servers.slice(3, 6), pause, (now, target) =>
        run(scene, now, bridge, target, login, execution[1]!),
      )
    },
  )
  campaign.stage(
    {
      name: 'secrets',
      title: `${bridge.name} reads the registry and changes a service on servers`,
      attacker: bridge,
      techniques: ['T1003.002', 'T1543.003'],
      credentials,
    },
    when(5),
    (scene, at, stage) => {
      eachOf(scene, stage, at, servers.slice(2, 5), pause, (now, target) => {
        remoteRegistry(scene, now, bridge, target, login, true)
        controlService(scene, now + 2 * MINUTE, bridge, target, login, true)
      })
    },
  )
  campaign.stage(
    {
      name: 'controller',
      title: `${bridge.name} opens a remote desktop on the domain controller ${controller.name}`,
      attacker: bridge,
      techniques: ['T1021.001'],
      credentials,
    },
    when(6),
    (scene, at, stage) => {
      stage.hit(controller)
      rdp(scene, at, bridge, controller, {
        account: login.account,
        duration: scene.random.uniform(8, 40) * MINUTE,
        kerberos: true,
      })
      wmi(scene, at + 4 * MINUTE, bridge, controller, 'query', login, 2)
    },
  )
  campaign.stage(
    {
      name: 'exfiltration',
      title: `${bridge.name} sends data to an endpoint that nobody uses`,
      attacker: bridge,
      techniques: ['T1041', 'T1567'],
    },
    when(7),
    (scene, at, stage) => {
      const host = plan.outside.fresh(scene.random, 'drop').hosts[0]!
      stage.hit(host)
      const parts = scene.random.between(15, 60)
      for (let i = 0; i < parts; i++) {
        const due = at + Math.floor((i / parts) * 3 * HOUR) + scene.random.below(60) * SECOND
        world.at(due, () => {
          fetchOutside(scene, due, bridge, host, {
            program: programOf(
              world,
              'powershell',
              'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.17763',
            ),
            duration: 40 * SECOND,
            sent: scene.random.lognormal(6e6, 0.7),
            received: 3000,
          })
        })
      }
    },
  )
}

function run(
  scene: Parameters<typeof wmiExecute>[0],
  at: number,
  from: Parameters<typeof wmiExecute>[2],
  to: Parameters<typeof wmiExecute>[3],
  login: Login,
  how: 'wmi' | 'powershell' | 'task',
): void {
  if (how === 'wmi') wmiExecute(scene, at, from, to, login)
  else if (how === 'powershell') winrm(scene, at, from, to, login.account, 'kerberos', scene.random.between(3, 9))
  else scheduleTask(scene, at, from, to, login)
}
