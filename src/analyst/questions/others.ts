import { question } from '../investigation/question.ts'

const ENOUGH_DAYS = 5
const MANY = 3

/** Whether such administration is a habit of anybody here: tools differ from house to house. */
export const others = question({
  name: 'others do so',
  asks: 'Do other devices administer in the way {device} did?',
  cost: 2,
  basis: 'measured',
  usual: { none: 0.2, few: 0.3, many: 0.5 },
  answer({ network, index, asOf }) {
    const rarest = index < 0 ? undefined : network.rarestActToday(index, asOf)
    if (rarest === undefined) return { is: 'does not apply' }
    if (network.learnedDays < ENOUGH_DAYS)
      return { is: 'cannot tell', text: `Cannot tell: ${network.learnedDays} days learned.` }
    const { act, others: count } = rarest
    const outcome = count === 0 ? 'none' : count < MANY ? 'few' : 'many'
    const text =
      count === 0
        ? `No other device has ${act} as a habit.`
        : `${count} other ${count === 1 ? 'device has' : 'devices have'} ${act} as a habit.`
    return { is: 'found', outcome, text, evidence: [] }
  },
})
