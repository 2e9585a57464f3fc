import type { Hypothesis } from '../investigation/hypothesis.ts'

/** A service or a phone that goes on trying with the old password: one account, by the clock, without success. */
export const expiredPassword: Hypothesis = {
  name: 'Expired password',
  kind: 'benign',
  prior: 3,
  about: 'a password that has expired where a program still uses it',
  expects: {
    'did: exploit': { yes: 'never' },
    'did: scan': { yes: 'never' },
    'did: enumeration': { yes: 'hardly ever' },
    'did: guessing': { yes: 'almost always' },
    'did: credential theft': { yes: 'never' },
    'did: remote execution': { yes: 'never' },
    'did: tool written': { yes: 'never' },
    'did: remote session': { yes: 'hardly ever' },
    'did: administrative session': { yes: 'hardly ever' },
    'did: outside': { yes: 'hardly ever' },
    'did: flood': { yes: 'never' },
    'accounts that failed': { one: 'almost always', few: 'sometimes', many: 'hardly ever' },
    'failed before': { yes: 'often', no: 'often' },
    'how severe': { 'very grave': 'never', grave: 'often', notable: 'often', slight: 'often' },
    'credential here before': { before: 'almost always', 'first time': 'seldom' },
  },
}
