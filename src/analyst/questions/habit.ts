import { question } from '../investigation/question.ts'

const ENOUGH_DAYS = 3
const USUALLY = 0.25
const ADMINISTRATIVE = new Set(['remote execution', 'tool written', 'remote session', 'administrative session'])

/** Administrators administer: a device that never did is none, a device that does on most days is nothing new. */
export const habit = question({
  name: 'administers',
  asks: 'Has {device} administered other devices before?',
  cost: 2,
  basis: 'measured',
  usual: { never: 0.85, sometimes: 0.1, usually: 0.05 },
  answer({ network, index, began, name, sightings }) {
    if (!sightings.some(({ kinds }) => kinds.some((kind) => ADMINISTRATIVE.has(kind)))) return { is: 'does not apply' }
    if (index < 0) return { is: 'cannot tell', text: 'The device is no longer known.' }
    const { days, of } = network.administeredDays(index, began)
    if (of < ENOUGH_DAYS || network.learnedDays < ENOUGH_DAYS) {
      const seen =
        of === 0 ? 'it was not seen on an earlier day' : `only ${of} earlier ${of === 1 ? 'day' : 'days'} known`
      return { is: 'cannot tell', text: `Cannot tell: ${seen}, ${network.learnedDays} days learned.` }
    }
    const outcome = days === 0 ? 'never' : days / of >= USUALLY ? 'usually' : 'sometimes'
    const text =
      days === 0
        ? `${name} never administered another device on the ${of} earlier days on which it was active.`
        : `${name} administered other devices on ${days} of ${of} earlier days.`
    return { is: 'found', outcome, text, evidence: [] }
  },
})
