import type { EventBatch } from '../event/batch.ts'

/**
 * A sensor turns telemetry of one format into events. It never throws on a record: what cannot be read is rejected,
 * counted and named, and the rest arrives. One format, one file beside this one, one line in `sensors.ts`.
 */
export interface Sensor {
  /** `zeek-json`, `zeek-tsv`, `eve`, `capture`. */
  readonly name: string
  /** Judges by the first (decompressed) bytes alone: names and extensions lie. `fileName` may only break a tie. */
  recognises(head: Uint8Array, fileName: string): boolean
  /**
   * True when one file may hold many log types, whose rows then come interleaved. (A combined Zeek JSON file says so only
   * in its records; the survey of `discover.ts` settles it.)
   */
  readonly manyTypes: boolean
  /**
   * Reads the file in its order. Batches of one log type come in the order of the file; one await a batch, none an event.
   * Rejects go to `report`. Throws only when the file itself cannot be opened or read (`SourceFailure`).
   */
  read(file: SourceFile, report: ReadReport): AsyncIterable<EventBatch>
}

/** A file of telemetry, as found by `discover.ts`. */
export interface SourceFile {
  /** Absolute path. */
  readonly path: string
  /** The path as people should see it: relative to the PATH argument it was found under. */
  readonly shown: string
  readonly bytes: number
  /**
   * Opens the file from its beginning, decompressed (.gz, .zst by magic number), in chunks of any size.
   * @param lent true: a chunk holds only until the next is asked for; reading into the same memory again is faster
   */
  open(lent?: boolean): AsyncIterable<Uint8Array>
}

/** Why a record, a value or a file could not be read. Closed, so that counts by reason mean the same everywhere. */
export type RejectReason =
  /** Not JSON, or JSON that is no object. */
  | 'malformed-json'
  | 'wrong-column-count'
  /** A TSV log without `#fields`. */
  | 'missing-header'
  | 'malformed-header'
  | 'malformed-value'
  | 'line-too-long'
  | 'nul-bytes'
  | 'nested-too-deep'
  | 'ts-missing'
  | 'ts-out-of-range'
  /** More than a day ahead of its log, and what follows does not agree. */
  | 'ts-far-ahead'
  | 'unknown-log-type'
  | 'unrecognised-format'
  | 'truncated-compression'
  | 'truncated-capture'
  | 'malformed-packet'
  | 'unreadable'
  | 'empty-file'

/** What was mended in a record that was kept. */
export type RepairReason = 'invalid-utf8' | 'duplicate-key'

export interface Trouble<Reason> {
  readonly reason: Reason
  /** As shown to people. */
  readonly file: string
  /** Line or packet, from 1; 0 when the whole file is meant. */
  readonly line: number
  readonly field?: string
  /** What stood there, at most 80 characters. */
  readonly value?: string
  /** What was expected, in words. */
  readonly expected?: string
}

/** All of a reason are counted; the first few are kept with their place. */
export interface TroubleCount<Reason> {
  count: number
  readonly first: Trouble<Reason>[]
}

const KEPT_OF_A_REASON = 5
const SHOWN_VALUE = 80
const KEPT_NOTES = 20

/** What reading a file found wrong: plain data, so that it crosses threads. */
export interface ReadReportData {
  readonly rejected: ReadonlyMap<RejectReason, TroubleCount<RejectReason>>
  readonly repaired: ReadonlyMap<RepairReason, TroubleCount<RepairReason>>
  readonly notes: readonly string[]
}

export interface TroubleDetail {
  readonly field?: string
  readonly value?: string
  readonly expected?: string
  /** How many records it cost; 1 when not given. */
  readonly count?: number
}

/** Collects what one file's reading found wrong. */
export class ReadReport implements ReadReportData {
  readonly rejected = new Map<RejectReason, TroubleCount<RejectReason>>()
  readonly repaired = new Map<RepairReason, TroubleCount<RepairReason>>()
  readonly notes: string[] = []
  readonly file: string

  /** @param file as shown to people */
  constructor(file: string) {
    this.file = file
  }

  /** A record (or, with line 0, the file) was left out. */
  reject(reason: RejectReason, line: number, detail: TroubleDetail = {}): void {
    countTrouble(this.rejected, reason, this.file, line, detail)
  }

  /** A record was kept, but something in it was mended. */
  repair(reason: RepairReason, line: number, detail: TroubleDetail = {}): void {
    countTrouble(this.repaired, reason, this.file, line, detail)
  }

  /** Something a person should know about the file that cost no record. */
  note(text: string): void {
    if (this.notes.length < KEPT_NOTES) this.notes.push(text)
  }

  /** Adds what another report counted (of another thread, of another file). */
  add(other: ReadReportData): void {
    addTroubles(this.rejected, other.rejected)
    addTroubles(this.repaired, other.repaired)
    for (const text of other.notes) this.note(text)
  }
}

function addTroubles<Reason>(
  to: Map<Reason, TroubleCount<Reason>>,
  from: ReadonlyMap<Reason, TroubleCount<Reason>>,
): void {
  for (const [reason, { count, first }] of from) {
    const entry = to.get(reason) ?? { count: 0, first: [] }
    to.set(reason, entry)
    entry.count += count
    entry.first.push(...first.slice(0, KEPT_OF_A_REASON - entry.first.length))
  }
}

function countTrouble<Reason>(
  counts: Map<Reason, TroubleCount<Reason>>,
  reason: Reason,
  file: string,
  line: number,
  detail: TroubleDetail,
): void {
  const { count = 1, value, ...rest } = detail
  let entry = counts.get(reason)
  if (!entry) {
    entry = { count: 0, first: [] }
    counts.set(reason, entry)
  }
  entry.count += count
  if (entry.first.length === KEPT_OF_A_REASON) return
  entry.first.push({
    reason,
    file,
    line,
    ...rest,
    ...(value === undefined ? {} : { value: value.slice(0, SHOWN_VALUE) }),
  })
}

/** The file could not be opened or read at all. */
export class SourceFailure extends Error {
  readonly reason: RejectReason
  constructor(reason: RejectReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SourceFailure'
    this.reason = reason
  }
}
