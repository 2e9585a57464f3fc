/**
 * What a view answers. Of all views of a question the oddest counts, so that one cause seen from five sides counts once;
 * the questions' bits are then added, and the sum goes through a map of its own.
 */
export const QUESTIONS = ['who', 'own', 'again', 'what', 'whither', 'how', 'offers'] as const
export type Question = (typeof QUESTIONS)[number]

/** In a sentence: "odd in who (…)". */
export const QUESTION_TEXT: Readonly<Record<Question, string>> = {
  who: 'which credentials, from where, to where',
  own: 'administration by a device that does not administer',
  again: 'something new that comes back',
  what: 'which operations, pipes and shares',
  whither: 'which peers, services and endpoints',
  how: 'which programs speak',
  offers: 'which services it offers',
}
