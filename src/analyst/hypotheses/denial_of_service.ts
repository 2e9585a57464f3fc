import type { Hypothesis } from '../investigation/hypothesis.ts'
import { INTRUDER } from './intruder.ts'

/** So many connections that a service fails (T1498, T1499). */
export const denialOfService: Hypothesis = {
  name: 'Denial of service',
  kind: 'attack',
  prior: 12.5,
  about: 'somebody who floods what others need',
  expects: {
    ...INTRUDER,
    'did: exploit': { yes: 'seldom' },
    'did: scan': { yes: 'sometimes' },
    'did: enumeration': { yes: 'hardly ever' },
    'did: guessing': { yes: 'seldom' },
    'did: credential theft': { yes: 'hardly ever' },
    'did: remote execution': { yes: 'hardly ever' },
    'did: tool written': { yes: 'hardly ever' },
    'did: remote session': { yes: 'hardly ever' },
    'did: administrative session': { yes: 'hardly ever' },
    'did: outside': { yes: 'sometimes' },
    'did: flood': { yes: 'almost always' },
  },
}
