import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceDirectory } from '../../device/directory.ts'
import { TAG_BIT } from '../../device/tags.ts'
import { DAY, HOUR, MINUTE } from '../../event/time.ts'
import { HABIT_BOUNDS, Habits } from '../habits.ts'
import { SiteDays } from '../site_days.ts'
import { ADMIN_CHAIN, ADMIN_SOURCE, ADMINISTERED } from '../views/administration.ts'
import { ENDPOINT, PEER_SERVICE } from '../views/connections.ts'
import { CREDENTIAL_SOURCE, CREDENTIAL_USED } from '../views/credentials.ts'
import { VIEWS } from '../views/families.ts'
import { OPERATION, PIPE } from '../views/pipes.ts'
import { USER_AGENT } from '../views/software.ts'
import { OF_CREDENTIAL } from './device_days.ts'
import { QUESTIONS } from './questions.ts'
import { Self } from './self.ts'

const START = 20_000 * DAY
const SERVERS = 20

const directory: DeviceDirectory = {
  size: 1000,
  id: String,
  ip: String,
  hostname: String,
  tagMask: (device) => (device < SERVERS ? TAG_BIT.Server : 0),
  has: () => false,
  tags: () => [],
  firstSeen: () => 0,
  lastSeen: () => 0,
  credential: (credential) => `user${credential}`,
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
 * A world without attacks: workstations with habits, each with its own rate of meeting something new, in bursts; popular
 * and unpopular values; administrators who reach a new machine every other day.
 */
class World {
  readonly habits = new Habits(directory, VIEWS, { ...HABIT_BOUNDS, dayCache: 1024 }, 1)
  private readonly siteDays = new SiteDays()
  readonly self = new Self(this.habits, VIEWS, this.siteDays, 1)
  readonly random: () => number
  readonly devices: number
  private readonly curiosity: number[] = []
  day = 0
  private clock = START

  constructor(seed: number, devices: number) {
    this.random = generator(seed)
    this.devices = devices
    for (let device = 0; device < devices; device++) this.curiosity.push(0.02 + 0.5 * this.random() ** 3)
  }

  at(clock: number, actor: number, acts: () => void): void {
    this.clock = Math.max(this.clock, clock)
    this.self.advance(this.clock)
    this.habits.begin()
    this.self.begin(actor, false)
    if (actor >= 0) this.habits.deviceActivity.mark(actor, this.today)
    acts()
    this.habits.end()
  }

  get today(): number {
    return this.siteDays.dayOf(this.clock)
  }

  use(view: typeof PIPE, subject: number, a: number, b = 0): void {
    this.habits.use(view, subject, a, b, this.today)
  }

  text(text: string): number {
    return this.habits.texts.intern(text)
  }

  /** One ordinary day; `also` runs within each device's day. */
  ordinaryDay(also: (device: number) => void = () => {}, atEnd: (device: number) => void = () => {}): void {
    const { random } = this
    for (let device = 0; device < this.devices; device++) {
      const clock = START + this.day * DAY + 8 * HOUR + Math.floor((device / this.devices) * 8 * HOUR)
      this.at(clock, device, () => {
        const user = device
        const service = this.habits.serviceOf(6, 445, this.text('smb'))
        for (let k = 0; k < 3; k++) this.use(PEER_SERVICE, device, (device * 7 + k) % SERVERS, service)
        for (let k = 0; k < 5; k++) this.use(ENDPOINT, device, this.text(`usual${(device + k) % 40}.com`))
        this.use(CREDENTIAL_USED, device, user)
        this.use(CREDENTIAL_SOURCE, user, device)
        this.use(PIPE, device, this.text(['srvsvc', 'lsarpc', 'spoolss'][device % 3]!))
        this.use(USER_AGENT, device, this.text(`agent${device % 5}`))
        const fresh = (): number => {
          if (random() > this.curiosity[device]!) return 0
          return random() < 0.2 ? 1 + Math.floor(random() * 12) : 1
        }
        for (let n = fresh(); n > 0; n--)
          this.use(ENDPOINT, device, this.text(`site${Math.floor(random() ** 4 * 5000)}.com`))
        for (let n = fresh(); n > 0; n--)
          this.use(PEER_SERVICE, device, Math.floor(random() * this.devices), this.habits.serviceOf(6, 7680, 0))
        if (random() < 0.02) this.use(OPERATION, device, this.text(`samr op${Math.floor(random() * 20)}`))
        if (random() < 0.02) this.use(USER_AGENT, device, this.text(`agent${Math.floor(random() * 300)}`))
        if (device % 40 === 39) {
          // An administrator, every other day at one to four machines.
          if (random() < 0.5)
            for (let n = 1 + Math.floor(random() * 4); n > 0; n--) {
              const target = Math.floor(random() * this.devices)
              this.use(ADMINISTERED, device, target, this.text('remote desktop'))
              this.use(ADMIN_SOURCE, 500 + device, device)
            }
        }
        also(device)
      })
      atEnd(device)
    }
    this.day++
  }
}

test('stated odds are true within 2: at one in 10 and one in 100 device-days, sum and accounts, on worlds of 45 days', () => {
  const observed = { tested: 0, sum10: 0, sum100: 0, everything10: 0, everything100: 0 }
  for (const seed of [1, 2, 3, 4, 5]) {
    const world = new World(seed, 120)
    for (let day = 0; day < 45; day++) {
      world.ordinaryDay(undefined, (device) => {
        if (day < 15) return
        observed.tested++
        const p = world.self.jointTail(device, world.self.sum(device))
        const account = world.self.accountTail(device, 0)
        if (p <= 0.1) observed.sum10++
        if (p <= 0.01) observed.sum100++
        if (account <= 0.1) observed.everything10++
        if (account <= 0.01) observed.everything100++
      })
    }
  }
  const { tested } = observed
  const truth = (count: number, stated: number): number => count / (tested * stated)
  const ratios = [
    truth(observed.sum10, 0.1),
    truth(observed.sum100, 0.01),
    truth(observed.everything10, 0.1),
    truth(observed.everything100, 0.01),
  ]
  for (const ratio of ratios)
    assert.ok(ratio > 0.5 && ratio < 2, `observed over stated: ${ratios.map((r) => r.toFixed(2)).join(', ')}`)
})

test('paired worlds: the same act on the last day is odd where it was never done, and nothing where it was a habit', () => {
  const administer = (world: World, device: number): void => {
    if (device !== 50) return
    world.use(ADMINISTERED, 50, 3, world.text('service control'))
    world.use(ADMIN_SOURCE, 900, 50)
    world.use(PIPE, 50, world.text('svcctl'))
    world.use(OPERATION, 50, world.text('svcctl CreateServiceW'))
  }
  const lastDay = (habit: boolean): { sum: number; p: number; whys: string[] } => {
    const world = new World(9, 120)
    for (let day = 0; day < 24; day++)
      world.ordinaryDay(habit && day > 3 ? (device) => administer(world, device) : undefined)
    let result = { sum: 0, p: 1, whys: [] as string[] }
    world.ordinaryDay(
      (device) => administer(world, device),
      (device) => {
        if (device !== 50) return
        const sum = world.self.sum(50)
        const whys = QUESTIONS.filter((_, question) => world.self.oddest(50, question).bits > 0)
        result = { sum, p: world.self.jointTail(50, sum), whys }
      },
    )
    return result
  }
  const stranger = lastDay(false)
  const regular = lastDay(true)
  assert.ok(stranger.p < 1 / 400, `never done before: p = ${stranger.p}`)
  assert.deepEqual(
    ['who', 'own', 'what'].filter((question) => !stranger.whys.includes(question)),
    [],
  )
  assert.ok(regular.p > 0.05, `a habit of 20 days: p = ${regular.p}`)
})

test('what is seen is provisional: it is normal for nobody before the lag is over, and not while it is in quarantine', () => {
  const world = new World(4, 30)
  for (let day = 0; day < 20; day++) world.ordinaryDay()
  const pipe = world.text('psexesvc')
  const noon = START + 20 * DAY + 12 * HOUR
  world.at(noon, 5, () => world.use(PIPE, 5, pipe))
  world.at(noon, 6, () => world.use(PIPE, 6, pipe))
  world.self.quarantine(6, noon + 3 * DAY)
  const value = world.habits.values.find(PIPE.id, pipe, 0)
  assert.equal(world.habits.values.references(value), 2, 'both are remembered at once')
  world.self.advance(noon + 23 * HOUR)
  assert.equal(world.habits.values.committed(value), 0, 'the lag is a day by now')
  world.self.advance(noon + 24 * HOUR)
  assert.equal(world.habits.values.committed(value), 1, 'the one in quarantine is not counted')
  assert.equal(world.habits.values.published(value), 0, 'and nobody reads it before the epoch has closed')
  world.self.advance(noon + 24 * HOUR + MINUTE)
  assert.equal(world.habits.values.published(value), 1)
  world.self.advance(noon + 5 * DAY)
  assert.equal(world.habits.values.committed(value), 2, 'a quarantine that ends lets it count')
})

test('ticks in silence change nothing: the same is said whether or not the clock was told of every minute', () => {
  const run = (ticks: boolean): unknown => {
    const world = new World(6, 40)
    const said: unknown[] = []
    for (let day = 0; day < 12; day++) {
      if (ticks && day > 0)
        for (let t = 0; t < 48; t++) world.self.advance(START + (day - 1) * DAY + 17 * HOUR + t * 19 * MINUTE)
      world.ordinaryDay(undefined, (device) => said.push([world.self.sum(device), world.self.jointRate(device, 100)]))
    }
    return said
  }
  assert.deepEqual(run(true), run(false))
})

test('a young link that comes back is asked about, an old one is not', () => {
  const world = new World(8, 60)
  for (let day = 0; day < 20; day++) world.ordinaryDay()
  const back = (): void => world.use(ADMINISTERED, 30, 31, world.text('WMI'))
  const again = QUESTIONS.indexOf('again')
  const bits: number[] = []
  for (let day = 0; day < 3; day++)
    world.ordinaryDay(
      (device) => (device === 30 ? back() : undefined),
      (device) => (device === 30 ? bits.push(world.self.oddest(30, again).score) : undefined),
    )
  assert.equal(bits[0], 0, 'new, not back')
  assert.ok(bits[1]! > 16, 'the second day')
  assert.ok(bits[2]! > bits[1]!, 'the third says more')
})

test('a credential that walks carries its evidence from device to device, and nobody else is blamed for it', () => {
  const world = new World(5, 120)
  for (let day = 0; day < 20; day++) world.ordinaryDay()
  const tails: number[] = []
  let others = 1
  for (let hop = 0; hop < 4; hop++) {
    world.ordinaryDay(
      (device) => {
        if (device === 30 + hop) world.use(ADMIN_SOURCE, 900, device)
      },
      (device) => {
        const tail = world.self.accountTail(device, OF_CREDENTIAL)
        if (device === 30 + hop) tails.push(tail)
        else if (device % 40 !== 39) others = Math.min(others, tail)
      },
    )
  }
  assert.ok(tails[3]! < tails[0]!, `each hop adds: ${tails.join(', ')}`)
  assert.ok(tails[3]! < 1 / 500, `the fourth hop: ${tails[3]}`)
  assert.equal(others, 1)
})

test('an alert on a path is remembered where the same credential goes on to, for some days', () => {
  const watched = (credential: number, wait: number): boolean => {
    const world = new World(5, 60)
    for (let day = 0; day < 20; day++) world.ordinaryDay()
    world.ordinaryDay((device) => {
      if (device !== 30) return
      world.use(ADMIN_SOURCE, 900, 30)
      world.self.fired(30, 0.01)
    })
    for (let day = 0; day < wait; day++) world.ordinaryDay()
    let found = false
    world.ordinaryDay(
      (device) => {
        if (device === 31) world.use(ADMIN_CHAIN, credential, 31)
      },
      (device) => {
        if (device === 31) found = world.self.isOnWatchedPath(31)
        else assert.equal(world.self.isOnWatchedPath(device), false)
      },
    )
    return found
  }
  assert.equal(watched(900, 0), true)
  assert.equal(watched(901, 0), false, 'another credential')
  assert.equal(watched(900, 5), false, 'too long ago')
})

test('what a credential does on devices in quarantine is no habit of it', () => {
  const tailAtLast = (held: boolean): number => {
    const world = new World(5, 120)
    for (let day = 0; day < 20; day++) world.ordinaryDay()
    if (held) for (let device = 30; device < 37; device++) world.self.quarantine(device, START + 40 * DAY)
    let tail = 1
    for (let hop = 0; hop < 8; hop++)
      world.ordinaryDay(
        (device) => {
          if (device === 30 + hop) world.use(ADMIN_SOURCE, 900, device)
        },
        (device) => {
          if (device === 30 + hop) tail = world.self.accountTail(device, OF_CREDENTIAL)
        },
      )
    return tail
  }
  assert.ok(tailAtLast(true) < tailAtLast(false))
})
