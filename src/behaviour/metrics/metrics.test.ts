import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { DeviceDirectory } from '../../device/directory.ts'
import { TAG_BIT } from '../../device/tags.ts'
import { BATCH_ROWS } from '../../event/batch.ts'
import { BatchBuilder } from '../../event/batch_builder.ts'
import { Event } from '../../event/event.ts'
import { logType } from '../../event/log_types.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../event/time.ts'
import { BehaviourStation } from '../behaviour.ts'
import { QUESTIONS } from '../self/questions.ts'
import { readSnapshot, SnapshotWriter } from '../snapshot.ts'

const START = 20_000 * DAY
const MANY = QUESTIONS.indexOf('many')
const SERVERS = 10

/** Device n is 10.0.0.n; the first ten are servers. */
const directory: DeviceDirectory = {
  size: 256,
  id: (device) => `id-${device}`,
  ip: (device) => `10.0.0.${device}`,
  hostname: () => '',
  tagMask: (device) => (device < SERVERS ? TAG_BIT.Server : 0),
  has: () => false,
  tags: () => [],
  firstSeen: () => 0,
  lastSeen: () => 0,
  credential: (credential) => `user${credential}`,
}

interface Told {
  readonly log: string
  readonly at: number
  readonly orig: number
  readonly resp: number
  readonly credential?: number
  readonly late?: boolean
  readonly fields?: Readonly<Record<string, string | number>>
}

class Feed {
  readonly event = new Event()
  readonly station: BehaviourStation

  constructor(seed = 0) {
    this.station = new BehaviourStation(directory, { bounds: { dayCache: 1024 }, seed })
  }

  /** In order of time; one batch a log type. */
  tell(told: readonly Told[], each: (told: Told) => void = () => {}): void {
    const batches = new Map<string, { builder: BatchBuilder; taken: Event['batch'][]; next: number }>()
    for (const { log, at, orig, resp, fields } of told) {
      let of = batches.get(log)
      if (of === undefined) {
        of = { builder: new BatchBuilder(logType(log)), taken: [], next: 0 }
        batches.set(log, of)
      }
      const { builder } = of
      const type = logType(log)
      builder.setNumber(0, at)
      builder.setText(type.slots.get('id.orig_h')!, orig >= 0 ? `10.0.0.${orig}` : '198.51.100.7')
      builder.setText(type.slots.get('id.resp_h')!, resp >= 0 ? `10.0.0.${resp}` : '203.0.113.9')
      for (const [name, value] of Object.entries(fields ?? {})) {
        const slot = type.slots.get(name)!
        if (typeof value === 'number') builder.setNumber(slot, value)
        else builder.setText(slot, value)
      }
      assert.equal(builder.commit(1), undefined)
      if (builder.full) of.taken.push(builder.take()!)
    }
    for (const of of batches.values()) {
      const last = of.builder.take()
      if (last) of.taken.push(last)
    }
    const { event } = this
    for (const one of told) {
      const of = batches.get(one.log)!
      event.batch = of.taken[Math.floor(of.next / BATCH_ROWS)]!
      event.row = of.next++ % BATCH_ROWS
      event.key = Math.max(event.key, one.at)
      event.clock = event.key
      event.orig = one.orig
      event.resp = one.resp
      event.credential = one.credential ?? -1
      event.late = one.late ?? false
      this.station.see(event)
      each(one)
    }
  }
}

function conn(at: number, orig: number, resp: number, fields: Told['fields'] = {}): Told {
  return { log: 'conn', at, orig, resp, fields: { proto: 'tcp', conn_state: 'SF', 'id.resp_p': 445, ...fields } }
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * One ordinary day: each device has its own level and spread of connections, of bytes inside and outside, of look-ups; now
 * and then some fail; now and then there is a lively day.
 */
function ordinaryDay(day: number, devices: number, random: () => number): Told[] {
  const told: Told[] = []
  for (let device = 0; device < devices; device++) {
    const level = 0.5 + ((device * 7919) % 97) / 30
    const lively = random() < 0.06 ? 1 + 4 * random() : 1
    const noise = (): number => Math.exp((random() + random() + random() - 1.5) * 1.2)
    const some = (mean: number): number => Math.floor(mean * level * lively * noise())
    const at = (): number => START + day * DAY + 8 * HOUR + Math.floor(random() * 9 * HOUR)
    for (let n = 1 + some(3); n > 0; n--)
      told.push(
        conn(at(), device, Math.floor(random() * SERVERS), {
          orig_bytes: Math.floor(2000 * level * lively * noise()),
          resp_bytes: Math.floor(20_000 * level * lively * noise()),
        }),
      )
    for (let n = some(1); n > 0; n--)
      told.push(
        conn(at(), device, -1, { 'id.resp_p': 443, orig_bytes: Math.floor(3000 * noise()), resp_bytes: 90_000 }),
      )
    for (let n = some(2); n > 0; n--)
      told.push({
        log: 'dns',
        at: at(),
        orig: device,
        resp: 1,
        fields: { query: 'a.example.org', rcode: random() < 0.1 ? 3 : 0 },
      })
    if (random() < 0.15)
      for (let n = 1 + some(1); n > 0; n--) told.push(conn(at(), device, (device + n) % devices, { conn_state: 'S0' }))
    if (random() < 0.1)
      for (let n = 1 + Math.floor(random() * 2); n > 0; n--)
        told.push({
          log: 'ntlm',
          at: at(),
          orig: device,
          resp: 0,
          credential: device,
          fields: { success: random() < 0.5 ? 0 : 1 },
        })
  }
  return told.sort((a, b) => a.at - b.at)
}

function sorted(told: readonly Told[]): Told[] {
  return [...told].sort((a, b) => a.at - b.at)
}

/** What the station says of the device's volumes at the end of the told. */
function reasonOf(feed: Feed, device: number): { bits: number; view: string; sentence: string } | undefined {
  return feed.station.surprise(device)?.reasons.find(({ question }) => question === 'many')
}

test('stated odds of volumes are true within 2: at one in 10 and one in 100 trials, on benign worlds of 40 days', () => {
  let tested = 0
  let tenth = 0
  let hundredth = 0
  for (const seed of [1, 2]) {
    const feed = new Feed()
    const random = generator(seed)
    const { metrics } = feed.station.self
    for (let day = 0; day < 40; day++) {
      feed.tell(ordinaryDay(day, 60, random))
      if (day < 15) continue
      for (const { counts, maps } of metrics.families) {
        for (let device = 0; device < 60; device++) {
          const row = counts.find(device)
          if (row === 0) continue
          counts.look(row)
          if (counts.day !== metrics.day) continue
          const p = maps[device < SERVERS ? 2 : 1]!.tail(counts.best)
          tested++
          if (p <= 0.1) tenth++
          if (p <= 0.01) hundredth++
        }
      }
    }
  }
  const truths = [tenth / (tested * 0.1), hundredth / (tested * 0.01)]
  assert.ok(tested > 5000)
  for (const truth of truths)
    assert.ok(truth > 0.5 && truth < 2, `observed over stated: ${truths.join(', ')} of ${tested}`)
})

/** A world that has been learned for a while. */
function learned(days: number, also: (day: number) => readonly Told[] = () => []): Feed {
  const feed = new Feed()
  const random = generator(7)
  for (let day = 0; day < days; day++) feed.tell(sorted([...ordinaryDay(day, 60, random), ...also(day)]))
  return feed
}

const FLOOD = (day: number, device: number): Told[] =>
  Array.from({ length: 400 }, (_, n) =>
    conn(START + day * DAY + 12 * HOUR + n * 100_000, device, 11 + (n % 45), { conn_state: n % 2 ? 'S0' : 'REJ' }),
  )
const GUESSING = (day: number, device: number): Told[] =>
  Array.from({ length: 300 }, (_, n) => ({
    log: 'ntlm',
    at: START + day * DAY + 12 * HOUR + n * SECOND,
    orig: device,
    resp: 3,
    credential: 33,
    fields: { success: 0 },
  }))
const THEFT = (day: number, device: number): Told[] =>
  Array.from({ length: 20 }, (_, n) =>
    conn(START + day * DAY + 12 * HOUR + n * MINUTE, device, -1, {
      'id.resp_p': 443,
      orig_bytes: 4e8,
      resp_bytes: 4e5,
    }),
  )

test('a flood, guessing of passwords and a theft of data are odd on the day they happen, and are named with what was usual', () => {
  const cases = [
    { act: FLOOD, view: /failed connections|in vain|without answer|rejected|distinct internal peers|^connections$/ },
    { act: GUESSING, view: /failed NTLM logins/ },
    { act: THEFT, view: /bytes out, outside/ },
  ]
  for (const { act, view } of cases) {
    const feed = learned(20)
    let fresh = 0
    feed.tell(sorted([...act(20, 33), conn(START + 20 * DAY + 9 * HOUR, 58, 2)]), () => {
      if (feed.station.self.fresh.some((one) => one.device === 33 && feed.station.self.judgedAs(one.view) === MANY))
        fresh++
    })
    const reason = reasonOf(feed, 33)
    assert.ok(reason !== undefined && reason.bits > 4, `${reason?.bits} bits: ${reason?.sentence}`)
    assert.match(reason.view, view)
    assert.match(
      reason.sentence,
      /^(10\.0\.0\.33|user33) .* (within 5 minutes|within an hour|on one day); (on \d+|never on \d+) active days .*; (clients like it at most .* on 99 days of 100|only \d+ days of user accounts are known)$/,
    )
    assert.ok(fresh > 3 && fresh < 80, `the events that cross are few: ${fresh}`)
    assert.ok((reasonOf(feed, 58)?.bits ?? 0) < 3, 'a neighbour is not odd')
  }
})

test('a number in a reason is what was counted', () => {
  const feed = learned(20)
  feed.tell(GUESSING(20, 33))
  assert.match(reasonOf(feed, 33)!.sentence, /made 300 failed NTLM logins (within 5 minutes|within an hour|on one day)/)
})

test('a nightly backup is odd on its first night and no more after ten', () => {
  const backup = (day: number): Told[] =>
    Array.from({ length: 8 }, (_, n) =>
      conn(START + day * DAY + 2 * HOUR + n * 5 * MINUTE, 40, 4, {
        orig_bytes: 3e9 + 1e8 * ((day * 13 + n * 7) % 9),
        resp_bytes: 1e6,
      }),
    )
  const feed = learned(15)
  const random = generator(8)
  const bits: number[] = []
  for (let day = 15; day < 28; day++) {
    feed.tell(sorted([...backup(day), ...ordinaryDay(day, 60, random)]))
    const reason = reasonOf(feed, 40)
    bits.push(reason !== undefined && /bytes/.test(reason.view) ? reason.bits : 0)
  }
  assert.ok(bits[0]! > 4, `first night: ${bits.join(', ')}`)
  for (const late of bits.slice(10)) assert.ok(late < 3, `after ten: ${bits.join(', ')}`)
})

test('what is done in quarantine does not become usual', () => {
  const run = (held: boolean): number => {
    const feed = learned(12)
    const random = generator(9)
    if (held) feed.station.self.quarantine(33, START + 25 * DAY)
    for (let day = 12; day < 24; day++) feed.tell(sorted([...GUESSING(day, 33), ...ordinaryDay(day, 60, random)]))
    const usual = feed.station
      .metrics(33)
      .find(({ metric, window }) => metric === 'failed NTLM logins' && window === 'a day')
    return usual!.highest
  }
  assert.ok(run(false) >= 300)
  assert.ok(run(true) < 20)
})

test('late records are not counted, and a device that does one thing has memory for that alone', () => {
  const feed = new Feed()
  feed.tell([
    { ...conn(START, 5, 6), late: true },
    { log: 'dns', at: START, orig: 7, resp: 1, fields: { query: 'a.example.org', rcode: 3 } },
  ])
  assert.deepEqual(feed.station.metrics(5), [])
  assert.deepEqual(
    feed.station.metrics(7).map(({ metric, window, today }) => [metric, window, today]),
    ['DNS queries', 'DNS queries for names that do not exist'].flatMap((metric) =>
      ['5 minutes', 'an hour', 'a day'].map((window) => [metric, window, 1]),
    ),
  )
  const sizes = feed.station.self.metrics.families.map(({ counts }) => counts.size)
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    1,
  )
  for (const { counts } of feed.station.self.metrics.families)
    assert.ok(counts.bytesOfBlock < 900, `${counts.bytesOfBlock}`)
})

test('windows end: an hour holds the sum of its five minutes, and the day keeps the highest of each', () => {
  const feed = new Feed()
  const burst = (at: number, n: number): Told[] => Array.from({ length: n }, () => conn(at, 5, 6))
  feed.tell([...burst(START, 3), ...burst(START + 5 * MINUTE, 4), ...burst(START + HOUR, 5), ...burst(START + DAY, 2)])
  const of = (metric: string): number[] =>
    feed.station.metrics(5).flatMap((usual) => (usual.metric === metric ? [usual.today] : []))
  assert.deepEqual(of('connections'), [2, 2, 2])
  feed.tell([conn(START + DAY + DAY, 5, 6)])
  feed.tell([conn(START + 5 * DAY, 5, 6)])
  const usual = feed.station.metrics(5).filter(({ metric }) => metric === 'connections')
  assert.deepEqual(
    usual.map(({ highest }) => highest),
    [5, 7, 12],
  )
})

test('going on from a snapshot in the middle of a day gives what going on without a break gives', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'thymus-metrics-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const random = generator(5)
  const days = Array.from({ length: 9 }, (_, day) => ordinaryDay(day, 40, random)).flat()
  const told = sorted([...days, ...FLOOD(8, 33), ...GUESSING(7, 33)])
  const cut = told.findIndex(({ at }) => at > START + 8 * DAY + 12 * HOUR + 7 * SECOND)
  const whole = new Feed(1)
  whole.tell(told.slice(0, cut))
  const writer = new SnapshotWriter()
  whole.station.addTo(writer)
  const written = writer.write(folder)
  whole.tell(told.slice(cut))
  await written
  const read = await readSnapshot(folder)
  assert.equal(read.is, 'read')
  if (read.is !== 'read') return
  const resumed = new Feed(2)
  resumed.station.restore(read.sections)
  resumed.event.key = told[cut - 1]!.at
  resumed.tell(told.slice(cut))
  const said = ({ station }: Feed): unknown =>
    Array.from({ length: 60 }, (_, device) => [
      station.surprise(device),
      station.metrics(device),
      station.metricsOfCredential(device),
    ])
  assert.deepEqual(said(resumed), said(whole))
  assert.ok(reasonOf(whole, 33)!.bits > 2)
})
