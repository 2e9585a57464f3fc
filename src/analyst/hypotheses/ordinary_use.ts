import type { Hypothesis } from '../investigation/hypothesis.ts'

/** Nothing special: people and programs do something new on every day. */
export const ordinaryUse: Hypothesis = {
  name: 'Ordinary use',
  kind: 'benign',
  prior: 2,
  about: 'ordinary use: somebody did something for the first time',
  expects: {
    'how severe': { 'very grave': 'hardly ever', grave: 'sometimes', notable: 'often', slight: 'often' },
  },
}
