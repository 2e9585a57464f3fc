import type { Hypothesis } from '../investigation/hypothesis.ts'

/** A device that asks all others, by the clock, how they are. */
export const monitoring: Hypothesis = {
  name: 'Monitoring',
  kind: 'benign',
  prior: 3,
  about: 'monitoring',
  expects: {
    'did: exploit': { yes: 'never' },
    'did: scan': { yes: 'sometimes' },
    'did: enumeration': { yes: 'often' },
    'did: guessing': { yes: 'seldom' },
    'did: credential theft': { yes: 'never' },
    'did: remote execution': { yes: 'often' },
    'did: tool written': { yes: 'hardly ever' },
    'did: remote session': { yes: 'seldom' },
    'did: administrative session': { yes: 'often' },
    'did: outside': { yes: 'seldom' },
    'did: flood': { yes: 'hardly ever' },
    'how severe': { 'very grave': 'hardly ever', grave: 'sometimes', notable: 'often', slight: 'often' },
    administers: { never: 'seldom', sometimes: 'sometimes', usually: 'almost always' },
    'is known as': {
      monitoring: 'almost always',
      server: 'sometimes',
      client: 'never',
      "administrator's desk": 'hardly ever',
      'domain controller': 'hardly ever',
      thing: 'seldom',
    },
    'how many reached': { none: 'seldom', one: 'sometimes', few: 'often', many: 'almost always' },
    'credential here before': { before: 'almost always', 'first time': 'seldom' },
  },
}
