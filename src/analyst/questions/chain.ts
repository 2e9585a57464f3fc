import { question } from '../investigation/question.ts'

/** A reached B with a credential, then B goes on with it: an administrator goes back to his desk in between. */
export const chain = question({
  name: 'goes on',
  asks: 'Did a credential go on from {device}, to which it had just been brought?',
  cost: 1,
  basis: 'judged',
  usual: { yes: 0.004 },
  answer({ sightings }) {
    const [shown] = sightings.filter((each) => each.chain !== '')
    if (shown === undefined) return { is: 'does not apply' }
    return { is: 'found', outcome: 'yes', text: `${shown.chain}.`, evidence: shown.evidence.slice(0, 3) }
  },
})
