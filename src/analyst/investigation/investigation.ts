import { secondsOf } from '../../event/time.ts'
import type { Finding } from '../case.ts'
import { HYPOTHESES } from '../hypotheses/hypotheses.ts'
import type { InvestigationStep } from '../incident.ts'
import { QUESTIONS } from '../questions/questions.ts'
import { type Hypothesis, LIKELY, type Likelihood } from './hypothesis.ts'
import type { Answer, Inquiry, Question } from './question.ts'

/** No single answer weighs more: it may be wrong. */
const MOST_BITS = 8
const MOST_QUESTIONS = 20
/** A lead that is enough to stop asking, if what is left to ask cannot turn it. */
const ENOUGH_BITS = 7
/** An attack makes a day odd, as a rule. */
const ODD_BY_ATTACK = LIKELY['almost always']

/** Announced or not, a change makes some days odd and leaves others as they were. */
const ODD_BY_CHANGE = -1

type Weights = Readonly<Record<string, number>>

/**
 * Asks about one device of a case what would tell the explanations apart: the question first that can turn most for its
 * cost, until the rest could turn nothing. The same state gives the same steps.
 */
export function investigate(inquiry: Inquiry): Finding {
  const bits: Record<string, number> = Object.fromEntries(HYPOTHESES.map(({ name, prior }) => [name, -prior]))
  const steps: InvestigationStep[] = []
  const unseen: string[] = []
  let measured = 0
  for (const { question, swing } of ORDERED) {
    const before = attackBits(bits)
    const lead = Math.abs(before)
    if (steps.length >= MOST_QUESTIONS || (lead >= ENOUGH_BITS && swing + ENOUGH_BITS <= lead)) break
    const answer: Answer = question.answer(inquiry)
    if (answer.is === 'does not apply') continue
    if (answer.is === 'cannot tell') unseen.push(answer.text)
    const weights = answer.is === 'cannot tell' ? {} : weightsOf(question, answer.outcome, answer.oddness)
    for (const [name, weight] of Object.entries(weights)) bits[name]! += weight
    if (question.basis === 'measured') measured += attackBits(bits) - before
    steps.push({
      as_of: secondsOf(inquiry.asOf),
      device: inquiry.device,
      question: question.asks.replaceAll('{device}', inquiry.name),
      answer: answer.text,
      could_tell: answer.is === 'found',
      basis: question.basis,
      weights,
      lead: round(attackBits(bits)),
      evidence: answer.is === 'found' ? [...new Set(answer.evidence)].slice(0, 4) : [],
    })
  }
  for (const name of Object.keys(bits)) bits[name] = round(bits[name]!)
  return {
    device: inquiry.device,
    asOf: inquiry.asOf,
    steps,
    bits,
    posterior: round(attackBits(bits)),
    measured: round(measured),
    unseen,
  }
}

/** Bits of all attacks together against all other explanations together; positive: an attack is likelier than not. */
export function attackBits(bits: Weights): number {
  const [attack, benign] = (['attack', 'benign'] as const).map((kind) =>
    Math.log2(HYPOTHESES.filter((each) => each.kind === kind).reduce((sum, { name }) => sum + 2 ** bits[name]!, 0)),
  ) as [number, number]
  return attack - benign
}

function weightsOf(question: Question, outcome: string, oddness: number | undefined): Weights {
  return Object.fromEntries(
    HYPOTHESES.map((hypothesis) => [hypothesis.name, round(weightOf(hypothesis, question, outcome, oddness))]),
  )
}

function weightOf(hypothesis: Hypothesis, question: Question, outcome: string, oddness: number | undefined): number {
  if (oddness !== undefined) {
    if (hypothesis.kind === 'attack') return Math.log2(ODD_BY_ATTACK)
    return hypothesis.expectsOddDays ? ODD_BY_CHANGE : -Math.min(MOST_BITS, oddness)
  }
  const expected: Readonly<Record<string, Likelihood>> | undefined = (
    hypothesis.expects as Readonly<Record<string, Readonly<Record<string, Likelihood>>>>
  )[question.name]
  const word = expected?.[outcome]
  const probability = word === undefined ? question.usual[outcome]! : LIKELY[word]
  return Math.max(-MOST_BITS, Math.log2(probability))
}

interface Ordered {
  readonly question: Question
  /** Bits by which its weightiest outcome can move attack against the rest. */
  readonly swing: number
}

/** The questions, the one that can turn most for its cost first; ties by name. */
const ORDERED: readonly Ordered[] = (QUESTIONS as readonly Question[])
  .map((question) => ({ question, swing: swingOf(question) }))
  .sort((a, b) => b.swing / b.question.cost - a.swing / a.question.cost || (a.question.name < b.question.name ? -1 : 1))

function swingOf(question: Question): number {
  let most = 0
  for (const outcome of Object.keys(question.usual)) {
    const of = (kind: Hypothesis['kind']): number[] =>
      HYPOTHESES.filter((each) => each.kind === kind).map((each) => weightOf(each, question, outcome, undefined))
    const [attack, benign] = [of('attack'), of('benign')]
    most = Math.max(most, Math.max(...attack) - Math.min(...benign), Math.max(...benign) - Math.min(...attack))
  }
  return most
}

/** Hundredths of a bit: the same on every machine, and short to read. */
function round(bits: number): number {
  return Math.round(bits * 100) / 100
}
