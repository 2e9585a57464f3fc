import type { Hypothesis } from '../investigation/hypothesis.ts'

/** People who are paid for behaving like intruders; to be announced as a maintenance window. */
export const penetrationTest: Hypothesis = {
  name: 'Penetration test',
  kind: 'benign',
  prior: 13,
  about: 'a test of the defences',
  expects: {
    'did: exploit': { yes: 'often' },
    'did: scan': { yes: 'almost always' },
    'did: enumeration': { yes: 'almost always' },
    'did: guessing': { yes: 'often' },
    'did: credential theft': { yes: 'often' },
    'did: remote execution': { yes: 'often' },
    'did: tool written': { yes: 'often' },
    'did: remote session': { yes: 'often' },
    'did: administrative session': { yes: 'often' },
    'did: outside': { yes: 'sometimes' },
    'did: flood': { yes: 'seldom' },
    'how severe': { 'very grave': 'often', grave: 'often', notable: 'often', slight: 'sometimes' },
    announced: { yes: 'almost always' },
    administers: { never: 'almost always', sometimes: 'sometimes', usually: 'sometimes' },
    movement: { yes: 'often' },
    'how many reached': { none: 'seldom', one: 'often', few: 'often', many: 'almost always' },
  },
  expectsOddDays: true,
}
