/** Where a place inside the value of a YAML scalar stands in the file. */

/**
 * For each character of a scalar's value its offset in the file: both are walked side by side, runs of white space being
 * alike (folding), and what stands only in the file (quotes, escapes, indentation) being passed over. Right for plain,
 * quoted, literal and folded scalars alike.
 * @param source the file
 * @param start  where the scalar begins in it
 */
export function offsetsOf(value: string, source: string, start: number): readonly number[] {
  const offsets: number[] = []
  let at = skipBlockHeader(source, start)
  let lastKnown = at
  for (let i = 0; i < value.length; i++) {
    if (isBlank(value[i]!)) {
      while (at < source.length && !isBlank(source[at]!)) at++
      offsets.push(Math.min(at, source.length))
      if (i + 1 < value.length && isBlank(value[i + 1]!)) {
        if (isBlank(source[at + 1] ?? '')) at++
      } else while (at < source.length && isBlank(source[at]!)) at++
      continue
    }
    const found = source.indexOf(value[i]!, at)
    if (found >= 0) {
      at = found
      lastKnown = found
      offsets.push(found)
      at++
    } else offsets.push(lastKnown)
  }
  offsets.push(at)
  return offsets
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t'
}

/** `|-` or `>+2` and the rest of its line belong to no value. */
function skipBlockHeader(source: string, start: number): number {
  const header = /^[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n\s*/.exec(source.slice(start, start + 4096))
  return start + (header ? header[0].length : 0)
}
