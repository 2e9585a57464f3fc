import { readFileSync } from 'node:fs'
import { type Document, isMap, LineCounter, type Node, parseDocument } from 'yaml'
import * as z from 'zod'
import { ANALYST_SECTIONS } from '../analyst/config.ts'
import { checkSiteNames, DEVICE_SECTIONS } from '../device/config.ts'
import { MODEL_SECTIONS } from '../model/config.ts'
import { nearestName } from './nearest_name.ts'

/**
 * `thymus.yaml`: one file, its sections declared by the stations they belong to. Everything that needs no input or
 * output is checked before anything starts, and all errors are reported at once, each with its place.
 */
const schema = z
  .strictObject({ ...DEVICE_SECTIONS, ...MODEL_SECTIONS, ...ANALYST_SECTIONS })
  .superRefine((config, context) => {
    checkSiteNames(config, (issue) => context.addIssue(issue))
    for (const [index, site] of config.sites.entries()) {
      if (config.sites.findIndex((other) => other.name === site.name) === index) continue
      context.addIssue({
        code: 'custom',
        path: ['sites', index, 'name'],
        message: 'another site has this name already',
      })
    }
  })

export type ThymusConfig = z.infer<typeof schema>

/** One thing that is wrong, at its place. */
export interface ConfigProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** `devices[2].tags[0]`; '' for the file as a whole. */
  readonly path: string
  /** What was expected, never the value that stood there (it may be a secret); the excerpt leaves secrets out too. */
  readonly message: string
  /** The line with a caret under the place, or '' when it must not be shown. */
  readonly excerpt: string
}

/** The file cannot be used; `problems` holds all that is wrong with it. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(problemText).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export function defaultConfig(): ThymusConfig {
  return schema.parse({})
}

/**
 * @param path of the file
 * @throws ConfigError when it cannot be read or is not valid
 */
export function loadConfig(path: string): ThymusConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new ConfigError([{ file: path, line: 1, column: 1, path: '', message: reason, excerpt: '' }])
  }
  return parseConfig(text, path)
}

/**
 * @param text YAML 1.2
 * @param file its name, as people should see it
 * @throws ConfigError
 */
export function parseConfig(text: string, file: string): ThymusConfig {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, prettyErrors: false })
  const lines = text.split(/\r?\n/)
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => {
        const { line, col } = lineCounter.linePos(error.pos[0])
        const width = error.pos[1] - error.pos[0]
        return problemAt(file, lines, line, col, width, '', `not valid YAML: ${error.message}`, '')
      }),
    )
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([problemAt(file, lines, 1, 1, 1, '', `not usable YAML: ${reason}`, '')])
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const found = result.error.issues.flatMap((issue) => placedProblems(issue, document, lineCounter, file, lines))
  throw new ConfigError(found.sort((a, b) => a.line - b.line || a.column - b.column))
}

/** JSON Schema (2020-12) of the file, for editors and for the reference page. */
export function configJsonSchema(): unknown {
  return { title: 'thymus.yaml', ...z.toJSONSchema(schema, { io: 'input' }) }
}

function problemText(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`
  if (problem.excerpt === '') return `${place}  ${problem.path === '' ? '' : `${problem.path}  `}${problem.message}`
  return `${place}  ${problem.path}\n${problem.excerpt}  ${problem.message}`
}

type Path = readonly PropertyKey[]

function placedProblems(
  issue: z.core.$ZodIssue,
  document: Document.Parsed,
  lineCounter: LineCounter,
  file: string,
  lines: readonly string[],
): ConfigProblem[] {
  const at = (path: Path, ofKey: boolean, message: string): ConfigProblem => {
    const [start, end] = rangeOf(document, path, ofKey)
    const { line, col } = lineCounter.linePos(start)
    return problemAt(file, lines, line || 1, col || 1, end - start, pathText(path), message, lastKey(path))
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path)
    return issue.keys.map((key) => at([...issue.path, key], true, unknownKeyMessage(key, known)))
  }
  const inner = issue.code === 'invalid_union' ? complaintsOfUnion(issue) : []
  if (inner.length > 0) return inner.flatMap((one) => placedProblems(one, document, lineCounter, file, lines))
  return [at(issue.path, false, messageOf(issue, document))]
}

/** Of a union's branches, the complaints about what was written; that it is not of another branch's kind says nothing. */
function complaintsOfUnion(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  return issue.errors
    .flat()
    .map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    .filter((inner) => inner.code !== 'invalid_type' || inner.path.length > issue.path.length)
}

function messageOf(issue: z.core.$ZodIssue, document: Document.Parsed): string {
  switch (issue.code) {
    case 'invalid_value': {
      const known = issue.values.map(String)
      const written = document.getIn(issue.path)
      const guess = typeof written === 'string' ? nearestName(written, known) : undefined
      return `not one of the known values. Known: ${known.join(', ')}${guess === undefined ? '' : `. Did you mean ${guess}?`}`
    }
    case 'invalid_type': {
      const missing = !document.hasIn(issue.path)
      if (missing) return `${lastKey(issue.path)} is missing: expected ${issue.expected}`
      return `expected ${KINDS[issue.expected] ?? issue.expected}`
    }
    case 'too_small':
      return issue.origin === 'array' ? 'expected at least one entry' : 'expected some text'
    case 'too_big':
      return `expected at most ${issue.maximum} characters`
    default:
      return issue.message
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list (lines beginning with "- ")',
  object: 'a mapping (key: value)',
  string: 'text (in quotes if it looks like a number or a date)',
}

function unknownKeyMessage(key: string, known: readonly string[]): string {
  const guess = nearestName(key, known)
  return `not a known key. Known: ${known.join(', ')}${guess === undefined ? '' : `. Did you mean ${guess}?`}`
}

let schemaCache: JsonSchema | undefined

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

/** The keys that may stand at a path, from the generated schema: no second list to keep true. */
function knownKeys(path: Path): readonly string[] {
  schemaCache ??= z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
  let at: JsonSchema | undefined = schemaCache
  for (const step of path) {
    at = typeof step === 'number' ? at?.items : at?.properties?.[String(step)]
    if (at?.anyOf) at = at.anyOf.find((branch) => branch.properties !== undefined)
  }
  return Object.keys(at?.properties ?? {})
}

/** Where a value (or its key) stands; for what is missing, the nearest thing that is there. */
function rangeOf(document: Document.Parsed, path: Path, ofKey: boolean): readonly [number, number] {
  for (let length = path.length; length > 0; length--) {
    const parentPath = path.slice(0, length - 1)
    const parent = parentPath.length === 0 ? document.contents : document.getIn(parentPath, true)
    const key = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => keyText(item.key) === String(key))
      const node = (ofKey || length < path.length ? pair?.key : (pair?.value ?? pair?.key)) as Node | undefined
      if (node?.range) return [node.range[0], node.range[1]]
      continue
    }
    const node = document.getIn(path.slice(0, length), true) as Node | undefined
    if (node?.range) return [node.range[0], node.range[1]]
  }
  return [0, 1]
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : String(key)
}

function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? String(step) : `${text}.${String(step)}`
  }, '')
}

function lastKey(path: Path): string {
  return String(path.findLast((step) => typeof step === 'string') ?? '')
}

/** Lines whose key or content may be a secret are named, not shown. */
const SECRET =
  /pass(word|wd|phrase)?|secret|token|credential|api_?key|private_?key|community|\bkey\b|:\/\/[^/\s]*:[^/\s]*@/i
const LONGEST_EXCERPT = 160

/** The line itself, or the key that it continues (a block of text below `password: |`). */
function mayHoldSecret(lines: readonly string[], index: number): boolean {
  const source = lines[index] ?? ''
  if (SECRET.test(source)) return true
  const indent = source.search(/\S|$/)
  const parent = lines.slice(0, index).findLast((line) => line.trim() !== '' && line.search(/\S/) < indent)
  return parent !== undefined && SECRET.test(parent)
}

function problemAt(
  file: string,
  lines: readonly string[],
  line: number,
  column: number,
  width: number,
  path: string,
  message: string,
  key: string,
): ConfigProblem {
  const source = lines[line - 1] ?? ''
  const hidden = source.length > LONGEST_EXCERPT || SECRET.test(key) || mayHoldSecret(lines, line - 1)
  const plain = source.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  )
  const number = String(line).padStart(5)
  const carets = '^'.repeat(Math.max(1, Math.min(width, source.length - column + 1)))
  // A tab stands under a tab, so that the caret stays under its place.
  const indent = plain.slice(0, column - 1).replace(/[^\t]/g, ' ')
  const excerpt = hidden ? '' : `${number} | ${plain}\n${' '.repeat(number.length)} | ${indent}${carets}`
  return { file, line, column, path, message, excerpt }
}
