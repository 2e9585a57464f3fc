import type { Micros } from '../../event/time.ts'
import type { Case } from '../case.ts'
import type { Sighting } from '../sighting.ts'
import type { Network } from './network.ts'

/** What an investigation of one device in a case is about, as of the engine clock. */
export interface Inquiry {
  readonly asOf: Micros
  /** When the device's part of the case began (µs): what it did since is no habit. */
  readonly began: Micros
  /** Id and index of the device. */
  readonly device: string
  readonly index: number
  readonly name: string
  readonly case: Case
  /** Its own alerts in the case. */
  readonly sightings: readonly Sighting[]
  readonly network: Network
}

/**
 * An answer: one of the question's outcomes, with what was found in words; or that it cannot be told, which weighs nothing
 * but is said. Bits stand beside an outcome where the answer itself is a measured probability.
 */
export type Answer<Outcome extends string = string> =
  | {
      readonly is: 'found'
      readonly outcome: Outcome
      readonly text: string
      readonly evidence: readonly string[]
      /** −log₂ of the probability of something so odd or odder where nothing is wrong. */
      readonly oddness?: number
    }
  | { readonly is: 'cannot tell'; readonly text: string }
  /** The question makes no sense here: nothing is written. */
  | { readonly is: 'does not apply' }

export interface Question<Name extends string = string, Outcome extends string = string> {
  readonly name: Name
  /** As asked to a colleague; `{device}` stands for its name. */
  readonly asks: string
  /** Look-ups that it takes: cheap ones are asked first. */
  readonly cost: number
  readonly basis: 'measured' | 'judged'
  /** Probability of each outcome where nothing special explains it: what a hypothesis that says nothing of it expects. */
  readonly usual: Readonly<Record<Outcome, number>>
  answer(inquiry: Inquiry): Answer<Outcome>
}

/** For the typed list: keeps name and outcomes as literal types. */
export function question<const Name extends string, const Usual extends Readonly<Record<string, number>>>(
  it: Omit<Question<Name, keyof Usual & string>, 'usual'> & { readonly usual: Usual },
): Question<Name, keyof Usual & string> {
  return it as Question<Name, keyof Usual & string>
}
