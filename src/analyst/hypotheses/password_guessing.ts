import type { Hypothesis } from '../investigation/hypothesis.ts'
import { INTRUDER } from './intruder.ts'

/** Many passwords for one account, or one for many (T1110). */
export const passwordGuessing: Hypothesis = {
  name: 'Password guessing',
  kind: 'attack',
  prior: 12.5,
  about: 'somebody who guesses passwords',
  expects: {
    ...INTRUDER,
    'did: exploit': { yes: 'sometimes' },
    'did: scan': { yes: 'seldom' },
    'did: enumeration': { yes: 'sometimes' },
    'did: guessing': { yes: 'almost always' },
    'did: credential theft': { yes: 'sometimes' },
    'did: remote execution': { yes: 'seldom' },
    'did: tool written': { yes: 'seldom' },
    'did: remote session': { yes: 'often' },
    'did: administrative session': { yes: 'often' },
    'did: outside': { yes: 'seldom' },
    'did: flood': { yes: 'seldom' },
    'accounts that failed': { one: 'often', few: 'often', many: 'often' },
    'failed before': { yes: 'sometimes', no: 'almost always' },
  },
}
