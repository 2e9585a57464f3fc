import { publicAddress } from './addressing.ts'
import type { Host } from './host.ts'
import { word } from './names.ts'
import type { Random } from './random.ts'
import { Zipf } from './random.ts'

/** A machine outside. */
export interface OutsideHost extends Host {
  readonly local: false
  /** JA3S and certificate issuer differ by provider. */
  readonly provider: number
}

export interface Site {
  /** Registered domain. */
  readonly domain: string
  /** Its names; the first is where people go. */
  readonly hosts: readonly OutsideHost[]
  /** Answers in TLS 1.2 (its certificate shows) rather than 1.3. */
  readonly oldTls: boolean
}

/** Services that machines use by themselves, by what they are for. */
const SERVICES = [
  'operating-system-update',
  'operating-system-telemetry',
  'antivirus-update',
  'endpoint-agent',
  'endpoint-agent-upload',
  'inventory-agent',
  'certificate-status',
  'cloud-mail',
  'cloud-files',
  'video-conference',
  'time',
  'browser-update',
  'directory-cloud',
  'backup-cloud',
  'licence-server',
  'payment-gateway',
  'package-mirror',
  'monitoring-cloud',
  'phone-provider',
  'camera-cloud',
  'printer-vendor',
  'medical-vendor',
] as const
export type ServiceName = (typeof SERVICES)[number]

const ENDINGS = ['com', 'com', 'com', 'net', 'org', 'io', 'cloud', 'de', 'co.uk', 'fr', 'app', 'eu', 'ch']
const LABELS = ['www', 'api', 'cdn', 'static', 'img', 'login', 'assets', 'events', 'edge', 'data', 'app', 'm']

/** The internet as this site meets it: many sites by popularity (Zipf), a few shared providers, machine services. */
export class Outside {
  private readonly random: Random
  private readonly sites: (Site | undefined)[]
  private readonly popularity: Zipf
  private readonly providers: readonly string[]
  private readonly services = new Map<ServiceName, Site>()
  readonly size: number

  constructor(random: Random, size: number) {
    this.random = random
    this.size = size
    this.sites = new Array<Site | undefined>(size)
    this.popularity = new Zipf(size, 0.95)
    const source = random.fork('providers')
    this.providers = Array.from({ length: 40 }, () => publicAddress(source).split('.').slice(0, 2).join('.'))
    for (const [index, name] of SERVICES.entries()) this.services.set(name, this.make(random.fork('service', index), 3))
  }

  /** The site of a rank, 0 the most popular. Made on first use, always the same. */
  site(rank: number): Site {
    let site = this.sites[rank]
    if (!site) {
      site = this.make(this.random.fork('site', rank), rank < 200 ? 6 : 2)
      this.sites[rank] = site
    }
    return site
  }

  /** A rank drawn by popularity. */
  drawRank(random: Random): number {
    return this.popularity.draw(random)
  }

  draw(random: Random): Site {
    return this.site(this.drawRank(random))
  }

  service(name: ServiceName): Site {
    return this.services.get(name)!
  }

  /** A site that no list knows: what an attacker rents, or a supplier nobody had met before. */
  fresh(random: Random, label: string, number = 0): Site {
    return this.make(random.fork(`fresh ${label}`, number), 1)
  }

  /** An address of no name, such as scanners of the internet have. */
  stranger(random: Random): OutsideHost {
    const address = publicAddress(random)
    return { address, name: '', fqdn: '', local: false, provider: 0 }
  }

  private make(random: Random, hosts: number): Site {
    const domain = `${word(random, random.between(2, 3))}.${random.pick(ENDINGS)}`
    const provider = random.below(this.providers.length)
    const shared = random.chance(0.6)
    const labels = ['www', ...random.sample(LABELS.slice(1), hosts - 1)]
    return {
      domain,
      oldTls: random.chance(0.2),
      hosts: labels.map((label): OutsideHost => {
        const fqdn =
          hosts === 1 ? `${random.chance(0.5) ? `${random.pick(LABELS)}.` : ''}${domain}` : `${label}.${domain}`
        const address = shared
          ? `${this.providers[provider]}.${random.between(1, 254)}.${random.between(1, 254)}`
          : publicAddress(random)
        return { address, name: fqdn, fqdn, local: false, provider }
      }),
    }
  }
}
