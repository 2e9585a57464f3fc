import { question } from '../investigation/question.ts'

const ODD = 3.3

/** The calibrated tail probability of the device's whole day: what the models that learn fire by. */
export const oddDay = question({
  name: 'odd day',
  asks: 'How odd is the day of {device}, against the days of devices like it?',
  cost: 2,
  basis: 'measured',
  usual: { odd: 0.1, ordinary: 0.9 },
  answer({ network, index, sightings }) {
    const now = index < 0 ? undefined : network.oddness(index)
    const told = sightings.reduce((most, { bits }) => Math.max(most, bits ?? 0), 0)
    if (now === undefined && told === 0)
      return { is: 'cannot tell', text: 'Cannot tell: nothing has been learned about what is usual here.' }
    const bits = Math.max(now ?? 0, told)
    const [reason] = index < 0 ? [] : network.reasons(index)
    const odds = Math.max(2, Math.round(2 ** bits))
    if (bits < ODD)
      return {
        is: 'found',
        outcome: 'ordinary',
        text: `Its day is like others: one in ${odds} days of such devices is as odd.`,
        evidence: [],
      }
    const why = reason === undefined ? '' : ` Oddest: ${reason}.`
    return {
      is: 'found',
      outcome: 'odd',
      text: `Of ${odds} days of devices like it one is as odd.${why}`,
      evidence: [],
      oddness: bits,
    }
  },
})
