import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type ReadReport, SourceFailure, type SourceFile } from '../sensor.ts'
import { CaptureCutter } from './capture_pieces.ts'
import { TSHARK_FIELDS } from './tshark_fields.ts'

/**
 * Bytes of capture given to one tshark: its memory grows by about 1 MB a MB read, so a long capture is given to one after
 * another. Connections, files and bindings are this sensor's own state and live on; only a message that straddles the
 * border is lost.
 */
const PIECE_BYTES = 256 * 1024 * 1024
/** After so many pieces without a single dissected packet, tshark itself is what is broken. */
const MOST_FRUITLESS_PIECES = 5
const KEPT_COMPLAINT = 2000
/** A line longer than this is no packet's (its values are shortened by tshark itself). */
const LONGEST_LINE = 4 * 1024 * 1024

const ARGUMENTS: readonly string[] = [
  '-n',
  '-r',
  '-',
  '-T',
  'fields',
  '-E',
  'separator=/t',
  '-E',
  'occurrence=a',
  // What runs on unusual ports is known by its content, whoever has registered the port.
  '-o',
  'tcp.try_heuristic_first:TRUE',
  // Waiting for a lost segment would silence the rest of its connection; a lossy capture is the rule, not the exception.
  '-o',
  'tcp.reassemble_out_of_order:FALSE',
  ...TSHARK_FIELDS.flatMap((field) => ['-e', field]),
]

/**
 * Values of one field are joined by the byte 0xff. tshark writes UTF-8, where that byte cannot stand, so nothing that a
 * sender puts into a name can pose as two values (a control character can: tshark 4.0 escapes only some of them). A
 * process argument made by Node is UTF-8 too, so the byte is made by a shell. `cat` stands before it because Node's own
 * pipes are sockets, from which tshark refuses to read.
 */
const START = 'cat | "$0" "$@" -E "aggregator=$(printf \'\\377\')"'
export const AGGREGATOR = '\xff'

/** No user's preferences, profiles, name tables, plugins, keys, locale or time zone: same capture, same events. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    WIRESHARK_CONFIG_DIR: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  }
}

/** @throws SourceFailure that says how to install it */
export async function findTshark(shown: string, searchPath = process.env['PATH'] ?? ''): Promise<string> {
  for (const folder of searchPath.split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, 'tshark')
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not here.
    }
  }
  throw new SourceFailure(
    'unreadable',
    `${shown} is a packet capture; reading it needs tshark, which was not found. Install it (Debian, Ubuntu: apt-get install tshark) and try again.`,
  )
}

/** Lines of tshark's output (one a packet, latin1, without line end), in blocks as they arrive. */
export interface DissectedLines {
  readonly lines: readonly string[]
  /** To be added to a line's `frame.number`, which counts from the beginning of the piece. */
  readonly packetsBefore: number
}

/**
 * Runs tshark over a capture, streaming in and out with back-pressure.
 * @throws SourceFailure when tshark is missing or the file cannot be opened
 */
export async function* dissect(
  file: SourceFile,
  report: ReadReport,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<DissectedLines> {
  const program = await findTshark(file.shown)
  const source = new PieceSource(file, report, pieceBytes)
  let fruitless = 0
  try {
    while (await source.more()) {
      const packetsBefore = source.packetsFed
      const child = spawn('/bin/sh', ['-c', START, program, ...ARGUMENTS], { env: environment() })
      const ended = endOf(child)
      const fed = source.feed(child)
      let packets = 0
      try {
        for await (const lines of linesOf(child)) {
          packets += lines.length
          yield { lines, packetsBefore }
        }
      } finally {
        // Whoever stops reading early ends both programs: one has no more input, the other nobody who listens.
        child.stdin.destroy()
        child.stdout.destroy()
      }
      await fed
      const { code, signal, complaint } = await ended
      if (code !== 0) {
        const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
        const detail = complaint === '' ? '' : `: ${complaint}`
        report.reject('malformed-packet', packetsBefore + packets + 1, {
          expected: `a packet that tshark can dissect; it ${how} here${detail}`,
        })
      }
      fruitless = packets === 0 && code !== 0 ? fruitless + 1 : 0
      if (fruitless === MOST_FRUITLESS_PIECES || (fruitless > 0 && source.atEnd && packetsBefore === 0)) {
        throw new SourceFailure('unreadable', `${file.shown} cannot be dissected by tshark: ${complaint}`)
      }
    }
  } finally {
    await source.close()
  }
}

/** How the child ended, and what it said last. */
function endOf(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; complaint: string }> {
  let complaint = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    complaint = (complaint + text).slice(-KEPT_COMPLAINT)
  })
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: -1, signal: null, complaint: error.message }))
    child.on('close', (code, signal) => {
      const said = complaint.split('\n').filter((line) => line !== '' && !line.startsWith('Running as user'))
      resolve({ code, signal, complaint: said.at(-1)?.trim() ?? '' })
    })
  })
}

async function* linesOf(child: ChildProcessWithoutNullStreams): AsyncGenerator<readonly string[]> {
  let begun = ''
  child.stdout.setEncoding('latin1')
  for await (const chunk of child.stdout) {
    const lines = (begun + (chunk as string)).split('\n')
    begun = lines.pop() ?? ''
    if (begun.length > LONGEST_LINE) begun = ''
    if (lines.length > 0) yield lines
  }
}

/** The capture's bytes, handed to one tshark after another. */
class PieceSource {
  packetsFed = 0
  atEnd = false
  private readonly chunks: AsyncIterator<Uint8Array>
  private readonly cutter = new CaptureCutter()
  private readonly report: ReadReport
  private readonly pieceBytes: number
  /** Whole records that no tshark has been given yet. */
  private waiting: Buffer = Buffer.alloc(0)
  /** What must come before `waiting` when it begins a piece: the headers that stood before it in the file. */
  private preamble: Buffer | undefined = Buffer.alloc(0)
  private failure: unknown

  constructor(file: SourceFile, report: ReadReport, pieceBytes: number) {
    this.chunks = file.open()[Symbol.asyncIterator]()
    this.report = report
    this.pieceBytes = pieceBytes
  }

  /** Reads on to the next whole record. False at the end of the file. */
  async more(): Promise<boolean> {
    if (this.failure) throw this.failure
    while (this.waiting.length === 0 && !this.atEnd) await this.readChunk()
    return this.waiting.length > 0
  }

  /** Writes one piece to the child and closes its input. A child that ends early ends the piece. */
  async feed(child: ChildProcessWithoutNullStreams): Promise<void> {
    const { stdin } = child
    let open = true
    const closed = new Promise<void>((resolve) => {
      child.on('close', () => {
        open = false
        resolve()
      })
    })
    stdin.on('error', () => {
      // The child is gone (EPIPE): what was not taken is lost with it, and the next piece begins after it.
      open = false
    })
    try {
      let written = 0
      if (this.preamble && this.preamble.length > 0) stdin.write(this.preamble)
      do {
        const bytes = this.waiting
        this.waiting = Buffer.alloc(0)
        this.packetsFed = this.cutter.packets
        written += bytes.length
        if (!stdin.write(bytes) && open) await Promise.race([once(stdin, 'drain').catch(() => {}), closed])
        if (written >= this.pieceBytes && this.cutter.preamble() !== undefined) break
      } while (open && (await this.more()))
    } catch (error) {
      this.failure = error
    }
    stdin.end()
  }

  async close(): Promise<void> {
    await this.chunks.return?.()
  }

  private async readChunk(): Promise<void> {
    let next: IteratorResult<Uint8Array>
    try {
      next = await this.chunks.next()
    } catch (error) {
      if (!(error instanceof SourceFailure) || error.reason !== 'truncated-compression') throw error
      this.report.reject('truncated-compression', this.cutter.packets + 1, { expected: error.message })
      this.atEnd = true
      return
    }
    if (next.done === true) {
      this.atEnd = true
      if (this.cutter.unfinished) {
        this.report.reject('truncated-capture', this.cutter.packets + 1, {
          expected: 'a whole packet; the capture was cut short in the middle of this one, all before it were read',
        })
      }
      return
    }
    this.preamble = this.cutter.preamble()
    this.waiting = this.cutter.push(next.value)
    if (this.cutter.broken) {
      const { packet, value, expected } = this.cutter.broken
      this.report.reject('malformed-packet', packet, {
        value,
        expected: `${expected}; the rest of the file cannot be found without it`,
      })
      this.atEnd = true
    }
  }
}
