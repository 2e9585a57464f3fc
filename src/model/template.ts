import type { Field } from '../event/log_types.ts'
import type { Part } from './definition.ts'
import type { Complaint } from './expression.ts'
import { didYouMean, someOf } from './problem.ts'

/** The sentence of an alert, with places for what was seen. */
export type Template = readonly Segment[]

export type Segment =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'device' | 'peer' | 'subject' }
  /** The value of a window, with a noun in the right number: `{targets|address|addresses}`. */
  | { readonly is: 'count'; readonly name: string; readonly index: number; readonly one: string; readonly many: string }
  /** How long it took from the first counted event to now, or from the first to the last step. */
  | { readonly is: 'span'; readonly of: 'window' | 'sequence'; readonly index: number }
  /** What the first or last step of a sequence was: `PSEXESVC.exe on \\\\host\\ADMIN$`. */
  | { readonly is: 'step'; readonly index: number; readonly which: 'first' | 'last' }
  | { readonly is: 'field'; readonly part: number; readonly field: Field }

export interface TemplateNames {
  readonly windows: ReadonlyMap<string, number>
  readonly sequences: ReadonlyMap<string, number>
  readonly parts: ReadonlyMap<string, Part>
}

/** Parses a summary; what it may name: `{device}`, `{peer}`, windows, `{window.span}`, and fields that a part shows. */
export function parseTemplate(
  text: string,
  names: TemplateNames,
): { template: Template; complaints: readonly Complaint[] } {
  const template: Segment[] = []
  const complaints: Complaint[] = []
  const place = /\{([^{}]*)\}/g
  let from = 0
  for (let match = place.exec(text); match; match = place.exec(text)) {
    if (match.index > from) template.push({ is: 'text', text: text.slice(from, match.index) })
    from = match.index + match[0].length
    const segment = placeOf(match[1]!, names)
    if (typeof segment === 'string') complaints.push({ start: match.index + 1, message: segment })
    else template.push(segment)
  }
  if (from < text.length) template.push({ is: 'text', text: text.slice(from) })
  return { template, complaints }
}

function placeOf(inside: string, names: TemplateNames): Segment | string {
  const [head = '', one = '', many = one] = inside.split('|')
  if (head === 'device' || head === 'peer' || head === 'subject') return { is: head }
  const window = names.windows.get(head)
  if (window !== undefined) return { is: 'count', name: head, index: window, one, many }
  const dot = head.indexOf('.')
  const owner = head.slice(0, dot)
  const rest = head.slice(dot + 1)
  if (dot > 0 && rest === 'span') {
    const ofWindow = names.windows.get(owner)
    if (ofWindow !== undefined) return { is: 'span', of: 'window', index: ofWindow }
    const ofSequence = names.sequences.get(owner)
    if (ofSequence !== undefined) return { is: 'span', of: 'sequence', index: ofSequence }
  }
  const sequence = names.sequences.get(owner)
  if (sequence !== undefined && (rest === 'first' || rest === 'last'))
    return { is: 'step', index: sequence, which: rest }
  const part = names.parts.get(owner)
  if (part) {
    const field = part.show.find((shown) => shown.name === rest)
    if (field) return { is: 'field', part: part.index, field }
    return `The part ${owner} does not show ${rest}.${didYouMean(
      rest,
      part.show.map(({ name }) => name),
    )} Add it to its "show".`
  }
  const known = ['device', 'peer', 'subject', ...names.windows.keys(), ...names.sequences.keys(), ...names.parts.keys()]
  return `Nothing is called ${head}.${didYouMean(owner || head, known)} Known: ${someOf(known)}; {window.span}, {sequence.first}, {sequence.last}, {part.field}.`
}

const LONGEST_VALUE = 100

/** A value from the network, for a sentence: control and direction characters made visible, length bounded. */
export function shown(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const plain = value.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd')
  return plain.length > LONGEST_VALUE ? `${plain.slice(0, LONGEST_VALUE)}…` : plain
}
