import type { Hypothesis } from '../investigation/hypothesis.ts'

/** A server that reads whole drives of others, and keeps its own agent on them up to date. */
export const backup: Hypothesis = {
  name: 'Backup',
  kind: 'benign',
  prior: 3,
  about: 'a backup',
  expects: {
    'did: exploit': { yes: 'never' },
    'did: scan': { yes: 'hardly ever' },
    'did: enumeration': { yes: 'seldom' },
    'did: guessing': { yes: 'seldom' },
    'did: credential theft': { yes: 'hardly ever' },
    'did: remote execution': { yes: 'often' },
    'did: tool written': { yes: 'often' },
    'did: remote session': { yes: 'seldom' },
    'did: administrative session': { yes: 'almost always' },
    'did: outside': { yes: 'seldom' },
    'did: flood': { yes: 'hardly ever' },
    'how severe': { 'very grave': 'seldom', grave: 'often', notable: 'often', slight: 'often' },
    administers: { never: 'seldom', sometimes: 'sometimes', usually: 'almost always' },
    'is known as': {
      'backup server': 'almost always',
      server: 'sometimes',
      client: 'never',
      "administrator's desk": 'hardly ever',
      'domain controller': 'hardly ever',
      thing: 'hardly ever',
    },
    'how many reached': { none: 'seldom', one: 'often', few: 'often', many: 'often' },
    'credential here before': { before: 'almost always', 'first time': 'seldom' },
  },
}
