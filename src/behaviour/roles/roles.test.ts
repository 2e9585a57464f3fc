import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DeviceDirectory } from '../../device/directory.ts'
import { TAG_BIT, type Tag } from '../../device/tags.ts'
import { BATCH_ROWS, type EventBatch } from '../../event/batch.ts'
import { Event } from '../../event/event.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../event/time.ts'
import { BehaviourStation } from '../behaviour.ts'
import { readSnapshot, SnapshotWriter } from '../snapshot.ts'
import { batchesOf } from '../told_events.ts'
import { popcount } from './popcount.ts'

const START = 20_000 * DAY
/** Devices are 10.0.x.y with index 256·x + y. */
const address = (device: number): string => `10.0.${device >> 8}.${device & 255}`
const SUBJECT = 200

/** Carries tags as the device station does, and remembers what was said. */
class Carrier {
  readonly reasons = new Map<string, string>()
  learnTag(device: number, tag: Tag, reason: string): void {
    this.reasons.set(`${device} ${tag}`, reason)
  }
  unlearnTag(device: number, tag: Tag): void {
    this.reasons.delete(`${device} ${tag}`)
  }
}

interface Fields {
  readonly [name: string]: string | number
}

interface Told {
  readonly log: string
  readonly at: number
  readonly fields: Fields
}

class Site {
  readonly carrier = new Carrier()
  readonly station: BehaviourStation
  private readonly event = new Event()
  private told: Told[] = []

  constructor(tagMask: (device: number) => number = () => 0, seed = 1) {
    const directory: DeviceDirectory = {
      size: 1000,
      id: String,
      ip: address,
      hostname: () => '',
      tagMask,
      has: () => false,
      tags: () => [],
      firstSeen: () => 0,
      lastSeen: () => 0,
      credential: String,
    }
    this.station = new BehaviourStation(directory, { tags: this.carrier, seed, bounds: { dayCache: 1024 } })
  }

  /** @param at µs after the start */
  tell(log: string, at: number, orig: number, resp: number, fields: Fields): void {
    this.told.push({
      log,
      at: START + at,
      fields: { 'id.orig_h': address(orig), 'id.resp_h': address(resp), ...fields },
    })
  }

  conn(at: number, orig: number, resp: number, port: number, fields: Fields = {}): void {
    this.tell('conn', at, orig, resp, { proto: 'tcp', conn_state: 'SF', 'id.resp_p': port, ...fields })
  }

  /** All that was told, in order of time. */
  play(): this {
    const { event } = this
    const told = this.told.sort((a, b) => a.at - b.at)
    const logs = new Map<string, { readonly batches: EventBatch[]; next: number }>()
    for (const [log, of] of Map.groupBy(told, (one) => one.log)) logs.set(log, { batches: batchesOf(log, of), next: 0 })
    for (const { log, at, fields } of told) {
      const rows = logs.get(log)!
      event.batch = rows.batches[Math.floor(rows.next / BATCH_ROWS)]!
      event.row = rows.next++ % BATCH_ROWS
      event.key = at
      event.clock = at
      event.orig = deviceAt(fields['id.orig_h'])
      event.resp = deviceAt(fields['id.resp_h'])
      this.station.see(event)
    }
    this.told = []
    return this
  }

  /** Everybody works from 8 to 18; ten machines speak round the clock: the network has quiet hours. */
  ordinaryDay(day: number): void {
    for (let hour = 0; hour < 24; hour++) {
      for (let machine = 1; machine <= 10; machine++) this.conn(day * DAY + hour * HOUR + machine, machine, 0, 53)
      if (hour < 8 || hour >= 18) continue
      for (let user = 20; user < 40; user++) this.conn(day * DAY + hour * HOUR + MINUTE + user, user, user % 10, 443)
    }
  }

  reason(tag: Tag, device = SUBJECT): string | undefined {
    return this.carrier.reasons.get(`${device} ${tag}`)
  }
}

function deviceAt(ip: string | number | undefined): number {
  const match = /^10\.0\.(\d+)\.(\d+)$/.exec(String(ip))
  return match ? Number(match[1]) * 256 + Number(match[2]) : -1
}

type Day = (site: Site, day: number) => void

const administers: Day = (site, day) => {
  for (let k = 0; k < 3; k++)
    site.tell('dce_rpc', day * DAY + (9 + k) * HOUR, SUBJECT, 20 + ((day * 3 + k) % 15), {
      endpoint: 'svcctl',
      operation: 'StartServiceW',
    })
  site.conn(day * DAY + 9 * HOUR, SUBJECT, 1, 445)
}
const deploys: Day = (site, day) => {
  for (let k = 0; k < 3; k++)
    site.tell('smb_files', day * DAY + (9 + k) * HOUR, SUBJECT, 20 + ((day * 3 + k) % 18), {
      action: 'SMB::FILE_WRITE',
      path: '\\\\x\\ADMIN$',
      name: `ccmcache\\Suite-${day}.msi`,
    })
}
const backsUp: Day = (site, day) => {
  for (let source = 1; source <= 6; source++) {
    const at = day * DAY + 22 * HOUR + source * MINUTE
    if (source % 2 === 0) site.conn(at, SUBJECT, source, 445, { resp_bytes: 4e9, orig_bytes: 100_000 })
    else site.conn(at, source, SUBJECT, 10_005, { orig_bytes: 4e9, resp_bytes: 100_000 })
  }
}
const monitors: Day = (site, day) => {
  for (let poll = 0; poll < 48; poll++)
    for (let target = 0; target < 12; target++)
      site.conn(day * DAY + poll * 30 * MINUTE + target * SECOND, SUBJECT, target, 161, {
        proto: 'udp',
        orig_bytes: 300,
        resp_bytes: 900,
      })
}
const scans: Day = (site, day) => {
  for (let host = 1; host <= 12; host++)
    for (let port = 1; port <= 12; port++) {
      const open = host <= 9 && port === 5
      site.conn(day * DAY + 22 * HOUR + host * MINUTE + port, SUBJECT, host, port * 100, {
        conn_state: open ? 'SF' : port % 2 ? 'REJ' : 'S0',
      })
    }
}
const SERVER = TAG_BIT.Server
const ROLES: readonly { readonly tag: Tag; readonly does: Day; readonly mask: number; readonly says: RegExp }[] = [
  { tag: 'Admin Workstation', does: administers, mask: 0, says: /^administered 15 devices on 7 of the last 7 days$/ },
  {
    tag: 'Deployment Server',
    does: deploys,
    mask: SERVER,
    says: /^wrote programs or scripts to 18 devices on 7 of the/,
  },
  {
    tag: 'Backup Server',
    does: backsUp,
    mask: SERVER,
    says: /^took data in bulk from 6 devices in the network's quiet/,
  },
  { tag: 'Monitoring', does: monitors, mask: 0, says: /^asked the same 12 devices round the clock on 7 of the last 7/ },
  { tag: 'Security Scanner', does: scans, mask: 0, says: /^tried many ports on many hosts, 9 of which answered/ },
]

/** The device's role is played on some days; afterwards comes one day of others, and the commit's day. */
function world(mask: number, days: number, plays: Day, first = 2): Site {
  const site = new Site((device) => (device === SUBJECT ? mask : 0))
  for (let day = 0; day < days; day++) {
    site.ordinaryDay(day)
    if (day >= first) plays(site, day)
  }
  return site
}

/** Monitoring needs a day before, to compare with; backup a committed day, to know the quiet hours. */
const warmUp = (tag: Tag): number => (tag === 'Monitoring' ? 1 : 0)

for (const { tag, does, mask, says } of ROLES) {
  test(`${tag}: learned from 7 committed days and not from 6, with the reason, and nothing else is`, () => {
    const last = 2 + 7 + warmUp(tag)
    const site = world(mask, last, does)
    // The seventh day is over, but younger than the lag.
    site.play()
    site.station.tick(START + last * DAY + 30 * MINUTE)
    assert.equal(site.reason(tag), undefined, '6 days are committed')
    site.station.tick(START + last * DAY + 24 * HOUR)
    assert.match(site.reason(tag) ?? '', says)
    assert.deepEqual([...site.carrier.reasons.keys()], [`${SUBJECT} ${tag}`])
  })

  test(`${tag}: quarantine holds it: no day of it counts, and what was learned before is not lost`, () => {
    const held = world(mask, 8, does).play()
    held.station.self.quarantine(SUBJECT, START + 20 * DAY)
    held.station.tick(START + 12 * DAY)
    assert.equal(held.reason(tag), undefined)
    const before = world(mask, 12, does).play()
    before.station.tick(START + 13 * DAY)
    assert.ok(before.reason(tag))
    before.station.self.quarantine(SUBJECT, START + 60 * DAY)
    before.station.tick(START + 14 * DAY)
    assert.ok(before.reason(tag))
  })

  test(`${tag}: ends when the behaviour has stopped for 30 days`, () => {
    const site = world(mask, 12, does).play()
    site.station.tick(START + 13 * DAY)
    assert.ok(site.reason(tag))
    site.station.tick(START + 41 * DAY)
    assert.ok(site.reason(tag))
    site.station.tick(START + 45 * DAY)
    assert.equal(site.reason(tag), undefined)
  })
}

test('an intruder who scans for weeks is excused neither as a scanner nor as an administrator', () => {
  const browses: Day = (site, day) => {
    for (let site_ = 0; site_ < 25; site_++)
      site.tell('conn', day * DAY + 9 * HOUR + site_, SUBJECT, 0, {
        'id.resp_h': `203.0.${site_}.9`,
        'id.resp_p': 443,
        proto: 'tcp',
        conn_state: 'SF',
      })
  }
  const withShares: Day = (site, day) => {
    scans(site, day)
    for (let host = 1; host <= 9; host++)
      site.tell('smb_mapping', day * DAY + 23 * HOUR + host, SUBJECT, host, { path: `\\\\${host}\\ADMIN$` })
  }
  const worksAndScans: Day = (site, day) => {
    browses(site, day)
    withShares(site, day)
  }
  const cases: readonly [why: string, mask: number, days: number, plays: Day, first: number][] = [
    ['somebody works at it', 0, 20, worksAndScans, 0],
    ['it serves', SERVER, 20, withShares, 0],
    ['it is a printer', TAG_BIT.Printer, 20, withShares, 0],
    [
      'it did other things before',
      0,
      30,
      (site, day) => (day < 12 ? administers(site, day) : withShares(site, day)),
      0,
    ],
    ['it came later than Thymus', 0, 30, withShares, 9],
  ]
  for (const [why, mask, days, plays, first] of cases) {
    const site = world(mask, days, plays, first).play()
    site.station.tick(START + (days + 2) * DAY)
    assert.equal(site.reason('Security Scanner'), undefined, why)
    if (why !== 'it did other things before') assert.equal(site.reason('Admin Workstation'), undefined, why)
  }
})

test('a weekly scan takes seven weeks, and then counts', () => {
  const weekly = (weeks: number): Site => {
    const site = world(0, weeks * 7 - 3, (at, day) => (day % 7 === 3 ? scans(at, day) : undefined), 0).play()
    site.station.tick(START + weeks * 7 * DAY)
    return site
  }
  assert.equal(weekly(6).reason('Security Scanner'), undefined)
  assert.match(weekly(7).reason('Security Scanner') ?? '', /on 7 of the last 43 days$/)
})

test('look-alikes: a recorder round the clock, a proxy by day, a sweep that goes on, users of terminal servers, one of these', () => {
  const records: Day = (site, day) => {
    for (let hour = 0; hour < 24; hour++)
      for (let camera = 1; camera <= 6; camera++)
        site.conn(day * DAY + hour * HOUR + camera, SUBJECT, camera, 554, { resp_bytes: 5e8, orig_bytes: 1000 })
  }
  const follows: Day = (site, day) => {
    for (let hour = 0; hour < 24; hour++)
      for (let turn = 0; turn < (hour > 7 && hour < 18 ? 10 : 1); turn++)
        for (let backend = 1; backend <= 10; backend++)
          site.conn(day * DAY + hour * HOUR + turn * MINUTE + backend, SUBJECT, backend, 8080)
  }
  const sweeps: Day = (site, day) => {
    for (let n = 0; n < 24 * 12; n++) site.conn(day * DAY + n * 5 * MINUTE, SUBJECT, 300 + ((day * 288 + n) % 700), 445)
  }
  const signsOn: Day = (site, day) => {
    site.tell('rdp', day * DAY + 9 * HOUR, SUBJECT, 1, { result: 'encrypted' })
    site.tell('rdp', day * DAY + 10 * HOUR, SUBJECT, 2, { result: 'encrypted' })
  }
  const terminalServer: Day = (site, day) => {
    administers(site, day)
    for (let user = 20; user < 24; user++) site.conn(day * DAY + 9 * HOUR + user, user, SUBJECT, 3389)
  }
  for (const plays of [records, follows, sweeps, signsOn, terminalServer]) {
    const site = world(0, 14, plays).play()
    site.station.tick(START + 16 * DAY)
    assert.deepEqual([...site.carrier.reasons], [])
  }
})

test('a day on which a learned model raised an alert on the device earns no excuse', () => {
  const site = new Site()
  for (let day = 0; day < 12; day++) {
    site.ordinaryDay(day)
    administers(site, day)
    site.play()
    if (day >= 3 && day < 9) site.station.fired(SUBJECT)
  }
  site.station.tick(START + 14 * DAY)
  assert.equal(site.reason('Admin Workstation'), undefined)
})

test('a snapshot in the middle of a day changes nothing, and neither does the seed of the indexes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'thymus-roles-'))
  try {
    const mask = (device: number): number => (device === SUBJECT ? SERVER : 0)
    const all: Day = (site, day) => {
      site.ordinaryDay(day)
      monitors(site, day)
      deploys(site, day)
      backsUp(site, day)
    }
    const run = async (seed: number, cut: boolean): Promise<unknown> => {
      let site = new Site(mask, seed)
      const reasons = new Map<string, string>()
      for (let day = 0; day < 12; day++) {
        all(site, day)
        site.play()
        if (!cut || day !== 6) continue
        const writer = new SnapshotWriter()
        site.station.addTo(writer)
        const place = join(folder, String(seed))
        await writer.write(place)
        const found = await readSnapshot(place)
        assert.equal(found.is, 'read')
        site = new Site(mask, seed + 1)
        if (found.is === 'read') site.station.restore(found.sections)
      }
      site.station.tick(START + 14 * DAY)
      for (const [what, why] of site.carrier.reasons) reasons.set(what, why)
      return [...reasons].sort()
    }
    const whole = await run(1, false)
    assert.equal((whole as unknown[]).length, 2, 'what backs up and watches, and renews its agents, deploys nothing')
    assert.deepEqual(await run(1, true), whole)
    assert.deepEqual(await run(99, false), whole)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('bits are counted in all 32 places', () => {
  assert.deepEqual([0, 1, -1, 0x80000000 | 0, 0x55555555].map(popcount), [0, 1, 32, 1, 16])
})
