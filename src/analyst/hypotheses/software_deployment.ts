import type { Hypothesis } from '../investigation/hypothesis.ts'

/** A server that puts programs on others and has them run. */
export const softwareDeployment: Hypothesis = {
  name: 'Software deployment',
  kind: 'benign',
  prior: 3,
  about: 'software that is handed out',
  expects: {
    'did: exploit': { yes: 'never' },
    'did: scan': { yes: 'seldom' },
    'did: enumeration': { yes: 'seldom' },
    'did: guessing': { yes: 'hardly ever' },
    'did: credential theft': { yes: 'never' },
    'did: remote execution': { yes: 'almost always' },
    'did: tool written': { yes: 'almost always' },
    'did: remote session': { yes: 'seldom' },
    'did: administrative session': { yes: 'almost always' },
    'did: outside': { yes: 'seldom' },
    'did: flood': { yes: 'never' },
    'how severe': { 'very grave': 'sometimes', grave: 'often', notable: 'often', slight: 'often' },
    administers: { never: 'seldom', sometimes: 'sometimes', usually: 'almost always' },
    'is known as': {
      'deployment server': 'almost always',
      server: 'sometimes',
      client: 'hardly ever',
      'backup server': 'sometimes',
      "administrator's desk": 'seldom',
      'domain controller': 'hardly ever',
      thing: 'never',
    },
    'how many reached': { none: 'seldom', one: 'sometimes', few: 'often', many: 'almost always' },
    'credential here before': { before: 'almost always', 'first time': 'seldom' },
  },
}
