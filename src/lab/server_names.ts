import type { DeviceKind } from './device.ts'
import { word } from './names.ts'
import type { Random } from './random.ts'

/** How a company names its servers: by role, by number only, by place, by fancy. */
export type ServerNaming = (random: Random, kind: DeviceKind, number: number, company: string) => string

const CODES: Readonly<Partial<Record<DeviceKind, string>>> = {
  'domain-controller': 'dc',
  'file-server': 'fs',
  'archive-server': 'fs',
  'database-server': 'db',
  'application-server': 'app',
  'web-server': 'web',
  'mail-server': 'mx',
  'backup-server': 'bck',
  'deployment-server': 'dep',
  'monitoring-server': 'mon',
  'vulnerability-scanner': 'sec',
  'directory-sync': 'syn',
  'print-server': 'prt',
  'terminal-server': 'ts',
  'linux-server': 'lx',
  'network-gear': 'net',
  medical: 'med',
}

function code(kind: DeviceKind): string {
  return CODES[kind] ?? kind.slice(0, 3)
}

export const SERVER_NAMES: readonly ServerNaming[] = [
  (_random, kind, number) => `${code(kind)}${String(number).padStart(2, '0')}`,
  (random, _kind, _number, company) => `${company.slice(0, 3)}-s${random.between(1000, 9999)}`,
  (random, kind, number, company) =>
    `${company.slice(0, 4)}-${code(kind)}-${random.pick(['a', 'b', 'n', 's'])}${number}`,
  (random) => word(random, random.between(2, 3)),
  (_random, kind, number, company) => `${company.slice(0, 3)}${code(kind)}${number}`,
]
