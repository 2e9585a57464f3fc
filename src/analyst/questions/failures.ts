import { question } from '../investigation/question.ts'

/** One account that fails is a forgotten password; many are somebody who tries. */
export const accounts = question({
  name: 'accounts that failed',
  asks: 'How many accounts failed to sign on from {device}?',
  cost: 1,
  basis: 'judged',
  usual: { one: 0.85, few: 0.12, many: 0.03 },
  answer({ sightings }) {
    const guesses = sightings.filter(({ kinds }) => kinds.includes('guessing'))
    if (guesses.length === 0) return { is: 'does not apply' }
    const failed = new Set(guesses.flatMap(({ credentials }) => credentials.map(({ value }) => value)))
    if (failed.size === 0) return { is: 'cannot tell', text: 'Cannot tell: the evidence names no account.' }
    const outcome = failed.size === 1 ? 'one' : failed.size <= 4 ? 'few' : 'many'
    const names = [...failed].slice(0, 3).join(', ')
    return {
      is: 'found',
      outcome,
      text: `${failed.size} ${failed.size === 1 ? 'account' : 'accounts'} failed: ${names}${failed.size > 3 ? ', …' : ''}.`,
      evidence: guesses[0]!.evidence.slice(0, 3),
    }
  },
})

/** A stored password that has expired fails on every day, by the clock. */
export const failedBefore = question({
  name: 'failed before',
  asks: 'Did the same accounts fail from {device} on earlier days?',
  cost: 2,
  basis: 'measured',
  usual: { yes: 0.2, no: 0.8 },
  answer({ network, index, began, sightings, name }) {
    const guesses = sightings.filter(({ kinds }) => kinds.includes('guessing'))
    const failed = [...new Set(guesses.flatMap(({ credentials }) => credentials.map(({ value }) => value)))]
    if (failed.length === 0 || index < 0) return { is: 'does not apply' }
    if (network.learnedDays < 2) return { is: 'cannot tell', text: 'Cannot tell: no earlier day is known.' }
    const days = Math.max(...failed.map((account) => network.failedDays(index, account, began)))
    return days > 0
      ? { is: 'found', outcome: 'yes', text: `It failed from ${name} on ${days} earlier days already.`, evidence: [] }
      : { is: 'found', outcome: 'no', text: `No such failure from ${name} on an earlier day.`, evidence: [] }
  },
})
