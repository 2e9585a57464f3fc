/**
 * What a view answers. `chain`: a credential goes on from where it had been brought by an administrative act. Of all views of a question the oddest counts, so that one cause seen from five sides counts once;
 * the questions' bits are then added, and the sum goes through a map of its own. `many` is in no sum: how much an ordinary device
 * does varies so much that it would bury what is new; it is a limit of its own.
 */
export const QUESTIONS = ['who', 'own', 'again', 'what', 'whither', 'how', 'offers', 'many', 'chain'] as const
/** Indexes of the questions that are added: all but how much, and those that concern administration and credentials. */
export const SUMS = {
  everything: QUESTIONS.flatMap((question, index) => (question === 'many' ? [] : [index])),
  administration: (['who', 'own', 'again', 'what', 'chain'] as const).map((question) => QUESTIONS.indexOf(question)),
} as const
export const MANY: number = QUESTIONS.indexOf('many')
export const CHAIN: number = QUESTIONS.indexOf('chain')
export type Question = (typeof QUESTIONS)[number]
