import { question } from '../investigation/question.ts'

/** What was announced in the configuration: patch nights, moves, tests of the defences. */
export const announced = question({
  name: 'announced',
  asks: 'Was a change or a test announced for {device} at that time?',
  cost: 1,
  basis: 'measured',
  usual: { yes: 0.05, no: 0.95 },
  answer({ network, index, asOf }) {
    const window = index < 0 ? undefined : network.window(index, asOf)
    return window === undefined
      ? { is: 'does not apply' }
      : { is: 'found', outcome: 'yes', text: `It falls into the announced window “${window}”.`, evidence: [] }
  },
})
