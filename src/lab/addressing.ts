import type { Random } from './random.ts'

/** What a network segment is for. */
export type Segment =
  | 'servers'
  | 'infrastructure'
  | 'dmz'
  | 'office'
  | 'printers'
  | 'voice'
  | 'cameras'
  | 'medical'
  | 'industrial'

/** An IPv4 network of the site: static addresses from its beginning, leases from behind them. */
export class Subnet {
  readonly segment: Segment
  readonly base: number
  readonly size: number
  private nextStatic = 10
  private readonly free: number[] = []
  private nextLease: number

  constructor(segment: Segment, base: number, size: number) {
    this.segment = segment
    this.base = base
    this.size = size
    this.nextLease = Math.max(30, Math.floor(size / 8))
  }

  get gateway(): string {
    return addressText(this.base + 1)
  }

  get broadcast(): string {
    return addressText(this.base + this.size - 1)
  }

  /** A fixed address. @throws RangeError when the network is full */
  takeStatic(): string {
    if (this.nextStatic >= this.size - 1) throw new RangeError(`network of ${this.segment} is full`)
    const address = this.base + this.nextStatic++
    if (this.nextLease <= this.nextStatic) this.nextLease = this.nextStatic + 1
    return addressText(address)
  }

  /** A lease: one given back, or a new one. @throws RangeError when the network is full */
  takeLease(random: Random): string {
    if (this.free.length > 0 && (random.chance(0.5) || this.nextLease >= this.size - 1)) {
      const place = random.below(this.free.length)
      const address = this.free[place]!
      this.free[place] = this.free[this.free.length - 1]!
      this.free.pop()
      return addressText(address)
    }
    if (this.nextLease >= this.size - 1) throw new RangeError(`no lease left in the network of ${this.segment}`)
    return addressText(this.base + this.nextLease++)
  }

  giveBack(address: string): void {
    this.free.push(addressNumber(address))
  }

  /** Some address of the network, used or not. */
  any(random: Random): string {
    return addressText(this.base + random.between(2, this.size - 2))
  }
}

function addressText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

function addressNumber(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/**
 * Cuts the site's private range into networks.
 * @param hosts how many hosts each segment must hold
 */
export function layOutSubnets(random: Random, hosts: Readonly<Record<Segment, number>>): Map<Segment, Subnet> {
  const ranges = [
    () => 10 * 2 ** 24 + random.between(0, 255) * 2 ** 16,
    () => 172 * 2 ** 24 + random.between(16, 31) * 2 ** 16,
    () => 192 * 2 ** 24 + 168 * 2 ** 16,
  ]
  const total = Object.values(hosts).reduce((sum, count) => sum + count, 0)
  const base = (total > 1500 ? ranges[0]! : random.pick(ranges))()
  const subnets = new Map<Segment, Subnet>()
  let next = random.between(0, 3) * 256
  for (const segment of random.shuffle(Object.keys(hosts) as Segment[])) {
    let size = 256
    while (size < hosts[segment] * 1.6 + 60) size *= 2
    next = Math.ceil(next / size) * size
    subnets.set(segment, new Subnet(segment, base + next, size))
    next += size + random.between(0, total > 1500 ? 0 : 2) * 256
  }
  return subnets
}

/** First octets that are certainly public unicast space. */
const PUBLIC_OCTETS = [
  13, 20, 23, 31, 34, 35, 37, 40, 44, 45, 46, 50, 52, 54, 62, 64, 66, 69, 74, 77, 80, 82, 84, 87, 89, 91, 93, 95, 104,
  107, 108, 109, 130, 134, 136, 138, 142, 143, 144, 146, 149, 151, 155, 157, 159, 162, 165, 167, 170, 173, 176, 178,
  184, 185, 188, 193, 194, 195, 199, 204, 205, 207, 208, 209, 212, 213, 216, 217,
]

/** A public address. */
export function publicAddress(random: Random): string {
  return `${random.pick(PUBLIC_OCTETS)}.${random.between(1, 254)}.${random.between(1, 254)}.${random.between(1, 254)}`
}

export function macAddress(random: Random, vendor: string): string {
  const rest = random.hex(6)
  return `${vendor}:${rest.slice(0, 2)}:${rest.slice(2, 4)}:${rest.slice(4, 6)}`
}
