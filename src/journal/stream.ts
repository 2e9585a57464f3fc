import type { EventBatch } from '../event/batch.ts'
import type { LogType } from '../event/log_types.ts'
import { DAY, type Micros, utcText } from '../event/time.ts'
import { LATE, type OrderedBatch, orderedBatch, REFUSED } from './journal.ts'
import type { FilePositions } from './positions.ts'

/** How many following records must agree before a jump of more than a day ahead is believed. */
const WITNESSES = 100
/** With nothing after it, a record after a longer silence than this is a broken clock rather than a silence. */
const LONGEST_SILENCE = 366 * DAY

/** One file's rows of one log type, in its order. */
export interface StreamFile {
  /** As shown to people. */
  readonly shown: string
  batches(): AsyncIterable<EventBatch>
  /** Told of rows whose time was not believed. */
  refused(line: number, known: Micros, key: Micros | undefined): void
}

/** What a stream remembers from one run to the next. */
export interface StreamState {
  /** The running maximum of `known` (µs); undefined before the first record. */
  key: Micros | undefined
}

/**
 * One log type of one sensor: its files one after the other, each row with its merge key. A key never falls, so merging
 * needs one row a stream and no bound on lateness.
 */
export class Stream {
  readonly type: LogType
  readonly sensor: number
  readonly state: StreamState
  /** Records read before, in this file or an earlier run: neither stored nor learned again. */
  alreadyRead = 0
  late = 0
  /** Jumps of more than a day that the following records confirmed, in words; the first few. */
  readonly jumps: string[] = []
  private readonly source: AsyncIterator<{ batch: EventBatch; file: StreamFile }>
  private readonly ahead: { batch: EventBatch; file: StreamFile }[] = []
  private ended = false

  constructor(
    type: LogType,
    sensor: number,
    files: readonly StreamFile[],
    positions: FilePositions,
    state: StreamState = { key: undefined },
  ) {
    this.type = type
    this.sensor = sensor
    this.state = state
    this.source = this.unread(files, positions)
  }

  /** The next rows in the order of the log, or undefined at the end. */
  async next(): Promise<OrderedBatch | undefined> {
    const item = this.ahead.shift() ?? (await this.pull())
    if (item === undefined) return undefined
    const { batch, file } = item
    const keys = new Float64Array(batch.rows)
    const flags = new Uint8Array(batch.rows)
    const { known } = batch
    const lateAfter = this.type.lateAfter
    let key = this.state.key
    for (let row = 0; row < batch.rows; row++) {
      const at = known[row]!
      if (key === undefined || at > key + DAY) {
        if (!Number.isNaN(at)) {
          if (await this.believed(at, key, batch, row)) {
            if (key !== undefined) this.noteJump(key, at)
            key = at
          } else {
            flags[row] = REFUSED
            file.refused(batch.line[row]!, at, key)
          }
        }
      } else if (at > key) key = at
      else if (at < key - lateAfter) {
        flags[row] = LATE
        this.late++
      }
      keys[row] = key ?? 0
    }
    this.state.key = key
    return orderedBatch(batch, this.sensor, keys, flags)
  }

  /**
   * Is a time more than a day ahead of the stream to be believed? Yes, when no more than half of the next hundred
   * records lie more than a day behind it: one absurd time must not make all others late, and a sensor that was off over
   * the holidays must not be silenced. Where nothing follows, silences of up to a year are believed.
   */
  private async believed(at: Micros, key: Micros | undefined, batch: EventBatch, row: number): Promise<boolean> {
    let witnesses = 0
    let behind = 0
    const ask = (known: Float64Array, from: number, to: number): void => {
      for (let i = from; i < to && witnesses < WITNESSES; i++) {
        const other = known[i]!
        if (Number.isNaN(other)) continue
        witnesses++
        if (other < at - DAY) behind++
      }
    }
    ask(batch.known, row + 1, batch.rows)
    for (let index = 0; witnesses < WITNESSES; index++) {
      if (index === this.ahead.length) {
        const more = await this.pull()
        if (more === undefined) break
        this.ahead.push(more)
      }
      const next = this.ahead[index]!.batch
      ask(next.known, 0, next.rows)
    }
    if (witnesses === 0) return key === undefined || at <= key + LONGEST_SILENCE
    return behind * 2 <= witnesses
  }

  private noteJump(from: Micros, to: Micros): void {
    if (this.jumps.length === 5) return
    const days = ((to - from) / DAY).toFixed(1)
    this.jumps.push(`${this.type.name}: nothing between ${utcText(from)} and ${utcText(to)} (${days} days)`)
  }

  private async pull(): Promise<{ batch: EventBatch; file: StreamFile } | undefined> {
    if (this.ended) return undefined
    const result = await this.source.next()
    if (!result.done) return result.value
    this.ended = true
    return undefined
  }

  /** The files' batches, without the rows that an earlier run on this state has read. */
  private async *unread(
    files: readonly StreamFile[],
    positions: FilePositions,
  ): AsyncGenerator<{ batch: EventBatch; file: StreamFile }> {
    for (const file of files) {
      let position: ReturnType<FilePositions['open']> | undefined
      for await (const batch of file.batches()) {
        position ??= positions.open(this.type, batch)
        const skip = position.advance(batch.rows)
        this.alreadyRead += skip
        if (skip === batch.rows) continue
        yield { batch: skip === 0 ? batch : withoutFirst(batch, skip), file }
      }
    }
  }
}

/** The same batch without its first rows; the dictionary is shared. */
function withoutFirst(batch: EventBatch, count: number): EventBatch {
  const rows = batch.rows
  return {
    ...batch,
    rows: rows - count,
    numbers: batch.numbers.map((column) => column.subarray(count)),
    strings: batch.strings.map((column) => column.subarray(count)),
    extra: batch.extra.subarray(count),
    known: batch.known.subarray(count),
    keyHigh: batch.keyHigh.subarray(count),
    keyLow: batch.keyLow.subarray(count),
    line: batch.line.subarray(count),
  }
}
