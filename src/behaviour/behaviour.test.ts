import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DeviceDirectory } from '../device/directory.ts'
import { BATCH_ROWS } from '../event/batch.ts'
import { Event } from '../event/event.ts'
import { DAY, HOUR } from '../event/time.ts'
import { BehaviourStation } from './behaviour.ts'
import type { HabitBounds } from './habits.ts'
import { readSnapshot, SnapshotWriter } from './snapshot.ts'
import { batchesOf } from './told_events.ts'
import { FAMILIES, VIEWS } from './views/families.ts'

/** Devices are the addresses 10.0.0.n, with index n. */
const directory: DeviceDirectory = {
  size: 256,
  id: (device) => `id-${device}`,
  ip: (device) => `10.0.0.${device}`,
  hostname: (device) => (device === 9 ? 'FS1' : ''),
  tagMask: () => 0,
  has: () => false,
  tags: () => [],
  firstSeen: () => 0,
  lastSeen: () => 0,
  credential: (credential) => `CORP\\user${credential}`,
}

const START = 20_000 * DAY

interface Told {
  readonly log: string
  readonly at: number
  readonly fields: Readonly<Record<string, string | number>>
  readonly credential?: number
}

function deviceOf(address: string | number | undefined): number {
  const match = /^10\.0\.0\.(\d+)$/.exec(String(address ?? ''))
  return match ? Number(match[1]) : -1
}

class Feed {
  readonly event = new Event()
  readonly station: BehaviourStation

  constructor(bounds: Partial<HabitBounds> = {}, seed = 0, timeZone = 'UTC') {
    this.station = new BehaviourStation(directory, { bounds: { dayCache: 1024, ...bounds }, seed, timeZone })
  }

  /** One batch a log type, its rows interleaved with the others' as told. */
  tell(told: readonly Told[]): void {
    const { event } = this
    const byLog = new Map<string, Told[]>()
    for (const one of told) {
      const of = byLog.get(one.log)
      if (of) of.push(one)
      else byLog.set(one.log, [one])
    }
    const rest = new Map([...byLog].map(([log, of]) => [log, { batches: batchesOf(log, of), next: 0 }]))
    for (const { log, fields, credential } of told) {
      const stream = rest.get(log)!
      event.batch = stream.batches[Math.floor(stream.next / BATCH_ROWS)]!
      event.row = stream.next++ % BATCH_ROWS
      event.key = Math.max(event.key, event.batch.known[event.row]!)
      event.clock = event.key
      event.orig = deviceOf(fields['id.orig_h'])
      event.resp = deviceOf(fields['id.resp_h'])
      event.credential = credential ?? -1
      this.station.see(event)
    }
  }
}

function conn(at: number, orig: string, resp: string, port: number, state: string, service = ''): Told {
  const fields = { 'id.orig_h': orig, 'id.resp_h': resp, 'id.resp_p': port, proto: 'tcp', conn_state: state, service }
  return { log: 'conn', at, fields }
}

function shares(at: number, orig: string, resp: string, share: string): Told {
  return { log: 'smb_mapping', at, fields: { 'id.orig_h': orig, 'id.resp_h': resp, path: share } }
}

function lines(station: BehaviourStation, device: number): string[] {
  return station
    .normal(device)
    .map(({ view, value, days, activeDaysOfDevice }) => `${view}: ${value} on ${days} of ${activeDaysOfDevice} days`)
}

test('a day of learning ends at the midnight of the site', () => {
  // 22:30 and 23:30 by UTC: one day there, and two in Berlin's winter, where midnight lies between.
  const evening = START + 60 * DAY + 22.5 * HOUR
  const told = [evening, evening + HOUR].map((at) => conn(at, '10.0.0.7', '10.0.0.9', 445, 'SF', 'smb'))
  for (const [timeZone, days] of [
    ['UTC', 1],
    ['Europe/Berlin', 2],
  ] as const) {
    const feed = new Feed({}, 0, timeZone)
    feed.tell(told)
    assert.deepEqual(new Set(feed.station.normal(7).map((habit) => habit.days)), new Set([days]), timeZone)
    assert.equal(feed.station.normal(7)[0]?.lastDay, timeZone === 'UTC' ? '2024-12-03' : '2024-12-04')
  }
})

test('a share used on 12 of 14 active days is told so, with first and last day', () => {
  const feed = new Feed()
  for (let day = 0; day < 14; day++) {
    const at = START + day * DAY + 9 * HOUR
    feed.tell([conn(at, '10.0.0.7', '10.0.0.9', 445, 'SF', 'smb,gssapi,ntlm')])
    if (day !== 3 && day !== 5) {
      feed.tell(Array.from({ length: 5 }, (_, i) => shares(at + i, '10.0.0.7', '10.0.0.9', '\\\\fs1.corp\\Data')))
    }
  }
  const habit = feed.station.normal(7).find(({ view }) => view === 'device → share')
  assert.deepEqual(habit, {
    view: 'device → share',
    value: '\\\\FS1\\data',
    firstDay: '2024-10-04',
    lastDay: '2024-10-17',
    days: 12,
    activeDaysOfDevice: 14,
  })
  assert.ok(lines(feed.station, 7).includes('device → internal peer and service: FS1: smb (tcp/445) on 14 of 14 days'))
  assert.ok(
    lines(feed.station, 9).includes('device → service offered, by client: smb (tcp/445) to 10.0.0.7 on 14 of 14 days'),
  )
})

test('a SYN that nobody answers, or that is refused, is no use of a peer or service', () => {
  const feed = new Feed()
  feed.tell([
    conn(START, '10.0.0.7', '10.0.0.9', 445, 'S0'),
    conn(START, '10.0.0.7', '10.0.0.10', 22, 'REJ'),
    conn(START, '10.0.0.7', '8.8.8.8', 53, 'S0'),
    conn(START, '198.51.100.7', '10.0.0.9', 3389, 'S0'),
  ])
  assert.deepEqual(lines(feed.station, 7), [
    'device → service tried in vain: dns (tcp/53) on 1 of 1 days',
    'device → service tried in vain: smb (tcp/445) on 1 of 1 days',
    'device → service tried in vain: ssh (tcp/22) on 1 of 1 days',
  ])
  assert.deepEqual(lines(feed.station, 9), [])
})

test('an endpoint is called by the name the device asked for, else by its prefix; another device knows its own', () => {
  const feed = new Feed()
  const answers = ['edge.cdn.example.net', '203.0.113.9', '203.0.113.10'].join('\x1f')
  feed.tell([
    {
      log: 'dns',
      at: START,
      fields: { 'id.orig_h': '10.0.0.7', 'id.resp_h': '10.0.0.2', query: 'www.shop.co.uk', answers },
    },
    conn(START + 1, '10.0.0.7', '203.0.113.9', 443, 'SF', 'ssl'),
    conn(START + 2, '10.0.0.8', '203.0.113.9', 443, 'SF', 'ssl'),
    conn(START + 3, '10.0.0.8', '2001:db8:1:2::9', 443, 'SF', 'ssl'),
    {
      log: 'ssl',
      at: START + 4,
      fields: { 'id.orig_h': '10.0.0.8', 'id.resp_h': '203.0.114.9', server_name: 'api.example.org', established: 1 },
    },
  ])
  const endpoints = (device: number): string[] =>
    feed.station.normal(device).flatMap(({ view, value }) => (view === 'device → outside endpoint' ? [value] : []))
  assert.deepEqual(endpoints(7), ['shop.co.uk'])
  assert.deepEqual(endpoints(8), ['2001:db8:1::/48', '203.0.113.0/24', 'example.org'])
})

test('a credential is learned where it succeeded; a failure is another fact, and an unknown outcome none', () => {
  const feed = new Feed()
  const ntlm = (success: number | undefined, credential: number): Told => ({
    log: 'ntlm',
    at: START,
    fields: { 'id.orig_h': '10.0.0.7', 'id.resp_h': '10.0.0.9', ...(success === undefined ? {} : { success }) },
    credential,
  })
  feed.tell([ntlm(1, 1), ntlm(0, 2), ntlm(undefined, 3)])
  assert.deepEqual(lines(feed.station, 7), [
    'device → credential: CORP\\user1 on 1 of 1 days',
    'device → credential that failed: CORP\\user2 on 1 of 1 days',
    'device → credential that failed and never succeeded here: CORP\\user2 on 1 of 1 days',
  ])
  assert.deepEqual(
    feed.station.normalOfCredential(1).map(({ view, value }) => `${view}: ${value}`),
    ['credential → source device: 10.0.0.7', 'credential → destination device: FS1'],
  )
})

test('a late record is learned on its own day', () => {
  const feed = new Feed()
  const at = (day: number): Told => conn(START + day * DAY, '10.0.0.7', '10.0.0.9', 445, 'SF')
  feed.tell([at(5), at(3), at(5), at(3), at(6)])
  const peer = feed.station.normal(7).find(({ view }) => view === 'device → internal peer')
  assert.deepEqual(
    [peer?.firstDay, peer?.lastDay, peer?.days, peer?.activeDaysOfDevice],
    ['2024-10-07', '2024-10-10', 3, 3],
  )
})

/** A small hostile world: few devices, many names, days that go back and forth, bounds that are always reached. */
const happening = fc.record({
  kind: fc.constantFrom('conn', 'conn', 'share', 'pipe', 'rpc', 'write', 'endpoint'),
  orig: fc.integer({ min: 1, max: 6 }),
  resp: fc.integer({ min: 1, max: 6 }),
  name: fc.integer({ min: 0, max: 60 }),
  hours: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7),
  back: fc.constantFrom(0, 0, 0, 0, 0, 30),
})
const world = fc.array(happening, { minLength: 400, maxLength: 900 }).map((happenings) => {
  let clock = START
  return happenings.map(({ kind, orig, resp, name, hours, back }): Told => {
    clock += hours * HOUR
    const at = clock - back * HOUR
    const [a, b] = [`10.0.0.${orig}`, `10.0.0.${resp}`]
    const both = { 'id.orig_h': a, 'id.resp_h': b }
    const share = `\\\\srv\\share${name}`
    if (kind === 'conn') return conn(at, a, b, 1000 + name, 'SF', `svc${name % 7}`)
    if (kind === 'share') return shares(at, a, b, share)
    if (kind === 'endpoint') return conn(at, a, `203.0.${name}.9`, 443, 'SF', 'ssl')
    if (kind === 'write')
      return {
        log: 'smb_files',
        at,
        fields: { ...both, action: 'SMB::FILE_WRITE', path: share, name: `f${name}.x${name}` },
      }
    if (kind === 'pipe')
      return {
        log: 'smb_files',
        at,
        fields: { ...both, action: 'SMB::FILE_OPEN', path: '\\\\srv\\IPC$', name: `pipe_${'abcdefgh'[name % 8]}` },
      }
    return {
      log: 'dce_rpc',
      at,
      fields: { ...both, endpoint: `if${name % 5}`, operation: `Op${name}`, named_pipe: `p${'xyz'[name % 3]}` },
    }
  })
})
const tight = fc.constantFrom<Partial<HabitBounds>>(
  { links: 300, linksOfOwner: 24, values: 260, texts: 90, textBytes: 100_000 },
  { links: 1e6, linksOfOwner: 12 },
  { links: 300 },
)

function stateOf(station: BehaviourStation): unknown {
  const { dayCacheHits: _hits, dayCacheMisses: _misses, bytes: _bytes, ...counts } = station.counts()
  return [counts, Array.from({ length: 8 }, (_, device) => [station.normal(device), station.surprise(device)])]
}

test('neither the seed nor the day cache can be observed, even when bounds are reached all the time', () => {
  let evicted = 0
  fc.assert(
    fc.property(world, tight, (told, bounds) => {
      const feeds = [new Feed(bounds, 1), new Feed(bounds, 0x1234567), new Feed({ ...bounds, dayCache: 1 }, 3)]
      for (const feed of feeds) feed.tell(told)
      const [expected, ...others] = feeds.map(({ station }) => stateOf(station))
      for (const other of others) assert.deepEqual(other, expected)
      const counts = feeds[0]!.station.counts()
      evicted += counts.evicted['linksByAge']! + counts.evicted['linksOverShareOfOwner']!
      assert.ok(counts.links <= bounds.links!)
      assert.ok(counts.values <= (bounds.values ?? 1e6))
    }),
    { seed: 17, numRuns: 24, endOnFailure: true },
  )
  assert.ok(evicted > 3000, `bounds were reached: ${evicted}`)
})

test('going on from a snapshot gives what going on without a break gives', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'thymus-behaviour-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let judged = 0
  await fc.assert(
    fc.asyncProperty(world, tight, fc.integer({ min: 0, max: 399 }), async (told, bounds, cut) => {
      const whole = new Feed(bounds, 1)
      whole.tell(told.slice(0, cut))
      const writer = new SnapshotWriter()
      whole.station.addTo(writer)
      const written = writer.write(folder)
      whole.tell(told.slice(cut))
      await written
      const read = await readSnapshot(folder)
      assert.equal(read.is, 'read')
      if (read.is !== 'read') return
      const resumed = new Feed(bounds, 2)
      resumed.station.restore(read.sections)
      resumed.event.key = told.slice(0, cut).reduce((latest, { at }) => Math.max(latest, at), 0)
      resumed.tell(told.slice(cut))
      assert.deepEqual(stateOf(resumed.station), stateOf(whole.station))
      for (let device = 0; device < 8; device++) if (resumed.station.surprise(device)?.reasons.length) judged++
    }),
    { seed: 23, numRuns: 12, endOnFailure: true },
  )
  assert.ok(judged > 0, 'some device was odd in the end')
})

test('a snapshot with views that are not known is refused in words', () => {
  const { station } = new Feed()
  const sections = new Map([['behaviour/views', Buffer.from(JSON.stringify([[63, 'device → mood']]))]])
  assert.throws(() => station.restore(sections), /views that this version does not know: 63,device → mood/)
})

test('a million outside addresses and names leave memory bounded and what others learned in place', () => {
  const feed = new Feed({ linksOfOwner: 1000, texts: 5000, values: 20_000, links: 50_000 })
  feed.tell([shares(START, '10.0.0.3', '10.0.0.9', '\\\\fs1\\payroll')])
  const many: Told[] = []
  for (let i = 0; i < 60_000; i++) {
    const at = START + i
    many.push(conn(at, '10.0.0.7', `${20 + (i >> 14)}.${(i >> 6) & 255}.${(i * 4) & 255}.1`, 443, 'SF'))
    if (i % 2 === 0)
      many.push(conn(at, `${120 + (i >> 14)}.${(i >> 6) & 255}.${(i * 4) & 255}.1`, '10.0.0.9', 443, 'SF'))
  }
  feed.tell(many.sort((a, b) => (a.log < b.log ? -1 : a.log > b.log ? 1 : a.at - b.at)))
  const counts = feed.station.counts()
  assert.ok(counts.links < 3000, `${counts.links} links`)
  assert.ok(counts.texts <= 5000)
  assert.ok(counts.evicted['linksOverShareOfOwner']! > 50_000)
  assert.ok(lines(feed.station, 3).includes('device → share: \\\\FS1\\payroll on 1 of 1 days'))
})

test('every file of views/ that holds a family is in the list, and no view has the id of another', () => {
  const files = readdirSync(new URL('./views/', import.meta.url)).filter(
    (file) => !file.endsWith('.test.ts') && file !== 'family.ts' && file !== 'families.ts',
  )
  assert.equal(FAMILIES.length, files.length)
  assert.equal(new Set(VIEWS.map(({ id }) => id)).size, VIEWS.length)
  assert.ok(VIEWS.every(({ id }) => id >= 1 && id < 64))
})
