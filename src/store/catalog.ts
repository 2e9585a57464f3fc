import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LakeFailure } from './lake_failure.ts'
import { inTransaction, openStateDatabase } from './state_db.ts'

/** A file of the lake: what is listed is whole and is read; what is not listed does not exist for a reader. */
export interface LakeFile {
  /** Relative to the lake's directory, with `/`. */
  readonly name: string
  /** Log type, or `rollup_hour`. */
  readonly type: string
  /** Its columns, as `layoutOf` gives them. */
  readonly layout: string
  readonly rows: number
  /** Range of `known` (µs), null in a log without times. */
  readonly minKnown: number | null
  readonly maxKnown: number | null
  /** Range of positions in canonical order: the part of the journal that it holds. */
  readonly minSequence: number
  readonly maxSequence: number
  readonly bytes: number
  readonly crc32: number
}

/** JSON types in which an unknown field was seen, as bits. */
export const SEEN = { whole: 1, number: 2, boolean: 4, other: 8 } as const

export interface ExtraField {
  readonly type: string
  readonly name: string
  readonly seen: number
}

const CATALOG_FILE = 'catalog.db'

const MIGRATIONS = [
  `CREATE TABLE files (
     name TEXT PRIMARY KEY, type TEXT NOT NULL, layout TEXT NOT NULL, rows INTEGER NOT NULL,
     min_known INTEGER, max_known INTEGER, min_sequence INTEGER NOT NULL, max_sequence INTEGER NOT NULL,
     bytes INTEGER NOT NULL, crc32 INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX files_by_type ON files (type, min_sequence);
   CREATE TABLE extra_fields (
     type TEXT NOT NULL, name TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (type, name)
   ) STRICT;`,
]

/** The list of the lake's files, in a database of its own beside them. */
export class Catalog {
  private readonly db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.db = db
  }

  static open(lakeDir: string): Catalog {
    return new Catalog(
      openStateDatabase(join(lakeDir, CATALOG_FILE), { migrations: MIGRATIONS, what: "the lake's catalogue" }),
    )
  }

  /** For readers. @throws LakeFailure when there is no lake, or its catalogue is damaged */
  static openForReading(lakeDir: string): Catalog {
    const path = join(lakeDir, CATALOG_FILE)
    if (!existsSync(path)) {
      throw new LakeFailure(
        `${lakeDir}: no lake here (${CATALOG_FILE} is missing). Give the --out directory of a replay.`,
      )
    }
    const options = { migrations: MIGRATIONS, what: "the lake's catalogue", readOnly: true }
    return new Catalog(openStateDatabase(path, options))
  }

  close(): void {
    this.db.close()
  }

  /** Closes it so that it can be read where nothing may be written: a write-ahead log needs a file beside it. */
  closeForGood(): void {
    try {
      this.db.exec('PRAGMA busy_timeout=0; PRAGMA journal_mode=DELETE')
    } catch {
      // Someone is reading: then the log stays, which does no harm.
    }
    this.db.close()
  }

  files(): LakeFile[] {
    const rows = this.db.prepare('SELECT * FROM files ORDER BY type, min_sequence, name').all()
    return rows.map((row) => ({
      name: String(row['name']),
      type: String(row['type']),
      layout: String(row['layout']),
      rows: Number(row['rows']),
      minKnown: row['min_known'] === null ? null : Number(row['min_known']),
      maxKnown: row['max_known'] === null ? null : Number(row['max_known']),
      minSequence: Number(row['min_sequence']),
      maxSequence: Number(row['max_sequence']),
      bytes: Number(row['bytes']),
      crc32: Number(row['crc32']),
    }))
  }

  extraFields(): ExtraField[] {
    const rows = this.db.prepare('SELECT type, name, seen FROM extra_fields ORDER BY type, name').all()
    return rows.map((row) => ({ type: String(row['type']), name: String(row['name']), seen: Number(row['seen']) }))
  }

  /** Lists files and what their `extra` holds: all of them or none. */
  add(files: readonly LakeFile[], extra: readonly ExtraField[]): void {
    const insert = this.db.prepare(
      `INSERT INTO files (name, type, layout, rows, min_known, max_known, min_sequence, max_sequence, bytes, crc32)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    const note = this.db.prepare(
      `INSERT INTO extra_fields (type, name, seen) VALUES (?, ?, ?)
       ON CONFLICT (type, name) DO UPDATE SET seen = seen | excluded.seen`,
    )
    inTransaction(this.db, () => {
      for (const { name, type, layout, rows, minKnown, maxKnown, minSequence, maxSequence, bytes, crc32 } of files) {
        insert.run(name, type, layout, rows, minKnown, maxKnown, minSequence, maxSequence, bytes, crc32)
      }
      for (const field of extra) note.run(field.type, field.name, field.seen)
    })
  }

  /** Takes files off the list; whoever calls removes them from the disk afterwards. */
  remove(names: readonly string[]): void {
    const statement = this.db.prepare('DELETE FROM files WHERE name = ?')
    inTransaction(this.db, () => {
      for (const name of names) statement.run(name)
    })
  }

  /** Forgets the unknown fields of types that have no file any more. */
  forgetUnusedFields(): void {
    this.db.exec('DELETE FROM extra_fields WHERE type NOT IN (SELECT type FROM files)')
  }
}

/**
 * Holds the right to write to a lake until closed; given up by the operating system when the process dies.
 * @throws LakeFailure when another process has it
 */
export function lockForWriting(lakeDir: string): DatabaseSync {
  const lock = new DatabaseSync(join(lakeDir, 'writer.lock'), { timeout: 200 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    throw new LakeFailure(
      `${lakeDir}: another Thymus process is writing to this lake. Wait for it or give another directory.`,
      {
        cause,
      },
    )
  }
}
