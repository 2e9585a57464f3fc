import type { Hypothesis } from '../investigation/hypothesis.ts'
import { INTRUDER } from './intruder.ts'

/** Somebody takes one device after another by legitimate means of administration (ATT&CK TA0008). */
export const lateralMovement: Hypothesis = {
  name: 'Lateral movement',
  kind: 'attack',
  prior: 11.5,
  about: 'an intruder who moves from device to device',
  expects: {
    ...INTRUDER,
    'did: exploit': { yes: 'sometimes' },
    'did: scan': { yes: 'often' },
    'did: enumeration': { yes: 'often' },
    'did: guessing': { yes: 'often' },
    'did: credential theft': { yes: 'often' },
    'did: remote execution': { yes: 'almost always' },
    'did: tool written': { yes: 'almost always' },
    'did: remote session': { yes: 'often' },
    'did: administrative session': { yes: 'almost always' },
    'did: outside': { yes: 'sometimes' },
    'did: flood': { yes: 'seldom' },
    'how many reached': { none: 'seldom', one: 'often', few: 'often', many: 'often' },
  },
}
