import type { Indicator } from '../analyst/incident.ts'
import { cut, visible } from './escape.ts'
import type { ReportSource } from './report.ts'

/** A sentence holds names from the network; a name of 10 kB must not push the rest of the report away. */
const LONGEST_TEXT = 1200
const LONGEST_WORD = 96
const WORD_HEAD = 60
const WORD_TAIL = 24

/**
 * The source as it may be shown to a person: what acts unseen is written out, indicators are defanged wherever they
 * stand, texts and words are cut. Ids and values of indicators stay (indicators are shown by `defanged`); formats for
 * programs take the source itself.
 */
export function presentable(source: ReportSource): ReportSource {
  const defang = defanger(source.incident.indicators)
  return map(source, (text) => shorten(visible(defang(text)))) as ReportSource
}

function map(value: unknown, text: (value: string) => string): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((each) => map(each, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [text(key), map(each, text)]))
}

export function shorten(text: string): string {
  if (text.length <= LONGEST_WORD) return text
  const words = text.replace(
    /\S{97,}/g,
    (word) => `${cut(word, WORD_HEAD)}${[...word.slice(-WORD_TAIL * 2)].slice(-WORD_TAIL).join('')}`,
  )
  return cut(words, LONGEST_TEXT)
}

/** Replaces addresses and domains that are indicators by what may stand in a text. */
export function defanger(indicators: readonly Indicator[]): (text: string) => string {
  const safe = new Map<string, string>()
  for (const { kind, value, defanged } of indicators) {
    if ((kind === 'address' || kind === 'domain') && value.length > 3 && value.length < 300) {
      safe.set(value.toLowerCase(), defanged === value ? defangedText(value) : defanged)
    }
  }
  if (safe.size === 0) return (text) => text
  const values = [...safe.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  const any = new RegExp(
    `(?<![\\p{L}\\d])(?:${values.map((value) => value.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&')).join('|')})(?![\\p{L}\\d]|\\.\\d)`,
    'giu',
  )
  return (text) => text.replace(any, (found) => safe.get(found.toLowerCase()) ?? found)
}

/** `198.51.100[.]7`, `a[.]example`, `2001[:]db8[:][:]1`. */
export function defangedText(value: string): string {
  if (value.includes(':') && !value.includes('.')) return value.replaceAll(':', '[:]')
  return value.includes('[.]') ? value : value.replace(/\.(?=[^.]*$)/, '[.]')
}
