import type { Hypothesis } from '../investigation/hypothesis.ts'

/** A program that asks the wrong party, with the wrong account, again and again. */
export const misconfiguration: Hypothesis = {
  name: 'Misconfiguration',
  kind: 'benign',
  prior: 3,
  about: 'something set up wrongly',
  expects: {
    'did: exploit': { yes: 'hardly ever' },
    'did: scan': { yes: 'seldom' },
    'did: enumeration': { yes: 'seldom' },
    'did: guessing': { yes: 'often' },
    'did: credential theft': { yes: 'seldom' },
    'did: remote execution': { yes: 'seldom' },
    'did: tool written': { yes: 'hardly ever' },
    'did: remote session': { yes: 'seldom' },
    'did: administrative session': { yes: 'seldom' },
    'did: outside': { yes: 'sometimes' },
    'did: flood': { yes: 'sometimes' },
    'accounts that failed': { one: 'almost always', few: 'sometimes', many: 'hardly ever' },
    'failed before': { yes: 'often', no: 'often' },
    'how severe': { 'very grave': 'hardly ever', grave: 'sometimes', notable: 'often', slight: 'often' },
  },
}
