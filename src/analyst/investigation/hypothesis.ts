import type { Outcomes, QuestionName } from '../questions/questions.ts'

/**
 * How likely an outcome is where the hypothesis is true. Judged by the authors on a scale of six words, so that it can be
 * read and argued about.
 */
export const LIKELY = {
  'almost always': 0.8,
  often: 0.3,
  sometimes: 0.1,
  seldom: 0.03,
  'hardly ever': 0.01,
  never: 0.003,
} as const
export type Likelihood = keyof typeof LIKELY

export interface Hypothesis {
  readonly name: string
  readonly kind: 'attack' | 'benign'
  /** Of a device with alerts, before anything is asked: −log₂ of how often this is behind them. */
  readonly prior: number
  /** Completes "This is …". */
  readonly about: string
  /** What it expects, by question and outcome; what is not said is as usual. */
  readonly expects: { readonly [Name in QuestionName]?: Partial<Record<Outcomes<Name>, Likelihood>> }
  /** An odd day is what one would expect, so that it speaks neither for nor against. */
  readonly expectsOddDays?: boolean
}
