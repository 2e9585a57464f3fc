import type { Question } from './self/questions.ts'

/** What a part of a value is, and so how it is shown and who owns it. */
export type Part = 'none' | 'device' | 'credential' | 'text' | 'service' | 'number'

/**
 * A view: one point of view from which behaviour is learned. The subject (a device or a credential) uses values; a value
 * is one or two parts, such as a peer and a service.
 */
export interface View {
  /** 1 to 31; stands in snapshots, so it is never given to another view. */
  readonly id: number
  /** For people and for models: `device → internal peer`. */
  readonly name: string
  readonly subject: 'device' | 'credential'
  readonly value: readonly [a: Part, b: Part]
  /** The question it answers; a view without one is remembered and shown, but not judged. */
  readonly question?: Question
  /** True: that a young link is used on a further day is a trial of its own (view id + 32, question `again`). */
  readonly again?: boolean
  /** True: what is odd in it is evidence in the account of the credential that is its subject. */
  readonly ofAccount?: boolean
  /** How a value reads; both parts with a blank between when not given. */
  readonly shown?: (a: string, b: string) => string
}

/** Services are values themselves (protocol and port, name), referred to by others. No subject has links to them alone. */
export const SERVICE_VIEW: View = { id: 0, name: 'service', subject: 'device', value: ['number', 'text'] }

const MOST_VIEWS = 64
/** Devices and credentials above this index cannot be told apart in a link's owner. */
export const MOST_SUBJECTS: number = 2 ** 25

/** The owner of a link: subject, kind of subject and view in one word. */
export function ownerOf(view: View, subject: number): number {
  return ((subject * 2 + (view.subject === 'credential' ? 1 : 0)) * MOST_VIEWS + view.id) >>> 0
}

/** The view in which the return of a young link of another view is a trial. */
export function againView(view: View): View {
  return { ...view, id: view.id + 32, name: `${view.name}, used again`, question: 'again', again: false }
}

export function viewOfOwner(owner: number): number {
  return owner % MOST_VIEWS
}

export function subjectOfOwner(owner: number): number {
  return Math.floor(owner / (MOST_VIEWS * 2))
}
