import { question } from '../investigation/question.ts'

export const breadth = question({
  name: 'how many reached',
  asks: 'How many devices did {device} act on, as far as the evidence shows?',
  cost: 1,
  basis: 'judged',
  usual: { none: 0.3, one: 0.55, few: 0.12, many: 0.03 },
  answer({ sightings, name }) {
    const reached = new Set(
      sightings.flatMap(({ peers }) =>
        peers.flatMap(({ device, address, direction }) =>
          direction === 'to' ? [device === '' ? address : device] : [],
        ),
      ),
    )
    const count = reached.size
    const outcome = count === 0 ? 'none' : count === 1 ? 'one' : count <= 5 ? 'few' : 'many'
    return {
      is: 'found',
      outcome,
      text: `${name} acted on ${count} ${count === 1 ? 'party' : 'parties'}.`,
      evidence: [],
    }
  },
})
