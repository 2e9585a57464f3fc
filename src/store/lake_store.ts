import { mkdirSync } from 'node:fs'
import { DAY, type Micros } from '../event/time.ts'
import { Catalog, type LakeFile, lockForWriting } from './catalog.ts'
import { ExtraFields } from './extra_fields.ts'
import { lakeName, layoutOf, ROLLUP_TYPE } from './lake_columns.ts'
import { LakeFailure } from './lake_failure.ts'
import { freeName, removeLakeFile, removeLeftovers, writeLakeFile } from './lake_files.ts'
import type { StagedBatch } from './lake_frames.ts'
import { Staging } from './lake_staging.ts'
import { Rollup } from './rollup.ts'
import { SortedRows } from './sorted_rows.ts'

export interface LakeStoreOptions {
  /** Begins with an empty lake: what an earlier run left in the directory is removed. */
  readonly fresh: boolean
  /**
   * Goes on from a snapshot: files whose rows all have this position in canonical order, or a later one, are removed,
   * since those events come again.
   */
  readonly from?: number
  readonly limits?: Partial<LakeLimits>
}

export interface LakeLimits {
  /** Rows of one file, at most (a batch more). */
  readonly fileRows: number
  /** Bytes that may wait in memory over all log types, at most (a batch more). */
  readonly stagedBytes: number
  /** A log type with so many rows gets a file of its own for each UTC day of the engine clock. */
  readonly dayRows: number
  /** Rows of smaller log types wait no longer than this (µs of engine clock). */
  readonly longestWait: Micros
}

const LIMITS: LakeLimits = { fileRows: 500_000, stagedBytes: 192 << 20, dayRows: 50_000, longestWait: 7 * DAY }

/** A frame of few rows costs more memory than its bytes say. */
const MOST_BATCHES = 20_000

export interface LakeCounts {
  readonly files: number
  readonly rows: number
  readonly bytes: number
  readonly rowsByType: Readonly<Record<string, number>>
  /** Files of an earlier, killed process that were removed when the lake was opened. */
  readonly leftoversRemoved: number
}

/**
 * The lake's writing side, within its own process: rows wait in memory and become files.
 *
 * Where one file ends and the next begins: an hour each, as one would do by hand, gives a 45-day replay with 40 log types
 * some 40,000 files, most of them with a handful of rows. So a busy log type (50,000 rows and more) gets a file for
 * each UTC day, or for each 500,000 rows where a day has more; a quiet one is written when its oldest row has waited
 * for seven days, or at the end, so that retention by age is right to within a week even for it. What waits is bounded: beyond
 * 192 MiB the type that holds most is written at once.
 */
export class LakeStore {
  readonly dir: string
  private readonly lock: ReturnType<typeof lockForWriting>
  private readonly catalog: Catalog
  private readonly limits: LakeLimits
  private readonly staged = new Map<string, Staging>()
  private readonly devices: (string | undefined)[] = []
  private readonly extra = new ExtraFields()
  private readonly rowsByType = new Map<string, number>()
  private stagedBytes = 0
  private day = Number.NEGATIVE_INFINITY
  private files = 0
  private bytes = 0
  private readonly leftoversRemoved: number

  /** @throws LakeFailure when another process writes to it, or it cannot be opened */
  constructor(dir: string, options: LakeStoreOptions) {
    this.dir = dir
    this.limits = { ...LIMITS, ...options.limits }
    mkdirSync(dir, { recursive: true })
    this.lock = lockForWriting(dir)
    this.catalog = Catalog.open(dir)
    this.discard(options)
    this.leftoversRemoved = removeLeftovers(dir, new Set(this.catalog.files().map((file) => file.name)))
  }

  defineDevice(index: number, id: string): void {
    this.devices[index] = id
  }

  add(batch: StagedBatch): void {
    const name = lakeName(batch.type)
    let staging = this.staged.get(name)
    if (staging === undefined) {
      staging = new Staging(batch.type)
      this.staged.set(name, staging)
    }
    const before = staging.bytes
    const taken = staging.add(batch)
    if (taken === 0) return
    this.rowsByType.set(name, (this.rowsByType.get(name) ?? 0) + taken)
    this.stagedBytes += staging.bytes - before
    this.keepBounds(name, staging)
  }

  /** Writes all that waits. */
  flush(): void {
    for (const name of [...this.staged.keys()].sort()) this.write(name)
  }

  close(): LakeCounts {
    this.flush()
    this.catalog.closeForGood()
    this.lock.close()
    const rowsByType = Object.fromEntries([...this.rowsByType].sort(([a], [b]) => (a < b ? -1 : 1)))
    const rows = Object.values(rowsByType).reduce((sum, count) => sum + count, 0)
    return { files: this.files, rows, bytes: this.bytes, rowsByType, leftoversRemoved: this.leftoversRemoved }
  }

  private discard({ fresh, from }: LakeStoreOptions): void {
    const listed = this.catalog.files()
    const again = listed.filter((file) => fresh || (from !== undefined && file.maxSequence >= from))
    const straddling = fresh ? undefined : again.find((file) => file.minSequence < from!)
    if (straddling) {
      throw new LakeFailure(
        `${this.dir}/${straddling.name} holds events ${straddling.minSequence} to ${straddling.maxSequence}, but the snapshot ` +
          `stands at ${from}: the lake does not belong to this state. Give the lake's own --state, or a new --out directory.`,
      )
    }
    this.catalog.remove(again.map((file) => file.name))
    if (fresh) this.catalog.forgetUnusedFields()
    for (const file of again) removeLakeFile(this.dir, file.name)
  }

  private keepBounds(name: string, staging: Staging): void {
    const { fileRows, stagedBytes, dayRows, longestWait } = this.limits
    if (staging.rows >= fileRows || staging.batches.length >= MOST_BATCHES) this.write(name)
    while (this.stagedBytes > stagedBytes) this.write(this.largest())
    const day = Math.floor(staging.maxKnown / DAY)
    if (!(day > this.day)) return
    this.day = day
    for (const [other, waiting] of [...this.staged]) {
      const closed = waiting.rows >= dayRows && waiting.minKnown < day * DAY
      if (closed || waiting.minKnown <= day * DAY - longestWait) this.write(other)
    }
  }

  private largest(): string {
    let found: [string, Staging] | undefined
    for (const entry of this.staged) if (found === undefined || entry[1].bytes > found[1].bytes) found = entry
    return found![0]
  }

  /** Writes what waits of a log type, with its roll-up, and lists it. All or nothing. */
  private write(name: string): void {
    const staging = this.staged.get(name)
    if (staging === undefined) return
    this.staged.delete(name)
    this.stagedBytes -= staging.bytes
    const sorted = new SortedRows(staging, this.devices)
    staging.eachExtra((json) => this.extra.note(name, json))
    const written: LakeFile[] = []
    try {
      const rollup = name === 'conn' ? new Rollup(staging.type, sorted.rows, sorted.texts.pool) : undefined
      const columns = sorted.columns((column, data) => rollup?.collect(column, data))
      written.push(this.writeFile(name, staging, sorted.rows, columns))
      if (rollup) {
        const sums = rollup.sums()
        written.push(this.writeFile(ROLLUP_TYPE, staging, sums.rows, sums.columns))
      }
      this.catalog.add(written, this.extra.of(name))
    } catch (error) {
      for (const file of written) removeLakeFile(this.dir, file.name)
      throw error
    }
    this.files += written.length
    for (const file of written) this.bytes += file.bytes
  }

  private writeFile(
    type: string,
    { minKnown, maxKnown, minSequence, maxSequence }: Staging,
    rows: number,
    columns: Parameters<typeof writeLakeFile>[2],
  ): LakeFile {
    const range = `${String(minSequence).padStart(12, '0')}-${String(maxSequence).padStart(12, '0')}`
    const name = freeName(this.dir, `${type}/${type}.${dayText(minKnown)}-${range}`)
    const metadata = { 'thymus.type': type, 'thymus.sequence': `${minSequence}-${maxSequence}` }
    const { bytes, crc32 } = writeLakeFile(this.dir, name, columns, rows, metadata)
    const timed = minKnown <= maxKnown
    return {
      name,
      type,
      layout: layoutOf(type),
      rows,
      minKnown: timed ? minKnown : null,
      maxKnown: timed ? maxKnown : null,
      minSequence,
      maxSequence,
      bytes,
      crc32,
    }
  }
}

/** `20240420`, UTC. */
function dayText(micros: Micros): string {
  const date = new Date(micros / 1000)
  return Number.isNaN(date.getTime()) ? 'undated' : date.toISOString().slice(0, 10).replaceAll('-', '')
}
