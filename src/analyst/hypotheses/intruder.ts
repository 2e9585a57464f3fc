import type { Hypothesis } from '../investigation/hypothesis.ts'

/** What is to be expected of a device in an intruder's hands, whatever he is after; each attack adds what it does. */
export const INTRUDER: Hypothesis['expects'] = {
  'how severe': { 'very grave': 'often', grave: 'often', notable: 'often', slight: 'sometimes' },
  administers: { never: 'almost always', sometimes: 'sometimes', usually: 'sometimes' },
  'is known as': {
    client: 'often',
    server: 'often',
    'domain controller': 'sometimes',
    thing: 'seldom',
    "administrator's desk": 'seldom',
    scanner: 'hardly ever',
    'deployment server': 'hardly ever',
    'backup server': 'hardly ever',
    monitoring: 'hardly ever',
  },
  'odd day': { odd: 'almost always', ordinary: 'sometimes' },
  'others do so': { none: 'often', few: 'often', many: 'often' },
  'credential here before': { before: 'often', 'first time': 'often' },
  'came back': { yes: 'sometimes' },
  movement: { yes: 'often' },
  announced: { yes: 'seldom' },
}
