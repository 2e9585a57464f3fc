import { ACT_KINDS, type ActKind } from '../act_kind.ts'
import type { Question } from '../investigation/question.ts'

/** How often an alert of the kind comes about although nothing special is going on. */
const USUAL: Readonly<Record<ActKind, number>> = {
  exploit: 0.003,
  scan: 0.005,
  enumeration: 0.03,
  guessing: 0.02,
  'credential theft': 0.005,
  'remote execution': 0.02,
  'tool written': 0.03,
  'remote session': 0.05,
  'administrative session': 0.04,
  outside: 0.1,
  flood: 0.01,
}

const ASKS: Readonly<Record<ActKind, string>> = {
  exploit: 'Did {device} exploit a weakness?',
  scan: 'Did {device} scan?',
  enumeration: 'Did {device} list accounts, shares, sessions or the directory?',
  guessing: 'Did {device} fail to sign on again and again?',
  'credential theft': 'Did {device} go for secrets of others?',
  'remote execution': 'Did {device} have other devices execute something?',
  'tool written': 'Did {device} write programs or scripts to other devices?',
  'remote session': 'Did {device} open sessions on other devices?',
  'administrative session': 'Did {device} use administrative shares or pipes of other devices?',
  outside: 'Did {device} speak to places outside that are unusual?',
  flood: 'Did {device} take part in a flood?',
}

/** What was done, kind by kind: each explanation can account for some kinds and not for others. */
function act<const Kind extends ActKind>(kind: Kind): Question<`did: ${Kind}`, 'yes'> {
  return {
    name: `did: ${kind}` as const,
    asks: ASKS[kind],
    cost: 1,
    basis: 'judged',
    usual: { yes: USUAL[kind] },
    answer({ sightings }) {
      const shown = sightings.filter(({ kinds }) => kinds.includes(kind))
      const [first] = [...shown].sort((a, b) => b.score - a.score || a.first - b.first)
      if (first === undefined) return { is: 'does not apply' }
      const further = shown.length > 1 ? ` (and ${shown.length - 1} more)` : ''
      return {
        is: 'found',
        outcome: 'yes',
        text: `${first.summary.replace(/\.$/, '')}${further}.`,
        evidence: first.evidence.slice(0, 3),
      }
    },
  }
}

type ActQuestion = { [Kind in ActKind]: Question<`did: ${Kind}`, 'yes'> }[ActKind]
export const ACT_QUESTIONS: readonly ActQuestion[] = ACT_KINDS.map((kind) => act(kind) as ActQuestion)
