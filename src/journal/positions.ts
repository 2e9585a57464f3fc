import type { EventBatch } from '../event/batch.ts'
import type { LogType } from '../event/log_types.ts'

/** Files remembered; beyond it those not met for longest are forgotten first. */
const MOST_FILES = 200_000

/** How far a file is read, and going on. */
export interface OpenPosition {
  /**
   * Says that `rows` more rows of the file have come.
   * @returns how many of them, from the first, an earlier run has read already
   */
  advance(rows: number): number
}

/**
 * Which files were read, and how far. A file is recognised by its log type and the event key of its first record, so
 * that a log that was rotated, renamed, gzipped or rewritten in another format is still the same file, and a log that
 * grew is read on from where it ended.
 */
export class FilePositions {
  /** Rows read by file, least recently met first. */
  private readonly rows: Map<string, number>

  constructor(saved: readonly (readonly [string, number])[] = []) {
    this.rows = new Map(saved)
  }

  open(type: LogType, first: EventBatch): OpenPosition {
    const name = `${type.name} ${(first.keyHigh[0]! >>> 0).toString(16)} ${(first.keyLow[0]! >>> 0).toString(16)}`
    const before = this.rows.get(name) ?? 0
    let here = 0
    return {
      advance: (rows) => {
        const skip = Math.min(rows, Math.max(0, before - here))
        here += rows
        if (here > before) this.set(name, here)
        return skip
      },
    }
  }

  /** For the snapshot, in the order of meeting. */
  save(): readonly (readonly [string, number])[] {
    return [...this.rows]
  }

  private set(name: string, rows: number): void {
    this.rows.delete(name)
    this.rows.set(name, rows)
    if (this.rows.size <= MOST_FILES) return
    for (const oldest of this.rows.keys()) {
      this.rows.delete(oldest)
      break
    }
  }
}
