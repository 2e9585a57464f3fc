import type { Indicator } from '../analyst/incident.ts'
import { cut, visible } from './escape.ts'
import type { ReportSource } from './report.ts'

/** A sentence holds names from the network; a name of 10 kB must not push the rest of the report away. */
const LONGEST_TEXT = 800
const LONGEST_WORD = 96
const WORD_HEAD = 60
const WORD_TAIL = 24
/** Fields that are sentences; all others are names and ids, whose ends tell them apart as much as their beginnings. */
const SENTENCES = new Set(['text', 'title', 'summary', 'part', 'why', 'question', 'answer', 'unseen', 'next_steps'])

/**
 * The source as it may be shown to a person: what acts unseen is written out, indicators are defanged wherever they
 * stand, sentences and names are cut. Formats for programs take the source itself.
 */
export function presentable(source: ReportSource): ReportSource {
  const defang = defanger(source.incident.indicators)
  const shown = (text: string, field: string): string => {
    const whole = visible(defang(text))
    return SENTENCES.has(field) ? shorten(whole) : nameCut(whole)
  }
  return map(source, '', shown) as ReportSource
}

/** Every string of a value, with the name of its field; the names of a record are shown as well. */
function map(value: unknown, field: string, shown: (text: string, field: string) => string): unknown {
  if (typeof value === 'string') return shown(value, field)
  if (Array.isArray(value)) return value.map((each) => map(each, field, shown))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [shown(key, 'name'), map(each, key, shown)]))
}

function shorten(text: string): string {
  return cut(text.replace(/\S{97,}/g, nameCut), LONGEST_TEXT)
}

function nameCut(name: string): string {
  if (name.length <= LONGEST_WORD) return name
  return `${cut(name, WORD_HEAD)}${[...name.slice(-WORD_TAIL * 2)].slice(-WORD_TAIL).join('')}`
}

/** Replaces addresses and domains that are indicators by what may stand in a text. */
function defanger(indicators: readonly Indicator[]): (text: string) => string {
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
