import type { Hypothesis } from '../investigation/hypothesis.ts'
import { INTRUDER } from './intruder.ts'

/** Somebody finds out what there is (ATT&CK TA0007). */
export const reconnaissance: Hypothesis = {
  name: 'Reconnaissance',
  kind: 'attack',
  prior: 12.5,
  about: 'an intruder who looks around',
  expects: {
    ...INTRUDER,
    'did: exploit': { yes: 'seldom' },
    'did: scan': { yes: 'almost always' },
    'did: enumeration': { yes: 'almost always' },
    'did: guessing': { yes: 'sometimes' },
    'did: credential theft': { yes: 'sometimes' },
    'did: remote execution': { yes: 'sometimes' },
    'did: tool written': { yes: 'seldom' },
    'did: remote session': { yes: 'sometimes' },
    'did: administrative session': { yes: 'often' },
    'did: outside': { yes: 'sometimes' },
    'did: flood': { yes: 'seldom' },
    'how many reached': { none: 'seldom', one: 'often', few: 'often', many: 'almost always' },
  },
}
