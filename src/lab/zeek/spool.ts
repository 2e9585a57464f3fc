import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { HOUR, MINUTE, type Micros, SECOND } from '../../event/time.ts'
import { type Format, type Layout, tsvHeader } from './layout.ts'

/** Lines are gathered and sorted by these spans of write time; memory holds one of them and what is written later. */
export const SLOT: Micros = 10 * MINUTE

/** Sort keys hold microseconds within a slot (below 2^30) and the ordinal of a line (below 2^23) in one double. */
const ORDINALS = 2 ** 23

/** Bytes are kept in pieces of this size, taken from and given back to one stock, so that nothing is copied to grow. */
const PIECE = 65_536

class Stock {
  private readonly free: Buffer[] = []

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(PIECE)
  }

  giveBack(pieces: readonly Buffer[]): void {
    this.free.push(...pieces)
  }
}

/** Lines of one log in one slot: their bytes, places and times of writing. */
class Pile {
  private readonly stock: Stock
  private readonly pieces: Buffer[] = []
  private piece: Buffer = Buffer.alloc(0)
  private used = 0
  /** Bytes of all lines. */
  size = 0
  count = 0
  private starts = new Uint32Array(64)
  private lengths = new Uint16Array(64)
  private keys = new Float64Array(64)

  constructor(stock: Stock) {
    this.stock = stock
  }

  /** @throws RangeError on a line longer than a piece, or on more lines than a key can number */
  add(offset: number, line: string): void {
    const { length } = line
    if (this.used + length > this.piece.length) this.nextPiece(length)
    if (this.count === this.starts.length) this.growIndex()
    this.piece.latin1Write(line, this.used)
    this.starts[this.count] = (this.pieces.length - 1) * PIECE + this.used
    this.lengths[this.count] = length
    this.keys[this.count] = offset * ORDINALS + this.count
    this.used += length
    this.size += length
    this.count++
  }

  private nextPiece(length: number): void {
    if (length >= PIECE) throw new RangeError(`a line of ${length} bytes`)
    this.piece = this.stock.take()
    this.pieces.push(this.piece)
    this.used = 0
  }

  private growIndex(): void {
    if (this.count >= ORDINALS) throw new RangeError('more than 8 million lines of one log in ten minutes')
    const starts = new Uint32Array(this.count * 2)
    starts.set(this.starts)
    this.starts = starts
    const lengths = new Uint16Array(this.count * 2)
    lengths.set(this.lengths)
    this.lengths = lengths
    const keys = new Float64Array(this.count * 2)
    keys.set(this.keys)
    this.keys = keys
  }

  /**
   * Copies all lines in order of writing, lines of one moment in the order in which they were added; gives the pieces
   * back.
   * @param sorted where to; at least `size` long
   */
  sortInto(sorted: Buffer): void {
    const keys = this.keys.subarray(0, this.count).sort()
    let at = 0
    for (let i = 0; i < keys.length; i++) {
      const ordinal = keys[i]! % ORDINALS
      const place = this.starts[ordinal]!
      const start = place % PIECE
      at += this.pieces[Math.floor(place / PIECE)]!.copy(sorted, at, start, start + this.lengths[ordinal]!)
    }
    this.stock.giveBack(this.pieces)
  }
}

/** An hour of one log. */
interface HourFile {
  readonly path: string
  readonly descriptor: number | undefined
  /** What is to be packed when the hour ends. */
  readonly chunks: Buffer[]
}

export interface SpoolOptions {
  readonly directory: string
  readonly format: Format
  readonly gzip: boolean
  readonly layouts: readonly Layout[]
}

/**
 * Writes the logs as zeekctl leaves them: a folder a day, a file a log and hour (`conn.05:00:00-06:00:00.log`, UTC), each
 * line in the hour and at the place at which Zeek would write it.
 */
export class Spool {
  private readonly options: SpoolOptions
  /** By slot, then by log. */
  private readonly slots = new Map<number, (Pile | undefined)[]>()
  private readonly stock = new Stock()
  private readonly files: (HourFile | undefined)[] = []
  private scratch = Buffer.allocUnsafeSlow(1 << 20)
  private slot = Number.NEGATIVE_INFINITY
  private hour = Number.NaN
  /** Lines written to files. */
  lines = 0
  bytes = 0
  readonly linesByLog: number[]

  constructor(options: SpoolOptions) {
    this.options = options
    this.linesByLog = options.layouts.map(() => 0)
  }

  /** Hands over a line (latin1: text beyond ASCII as its UTF-8 bytes, line end included) to be written at that moment. */
  write(log: number, at: Micros, line: string): void {
    let slot = Math.floor(at / SLOT)
    let offset = at - slot * SLOT
    if (slot < this.slot) {
      slot = this.slot
      offset = 0
    }
    let piles = this.slots.get(slot)
    if (!piles) {
      piles = []
      this.slots.set(slot, piles)
    }
    let pile = piles[log]
    if (!pile) {
      pile = new Pile(this.stock)
      piles[log] = pile
    }
    pile.add(offset, line)
  }

  /** Writes all slots that ended before `until`; nothing may be written before it afterwards. */
  flush(until: Micros): void {
    const end = Math.floor(until / SLOT)
    const due = [...this.slots.keys()].filter((slot) => slot < end).sort((a, b) => a - b)
    for (const slot of due) this.flushSlot(slot)
    this.slot = Math.max(this.slot, end)
  }

  /** Closes the files; what would be written later is dropped, as when the sensor is switched off. */
  close(until: Micros): void {
    this.flush(until)
    this.closeHour()
    this.slots.clear()
  }

  private flushSlot(slot: number): void {
    const hour = Math.floor((slot * SLOT) / HOUR)
    if (hour !== this.hour) {
      this.closeHour()
      this.hour = hour
    }
    const piles = this.slots.get(slot) ?? []
    this.slots.delete(slot)
    for (let log = 0; log < piles.length; log++) {
      const pile = piles[log]
      if (!pile) continue
      // One buffer for all: fresh ones cost the kernel more time than the sorting costs us.
      if (this.scratch.length < pile.size) this.scratch = Buffer.allocUnsafeSlow(pile.size * 2)
      pile.sortInto(this.scratch)
      this.append(log, this.scratch.subarray(0, pile.size))
      this.lines += pile.count
      this.linesByLog[log]! += pile.count
    }
  }

  private append(log: number, bytes: Buffer): void {
    const file = this.files[log] ?? this.openFile(log)
    this.bytes += bytes.length
    if (file.descriptor === undefined) file.chunks.push(Buffer.from(bytes))
    else writeAll(file.descriptor, bytes)
  }

  private openFile(log: number): HourFile {
    const layout = this.options.layouts[log]!
    const start = this.hour * HOUR
    const directory = join(this.options.directory, dayText(start))
    mkdirSync(directory, { recursive: true })
    const span = `${clockText(start)}-${clockText(start + HOUR)}`
    const path = join(directory, `${layout.name}.${span}.log${this.options.gzip ? '.gz' : ''}`)
    const file: HourFile = {
      path,
      descriptor: this.options.gzip ? undefined : openSync(path, 'w'),
      chunks: [],
    }
    this.files[log] = file
    if (this.options.format === 'tsv') {
      this.append(log, Buffer.from(tsvHeader(layout, `${dayText(start)}-${clockText(start).replaceAll(':', '-')}`)))
    }
    return file
  }

  private closeHour(): void {
    for (let log = 0; log < this.files.length; log++) {
      const file = this.files[log]
      if (!file) continue
      const end = (this.hour + 1) * HOUR
      if (this.options.format === 'tsv') {
        this.append(log, Buffer.from(`#close\t${dayText(end)}-${clockText(end).replaceAll(':', '-')}\n`))
      }
      if (file.descriptor !== undefined) closeSync(file.descriptor)
      else writeFileSync(file.path, gzipSync(Buffer.concat(file.chunks), { level: 3 }))
      this.files[log] = undefined
    }
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  let done = 0
  while (done < bytes.length) done += writeSync(descriptor, bytes, done)
}

function dayText(at: Micros): string {
  return new Date(at / 1000).toISOString().slice(0, 10)
}

function clockText(at: Micros): string {
  return new Date(Math.floor(at / SECOND) * 1000).toISOString().slice(11, 19)
}
