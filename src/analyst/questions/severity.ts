import { question } from '../investigation/question.ts'

/** What the authors of the models hold of the loudest alert: a program sent to a domain controller is no listing of shares. */
export const severity = question({
  name: 'how severe',
  asks: 'How grave is the gravest of the alerts on {device}, by the judgement of those who wrote the models?',
  cost: 1,
  basis: 'judged',
  usual: { 'very grave': 0.02, grave: 0.15, notable: 0.4, slight: 0.43 },
  answer({ sightings }) {
    const [most] = sightings.filter(({ meta }) => !meta).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    if (most === undefined) return { is: 'does not apply' }
    const { score } = most
    const outcome = score >= 80 ? 'very grave' : score >= 60 ? 'grave' : score >= 45 ? 'notable' : 'slight'
    return {
      is: 'found',
      outcome,
      text: `${outcome}: ${most.model}, score ${Math.round(score)}.`,
      evidence: most.evidence.slice(0, 1),
    }
  },
})
