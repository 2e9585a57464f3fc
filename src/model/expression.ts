import { type ASTNode, ParseError, parse } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { QUESTIONS } from '../behaviour/self/questions.ts'
import { TAGS, type Tag } from '../device/tags.ts'
import type { Field, LogType } from '../event/log_types.ts'
import { didYouMean, someOf } from './problem.ts'

/** What a condition asks of surprise; a number is the index of a question. */
export type SurpriseOf = 'bits' | 'networkPeriodDays' | 'usualDays' | number

/**
 * Conditions: the syntax of CEL (parsed by cel-js), types and meaning our own. Fields are those of one log type, under
 * Zeek's names; the rest is listed in docs/models.md. What is absent makes a comparison false, whichever it is, and
 * `!` turns that into true: every condition is true or false, never "unknown".
 */
export type ValueType = 'number' | 'string' | 'bool' | 'strings'
export type Side = 'orig' | 'resp'
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='
type Arithmetic = '+' | '-' | '*' | '/' | '%'
type TextTest = 'startsWith' | 'endsWith' | 'contains'
export type TextMap = 'lowerAscii' | 'upperAscii' | 'baseName' | 'registeredDomain' | 'trim'

export type Expression =
  | { readonly is: 'number'; readonly type: 'number'; readonly value: number }
  | { readonly is: 'text'; readonly type: 'string'; readonly value: string }
  | { readonly is: 'truth'; readonly type: 'bool'; readonly value: boolean }
  | { readonly is: 'field'; readonly type: ValueType; readonly field: Field }
  | { readonly is: 'variable'; readonly type: ValueType; readonly name: string; readonly index: number }
  | { readonly is: 'tag'; readonly type: 'bool'; readonly side: Side; readonly tag: Tag }
  | { readonly is: 'internal'; readonly type: 'bool'; readonly side: Side }
  | { readonly is: 'device'; readonly type: 'string'; readonly side: Side }
  | { readonly is: 'surprise'; readonly type: 'number'; readonly of: SurpriseOf }
  | { readonly is: 'watched'; readonly type: 'number' }
  | { readonly is: 'has'; readonly type: 'bool'; readonly of: Expression }
  | { readonly is: 'and' | 'or'; readonly type: 'bool'; readonly of: readonly Expression[] }
  | { readonly is: 'not'; readonly type: 'bool'; readonly of: Expression }
  | {
      readonly is: 'compare'
      readonly type: 'bool'
      readonly op: Comparison
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly is: 'oneOf'
      readonly type: 'bool'
      readonly needle: Expression
      readonly values: readonly (string | number)[]
    }
  | { readonly is: 'memberOf'; readonly type: 'bool'; readonly value: string; readonly set: Expression }
  | {
      readonly is: 'arithmetic'
      readonly type: 'number'
      readonly op: Arithmetic
      readonly left: Expression
      readonly right: Expression
    }
  | {
      readonly is: 'textTest'
      readonly type: 'bool'
      readonly test: TextTest
      readonly of: Expression
      readonly value: string
    }
  | { readonly is: 'textMap'; readonly type: 'string'; readonly map: TextMap; readonly of: Expression }
  | { readonly is: 'matches'; readonly type: 'bool'; readonly of: Expression; readonly pattern: string }
  | { readonly is: 'size'; readonly type: 'number'; readonly of: Expression }
  | { readonly is: 'private'; readonly type: 'bool'; readonly of: Expression }

/** What names mean in a condition. */
export interface Scope {
  /** The log type whose fields may be named; none in a rule over windows. */
  readonly log: LogType | undefined
  /** Windows, sequences and parts, in a rule. */
  readonly variables: ReadonlyMap<string, { readonly type: ValueType; readonly index: number }>
}

/** Something wrong in a condition, at `start` of its text. */
export interface Complaint {
  readonly start: number
  readonly message: string
}

export type Checked =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly complaints: readonly Complaint[] }

const LONGEST_CONDITION = 10_000
const LONGEST_PATTERN = 1000

/**
 * Parses and checks a condition; all mistakes are found at once.
 * @param expected the type the whole must have; any when undefined
 */
export function checkExpression(text: string, scope: Scope, expected?: ValueType): Checked {
  const complaints: Complaint[] = []
  if (text.length > LONGEST_CONDITION) {
    return { ok: false, complaints: [{ start: 0, message: `Longer than ${LONGEST_CONDITION} characters.` }] }
  }
  let ast: ASTNode
  try {
    ast = parse(text).ast
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const start = error.range?.start ?? 0
    return {
      ok: false,
      complaints: [{ start, message: `Not a CEL expression: ${error.summary || firstLine(error.message)}.` }],
    }
  }
  const checker = new Checker(scope, complaints)
  const expression = checker.check(ast)
  if (expression && expected !== undefined && expression.type !== expected) {
    complaints.push({
      start: ast.start,
      message: `Gives a ${nameOf(expression.type)}; expected a ${nameOf(expected)}.`,
    })
  }
  if (expression && complaints.length === 0) return { ok: true, expression }
  return { ok: false, complaints: complaints.sort((a, b) => a.start - b.start) }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}

function nameOf(type: ValueType): string {
  return { number: 'number', string: 'text', bool: 'truth value', strings: 'set of texts' }[type]
}

const FIELD_TYPES: Readonly<Record<Field['kind'], ValueType>> = {
  time: 'number',
  interval: 'number',
  count: 'number',
  int: 'number',
  double: 'number',
  port: 'number',
  bool: 'bool',
  string: 'string',
  addr: 'string',
  uid: 'string',
  set: 'strings',
  numbers: 'strings',
}

function typeOfField(field: Field): ValueType {
  return FIELD_TYPES[field.kind]
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%'])
const TEXT_TESTS: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains'])
const TEXT_MAPS: ReadonlySet<string> = new Set(['lowerAscii', 'upperAscii', 'baseName', 'registeredDomain', 'trim'])
const METHODS = [...TEXT_TESTS, ...TEXT_MAPS, 'matches', 'size']
const SURPRISE: ReadonlyMap<string, SurpriseOf> = new Map<string, SurpriseOf>([
  ['surprise.bits', 'bits'],
  ['surprise.network_period_days', 'networkPeriodDays'],
  ['surprise.usual_days', 'usualDays'],
  ...QUESTIONS.map((question, index): [string, SurpriseOf] => [`surprise.${question}`, index]),
])
/** In a rule: seconds since the first record of this network. Before long nobody can say which devices are what. */
const WATCHED = 'watched'
const BUILT_IN = ['orig.tags', 'resp.tags', 'orig.internal', 'resp.internal', 'orig.id', 'resp.id', ...SURPRISE.keys()]

class Checker {
  private readonly scope: Scope
  private readonly complaints: Complaint[]

  constructor(scope: Scope, complaints: Complaint[]) {
    this.scope = scope
    this.complaints = complaints
  }

  private complain(node: ASTNode, message: string): undefined {
    this.complaints.push({ start: node.start, message })
    return undefined
  }

  check(node: ASTNode): Expression | undefined {
    switch (node.op) {
      case 'value':
        return this.literal(node, node.args)
      case 'id':
      case '.':
        return this.name(node)
      case '&&':
      case '||':
        return this.logical(node, node.op === '&&' ? 'and' : 'or')
      case '!_': {
        const of = this.expect(node.args, 'bool')
        return of && { is: 'not', type: 'bool', of }
      }
      case '-_': {
        const of = this.expect(node.args, 'number')
        return (
          of && {
            is: 'arithmetic',
            type: 'number',
            op: '-',
            left: { is: 'number', type: 'number', value: 0 },
            right: of,
          }
        )
      }
      case 'in':
        return this.membership(node, node.args)
      case 'call':
        return this.call(node, node.args[0], node.args[1])
      case 'rcall':
        return this.method(node, node.args[0], node.args[1], node.args[2])
      default:
        if (COMPARISONS.has(node.op)) return this.comparison(node)
        if (ARITHMETIC.has(node.op)) return this.arithmetic(node)
        return this.complain(node, `\`${node.op}\` is not part of this language.`)
    }
  }

  private expect(node: ASTNode, type: ValueType): Expression | undefined {
    const found = this.check(node)
    if (!found || found.type === type) return found
    return this.complain(node, `This is a ${nameOf(found.type)}; a ${nameOf(type)} was expected here.`)
  }

  private literal(node: ASTNode, value: unknown): Expression | undefined {
    if (typeof value === 'bigint' || typeof value === 'number') {
      const number = Number(value)
      if (!Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER)
        return this.complain(node, 'Number too large.')
      return { is: 'number', type: 'number', value: number }
    }
    if (typeof value === 'string') return { is: 'text', type: 'string', value }
    if (typeof value === 'boolean') return { is: 'truth', type: 'bool', value }
    return this.complain(node, 'Only numbers, texts, true and false may stand here. Ask for absence with !has(field).')
  }

  private logical(node: ASTNode, is: 'and' | 'or'): Expression | undefined {
    const [left, right] = (node.args as [ASTNode, ASTNode]).map((arg) => this.expect(arg, 'bool'))
    if (!left || !right) return undefined
    const parts = [left, right].flatMap((part) => (part.is === is ? part.of : [part]))
    return { is, type: 'bool', of: parts }
  }

  private name(node: ASTNode): Expression | undefined {
    const path = dottedPath(node)
    if (path === undefined) return this.complain(node, 'Not a name. A field is written as in the log: id.resp_p.')
    const variable = this.scope.variables.get(path)
    if (variable) return { is: 'variable', type: variable.type, name: path, index: variable.index }
    const surprise = SURPRISE.get(path)
    if (surprise !== undefined) return { is: 'surprise', type: 'number', of: surprise }
    const { log } = this.scope
    if (log) {
      const side = path.startsWith('orig.') ? 'orig' : path.startsWith('resp.') ? 'resp' : undefined
      if (side && path.endsWith('.internal')) return { is: 'internal', type: 'bool', side }
      if (side && path === `${side}.id`) return { is: 'device', type: 'string', side }
      if (side && path === `${side}.tags`)
        return this.complain(node, `Tags are asked for as 'Domain Controller' in ${path}.`)
      const slot = log.slots.get(path)
      if (slot !== undefined) {
        const field = log.fields[slot]!
        return { is: 'field', type: typeOfField(field), field }
      }
      const names = log.fields.map((field) => field.name)
      return this.complain(
        node,
        `The ${log.name} log has no field ${path}.${didYouMean(path, [...names, ...BUILT_IN])} It has ${someOf(names, 40)}.`,
      )
    }
    if (path === WATCHED) return { is: 'watched', type: 'number' }
    const names = [...this.scope.variables.keys(), ...SURPRISE.keys(), WATCHED]
    return this.complain(
      node,
      `No window, sequence or part is called ${path}.${didYouMean(path, names)} Known: ${someOf(names)}.`,
    )
  }

  private comparison(node: ASTNode): Expression | undefined {
    const op = node.op as Comparison
    const [leftNode, rightNode] = node.args as [ASTNode, ASTNode]
    const left = this.check(leftNode)
    const right = this.check(rightNode)
    if (!left || !right) return undefined
    if (left.type !== right.type) {
      return this.complain(
        rightNode,
        `${describe(left)} is a ${nameOf(left.type)} and cannot be compared with a ${nameOf(right.type)}.`,
      )
    }
    if (left.type === 'strings') return this.complain(node, "A set is asked for an element: 'text' in field.")
    const ordered = op !== '==' && op !== '!='
    if (ordered && left.type !== 'number')
      return this.complain(node, `A ${nameOf(left.type)} has no order: use == or !=.`)
    return { is: 'compare', type: 'bool', op, left, right }
  }

  private arithmetic(node: ASTNode): Expression | undefined {
    const [left, right] = (node.args as [ASTNode, ASTNode]).map((arg) => this.expect(arg, 'number'))
    return left && right && { is: 'arithmetic', type: 'number', op: node.op as Arithmetic, left, right }
  }

  private membership(node: ASTNode, [needleNode, setNode]: readonly [ASTNode, ASTNode]): Expression | undefined {
    const path = dottedPath(setNode)
    if (path === 'orig.tags' || path === 'resp.tags') return this.tag(needleNode, path.slice(0, 4) as Side)
    const needle = this.check(needleNode)
    if (setNode.op === 'list') return needle && this.oneOf(node, needle, setNode.args)
    const set = this.check(setNode)
    if (!needle || !set) return undefined
    if (set.type !== 'strings')
      return this.complain(
        setNode,
        `This is a ${nameOf(set.type)}; a list ['a', 'b'], a field with a set, or orig.tags was expected.`,
      )
    if (needle.is !== 'text') return this.complain(needleNode, 'Only a text in quotes can be looked for in a set.')
    return { is: 'memberOf', type: 'bool', value: needle.value, set }
  }

  private oneOf(node: ASTNode, needle: Expression, elements: readonly ASTNode[]): Expression | undefined {
    if (needle.type !== 'string' && needle.type !== 'number')
      return this.complain(node, `A ${nameOf(needle.type)} cannot be looked for in a list.`)
    const values: (string | number)[] = []
    for (const element of elements) {
      const value = this.expect(element, needle.type)
      if (!value) continue
      if (value.is === 'text' || value.is === 'number') values.push(value.value)
      else this.complain(element, 'Only texts and numbers may stand in a list.')
    }
    if (elements.length === 0) return this.complain(node, 'The list is empty: nothing is ever in it.')
    return { is: 'oneOf', type: 'bool', needle, values }
  }

  private tag(node: ASTNode, side: Side): Expression | undefined {
    if (!this.scope.log) return this.complain(node, 'Tags belong to an event: ask for them in a part, not in a rule.')
    const value = node.op === 'value' && typeof node.args === 'string' ? node.args : undefined
    if (value === undefined)
      return this.complain(node, `A tag in quotes was expected: 'Domain Controller' in ${side}.tags.`)
    const tag = TAGS.find((known) => known === value)
    if (tag === undefined)
      return this.complain(node, `No tag is called '${value}'.${didYouMean(value, TAGS)} Tags: ${someOf(TAGS, 30)}.`)
    return { is: 'tag', type: 'bool', side, tag }
  }

  private call(node: ASTNode, name: string, args: readonly ASTNode[]): Expression | undefined {
    const [arg] = args
    if (!['has', 'size', 'private'].includes(name))
      return this.complain(
        node,
        `No function is called ${name}.${didYouMean(name, ['has', 'size', 'private'])} Functions: has, size, private; on texts: ${METHODS.join(', ')}.`,
      )
    if (!arg || args.length !== 1) return this.complain(node, `${name}() takes one argument.`)
    if (name === 'size') return this.size(arg)
    const of = name === 'has' ? this.check(arg) : this.expect(arg, 'string')
    if (!of) return undefined
    if (name === 'private') return { is: 'private', type: 'bool', of }
    if (of.is !== 'field') return this.complain(arg, 'has() asks whether a field is there: has(id.resp_p).')
    return { is: 'has', type: 'bool', of }
  }

  private size(arg: ASTNode): Expression | undefined {
    const of = this.check(arg)
    if (!of) return undefined
    if (of.type !== 'string' && of.type !== 'strings') return this.complain(arg, `A ${nameOf(of.type)} has no size.`)
    return { is: 'size', type: 'number', of }
  }

  private method(node: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[]): Expression | undefined {
    if (!METHODS.includes(name)) {
      return this.complain(
        node,
        `No function on texts is called ${name}.${didYouMean(name, METHODS)} Known: ${METHODS.join(', ')}.`,
      )
    }
    if (name === 'size' && args.length === 0) return this.size(receiver)
    const of = this.expect(receiver, 'string')
    if (TEXT_MAPS.has(name)) {
      if (args.length > 0) return this.complain(node, `${name}() takes no argument.`)
      return of && { is: 'textMap', type: 'string', map: name as TextMap, of }
    }
    const [arg] = args
    const text = arg?.op === 'value' && typeof arg.args === 'string' ? arg.args : undefined
    if (arg === undefined || text === undefined || args.length !== 1)
      return this.complain(arg ?? node, `${name}() takes one text in quotes.`)
    if (name !== 'matches') return of && { is: 'textTest', type: 'bool', test: name as TextTest, of, value: text }
    const wrong = patternError(text)
    if (wrong !== undefined) return this.complain(arg, wrong)
    return of && { is: 'matches', type: 'bool', of, pattern: text }
  }
}

/** Patterns are RE2's: they take time in proportion to the text, so that nobody can stall the engine with a name. */
function patternError(pattern: string): string | undefined {
  if (pattern.length > LONGEST_PATTERN) return `A pattern may have ${LONGEST_PATTERN} characters.`
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    return `Not a regular expression of RE2 (no back-references, no look-around): ${firstLine(error instanceof Error ? error.message : String(error))}.`
  }
}

function dottedPath(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args
  if (node.op !== '.') return undefined
  const head = dottedPath(node.args[0])
  return head === undefined ? undefined : `${head}.${node.args[1]}`
}

function describe(expression: Expression): string {
  if (expression.is === 'field') return `${expression.field.name} (${expression.field.kind})`
  if (expression.is === 'variable') return expression.name
  return 'The left side'
}

/** Calls `visit` on the expression and on every one inside it. */
export function walk(expression: Expression, visit: (inner: Expression) => void): void {
  visit(expression)
  if ('left' in expression) {
    walk(expression.left, visit)
    walk(expression.right, visit)
  }
  if ('needle' in expression) walk(expression.needle, visit)
  if ('set' in expression) walk(expression.set, visit)
  if ('of' in expression && typeof expression.of === 'object') {
    const inner = Array.isArray(expression.of)
      ? (expression.of as readonly Expression[])
      : [expression.of as Expression]
    for (const one of inner) walk(one, visit)
  }
}
