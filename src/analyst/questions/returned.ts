import { question } from '../investigation/question.ts'

/** Forgotten machines are unwatched, unpatched, and still trusted. */
export const returned = question({
  name: 'came back',
  asks: 'Had {device} been silent for long?',
  cost: 1,
  basis: 'measured',
  usual: { yes: 0.01, no: 0.99 },
  answer({ network, index, name }) {
    if (index < 0) return { is: 'does not apply' }
    if (!network.has(index, 'Re-Activated Device')) return { is: 'does not apply' }
    const reason = network.reasonOf(index, 'Re-Activated Device')
    return {
      is: 'found',
      outcome: 'yes',
      text: `${name} came back after a long silence${reason === '' ? '' : `: ${reason}`}.`,
      evidence: [],
    }
  },
})
