import * as z from 'zod'
import { canonicalMac, parseAddress } from './address.ts'
import { parseRange } from './network_set.ts'
import { TAGS } from './tags.ts'

/**
 * The sections of `thymus.yaml` that say what the network is: its ranges, its sites, the devices a person vouches for,
 * and when things are expected to be unusual. Type, default, check, help and reference all come from here.
 */

const range = z
  .string()
  .refine((text) => parseRange(text) !== undefined, {
    error: 'expected an address or a range such as 10.20.0.0/16 or fd00::/8',
  })
  .describe('An address or a CIDR range')

const address = z
  .string()
  .refine((text) => parseAddress(text) !== undefined, {
    error: 'expected an IP address such as 10.0.0.4 or fd00::4',
  })
  .describe('One IP address')

const mac = z
  .string()
  .refine((text) => canonicalMac(text) !== '', {
    error: 'expected the MAC address of one interface, such as 00:0d:3a:13:e3:69 (quoted)',
  })
  .describe('The MAC address of one interface')

/** Name of the site of everything that the configuration assigns to none. */
export const DEFAULT_SITE = 'default'

const name = z.string().trim().min(1).max(255)

const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'expected a time zone of the IANA register, such as Europe/Zurich or UTC' })
  .describe(
    'IANA time zone in which people work here. Days are learned in that of the site called "default", else of the first',
  )

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of day such as "22:30" (24 hours, quoted)' })

const moment = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: 'expected a moment such as 2026-03-01T22:00:00Z',
  })
  .refine((text) => /(Z|[+-]\d\d:\d\d)$/.test(text), {
    error: 'expected a moment with its offset from UTC, such as 2026-03-01T22:00:00Z or …+01:00',
  })

const tag = z.enum(TAGS)

/** Ranges whose addresses change hands faster than anyone says: no identity is carried from one to another. */
const NETWORK_KINDS = ['internal', 'pool'] as const

const network = z.union([
  range,
  z
    .strictObject({
      range,
      kind: z
        .enum(NETWORK_KINDS)
        .default('internal')
        .describe('pool: addresses that VPN or NAT hands out; no device is followed from one to another'),
      name: name.optional().describe('What people call it'),
    })
    .describe('A range with what it is'),
])

const site = z.strictObject({
  name: name.describe('Short name; part of the identity of every device there, so do not change it later'),
  timezone: timeZone.default('UTC'),
  networks: z
    .array(range)
    .default([])
    .describe('Ranges that belong to this site; also counted as internal. Two sites may use the same ranges'),
  sensors: z
    .array(name)
    .default([])
    .describe('Names or paths of the sensors that stand here; a path stands for all below it, * for any characters'),
})

const device = z
  .strictObject({
    ip: address.optional(),
    mac: mac.optional(),
    name: name
      .optional()
      .describe('Host name. A device chooses its own name: tags that excuse it need ip, mac, network or a proven name'),
    network: range.optional().describe('All devices in this range'),
    site: name.optional().describe('Only at this site'),
    tags: z.array(tag).default([]).describe('What it is: "Security Scanner" for a scanner of your own, "Critical", …'),
    note: z.string().max(500).optional().describe('Why, for those who read the alert'),
  })
  .refine((entry) => [entry.ip, entry.mac, entry.name, entry.network].filter((x) => x !== undefined).length === 1, {
    error: 'expected exactly one of ip, mac, name, network to say which device is meant',
  })
  .refine((entry) => entry.tags.length > 0, { error: 'expected at least one tag', path: ['tags'] })

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const maintenance = z
  .strictObject({
    name: name.describe('Shown where it explains something: "patch night"'),
    from: clockTime.optional().describe('Begin, in the time zone of the site'),
    to: clockTime.optional().describe('End; before or at `from` means the next day'),
    days: z.array(z.enum(DAYS)).min(1).optional().describe('Days on which it begins; every day when not given'),
    start: moment.optional().describe('Begin of a single window'),
    end: moment.optional().describe('End of a single window'),
    site: name.optional().describe('Only at this site'),
    networks: z.array(range).optional().describe('Only devices in these ranges'),
  })
  .refine((w) => (w.from === undefined) === (w.to === undefined), { error: 'expected both from and to, or neither' })
  .refine((w) => (w.start === undefined) === (w.end === undefined), {
    error: 'expected both start and end, or neither',
  })
  .refine((w) => (w.from === undefined) !== (w.start === undefined), {
    error: 'expected either from and to (a repeated window) or start and end (a single one)',
  })
  .refine((w) => w.start === undefined || w.end === undefined || Date.parse(w.start) < Date.parse(w.end), {
    error: 'expected end to be later than start',
    path: ['end'],
  })
  .refine((w) => w.days === undefined || w.from !== undefined, { error: 'days needs from and to', path: ['days'] })

/** The sections by their key in `thymus.yaml`; `engine/config.ts` puts them together with those of other stations. */
export const DEVICE_SECTIONS = {
  networks: z
    .array(network)
    .default([])
    .describe('Internal ranges beside RFC 1918, fc00::/7, link-local and what Zeek itself calls local'),
  sites: z
    .array(site)
    .default([])
    .describe('Places with sensors of their own; without any, everything is one site called "default" in UTC'),
  critical: z
    .array(z.string().trim().min(1).max(255))
    .default([])
    .describe(
      'Devices whose failure hurts: IP addresses, ranges, MAC addresses or host names; short for tags: [Critical]',
    ),
  devices: z.array(device).default([]).describe('Devices that a person vouches for'),
  maintenance: z.array(maintenance).default([]).describe('When changes are expected'),
}

const schema = z.strictObject(DEVICE_SECTIONS).superRefine((config, context) => {
  const seen = new Set<string>()
  for (const [index, { name: siteName }] of config.sites.entries()) {
    if (seen.has(siteName)) {
      context.addIssue({
        code: 'custom',
        path: ['sites', index, 'name'],
        message: 'another site has this name already',
      })
    }
    seen.add(siteName)
  }
  checkSiteNames(config, context.addIssue.bind(context))
})

export type DeviceConfig = z.infer<typeof schema>
export type DeviceDeclaration = DeviceConfig['devices'][number]
export type MaintenanceWindow = DeviceConfig['maintenance'][number]

/** Cross-checks between sections; also called by `engine/config.ts` on the whole file. */
export function checkSiteNames(
  config: Pick<DeviceConfig, 'sites' | 'devices' | 'maintenance'>,
  report: (issue: { code: 'custom'; path: (string | number)[]; message: string }) => void,
): void {
  const names = new Set([DEFAULT_SITE, ...config.sites.map((entry) => entry.name)])
  for (const section of ['devices', 'maintenance'] as const) {
    for (const [index, entry] of config[section].entries()) {
      if (entry.site === undefined || names.has(entry.site)) continue
      const known = [...names].sort().join(', ')
      report({ code: 'custom', path: [section, index, 'site'], message: `not a site of this file. Known: ${known}` })
    }
  }
}

/**
 * The time zone in which days are learned. There is one for all that an engine sees: that of the site called `default`, else
 * of the first in the file; UTC without sites.
 */
export function timeZoneOfLearning({ sites }: Pick<DeviceConfig, 'sites'>): string {
  return (sites.find(({ name }) => name === DEFAULT_SITE) ?? sites[0])?.timezone ?? 'UTC'
}

/** @throws ZodError when the sections are not valid */
export function parseDeviceConfig(value: unknown): DeviceConfig {
  return schema.parse(value)
}

/** What holds when there is no `thymus.yaml`. */
export function defaultDeviceConfig(): DeviceConfig {
  return schema.parse({})
}

function isTimeZone(text: string): boolean {
  if (/^[+-]/.test(text)) return false
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text })
    return true
  } catch {
    return false
  }
}
