/** What is wrong in a model file, where, and what was expected. All of a file are found at once. */
export interface Problem {
  /** As shown to people. */
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  /** Path of the value in the file: `parts.attempt.when`. */
  readonly path: string
  readonly message: string
}

const EXCERPT_WIDTH = 160

/**
 * A problem as a person reads it: place, path, the line of the file with a mark under the column, and the message.
 * @param text the file's text, for the excerpt
 */
export function problemText(problem: Problem, text: string): string {
  const { file, line, column, path, message } = problem
  const source = (text.split(/\r?\n/)[line - 1] ?? '').replaceAll('\t', ' ')
  const from = Math.max(0, column - 1 - EXCERPT_WIDTH / 2)
  const number = `${line}`.padStart(5)
  const mark = `${' '.repeat(number.length)} | ${' '.repeat(column - 1 - from)}^`
  const head = `${file}:${line}:${column}${path === '' ? '' : `  ${path}`}`
  return `${head}\n${number} | ${source.slice(from, from + EXCERPT_WIDTH)}\n${mark} ${message}`
}

/** Levenshtein distance, given up on beyond `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    previous = row
  }
  return previous[b.length]!
}

/** ` Did you mean id.resp_p?`, or '' when no known word is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const lower = word.toLowerCase()
  const most = Math.max(1, Math.floor(word.length / 3))
  let best = ''
  let bestDistance = most + 1
  for (const candidate of known) {
    const other = candidate.toLowerCase()
    const found = other.endsWith(`.${lower}`) ? 1 : distance(lower, other, most)
    if (found < bestDistance) {
      best = candidate
      bestDistance = found
    }
  }
  return best === '' ? '' : ` Did you mean ${best}?`
}

/** `a, b, c` of the first few, with how many more there are. */
export function someOf(words: readonly string[], most = 12): string {
  const more = words.length - most
  return words.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
