/**
 * Escaping, one function a format. Names on a network are chosen by whoever is on it: everything that reaches a report
 * passes through here, and nothing of it may be obeyed by whatever shows the report.
 */

/**
 * Characters that do something instead of being seen: controls (terminal escapes among them), marks that turn the
 * direction of writing, joiners, fillers, tag characters (text that a model reads and a person does not see), halves of
 * surrogate pairs, private use.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const STACKED_MARKS = /(\p{M}{3})\p{M}+/gu

/** Text from the network for a person: what would act unseen is written out, so that a name cannot pose as another. */
export function visible(text: string): string {
  return text
    .replace(UNSEEN, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
    .replace(STACKED_MARKS, (_, marks: string) => `${marks}…`)
}

/** Cuts by code points, so that no character is torn. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const chars = [...text.slice(0, length * 2 + 2)]
  return chars.length <= length ? text : `${chars.slice(0, length - 1).join('')}…`
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** For HTML and SVG, as text and in quoted attributes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"'`]/g, (char) => HTML[char]!)
}

/**
 * For Markdown, inline and in table cells. Escaped is what any usual dialect reads; marks that count in some places only
 * (a full stop, a dash, a colon) are escaped there, so that the source stays legible. What GitHub's dialect links
 * without any mark (an address of mail, a mention) survives a backslash: an empty comment parts it.
 */
export function escapeMarkdown(text: string): string {
  return visible(text)
    .replace(/[\\`*_{}[\]#|<>~&$^]/g, (char) => `\\${char}`)
    .replace(/^(\s*)([-+=])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2')
    .replace(/=(?==)/g, '\\=')
    .replace(/\.(?=\p{L})/gu, '\\.')
    .replace(/:(?=\/|[\w+\\-]+:)/g, '\\:')
    .replace(/(?<=\w)@/g, '<!-- -->@')
    .replace(/@(?=[\w\\])/g, '@<!-- -->')
}

/** A quoted cell that a spreadsheet takes for text: what it would compute begins with an apostrophe. */
export function csvCell(text: string): string {
  const shown = visible(text)
  const formula = /^[\s"']*[=+\-@|%＝＋－＠]/u.test(shown)
  return `"${(formula ? `'${shown}` : shown).replaceAll('"', '""')}"`
}

/** The inside of a string of a STIX pattern. */
export function patternString(text: string): string {
  return text.toWellFormed().replace(/[\\']/g, (char) => `\\${char}`)
}

/** JSON whose every byte is harmless to a terminal that prints it; the values stay as they are. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === 'string' ? each.toWellFormed() : each), 2)
  return text.replace(UNSEEN, (chars) => (chars === '\n' ? chars : [...chars].map((char) => units(char)).join('')))
}

function units(char: string): string {
  let text = ''
  for (let at = 0; at < char.length; at++) text += `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`
  return text
}
