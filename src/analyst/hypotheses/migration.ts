import type { Hypothesis } from '../investigation/hypothesis.ts'

/** Servers move, roles change, for a few days everything is new. */
export const migration: Hypothesis = {
  name: 'Migration or maintenance',
  kind: 'benign',
  prior: 5,
  about: 'a migration or other announced work',
  expects: {
    'did: exploit': { yes: 'never' },
    'did: scan': { yes: 'seldom' },
    'did: enumeration': { yes: 'sometimes' },
    'did: guessing': { yes: 'seldom' },
    'did: credential theft': { yes: 'hardly ever' },
    'did: remote execution': { yes: 'almost always' },
    'did: tool written': { yes: 'almost always' },
    'did: remote session': { yes: 'often' },
    'did: administrative session': { yes: 'almost always' },
    'did: outside': { yes: 'sometimes' },
    'did: flood': { yes: 'seldom' },
    'how severe': { 'very grave': 'seldom', grave: 'often', notable: 'often', slight: 'often' },
    administers: { never: 'often', sometimes: 'often', usually: 'often' },
    'is known as': {
      server: 'often',
      client: 'sometimes',
      "administrator's desk": 'often',
      'domain controller': 'sometimes',
      thing: 'seldom',
    },
    announced: { yes: 'almost always' },
    'credential here before': { before: 'often', 'first time': 'often' },
    'came back': { yes: 'sometimes' },
  },
  expectsOddDays: true,
}
