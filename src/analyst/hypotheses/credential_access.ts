import type { Hypothesis } from '../investigation/hypothesis.ts'
import { INTRUDER } from './intruder.ts'

/** Somebody takes what opens other doors: hashes, tickets, keys (ATT&CK TA0006). */
export const credentialAccess: Hypothesis = {
  name: 'Credential access',
  kind: 'attack',
  prior: 12.5,
  about: 'an intruder who goes for credentials',
  expects: {
    ...INTRUDER,
    'did: exploit': { yes: 'sometimes' },
    'did: scan': { yes: 'sometimes' },
    'did: enumeration': { yes: 'often' },
    'did: guessing': { yes: 'often' },
    'did: credential theft': { yes: 'almost always' },
    'did: remote execution': { yes: 'sometimes' },
    'did: tool written': { yes: 'sometimes' },
    'did: remote session': { yes: 'sometimes' },
    'did: administrative session': { yes: 'often' },
    'did: outside': { yes: 'seldom' },
    'did: flood': { yes: 'hardly ever' },
    'how many reached': { none: 'sometimes', one: 'almost always', few: 'often', many: 'sometimes' },
  },
}
