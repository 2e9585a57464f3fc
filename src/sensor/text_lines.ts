import { isUtf8 } from 'node:buffer'
import { SourceFailure } from './sensor.ts'

/** A line longer than this (bytes) is no log record: it is left out, and its bytes are never held. */
export const LONGEST_LINE = 1 << 20

const LINE_FEED = 0x0a

/** What a text file is made of, in its order. */
export type TextPart =
  /** Whole lines, one after another, each ended by a line feed: a view, valid until the next part is asked for. */
  | { readonly kind: 'lines'; readonly bytes: Buffer }
  /** One line that was longer than LONGEST_LINE; its bytes are gone. */
  | { readonly kind: 'line-too-long'; readonly length: number }
  /** The compressed file ended, or broke, in the middle: the line that was begun is left out. Always the last part. */
  | { readonly kind: 'cut-off'; readonly message: string }

/**
 * Cuts chunks of any size into blocks of whole lines, so that a scanner may run through a block without looking for its
 * end: every block ends with a line feed. The last line of a file counts whether or not a line feed ends it. Only the
 * line that straddles two chunks is copied. Carriage returns are the scanner's business.
 * @throws SourceFailure when the file cannot be read (but a file that is merely cut off ends with a `cut-off` part)
 */
export async function* wholeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TextPart> {
  let first = true
  for await (const part of cutLines(chunks)) {
    yield first && part.kind === 'lines' ? { kind: 'lines', bytes: withoutByteOrderMark(part.bytes) } : part
    first = false
  }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

async function* cutLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TextPart> {
  const begun = new BegunLine()
  try {
    for await (const chunk of chunks) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const first = bytes.indexOf(LINE_FEED)
      if (first < 0) {
        begun.add(bytes)
        continue
      }
      let start = 0
      if (!begun.empty) {
        begun.add(bytes.subarray(0, first + 1))
        yield begun.end()
        start = first + 1
      }
      const end = bytes.lastIndexOf(LINE_FEED) + 1
      if (end > start) yield* shortLines(bytes.subarray(start, end))
      begun.add(bytes.subarray(end))
    }
  } catch (error) {
    if (!(error instanceof SourceFailure) || error.reason !== 'truncated-compression') throw error
    yield { kind: 'cut-off', message: error.message }
    return
  }
  if (!begun.empty) {
    begun.add(Buffer.of(LINE_FEED))
    yield begun.end()
  }
}

/** A block as it is, unless one of its lines is too long: then that line stands alone. */
function* shortLines(bytes: Buffer): Generator<TextPart> {
  let start = 0
  let done = 0
  // A block no longer than the limit cannot hold a longer line, which is the rule with chunks of 64 KiB.
  while (bytes.length - start > LONGEST_LINE) {
    const end = bytes.indexOf(LINE_FEED, start) + 1
    if (end - 1 - start > LONGEST_LINE) {
      if (start > done) yield { kind: 'lines', bytes: bytes.subarray(done, start) }
      yield { kind: 'line-too-long', length: end - 1 - start }
      done = end
    }
    start = end
  }
  if (bytes.length > done) yield { kind: 'lines', bytes: bytes.subarray(done) }
}

/** The line that the last chunk left unfinished. Holds at most LONGEST_LINE bytes and one chunk. */
class BegunLine {
  private pieces: Buffer[] = []
  private length = 0

  get empty(): boolean {
    return this.length === 0
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return
    this.length += piece.length
    if (this.length > LONGEST_LINE + 1) this.pieces = []
    else this.pieces.push(Buffer.from(piece))
  }

  /** Takes the line, whose line feed was added last. */
  end(): TextPart {
    const { pieces, length } = this
    this.pieces = []
    this.length = 0
    return length - 1 > LONGEST_LINE
      ? { kind: 'line-too-long', length: length - 1 }
      : { kind: 'lines', bytes: Buffer.concat(pieces) }
  }
}

/** The block as it is, or, when it is not valid UTF-8, line by line with U+FFFD for what is broken. */
export function* validUtf8(block: Buffer): Generator<[bytes: Buffer, mended: boolean]> {
  if (isUtf8(block)) {
    yield [block, false]
    return
  }
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf(LINE_FEED, start) + 1
    const line = block.subarray(start, end)
    const valid = isUtf8(line)
    yield [valid ? line : Buffer.from(line.toString('utf8')), !valid]
    start = end
  }
}
