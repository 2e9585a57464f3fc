import { RE2JS } from 're2js'
import type { DeviceDirectory } from '../device/directory.ts'
import { TAG_BIT } from '../device/tags.ts'
import type { Dictionary, EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import { type Field, SET_SEPARATOR } from '../event/log_types.ts'
import { type Micros, SECOND, secondsOf } from '../event/time.ts'
import { type Expression, type TextMap, walk } from './expression.ts'
import { registeredDomain } from './registered_domain.ts'
import type { Surprise } from './surprise.ts'

export type Test = (event: Event) => boolean
/** NaN is absent. */
export type NumberOf = (event: Event) => number
/** Undefined is absent. */
export type TextOf = (event: Event) => string | undefined

const UNKNOWN = 0
const NO = 1
const YES = 2

/** How long the network is watched: the engine clock of the first event; NaN before it. */
export interface Watching {
  since: Micros
}

/**
 * What compiled conditions of one log type read besides the event. A condition on one text field is worked out once for
 * each distinct text of a batch and then looked up by its dictionary id; the answers live as long as the batch.
 */
export class ConditionContext {
  readonly directory: DeviceDirectory
  readonly surprise: Surprise
  readonly watching: Watching
  /** Values of windows, sequences and parts, for rules; NaN is absent. */
  readonly variables: Float64Array
  answers: (Uint8Array | undefined)[] = []
  private size = 0
  private memos = 0
  private dictionary: Dictionary | undefined
  private readonly kept = new WeakMap<Dictionary, (Uint8Array | undefined)[]>()

  constructor(
    directory: DeviceDirectory,
    surprise: Surprise,
    variables = 0,
    watching: Watching = { since: Number.NaN },
  ) {
    this.directory = directory
    this.surprise = surprise
    this.watching = watching
    this.variables = new Float64Array(variables)
  }

  /** Must be called before conditions are asked about rows of another batch. */
  use(batch: EventBatch): void {
    const { dictionary } = batch
    if (dictionary === this.dictionary) return
    let answers = this.kept.get(dictionary)
    if (answers === undefined) {
      answers = new Array<Uint8Array | undefined>(this.memos)
      this.kept.set(dictionary, answers)
    }
    this.dictionary = dictionary
    this.answers = answers
    this.size = dictionary.size
  }

  newMemo(): number {
    return this.memos++
  }

  makeAnswers(memo: number): Uint8Array {
    const made = new Uint8Array(Math.max(this.size, 1))
    this.answers[memo] = made
    return made
  }
}

/** A condition as a closure over field slots. */
export function compileTest(expression: Expression, context: ConditionContext): Test {
  const memoised = memoisedTest(expression, context)
  if (!memoised) return testOf(expression, context)
  const { slot, memo, test } = memoised
  return (event) => {
    const id = event.batch.strings[slot]![event.row]!
    const answers = context.answers[memo] ?? context.makeAnswers(memo)
    const answer = answers[id]!
    if (answer !== UNKNOWN) return answer === YES
    const found = test(event)
    answers[id] = found ? YES : NO
    return found
  }
}

/** For a condition on one text field alone: how to work it out, and the memo of its answers. */
export function memoisedTest(
  expression: Expression,
  context: ConditionContext,
): { slot: number; memo: number; test: Test } | undefined {
  const slot = expression.is === 'field' ? -1 : soleTextSlot(expression)
  return slot < 0 ? undefined : { slot, memo: context.newMemo(), test: testOf(expression, context) }
}

/** The slot of the one text field that the condition depends on, or -1. Identifiers never repeat: no use remembering them. */
function soleTextSlot(expression: Expression): number {
  let slot = -1
  let sole = true
  walk(expression, (inner) => {
    if (inner.is === 'field') {
      if (inner.field.numeric || inner.field.kind === 'uid' || (slot >= 0 && slot !== inner.field.slot)) sole = false
      slot = inner.field.slot
    } else if (
      inner.is === 'variable' ||
      inner.is === 'tag' ||
      inner.is === 'internal' ||
      inner.is === 'device' ||
      inner.is === 'surprise'
    ) {
      sole = false
    }
  })
  return sole ? slot : -1
}

/** Rough cost of asking, so that in a conjunction the cheapest is asked first. Conditions have no side effects. */
function cost(expression: Expression): number {
  if (expression.is === 'compare' && expression.left.type === 'number') return expression.left.is === 'field' ? 1 : 4
  if (expression.is === 'field' || expression.is === 'truth') return 1
  if (expression.is === 'internal') return 1
  if (soleTextSlot(expression) >= 0) return 2
  if (expression.is === 'tag') return 3
  if (expression.is === 'not') return cost(expression.of)
  if (expression.is === 'and' || expression.is === 'or') return expression.of.reduce((sum, part) => sum + cost(part), 1)
  return 8
}

function testOf(expression: Expression, context: ConditionContext): Test {
  switch (expression.is) {
    case 'truth': {
      const { value } = expression
      return () => value
    }
    case 'and':
    case 'or': {
      const tests = expression.of.toSorted((a, b) => cost(a) - cost(b)).map((part) => compileTest(part, context))
      return expression.is === 'and' ? allOf(tests) : anyOf(tests)
    }
    case 'not': {
      const of = compileTest(expression.of, context)
      return (event) => !of(event)
    }
    case 'field': {
      const { slot } = expression.field
      return (event) => event.batch.numbers[slot]![event.row]! === 1
    }
    case 'variable': {
      const { index } = expression
      return () => context.variables[index]! === 1
    }
    case 'tag': {
      const { directory } = context
      const bit = TAG_BIT[expression.tag]
      if (expression.side === 'orig') return ({ orig }) => orig >= 0 && (directory.tagMask(orig) & bit) !== 0
      return ({ resp }) => resp >= 0 && (directory.tagMask(resp) & bit) !== 0
    }
    case 'internal':
      return expression.side === 'orig' ? (event) => event.orig >= 0 : (event) => event.resp >= 0
    case 'has':
      return presence(expression.of)
    case 'compare':
      return comparison(expression, context)
    case 'oneOf':
      return oneOf(expression, context)
    case 'memberOf': {
      const set = compileText(expression.set, context)
      const { value } = expression
      return (event) => set(event)?.split(SET_SEPARATOR).includes(value) ?? false
    }
    case 'textTest': {
      const of = compileText(expression.of, context)
      const { test, value } = expression
      if (test === 'startsWith') return (event) => of(event)?.startsWith(value) ?? false
      if (test === 'endsWith') return (event) => of(event)?.endsWith(value) ?? false
      return (event) => of(event)?.includes(value) ?? false
    }
    case 'matches': {
      const of = compileText(expression.of, context)
      const pattern = RE2JS.compile(expression.pattern)
      return (event) => {
        const text = of(event)
        return text !== undefined && pattern.matcher(text).find()
      }
    }
    case 'private': {
      const of = compileText(expression.of, context)
      return (event) => {
        const text = of(event)
        return text !== undefined && PRIVATE_ADDRESS.test(text)
      }
    }
    default:
      throw new Error(`not a condition: ${expression.is}`)
  }
}

function allOf(tests: readonly Test[]): Test {
  const [a, b, c, ...rest] = tests
  if (!b) return a!
  if (!c) return (event) => a!(event) && b(event)
  if (rest.length === 0) return (event) => a!(event) && b(event) && c(event)
  const more = allOf(rest)
  return (event) => a!(event) && b(event) && c(event) && more(event)
}

function anyOf(tests: readonly Test[]): Test {
  const [a, b, c, ...rest] = tests
  if (!b) return a!
  if (!c) return (event) => a!(event) || b(event)
  if (rest.length === 0) return (event) => a!(event) || b(event) || c(event)
  const more = anyOf(rest)
  return (event) => a!(event) || b(event) || c(event) || more(event)
}

function presence(of: Expression): Test {
  if (of.is !== 'field') throw new Error('has() without a field')
  const { slot, numeric } = of.field
  if (numeric) return (event) => !Number.isNaN(event.batch.numbers[slot]![event.row]!)
  return (event) => event.batch.strings[slot]![event.row]! !== 0
}

function comparison(expression: Expression & { is: 'compare' }, context: ConditionContext): Test {
  const { op, left, right } = expression
  if (left.type === 'string') {
    const a = compileText(left, context)
    const b = compileText(right, context)
    const equal: Test = (event) => {
      const text = a(event)
      return text !== undefined && text === b(event)
    }
    if (op === '==') return equal
    return (event) => {
      const text = a(event)
      const other = b(event)
      return text !== undefined && other !== undefined && text !== other
    }
  }
  if (op === '==' && left.is === 'field' && right.is === 'number' && fieldScale(left.field) === 1) {
    const { slot } = left.field
    const { value } = right
    return (event) => event.batch.numbers[slot]![event.row]! === value
  }
  const a = compileNumber(left, context)
  const b = compileNumber(right, context)
  switch (op) {
    case '==':
      return (event) => a(event) === b(event)
    case '!=':
      return (event) => {
        const x = a(event)
        const y = b(event)
        return x < y || x > y
      }
    case '<':
      return (event) => a(event) < b(event)
    case '<=':
      return (event) => a(event) <= b(event)
    case '>':
      return (event) => a(event) > b(event)
    case '>=':
      return (event) => a(event) >= b(event)
  }
}

function oneOf(expression: Expression & { is: 'oneOf' }, context: ConditionContext): Test {
  const values: ReadonlySet<unknown> = new Set(expression.values)
  if (expression.needle.type === 'number') {
    const needle = compileNumber(expression.needle, context)
    return (event) => values.has(needle(event))
  }
  const needle = compileText(expression.needle, context)
  return (event) => {
    const text = needle(event)
    return text !== undefined && values.has(text)
  }
}

/** Times and lengths of time are seconds in conditions, as in Zeek's logs; microseconds inside. */
export function fieldScale({ kind }: Field): number {
  return kind === 'time' || kind === 'interval' ? SECOND : 1
}

export function compileNumber(expression: Expression, context: ConditionContext): NumberOf {
  switch (expression.is) {
    case 'number': {
      const { value } = expression
      return () => value
    }
    case 'field': {
      const { slot } = expression.field
      const scale = fieldScale(expression.field)
      if (scale === 1) return (event) => event.batch.numbers[slot]![event.row]!
      return (event) => event.batch.numbers[slot]![event.row]! / scale
    }
    case 'variable': {
      const { index } = expression
      return () => context.variables[index]!
    }
    case 'watched': {
      const { watching } = context
      return (event) => secondsOf(event.clock - watching.since)
    }
    case 'surprise': {
      const { surprise } = context
      const { of } = expression
      if (typeof of === 'number') return (event) => surprise.bitsOf(event, of)
      return (event) => surprise[of](event)
    }
    case 'arithmetic':
      return arithmetic(expression, context)
    case 'size': {
      const of = compileText(expression.of, context)
      if (expression.of.type === 'strings') return (event) => countElements(of(event))
      return (event) => {
        const text = of(event)
        return text === undefined ? Number.NaN : Array.from(text).length
      }
    }
    default: {
      const test = compileTest(expression, context)
      return (event) => (test(event) ? 1 : 0)
    }
  }
}

function countElements(set: string | undefined): number {
  if (set === undefined) return Number.NaN
  return set === '' ? 0 : set.split(SET_SEPARATOR).length
}

function arithmetic(expression: Expression & { is: 'arithmetic' }, context: ConditionContext): NumberOf {
  const a = compileNumber(expression.left, context)
  const b = compileNumber(expression.right, context)
  switch (expression.op) {
    case '+':
      return (event) => a(event) + b(event)
    case '-':
      return (event) => a(event) - b(event)
    case '*':
      return (event) => a(event) * b(event)
    // Division by zero is absent, as it is NULL in SQL, so that a condition and its recount agree.
    case '/':
      return (event) => {
        const by = b(event)
        return by === 0 ? Number.NaN : a(event) / by
      }
    case '%':
      return (event) => a(event) % b(event)
  }
}

export function compileText(expression: Expression, context: ConditionContext): TextOf {
  switch (expression.is) {
    case 'text': {
      const { value } = expression
      return () => value
    }
    case 'field': {
      const { slot } = expression.field
      return (event) => {
        const id = event.batch.strings[slot]![event.row]!
        return id === 0 ? undefined : event.batch.dictionary.text(id)
      }
    }
    case 'device': {
      const { directory } = context
      const { side } = expression
      return (event) => {
        const device = event[side]
        return device < 0 ? undefined : directory.id(device)
      }
    }
    case 'textMap': {
      const of = compileText(expression.of, context)
      const map = TEXT_MAP[expression.map]
      return (event) => {
        const text = of(event)
        return text === undefined ? undefined : map(text)
      }
    }
    default:
      throw new Error(`not a text: ${expression.is}`)
  }
}

const TEXT_MAP: Readonly<Record<TextMap, (text: string) => string>> = {
  lowerAscii: (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  upperAscii: (text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  // What follows the last slash or backslash.
  baseName: (text) => text.slice(Math.max(text.lastIndexOf('\\'), text.lastIndexOf('/')) + 1),
  registeredDomain,
  trim: (text) => text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, ''),
}

/** RFC 1918, RFC 3927, RFC 4193 and RFC 4291 link-local, in canonical text; the same pattern stands in the SQL. */
export const PRIVATE_PATTERN =
  '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|169\\.254\\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)'
const PRIVATE_ADDRESS = new RegExp(PRIVATE_PATTERN)
