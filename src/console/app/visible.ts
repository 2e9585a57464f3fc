/**
 * Characters of the network that do not show themselves: control characters (escape sequences among them), marks that turn
 * the direction of writing, blanks without width. A file called `photo<RLO>gpj.exe` must not look like a picture.
 */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/

const ALL_HIDDEN = new RegExp(HIDDEN.source, 'g')

/** A piece of a text: shown as it is, or a character that has to be named. */
export type Piece = { readonly at: number } & ({ readonly text: string } | { readonly hidden: string })

export function piecesOf(text: string): Piece[] {
  if (!HIDDEN.test(text)) return [{ at: 0, text }]
  const pieces: Piece[] = []
  let from = 0
  for (const { index, 0: char } of text.matchAll(ALL_HIDDEN)) {
    if (index > from) pieces.push({ at: from, text: text.slice(from, index) })
    pieces.push({ at: index, hidden: nameOf(char) })
    from = index + char.length
  }
  if (from < text.length) pieces.push({ at: from, text: text.slice(from) })
  return pieces
}

/** The same as plain text, for attributes and pictures. */
export function visible(text: string): string {
  return text.replace(ALL_HIDDEN, (char) => `⟨${nameOf(char)}⟩`)
}

function nameOf(char: string): string {
  return `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}
