import type { Tag } from '../../device/tags.ts'
import { question } from '../investigation/question.ts'

type Role =
  | 'scanner'
  | 'deployment server'
  | 'backup server'
  | 'monitoring'
  | "administrator's desk"
  | 'domain controller'
  | 'server'
  | 'thing'
  | 'client'

/** The first that fits; what excuses goes before what it is. */
const ROLES: readonly (readonly [Role, readonly Tag[]])[] = [
  ['scanner', ['Security Scanner']],
  ['deployment server', ['Deployment Server']],
  ['backup server', ['Backup Server']],
  ['monitoring', ['Monitoring']],
  ["administrator's desk", ['Admin Workstation']],
  ['domain controller', ['Domain Controller']],
  ['server', ['File Server', 'Server', 'Mail Server', 'Web Server', 'Database Server', 'DNS Server']],
  ['thing', ['Printer', 'Phone', 'Camera', 'Medical Device', 'Industrial Controller', 'Gateway']],
]

/** What the device is known to be, learned from committed days or declared by a person. */
export const role = question({
  name: 'is known as',
  asks: 'What is {device} known as?',
  cost: 1,
  basis: 'measured',
  usual: {
    scanner: 0.01,
    'deployment server': 0.01,
    'backup server': 0.01,
    monitoring: 0.01,
    "administrator's desk": 0.05,
    'domain controller': 0.03,
    server: 0.2,
    thing: 0.08,
    client: 0.6,
  },
  answer({ network, index, name }) {
    if (index < 0) return { is: 'cannot tell', text: 'The device is no longer known.' }
    for (const [known, tags] of ROLES) {
      const tag = tags.find((each) => network.has(index, each))
      if (tag === undefined) continue
      const how = network.declared(index, tag) ? 'A person declared it' : 'Learned'
      const reason = network.reasonOf(index, tag)
      return {
        is: 'found',
        outcome: known,
        text: `${name} is known as ${tag}. ${how}${reason === '' ? '' : `: ${reason}`}.`,
        evidence: [],
      }
    }
    return { is: 'found', outcome: 'client', text: `${name} has no role that would explain it.`, evidence: [] }
  },
})
