import type { Tag } from '../device/tags.ts'
import type { Field, LogType } from '../event/log_types.ts'
import type { Micros } from '../event/time.ts'
import type { Expression, Side } from './expression.ts'
import type { Template } from './template.ts'

/** A model as loaded and checked; docs/models.md explains the parts of the language to authors. */
export interface Model {
  /** The path below the catalogue's folder, without `.yaml`: `Device/RDP Scan`. */
  readonly name: string
  /** Changes when the file does: what was counted for another text is not gone on with. */
  readonly fingerprint: string
  readonly description: string
  readonly severity: number
  readonly techniques: readonly string[]
  readonly parts: readonly Part[]
  readonly windows: readonly Window[]
  readonly sequences: readonly Sequence[]
  readonly rules: readonly Rule[]
  /** What tells two alerts of one device apart. */
  readonly subject: readonly string[]
  /** An alert that nothing added to for so long is closed. */
  readonly cooldown: Micros
  /** The share of a day's alerts that this model owns, 0 to 1. */
  readonly share: number
  readonly alert: AlertPolicy
  readonly tags: readonly Tag[]
  readonly response: string
  readonly earliestEvidence: string
  readonly quietOn: readonly string[]
  /** True when a rule asks for surprise. */
  readonly trained: boolean
  /** True when it reads alerts of other models. */
  readonly meta: boolean
}

/**
 * `with another model`: only a signal until another model alerts on the same device. `on an odd day`: only a signal unless
 * the device's day as a whole is odder than the dial lets pass. `unless the day is ordinary`: always, until enough is learned to
 * say that the device's day is like most.
 */
type AlertPolicy = 'always' | 'never' | 'with another model' | 'on an odd day' | 'unless the day is ordinary'

/** Events of one log that the model looks at. */
export interface Part {
  readonly name: string
  readonly index: number
  readonly log: LogType
  /** The side on which the device stands that the model is about. */
  readonly side: Side
  /** Index of the part that must hold as well, or -1. */
  readonly within: number
  /** Its own condition alone. */
  readonly when: Expression
  /** Its own condition, that of the part it is within, and that it is not excused. */
  readonly whole: Expression
  readonly keys: ReadonlyMap<string, Expression>
  /** Fields kept as evidence. */
  readonly show: readonly Field[]
}

/** What groups events; `value` is worked out from the event. */
export type Key =
  | { readonly is: 'device' | 'peer' | 'credential'; readonly name: string }
  | { readonly is: 'value'; readonly name: string; readonly of: Expression }

export interface Window {
  readonly name: string
  /** Index among the model's variables. */
  readonly index: number
  readonly measure: 'count' | 'distinct' | 'sum'
  readonly parts: readonly number[]
  /** By part: what is distinct or summed up. */
  readonly values: ReadonlyMap<number, Expression>
  readonly over: Micros
  readonly by: readonly string[]
  /** Parts whose events may begin a group; others are counted once it has begun. */
  readonly from: readonly number[]
  /** A distinct count is exact up to here. */
  readonly atMost: number
}

export interface Sequence {
  readonly name: string
  readonly index: number
  /** Parts of each step, any of which will do. */
  readonly steps: readonly (readonly number[])[]
  readonly over: Micros
  readonly by: readonly string[]
}

export interface Rule {
  readonly index: number
  readonly when: Expression
  readonly score: number
  readonly summary: Template
  /** Variables of windows and sequences that the condition or the summary names. */
  readonly windows: readonly number[]
  readonly sequences: readonly number[]
  /** The window whose growth is worth saying again, or -1: then new targets are. */
  readonly grows: number
}

/** How a part reads a key. @returns undefined when its log cannot have it */
export function keyOf(part: Part, name: string): Key | undefined {
  if (name === 'device' || name === 'peer' || name === 'credential') return { is: name, name }
  const own = part.keys.get(name)
  if (own) return { is: 'value', name, of: own }
  const slot = part.log.slots.get(name)
  if (slot === undefined) return undefined
  const field = part.log.fields[slot]!
  if (field.kind === 'set' || field.kind === 'numbers') return undefined
  return {
    is: 'value',
    name,
    of: { is: 'field', type: field.kind === 'bool' ? 'bool' : field.numeric ? 'number' : 'string', field },
  }
}
