import { HOUR, MINUTE, SECOND } from '../../event/time.ts'
import type { LabDevice } from '../device.ts'
import { startUp } from '../habits/domain_member.ts'
import type { OutsideHost } from '../outside.ts'
import {
  copyToDrive,
  enumerate,
  lookUpAccounts,
  psExec,
  remoteRegistry,
  wmiExecute,
} from '../protocols/administration.ts'
import { baseOf, ldap } from '../protocols/ldap.ts'
import { rdp } from '../protocols/remote.ts'
import { wmi } from '../protocols/rpc.ts'
import { type Login, refusedSmb, SmbSession } from '../protocols/smb.ts'
import { failedTcp, tcp } from '../protocols/transport.ts'
import { fetchOutside, programOf } from '../protocols/web.ts'
import type { World } from '../world.ts'
import { Campaign, darkHour, eachOf, type When } from './campaign.ts'
import { scanPort } from './scanning.ts'
import { toolset } from './tools.ts'

const STAGES = 10
/** Connections of the flood at full scale. */
const FULL_FLOOD = 12_000_000

/**
 * The loud story over ten days. By seed: tools, names, pace, order within the stages, targets, what the flood hits.
 * 1 a long silent file server is used with an administrator's credential · 2 scan of 445 and enumeration · 3 movement by
 * writes · 4 reconnaissance goes on · 5 a domain controller joins · 6 brute force · 7 a second wave of writes · 8 rare
 * endpoints · 9 a flood · 10 remote desktop with PsExec.
 */
export function story(world: World, order: number): void {
  const campaign = new Campaign(world, 'story', order, STAGES)
  const { random } = campaign
  const { plan } = world
  const server = plan.byKind('archive-server')[0]!
  const wakes = campaign.startDay
  // Off since the first days and until the moment of the first stage: its own habits go on the day after.
  server.silent = [wakes >= 2 ? Math.min(2, wakes - 1) : 0, wakes]
  const login: Login = { account: plan.administrator, how: 'ntlm' }
  const credentials = [plan.administrator]
  const tools = toolset(random.fork('tools'))
  const controllers = plan.byKind('domain-controller')
  const controller = controllers[controllers.length - 1]!
  const first = controllers[0]!
  const pace = random.uniform(0.6, 2.5)
  const when = (stage: number) => campaign.when(stage - 1, STAGES, darkHour(random.fork('hour', stage)))
  const servers = random.fork('servers').shuffle(campaign.servers(wakes, [server, controller]))
  const by = random.chance(0.5) ? 'name' : 'address'
  const size = plan.devices.length

  campaign.stage(
    {
      name: 'reactivation',
      title: `${server.name}, silent for long, comes back and uses the credential ${login.account}`,
      attacker: server,
      techniques: ['T1078'],
      credentials,
    },
    when(1),
    (scene, at, stage) => {
      startUp(scene, at, server)
      eachOf(scene, stage, at + 4 * MINUTE, [first, ...servers.slice(0, 2)], 5 * MINUTE, (now, target) => {
        new SmbSession(scene, now, server, target, login, { by, lingers: true })
          .tree('IPC$')
          .tree('ADMIN$')
          .open('<share_root>')
          .close()
      })
    },
  )

  const reconnaissance = (
    stageNumber: number,
    name: string,
    title: string,
    attacker: LabDevice,
    wide: boolean,
  ): void => {
    campaign.stage(
      { name, title, attacker, techniques: ['T1046', 'T1135', 'T1012', 'T1047', 'T1049'], credentials },
      when(stageNumber),
      (scene, at, stage) => {
        const scanned = scanPort(
          scene,
          stage,
          at,
          attacker,
          445,
          Math.min(600, 60 + Math.floor(size / (wide ? 1.5 : 3))),
          (SECOND / 2) * pace,
        )
        const targets = scene.random.sample(servers, Math.min(servers.length, wide ? 14 : 8))
        const acts = scene.random.shuffle(['shares', 'registry', 'wmi', 'accounts'] as const)
        eachOf(scene, stage, scanned + MINUTE, targets, 40 * SECOND * pace, (now, target) => {
          acts.forEach((act, index) => {
            const due = now + index * 4 * SECOND
            if (act === 'shares') enumerate(scene, due, attacker, target, login, by)
            else if (act === 'registry') remoteRegistry(scene, due, attacker, target, login, false)
            else if (act === 'wmi') wmi(scene, due, attacker, target, 'query', login, 2)
            else lookUpAccounts(scene, due, attacker, target, login, 3)
          })
        })
      },
    )
  }
  reconnaissance(
    2,
    'enumeration',
    `${server.name} scans port 445 and lists shares, registry and WMI of other machines`,
    server,
    true,
  )

  const writes = (stageNumber: number, name: string, attacker: LabDevice, targets: readonly LabDevice[]): void => {
    campaign.stage(
      {
        name,
        title: `${attacker.name} writes ${tools.files.map((file) => file.name).join(', ')} and ${tools.service.name} to other machines and starts them`,
        attacker,
        techniques: ['T1021.002', 'T1570', 'T1569.002'],
        credentials,
      },
      when(stageNumber),
      (scene, at, stage) => {
        eachOf(scene, stage, at, targets, 4 * MINUTE * pace, (now, target) => {
          const files = scene.random.shuffle(tools.files)
          const copied = copyToDrive(
            scene,
            now,
            attacker,
            target,
            login,
            tools.folder,
            files,
            scene.random.chance(0.7) ? 'C$' : 'ADMIN$',
            by,
          )
          psExec(scene, copied + scene.random.uniform(1, 40) * SECOND, attacker, target, login, tools.service, by)
        })
      },
    )
  }
  writes(3, 'movement', server, [controller, ...servers.slice(0, 4)])

  campaign.stage(
    {
      name: 'reconnaissance',
      title: `${server.name} goes on looking around: other ports, the directory, accounts`,
      attacker: server,
      techniques: ['T1046', 'T1087.002', 'T1018'],
      credentials,
    },
    when(4),
    (scene, at, stage) => {
      let now = at
      for (const port of scene.random.shuffle([3389, 5985, 135, 443]))
        now = scanPort(scene, stage, now, server, port, Math.min(300, 30 + Math.floor(size / 4)), SECOND * pace)
      stage.hit(first)
      world.at(now, () => {
        ldap(
          scene,
          now,
          server,
          first,
          plan.administrator,
          [
            { base: baseOf(plan.domain), filter: '(objectCategory=computer)', results: size },
            { base: baseOf(plan.domain), filter: '(adminCount=1)', results: 20 },
          ],
          true,
        )
        lookUpAccounts(scene, now + MINUTE, server, first, login, 14)
      })
      eachOf(scene, stage, now + 3 * MINUTE, scene.random.sample(servers, 5), 2 * MINUTE, (due, target) =>
        enumerate(scene, due, server, target, login, by),
      )
    },
  )

  reconnaissance(
    5,
    'second-controller',
    `The domain controller ${controller.name} begins to scan and list as ${server.name} did`,
    controller,
    false,
  )

  campaign.stage(
    {
      name: 'brute-force',
      title: `${controller.name} tries passwords over RDP and NTLM`,
      attacker: controller,
      techniques: ['T1110.001', 'T1021.001'],
      credentials: [...credentials, ...plan.withJob('server-admin').map((person) => person.adminAccount)],
    },
    when(6),
    (scene, at, stage) => {
      const targets = scene.random.sample(servers, 4)
      const accounts = ['administrator', ...plan.withJob('server-admin').map((person) => person.adminAccount)]
      for (const target of targets) stage.hit(target)
      let now = at
      const tries = 160 + Math.floor(scene.random.float() * 240)
      for (let i = 0; i < tries; i++) {
        now += Math.floor(scene.random.exponential(5 * SECOND * pace))
        const due = now
        world.at(due, () => {
          const target = scene.random.pick(targets)
          if (i % 3 === 0)
            rdp(scene, due, controller, target, {
              account: scene.random.chance(0.7) ? 'Administrator' : scene.random.pick(accounts),
              duration: SECOND,
              refused: true,
            })
          else refusedSmb(scene, due, controller, target, { account: scene.random.pick(accounts), how: 'ntlm' })
        })
      }
    },
  )

  writes(7, 'second-wave', controller, [
    ...servers.slice(3, 8),
    ...random.fork('clients').sample(campaign.workstations(), 3),
  ])

  campaign.stage(
    {
      name: 'rare-endpoints',
      title: `${controller.name} speaks with endpoints outside that nobody else uses`,
      attacker: controller,
      techniques: ['T1071.001', 'T1041'],
    },
    when(8),
    (scene, at, stage) => {
      const speaker = programOf(world, scene.random.chance(0.5) ? 'implant' : 'updater', '')
      const hosts: OutsideHost[] = [0, 1, 2].map(
        (number) => plan.outside.fresh(scene.random, 'command', number).hosts[0]!,
      )
      hosts.forEach((host, index) => {
        stage.hit(host)
        const period = scene.random.uniform(30, 200) * SECOND
        let now = at + index * 11 * MINUTE
        const until = at + 4 * HOUR
        while (now < until) {
          const due = Math.floor(now)
          world.at(due, () => {
            fetchOutside(
              scene,
              due,
              controller,
              host,
              {
                program: speaker,
                duration: 3 * SECOND,
                sent: scene.random.lognormal(scene.random.chance(0.05) ? 4e6 : 1500, 0.8),
                received: 2200,
                port: index === 1 ? 8443 : 443,
                oldTls: true,
                selfSigned: true,
              },
              0.7,
            )
          })
          now += period * scene.random.uniform(0.75, 1.25)
        }
      })
    },
  )

  flood(campaign, random.chance(0.7) ? controller : plan.byKind('web-server')[0]!, when(9))

  campaign.stage(
    {
      name: 'admin-session',
      title: `${controller.name} opens a remote desktop as administrator and uses PsExec`,
      attacker: controller,
      techniques: ['T1021.001', 'T1569.002'],
      credentials,
    },
    when(10),
    (scene, at, stage) => {
      const targets = [servers[0]!, servers[5] ?? servers[1]!]
      eachOf(scene, stage, at, targets, 20 * MINUTE, (now, target) => {
        rdp(scene, now, controller, target, {
          account: 'Administrator',
          duration: scene.random.uniform(12, 50) * MINUTE,
        })
        psExec(scene, now + 6 * MINUTE, controller, target, login, tools.service, by)
        wmiExecute(scene, now + 9 * MINUTE, controller, target, login)
      })
    },
  )
}

/** Connections from thousands of addresses to one machine, far beyond anything it ever got. */
function flood(campaign: Campaign, target: LabDevice, when: When): void {
  const { world } = campaign
  const { options, outside } = world.plan
  const total = options.flood ?? Math.min(FULL_FLOOD, world.plan.devices.length * 400)
  if (total === 0) return
  campaign.stage(
    {
      name: 'flood',
      title: `${target.name} gets ${total} connections from outside`,
      attacker: target,
      techniques: ['T1498', 'T1499'],
    },
    when,
    (scene, at, stage) => {
      stage.hit(target)
      const sources = Array.from({ length: Math.max(20, Math.min(4000, Math.floor(total / 40))) }, () =>
        outside.stranger(scene.random),
      )
      const span = Math.floor(Math.max(20 * MINUTE, Math.min(6 * HOUR, (total / 900) * SECOND)))
      const every = 5 * SECOND
      const steps = Math.floor(span / every)
      let sent = 0
      const step = (index: number, now: number): void => {
        // It swells, stays, and ebbs.
        const share = Math.min(1, (index + 1) / steps)
        const due = Math.floor(total * share * share * (3 - 2 * share))
        for (; sent < due; sent++) {
          const moment = now + Math.floor(scene.random.float() * every)
          const source = scene.random.pick(sources)
          const port = scene.random.chance(0.9) ? 443 : 80
          const draw = scene.random.float()
          if (draw < 0.6) failedTcp(scene, moment, source, target, port, 'S0')
          else if (draw < 0.85) failedTcp(scene, moment, source, target, port, 'REJ')
          else tcp(scene, moment, source, target, port, { duration: 400_000, sent: 300, received: 0 })
        }
        if (index + 1 < steps) world.at(now + every, (next) => step(index + 1, next))
      }
      step(0, at)
    },
  )
}
