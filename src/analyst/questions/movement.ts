import { question } from '../investigation/question.ts'

/** What an administrator touches stays as quiet as it was; what an intruder takes begins to act. */
export const movement = question({
  name: 'movement',
  asks: 'Did a device that {device} reached begin to act itself, or was {device} reached before it began?',
  cost: 2,
  basis: 'judged',
  usual: { yes: 0.05, no: 0.95 },
  answer({ network, device, case: of, name }) {
    const on = network.wentOn(device, of)
    const from = network.cameFrom(device, of)
    if (on.length === 0 && from.length === 0) return { is: 'does not apply' }
    const parts = [
      ...(from.length > 0 ? [`${name} was administered by ${from.join(', ')} before it began to act`] : []),
      ...(on.length > 0
        ? [`${on.join(', ')} began to act after ${name} had administered ${on.length === 1 ? 'it' : 'them'}`]
        : []),
    ]
    return { is: 'found', outcome: 'yes', text: `${parts.join('; ')}.`, evidence: [] }
  },
})
