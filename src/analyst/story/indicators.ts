import type { Indicator } from '../incident.ts'
import type { Seen } from '../sighting.ts'
import type { Story } from './story.ts'
import { defanged } from './wording.ts'

const MOST = 100

/** What to look for elsewhere: places outside, files, accounts, client programs. */
export function indicatorsOf({ sightings }: Story): readonly Indicator[] {
  const found = new Map<string, Indicator>()
  const add = (kind: Indicator['kind'], { value, first, uid }: Seen): void => {
    const key = `${kind} ${value.toLowerCase()}`
    const known = found.get(key)
    if (known === undefined && found.size >= MOST) return
    const evidence = [...new Set([...(known?.evidence ?? []), uid])].slice(0, 4)
    const outside = kind === 'address' || kind === 'domain'
    found.set(key, { kind, value, defanged: outside ? defanged(value) : value, first: known?.first ?? first, evidence })
  }
  for (const { endpoints, domains, files, credentials, clients, kinds } of sightings) {
    // Sources of a flood are forged or many; they are in the lake.
    if (!kinds.includes('flood')) for (const each of endpoints) add('address', each)
    for (const each of domains) add('domain', each)
    for (const each of files) add('file', each)
    for (const each of credentials) add('account', each)
    for (const each of clients) add('client', each)
  }
  return [...found.values()]
}
