import { layOutSubnets, macAddress, type Segment } from './addressing.ts'
import { Calendar } from './calendar.ts'
import { type DeviceKind, LabDevice, type Subnets } from './device.ts'
import { ACCOUNT_SCHEMES, ADMIN_SCHEMES, capital, fresh, fullName, word } from './names.ts'
import type { WorldOptions } from './options.ts'
import { Outside } from './outside.ts'
import { type Job, Person, type ShareChoice } from './people.ts'
import { Random } from './random.ts'
import { SERVER_NAMES, type ServerNaming } from './server_names.ts'

/** Accounts that programs use. */
export const SERVICE_PURPOSES = [
  'backup',
  'deployment',
  'monitoring',
  'scanner',
  'directory-sync',
  'database',
  'application',
  'copier',
] as const
type ServicePurpose = (typeof SERVICE_PURPOSES)[number]

/** Who and what there is, before anything happens. */
export interface WorldPlan {
  readonly options: WorldOptions
  readonly calendar: Calendar
  readonly company: string
  /** Directory domain: DNS name, Kerberos realm, NetBIOS name. */
  readonly domain: string
  readonly realm: string
  readonly netbios: string
  readonly subnets: Subnets
  readonly devices: readonly LabDevice[]
  readonly people: readonly Person[]
  readonly serviceAccounts: ReadonlyMap<ServicePurpose, string>
  /** The built-in account; administrators use it more than they should. */
  readonly administrator: string
  readonly outside: Outside
  /** Release of the sensor's Zeek. */
  readonly release: 4 | 7
  byKind(kind: DeviceKind): readonly LabDevice[]
  withJob(job: Job): readonly Person[]
}

const VENDORS: Readonly<Record<string, readonly string[]>> = {
  server: ['00:50:56', '00:15:5d', '3c:ec:ef', 'd0:94:66'],
  client: ['54:bf:64', '8c:ec:4b', 'e4:54:e8', '98:fa:9b', 'a4:4c:c8', '70:b5:e8'],
  printer: ['00:1b:a9', '3c:2a:f4', '00:26:73'],
  phone: ['00:04:f2', '80:5e:c0', '00:15:65'],
  camera: ['ac:cc:8e', '00:40:8c', '44:19:b6'],
  medical: ['00:09:6e', '00:0f:e5'],
  industrial: ['00:1b:1b', '00:0e:8c', '00:80:f4'],
}

function vendorOf(kind: DeviceKind, server: boolean): readonly string[] {
  return VENDORS[server ? 'server' : kind] ?? VENDORS[kind === 'network-gear' ? 'server' : 'client']!
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, Math.round(value)))
}

/** How many devices of each kind a world of `n` has. */
function headcount(n: number): Record<DeviceKind, number> {
  const counts: Record<DeviceKind, number> = {
    'domain-controller': clamp(2 + n / 600, 2, 8),
    'file-server': clamp(n / 60, 2, 25),
    'archive-server': 1,
    'database-server': clamp(n / 80, 1, 40),
    'application-server': clamp(n / 50, 2, 60),
    'web-server': clamp(n / 150, 1, 20),
    'mail-server': clamp(n / 1500, 1, 3),
    'backup-server': clamp(n / 2000, 1, 3),
    'deployment-server': clamp(n / 2500, 1, 3),
    'monitoring-server': clamp(n / 3000, 1, 2),
    'vulnerability-scanner': 1,
    'directory-sync': 1,
    'print-server': clamp(n / 1000, 1, 4),
    'terminal-server': clamp(n / 200, 1, 12),
    'linux-server': clamp(n / 70, 1, 40),
    'network-gear': clamp(n / 50, 2, 60),
    workstation: 0,
    laptop: 0,
    printer: clamp(n * 0.03, 2, 200),
    phone: clamp(n * 0.09, 2, 600),
    camera: clamp(n * 0.04, 1, 250),
    medical: clamp(n * 0.03, 1, 150),
    industrial: clamp(n * 0.025, 1, 120),
  }
  const clients = Math.max(16, n - Object.values(counts).reduce((sum, count) => sum + count, 0))
  counts.laptop = Math.round(clients * 0.48)
  counts.workstation = clients - counts.laptop
  return counts
}

const SEGMENT_OF: Readonly<Partial<Record<DeviceKind, Segment>>> = {
  'web-server': 'dmz',
  'network-gear': 'infrastructure',
  'monitoring-server': 'infrastructure',
  'vulnerability-scanner': 'infrastructure',
  workstation: 'office',
  laptop: 'office',
  printer: 'printers',
  phone: 'voice',
  camera: 'cameras',
  medical: 'medical',
  industrial: 'industrial',
}

/** Describes the world that the options make; `simulate` plays it. */
export function worldPlan(options: WorldOptions): WorldPlan {
  const random = Random.ofSeed(options.seed).fork('plan')
  const company = word(random, 2)
  const domain = `${random.pick(['corp', 'ad', 'int', 'ds'])}.${company}.${random.pick(['local', 'lan', 'com', 'net'])}`
  const calendar = new Calendar(options.start, options.days, options.utcOffset, random.fork('calendar'))
  const counts = headcount(options.devices)
  const subnets = layOutSubnets(random.fork('subnets'), hostsBySegment(counts))
  const devices = makeDevices(random.fork('devices'), counts, domain, company, subnets)
  const byKind = (kind: DeviceKind) => devices.filter((device) => device.kind === kind)
  const outside = new Outside(random.fork('outside'), Math.min(60_000, 4000 + options.devices * 10))
  const people = makePeople(random.fork('people'), devices, outside)
  const accounts = random.fork('accounts')
  const prefix = accounts.pick(['svc-', 'svc_', 's-', 'srv.', ''])
  const serviceAccounts = new Map(
    SERVICE_PURPOSES.map((purpose): [ServicePurpose, string] => [purpose, `${prefix}${word(accounts, 2)}`]),
  )
  return {
    options,
    calendar,
    company,
    domain,
    realm: domain.toUpperCase(),
    netbios: domain.split('.')[0]!.toUpperCase().slice(0, 15),
    subnets,
    devices,
    people,
    serviceAccounts,
    administrator: 'administrator',
    outside,
    release: random.chance(0.65) ? 7 : 4,
    byKind,
    withJob: (job) => people.filter((person) => person.job === job),
  }
}

function hostsBySegment(counts: Readonly<Record<DeviceKind, number>>): Record<Segment, number> {
  const hosts: Record<Segment, number> = {
    servers: 0,
    infrastructure: 0,
    dmz: 0,
    office: 0,
    printers: 0,
    voice: 0,
    cameras: 0,
    medical: 0,
    industrial: 0,
  }
  for (const [kind, count] of Object.entries(counts)) hosts[SEGMENT_OF[kind as DeviceKind] ?? 'servers'] += count
  return hosts
}

function makeDevices(
  random: Random,
  counts: Readonly<Record<DeviceKind, number>>,
  domain: string,
  company: string,
  subnets: Subnets,
): LabDevice[] {
  const naming: ServerNaming = random.pick(SERVER_NAMES)
  const clientPrefix = random.pick([company.slice(0, 3), 'pc', 'ws', 'd', company.slice(0, 2)])
  const clientWidth = random.between(4, 6)
  const taken = new Set<string>()
  const devices: LabDevice[] = []
  for (const [kindName, count] of Object.entries(counts)) {
    const kind = kindName as DeviceKind
    for (let number = 1; number <= count; number++) {
      const segment = SEGMENT_OF[kind] ?? 'servers'
      const subnet = subnets.get(segment)!
      const client = kind === 'workstation' || kind === 'laptop'
      const leased = client || kind === 'phone'
      const own = random.fork(kind, number)
      const isServer = !client && segment !== 'printers' && !['phone', 'camera', 'industrial'].includes(kind)
      const name = fresh(taken, () =>
        client
          ? `${clientPrefix}${kind === 'laptop' ? 'n' : ''}${own
              .below(10 ** clientWidth)
              .toString()
              .padStart(clientWidth, '0')}`
          : isServer
            ? naming(own, kind, number, company)
            : `${kind.slice(0, 3)}${own.hex(6)}`,
      )
      const device = new LabDevice({
        index: devices.length,
        kind,
        name: name.slice(0, 15),
        domain,
        mac: macAddress(own, own.pick(vendorOf(kind, isServer && kind !== 'medical'))),
        segment,
        address: leased ? subnet.takeLease(own) : subnet.takeStatic(),
        leased,
        firstDay: 0,
      })
      devices.push(device)
    }
  }
  return devices
}

function makePeople(random: Random, devices: readonly LabDevice[], outside: Outside): Person[] {
  const clients = random.shuffle(devices.filter((device) => device.kind === 'workstation' || device.kind === 'laptop'))
  const fileServers = devices.filter((device) => device.kind === 'file-server')
  const applications = devices.filter((device) => device.kind === 'application-server')
  const accountScheme = random.pick(ACCOUNT_SCHEMES)
  const adminScheme = random.pick(ADMIN_SCHEMES)
  const departments = Array.from({ length: clamp(clients.length / 25, 3, 40) }, () => ({
    share: capital(word(random, 2)),
    server: random.pick(fileServers),
    applications: random.sample(applications, random.between(1, 4)),
    favourites: Array.from({ length: 8 }, () => outside.drawRank(random)),
  }))
  const common: ShareChoice[] = fileServers.map((server) => ({ server, share: capital(word(random, 2)) }))
  const jobs = staff(clients.length)
  const taken = new Set<string>(['administrator'])
  return clients.map((device, index) => {
    const own = random.fork('person', index)
    const department = own.below(departments.length)
    const home = departments[department]!
    const account = fresh(taken, () => accountScheme(fullName(own))).slice(0, 20)
    const job = jobs[index] ?? 'office'
    const shares: ShareChoice[] = [{ server: home.server, share: home.share }, own.pick(common)]
    if (own.chance(0.3)) shares.push(own.pick(common))
    return new Person({
      index,
      account,
      job,
      department,
      adminAccount: job === 'office' || job === 'developer' ? '' : adminScheme(account),
      device,
      shares,
      applications: home.applications,
      favourites: [...home.favourites.slice(0, 3), ...Array.from({ length: 14 }, () => outside.drawRank(own))],
      random: own,
      firstDay: 0,
    })
  })
}

/** Jobs of the first people; everybody else works in an office. */
function staff(clients: number): Job[] {
  const jobs: Job[] = []
  const add = (job: Job, count: number) => {
    for (let i = 0; i < count; i++) jobs.push(job)
  }
  add('server-admin', clamp(2 + clients / 250, 2, 20))
  add('desktop-admin', clamp(2 + clients / 250, 2, 20))
  add('network-admin', clamp(1 + clients / 400, 1, 12))
  add('helpdesk', clamp(1 + clients / 120, 1, 30))
  add('developer', clamp(clients / 25, 1, 120))
  return jobs
}
