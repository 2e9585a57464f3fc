import type { Micros } from '../event/time.ts'
import { parseAddress } from './address.ts'
import type { DeviceConfig, MaintenanceWindow } from './config.ts'
import { NetworkSet } from './network_set.ts'
import type { Sites } from './sites.ts'

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Tells whether an unusual moment is an announced one. */
export class MaintenanceCalendar {
  private readonly windows: readonly { window: MaintenanceWindow; networks: NetworkSet<true> | undefined }[]
  private readonly sites: Sites
  private readonly localTime = new Map<string, Intl.DateTimeFormat>()

  constructor(config: DeviceConfig, sites: Sites) {
    this.sites = sites
    this.windows = config.maintenance.map((window) => ({
      window,
      networks: window.networks && new NetworkSet(window.networks.map((range) => [range, true] as const)),
    }))
  }

  /**
   * The name of the window that is open at `time` for an address of a site, or undefined.
   * @param ip '' asks for windows that concern the whole site
   */
  openWindow(time: Micros, site: number, ip: string): string | undefined {
    if (this.windows.length === 0) return undefined
    const address = parseAddress(ip)
    for (const { window, networks } of this.windows) {
      if (window.site !== undefined && window.site !== this.sites.list[site]?.name) continue
      if (networks !== undefined && (address === undefined || !networks.find(address))) continue
      if (this.isOpen(window, time, this.sites.list[site]?.timezone ?? 'UTC')) return window.name
    }
    return undefined
  }

  private isOpen(window: MaintenanceWindow, time: Micros, timezone: string): boolean {
    if (window.start !== undefined && window.end !== undefined) {
      return time >= Date.parse(window.start) * 1000 && time < Date.parse(window.end) * 1000
    }
    const now = this.local(time, timezone)
    const from = minutesOf(window.from!)
    const to = minutesOf(window.to!)
    const on = (day: number): boolean => {
      const weekday = WEEKDAYS[(day + 7) % 7]!
      return window.days === undefined || (window.days as readonly string[]).includes(weekday)
    }
    if (from < to) return now.minute >= from && now.minute < to && on(now.day)
    return (now.minute >= from && on(now.day)) || (now.minute < to && on(now.day - 1))
  }

  private local(time: Micros, timezone: string): { day: number; minute: number } {
    let format = this.localTime.get(timezone)
    if (format === undefined) {
      // The locale is fixed, so that only the configured time zone decides.
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: timezone,
        hourCycle: 'h23',
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
      })
      this.localTime.set(timezone, format)
    }
    const parts = new Map(format.formatToParts(time / 1000).map((part) => [part.type, part.value]))
    const weekday = (parts.get('weekday') ?? 'Sun').toLowerCase()
    return {
      day: (WEEKDAYS as readonly string[]).indexOf(weekday),
      minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
    }
  }
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
}
