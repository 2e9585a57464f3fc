import type { Finding } from '../case.ts'
import { HYPOTHESES } from '../hypotheses/hypotheses.ts'
import type { ConsideredHypothesis, Verdict } from '../incident.ts'
import { confidence } from './wording.ts'

/** Beyond so many bits on either side a verdict is given. */
const DECIDED_BITS = 3

export function verdictOf(finding: Finding): Verdict {
  const bits = finding.posterior
  // The prior alone explains nothing: benign needs something that was measured here to speak for it.
  const explained = bits <= -DECIDED_BITS && finding.measured < 0
  const is = bits >= DECIDED_BITS ? 'attack' : explained ? 'benign and explained' : 'undecided'
  const ranked = ranking(finding)
  const attack = ranked.find(({ kind }) => kind === 'attack')!
  const benign = ranked.find(({ kind }) => kind === 'benign')!
  const best = bits >= 0 ? attack : benign
  const other = bits >= 0 ? benign : attack
  const probability = 1 / (1 + 2 ** -bits)
  const open = finding.steps.filter((step) => !step.could_tell).length
  const unknown = open > 0 ? `; ${open} ${open === 1 ? 'question' : 'questions'} could not be answered` : ''
  const lead = `${Math.abs(Math.round(bits * 10) / 10)} bits`
  const text =
    bits >= 0
      ? `That this is an attack is ${confidence(probability)} (${lead} ahead): ${about(best.name)}. The best other explanation is ${about(other.name)}${unknown}.`
      : `That this is an attack is ${confidence(probability)} (${lead} behind): more likely it is ${about(best.name)}${unknown}.`
  return { is, hypothesis: best.name, bits, probability: Math.round(probability * 1e4) / 1e4, text }
}

/** Every explanation, likeliest first; each with the answer that speaks most for it or most against it. */
export function consideredOf(finding: Finding): readonly ConsideredHypothesis[] {
  const ranked = ranking(finding)
  const [best] = ranked
  return ranked.map(({ name, kind }) => ({
    name,
    kind,
    bits: finding.bits[name]!,
    text: why(finding, name, best!.name),
  }))
}

function why({ steps, bits }: Finding, name: string, best: string): string {
  if (name === best) {
    const against = runnerUp(bits, best)
    const step = strongest(steps, best, against)
    return step === undefined ? 'Likeliest before anything was asked.' : `Fits best: ${step.answer}`
  }
  const step = strongest(steps, best, name)
  const behind = Math.round((bits[best]! - bits[name]!) * 10) / 10
  if (step === undefined) return `${behind} bits behind, from the outset.`
  const weight = Math.round((step.weights[best]! - step.weights[name]!) * 10) / 10
  return `Not ${about(name)}: ${step.answer.replace(/\.$/, '')} (${weight} bits; ${behind} behind in all).`
}

/** The answer that speaks most for one explanation against another. */
function strongest(steps: Finding['steps'], one: string, other: string): Finding['steps'][number] | undefined {
  let most: Finding['steps'][number] | undefined
  let gap = 0.5
  for (const step of steps) {
    const difference = (step.weights[one] ?? 0) - (step.weights[other] ?? 0)
    if (difference > gap) [most, gap] = [step, difference]
  }
  return most
}

function runnerUp(bits: Finding['bits'], best: string): string {
  const kind = HYPOTHESES.find(({ name }) => name === best)!.kind
  return [...HYPOTHESES]
    .filter((each) => each.kind !== kind)
    .sort((a, b) => bits[b.name]! - bits[a.name]! || (a.name < b.name ? -1 : 1))[0]!.name
}

function ranking({ bits }: Finding): { readonly name: string; readonly kind: 'attack' | 'benign' }[] {
  return [...HYPOTHESES]
    .sort((a, b) => bits[b.name]! - bits[a.name]! || (a.name < b.name ? -1 : 1))
    .map(({ name, kind }) => ({ name, kind }))
}

function about(name: string): string {
  return HYPOTHESES.find((each) => each.name === name)?.about ?? name
}
