/**
 * What a view answers. Of all views of a question the oddest counts, so that one cause seen from five sides counts once;
 * the questions' bits are then added, and the sum goes through a map of its own.
 */
export const QUESTIONS = ['who', 'own', 'again', 'what', 'whither', 'how', 'offers', 'many'] as const
export type Question = (typeof QUESTIONS)[number]
