import type { Hypothesis } from '../investigation/hypothesis.ts'
import { INTRUDER } from './intruder.ts'

/** A channel to the outside (ATT&CK TA0011, TA0010). */
export const commandAndControl: Hypothesis = {
  name: 'Command and control',
  kind: 'attack',
  prior: 12.5,
  about: 'somebody who controls the device from outside, or takes data there',
  expects: {
    ...INTRUDER,
    'did: exploit': { yes: 'sometimes' },
    'did: scan': { yes: 'seldom' },
    'did: enumeration': { yes: 'seldom' },
    'did: guessing': { yes: 'hardly ever' },
    'did: credential theft': { yes: 'seldom' },
    'did: remote execution': { yes: 'sometimes' },
    'did: tool written': { yes: 'sometimes' },
    'did: remote session': { yes: 'sometimes' },
    'did: administrative session': { yes: 'seldom' },
    'did: outside': { yes: 'almost always' },
    'did: flood': { yes: 'sometimes' },
  },
}
