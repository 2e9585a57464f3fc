import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AnalystStation } from '../../analyst/analyst.ts'
import { DeviceStation } from '../../device/device.ts'
import { defaultConfig } from '../../engine/config.ts'
import { Engine, newCounts } from '../../engine/engine.ts'
import { Duplicates } from '../../journal/duplicates.ts'
import { Merge } from '../../journal/merge.ts'
import { newJournalState, openSources } from '../../journal/sources.ts'
import { worldOnDisk } from '../../lab/fixture_world.ts'
import { ModelStation } from '../../model/model.ts'
import { fileReader } from '../../sensor/reader.ts'
import { BehaviourStation } from '../behaviour.ts'
import { LEARNED_ROLES } from './roles.ts'

/** What the lab calls the devices that earn each tag; the desks of its administrators are those of its plan. */
const EARNED_BY: Readonly<Record<string, string>> = {
  'backup-server': 'Backup Server',
  'deployment-server': 'Deployment Server',
  'monitoring-server': 'Monitoring',
  'vulnerability-scanner': 'Security Scanner',
}

/** What roles are read from, and what names devices; the other half of the records would only take time. */
const READ: ReadonlySet<string> = new Set(
  'conn dhcp kerberos ntlm dce_rpc smb_mapping smb_files files rdp ssh'.split(' '),
)

test('in a simulated enterprise the servers that excuse and desks of administrators are found, and nobody else', async () => {
  // Staff that changes desks within the fortnight would make the truth a matter of the day.
  using world = await worldOnDisk({ seed: 11, devices: 60, days: 12, oddities: false })
  // The world's hourly files cost more to open than to read: one a log here.
  const joined = join(world.folder, 'joined')
  mkdirSync(joined)
  for (const file of (readdirSync(world.telemetry, { recursive: true, encoding: 'utf8' }) as string[]).sort()) {
    const log = file.split('/').at(-1)!.split('.')[0]!
    if (!file.endsWith('.log') || !READ.has(log)) continue
    appendFileSync(join(joined, `${log}.log`), readFileSync(join(world.telemetry, file)))
  }
  const devices = new DeviceStation(defaultConfig())
  const behaviour = new BehaviourStation(devices, { tags: devices })
  const models = new ModelStation({ models: [], refused: [] }, devices, { surprise: behaviour }, undefined)
  const analyst = new AnalystStation({ devices, behaviour }, { incidentsPerWeek: 7 })
  const reader = fileReader(0)
  const sources = await openSources([joined], reader, newJournalState(), { fileRead: () => {} })
  try {
    const engine = new Engine({ devices, behaviour, models, analyst }, new Duplicates(), newCounts(), [0], {
      raised: () => {},
      finished: () => {},
    })
    const merge = new Merge(sources.streams)
    while (await merge.fill()) merge.drain((ordered, from, to) => engine.run(ordered, from, to))
  } finally {
    await sources.dispose()
    await reader.close()
  }
  const desks = new Set(
    world.plan.people.filter(({ job }) => /admin|helpdesk/.test(job)).map(({ device }) => device.name),
  )
  const kinds = new Map<string, string>(world.plan.devices.map(({ name, kind }) => [name, kind]))
  const found = new Set<string>()
  for (const device of devices.living()) {
    const name = devices.hostname(device).split('.')[0]!.toUpperCase()
    const kind = kinds.get(name) ?? ''
    for (const { tag, source, reason } of devices.tags(device)) {
      if (source !== 'learned' || !LEARNED_ROLES.some((role) => role.tag === tag)) continue
      found.add(`${kind}: ${tag}`)
      assert.match(reason, /on \d+ of the last \d+ days$/)
      // Administrators also work from a terminal server, where the lab has nobody else.
      const earned =
        EARNED_BY[kind] ?? (desks.has(name) || kind === 'terminal-server' ? 'Admin Workstation' : undefined)
      assert.equal(tag, earned, `${name}, ${kind}: ${reason}`)
    }
  }
  for (const [kind, tag] of Object.entries(EARNED_BY)) assert.ok(found.has(`${kind}: ${tag}`), kind)
  assert.ok(
    [...found].some((one) => /^(workstation|laptop): Admin Workstation$/.test(one)),
    'an administrator’s desk',
  )
})
