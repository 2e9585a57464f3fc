import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod'
import { idOf } from '../event/id.ts'
import { techniqueIds, techniqueOf } from './attack.ts'
import type { Model, Part, Rule, Sequence, Window } from './definition.ts'
import { keyOf } from './definition.ts'
import { parseDuration } from './duration.ts'
import { checkExpression, type Expression, type Scope, type ValueType, walk } from './expression.ts'
import { MODEL_SCHEMA, type ModelFile } from './model_schema.ts'
import { didYouMean, type Problem, someOf } from './problem.ts'
import { offsetsOf } from './source_text.ts'
import { ALERT_LOG, readableLog, readableLogs } from './sources.ts'
import { parseTemplate } from './template.ts'

type Path = readonly (string | number)[]

export type LoadedFile =
  | { readonly ok: true; readonly model: Model }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const MOST_EXACT = 4096
/** Fields that every part shows where its log has them. */
const SHOWN_ALWAYS = ['id.orig_h', 'id.resp_h', 'id.resp_p']

/**
 * Reads one model file and checks all of it: every mistake is found, each with its place.
 * @param name the model's name, its path in the catalogue
 * @param file as shown to people
 */
export function readModel(name: string, file: string, text: string): LoadedFile {
  const reader = new ModelReader(name, file, text)
  const model = reader.read()
  return model && reader.problems.length === 0 ? { ok: true, model } : { ok: false, problems: reader.sorted() }
}

class ModelReader {
  readonly problems: Problem[] = []
  private readonly name: string
  private readonly file: string
  private readonly text: string
  private readonly lines = new LineCounter()
  private readonly document: Document.Parsed

  constructor(name: string, file: string, text: string) {
    this.name = name
    this.file = file
    this.text = text
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false })
  }

  sorted(): readonly Problem[] {
    return this.problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }

  read(): Model | undefined {
    for (const error of this.document.errors) this.at(error.pos[0], '', `Not valid YAML: ${error.message}`)
    if (this.problems.length > 0) return undefined
    let value: unknown
    try {
      value = this.document.toJS({ maxAliasCount: 20 })
    } catch (error) {
      this.at(0, '', `Not usable YAML: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
    const checked = MODEL_SCHEMA.safeParse(value)
    if (!checked.success) {
      for (const issue of checked.error.issues) this.schemaIssue(issue)
      return undefined
    }
    return this.build(checked.data)
  }

  private build(data: ModelFile): Model {
    const parts = this.parts(data)
    const byName = new Map(parts.map((part) => [part.name, part]))
    const windows = this.windows(data, byName)
    const sequences = this.sequences(data, byName, windows.length)
    const rules = this.rules(data, byName, windows, sequences)
    this.techniques(data)
    for (const [index, key] of data.subject.entries()) {
      for (const part of parts) this.key(part, key, ['subject', index])
    }
    const duplicate = [...windows, ...sequences].find(
      ({ name }, index, all) => byName.has(name) || all.findIndex((other) => other.name === name) !== index,
    )
    if (duplicate)
      this.problem(
        ['fires'],
        `The name ${duplicate.name} is used twice: parts, windows and sequences share their names.`,
      )
    return {
      name: this.name,
      fingerprint: idOf('model', this.text),
      description: data.description.trim(),
      severity: data.severity,
      techniques: data.techniques,
      parts,
      windows,
      sequences,
      rules,
      subject: data.subject,
      cooldown: parseDuration(data.cooldown)!,
      share: data.budget,
      alert: data.alert,
      tags: data.tags,
      response: data.response.trim(),
      earliestEvidence: data.earliest_evidence.trim(),
      quietOn: data.quiet_on,
      trained: rules.some((rule) => asksSurprise(rule.when)),
      meta: parts.some((part) => part.log.name === ALERT_LOG),
    }
  }

  private parts(data: ModelFile): Part[] {
    const parts: Part[] = []
    for (const [name, spec] of Object.entries(data.parts)) {
      const path = ['parts', name]
      const log = readableLog(spec.log)
      if (!log) {
        this.problem([...path, 'log'], `No log is called ${spec.log}.${didYouMean(spec.log, readableLogs())}`)
        continue
      }
      const scope: Scope = { log, variables: new Map() }
      const parent = spec.within === undefined ? undefined : parts.find((part) => part.name === spec.within)
      if (spec.within !== undefined && (!parent || parent.log !== log)) {
        this.problem(
          [...path, 'within'],
          `No part of the ${log.name} log above this one is called ${spec.within}.${didYouMean(
            spec.within,
            parts.map((part) => part.name),
          )}`,
        )
      }
      const always: Expression = { is: 'truth', type: 'bool', value: true }
      const when =
        spec.when === undefined ? always : (this.expression([...path, 'when'], spec.when, scope, 'bool') ?? always)
      const excuse =
        data.excuse === undefined || parent ? undefined : this.expression(['excuse'], data.excuse, scope, 'bool')
      const conditions: Expression[] = [when]
      if (parent) conditions.unshift(parent.whole)
      if (excuse) conditions.push({ is: 'not', type: 'bool', of: excuse })
      const keys = new Map<string, Expression>()
      for (const [key, text] of Object.entries(spec.keys ?? {})) {
        const of = this.expression([...path, 'keys', key], text, scope)
        if (of && of.type !== 'strings') keys.set(key, of)
        else if (of) this.problem([...path, 'keys', key], 'A set cannot group events.')
      }
      parts.push({
        name,
        index: parts.length,
        log,
        side: spec.device ?? data.device,
        within: parent?.index ?? -1,
        when: excuse ? { is: 'and', type: 'bool', of: [when, { is: 'not', type: 'bool', of: excuse }] } : when,
        whole: conditions.length === 1 ? when : { is: 'and', type: 'bool', of: conditions },
        keys,
        show: [...SHOWN_ALWAYS.filter((field) => log.slots.has(field)), ...(spec.show ?? [])].flatMap(
          (field, index, all) => {
            if (all.indexOf(field) !== index) return []
            const slot = log.slots.get(field)
            if (slot !== undefined) return [log.fields[slot]!]
            const names = log.fields.map((known) => known.name)
            const place = (spec.show ?? []).indexOf(field)
            this.problem(
              [...path, 'show', place],
              `The ${log.name} log has no field ${field}.${didYouMean(field, names)}`,
            )
            return []
          },
        ),
      })
    }
    if (parts.length > 30) this.problem(['parts'], 'A model may have 30 parts.')
    return parts
  }

  private windows(data: ModelFile, parts: ReadonlyMap<string, Part>): Window[] {
    return Object.entries(data.windows).map(([name, spec], index) => {
      const path = ['windows', name]
      const measures = [spec.count, spec.distinct, spec.sum].filter((measure) => measure !== undefined)
      if (measures.length !== 1) this.problem(path, 'A window has exactly one of count, distinct, sum.')
      if (spec.count !== undefined && spec.of !== undefined)
        this.problem([...path, 'of'], '"of" belongs to distinct and sum; count names its parts itself.')
      const measure = spec.count !== undefined ? 'count' : spec.distinct !== undefined ? 'distinct' : 'sum'
      const field = measure === 'count' ? 'count' : 'of'
      const of = this.partsOf([...path, field], spec.count ?? spec.of, parts)
      const by = spec.by ?? ['device']
      const values = new Map<number, Expression>()
      for (const part of of) {
        for (const [place, key] of by.entries()) this.key(part, key, spec.by ? [...path, 'by', place] : path)
        const text = spec.distinct ?? spec.sum
        if (text === undefined) continue
        const value = this.expression([...path, measure], text, { log: part.log, variables: new Map() })
        if (!value) continue
        if (measure === 'sum' && (value.is !== 'field' || !['count', 'int', 'port'].includes(value.field.kind))) {
          this.problem([...path, measure], 'Only a field that holds whole numbers can be added up (count, int).')
        } else if (value.type !== 'string' && value.type !== 'number') {
          this.problem([...path, measure], 'A number or a text was expected.')
        }
        values.set(part.index, value)
      }
      const from = spec.from === undefined ? of : this.partsOf([...path, 'from'], spec.from, parts)
      return {
        name,
        index,
        measure,
        from: from.map((part) => part.index),
        parts: of.map((part) => part.index),
        values,
        over: parseDuration(spec.over)!,
        by,
        atMost: spec.at_most ?? MOST_EXACT,
      }
    })
  }

  private sequences(data: ModelFile, parts: ReadonlyMap<string, Part>, offset: number): Sequence[] {
    return Object.entries(data.sequences).map(([name, spec], index) => {
      const path = ['sequences', name]
      const by = spec.by ?? ['device', 'peer']
      const steps = spec.steps.map((step, place) => this.partsOf([...path, 'steps', place], step, parts))
      for (const part of steps.flat())
        for (const [place, key] of by.entries()) this.key(part, key, spec.by ? [...path, 'by', place] : path)
      return {
        name,
        index: offset + index,
        steps: steps.map((step) => step.map((part) => part.index)),
        over: parseDuration(spec.over)!,
        by,
      }
    })
  }

  private rules(
    data: ModelFile,
    parts: ReadonlyMap<string, Part>,
    windows: readonly Window[],
    sequences: readonly Sequence[],
  ): Rule[] {
    const variables = new Map<string, { type: ValueType; index: number }>()
    for (const window of windows) variables.set(window.name, { type: 'number', index: window.index })
    for (const sequence of sequences) variables.set(sequence.name, { type: 'bool', index: sequence.index })
    const offset = windows.length + sequences.length
    for (const part of parts.values()) variables.set(part.name, { type: 'bool', index: offset + part.index })
    const names = { windows: indexes(windows), sequences: indexes(sequences), parts }
    return data.fires.map((spec, index): Rule => {
      const path = ['fires', index]
      const when = this.expression([...path, 'when'], spec.when, { log: undefined, variables }, 'bool')
      const { template, complaints } = parseTemplate(spec.summary, names)
      for (const { start, message } of complaints) this.inside([...path, 'summary'], spec.summary, start, message)
      const used = new Set<number>()
      if (when) walk(when, (inner) => inner.is === 'variable' && used.add(inner.index))
      for (const segment of template)
        if (segment.is === 'count' || segment.is === 'span' || segment.is === 'step') used.add(segment.index)
      const usedWindows = windows.filter((window) => used.has(window.index))
      const grows = spec.grows === undefined ? usedWindows[0] : windows.find((window) => window.name === spec.grows)
      if (spec.grows !== undefined && !grows)
        this.problem(
          [...path, 'grows'],
          `No window is called ${spec.grows}.${didYouMean(spec.grows, names.windows.keys())}`,
        )
      if (grows) used.add(grows.index)
      return {
        index,
        when: when ?? { is: 'truth', type: 'bool', value: false },
        score: spec.score ?? data.severity,
        summary: template,
        windows: windows.filter((window) => used.has(window.index)).map((window) => window.index),
        sequences: sequences.filter((sequence) => used.has(sequence.index)).map((sequence) => sequence.index),
        grows: grows?.index ?? -1,
      }
    })
  }

  private techniques(data: ModelFile): void {
    for (const [index, id] of data.techniques.entries()) {
      if (!techniqueOf(id))
        this.problem(
          ['techniques', index],
          `Not an ATT&CK technique known here: ${id}.${didYouMean(id, techniqueIds())}`,
        )
    }
  }

  private partsOf(path: Path, names: string | readonly string[] | undefined, parts: ReadonlyMap<string, Part>): Part[] {
    if (names === undefined) {
      this.problem(path.slice(0, -1), `${path.at(-1)} is missing: the parts it is about.`)
      return []
    }
    const list = typeof names === 'string' ? [names] : names
    return list.flatMap((name, index) => {
      const part = parts.get(name)
      if (part) return [part]
      const place = typeof names === 'string' ? path : [...path, index]
      this.problem(
        place,
        `No part is called ${name}.${didYouMean(name, parts.keys())} Parts: ${someOf([...parts.keys()])}.`,
      )
      return []
    })
  }

  private key(part: Part, key: string, path: Path): void {
    if (keyOf(part, key)) return
    const names = ['device', 'peer', 'credential', ...part.keys.keys(), ...part.log.fields.map((field) => field.name)]
    this.problem(
      path,
      `The part ${part.name} (${part.log.name}) has no ${key} to group by.${didYouMean(key, names)} Besides fields: device, peer, credential, and its own keys.`,
    )
  }

  private expression(path: Path, text: string, scope: Scope, expected?: ValueType): Expression | undefined {
    const checked = checkExpression(text, scope, expected)
    if (checked.ok) return checked.expression
    for (const { start, message } of checked.complaints) this.inside(path, text, start, message)
    return undefined
  }

  /** A problem at a place inside the text of a scalar. */
  private inside(path: Path, value: string, start: number, message: string): void {
    const node = this.document.getIn(path, true)
    if (isScalar(node) && node.range) {
      const offset = offsetsOf(value, this.text, node.range[0])[Math.min(start, value.length)] ?? node.range[0]
      this.at(offset, pathText(path), message)
    } else this.problem(path, message)
  }

  private problem(path: Path, message: string): void {
    this.at(this.place(path, false), pathText(path), message)
  }

  private schemaIssue(issue: z.core.$ZodIssue): void {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const known = KEYS.get(path.length >= 2 ? String(path[0]) : path.join('')) ?? []
        this.at(
          this.place([...path, key], true),
          pathText([...path, key]),
          `No such key.${didYouMean(key, known)} Known: ${someOf(known, 30)}.`,
        )
      }
      return
    }
    const missing = !this.document.hasIn(path)
    const what =
      issue.code === 'invalid_type' ? `expected ${KIND_NAMES[issue.expected] ?? issue.expected}` : issue.message
    this.problem(path, missing ? `${String(path.at(-1) ?? 'The file')} is missing: ${what}.` : `${capital(what)}.`)
  }

  /** Offset of the value at a path, or of the nearest thing above it that is there. */
  private place(path: Path, ofKey: boolean): number {
    for (let length = path.length; length > 0; length--) {
      const parent = length === 1 ? this.document.contents : this.document.getIn(path.slice(0, length - 1), true)
      if (isMap(parent)) {
        const pair = parent.items.find(
          (item) => isScalar(item.key) && String(item.key.value) === String(path[length - 1]),
        )
        const node = (ofKey && length === path.length ? pair?.key : (pair?.value ?? pair?.key)) as
          | Node
          | null
          | undefined
        if (node?.range) return node.range[0]
        continue
      }
      const node = this.document.getIn(path.slice(0, length), true) as Node | undefined
      if (node?.range) return node.range[0]
    }
    return 0
  }

  private at(offset: number, path: string, message: string): void {
    const { line, col } = this.lines.linePos(offset)
    this.problems.push({ file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), path, message })
  }
}

function indexes(named: readonly { readonly name: string; readonly index: number }[]): ReadonlyMap<string, number> {
  return new Map(named.map(({ name, index }) => [name, index]))
}

function asksSurprise(expression: Expression): boolean {
  let asks = false
  walk(expression, (inner) => {
    if (inner.is === 'surprise') asks = true
  })
  return asks
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping (key: value)',
  string: 'a text',
}

/** The keys that may stand at the top and in an entry of each section. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(MODEL_SCHEMA.shape)],
  ['parts', Object.keys(MODEL_SCHEMA.shape.parts.valueType.shape)],
  ['windows', Object.keys(MODEL_SCHEMA.shape.windows.unwrap().valueType.shape)],
  ['sequences', Object.keys(MODEL_SCHEMA.shape.sequences.unwrap().valueType.shape)],
  ['fires', Object.keys(MODEL_SCHEMA.shape.fires.element.shape)],
])
