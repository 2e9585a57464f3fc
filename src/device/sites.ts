import type { ParsedAddress } from './address.ts'
import { DEFAULT_SITE, type DeviceConfig } from './config.ts'
import { NetworkSet } from './network_set.ts'

export interface Site {
  readonly name: string
  readonly timezone: string
}

/** Which site a sensor stands at and an address belongs to. Site 0 is always there: the one called `default`. */
export class Sites {
  readonly list: readonly Site[]
  private readonly patterns: readonly { readonly matches: RegExp; readonly site: number }[]
  private readonly networks: readonly NetworkSet<true>[]

  constructor(config: DeviceConfig) {
    const declared = config.sites.filter((site) => site.name !== DEFAULT_SITE)
    const renamed = config.sites.find((site) => site.name === DEFAULT_SITE)
    const all = [renamed ?? { name: DEFAULT_SITE, timezone: 'UTC', networks: [], sensors: [] }, ...declared]
    this.list = all.map(({ name, timezone }) => ({ name, timezone }))
    this.networks = all.map((site) => new NetworkSet(site.networks.map((range) => [range, true] as const)))
    this.patterns = all.flatMap((site, index) =>
      site.sensors.map((sensor) => ({ matches: sensorPattern(sensor), site: index })),
    )
  }

  /**
   * Index of the site at which a sensor stands.
   * @param sensor name of a configured source, or the PATH argument of a replay
   */
  ofSensor(sensor: string): number {
    return this.patterns.find((pattern) => pattern.matches.test(sensor))?.site ?? 0
  }

  /**
   * The site an address belongs to, seen by a sensor at `sensorSite`: that site if the address is in its ranges (so that
   * two sites may use the same range), else the only other site that claims it, else the sensor's.
   */
  ofAddress(address: ParsedAddress, sensorSite: number): number {
    if (this.list.length === 1 || this.networks[sensorSite]!.find(address)) return sensorSite
    let found = -1
    for (let site = 0; site < this.networks.length; site++) {
      if (!this.networks[site]!.find(address)) continue
      if (found >= 0) return sensorSite
      found = site
    }
    return found < 0 ? sensorSite : found
  }

  indexOf(name: string): number {
    return this.list.findIndex((site) => site.name === name)
  }
}

function sensorPattern(sensor: string): RegExp {
  const plain = sensor.replace(/\/+$/, '')
  const source = plain.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${source}(/.*)?$`)
}
