import { DatabaseSync } from 'node:sqlite'
import { LakeFailure } from './lake_failure.ts'

export interface StateDatabaseOptions {
  /** SQL of each format number, oldest first: entry 0 leads from an empty database to format 1. Never edited, only added to. */
  readonly migrations: readonly string[]
  /** What it is, for messages: "the lake's catalogue". */
  readonly what: string
  readonly readOnly?: boolean
}

/**
 * Opens an embedded state database (SQLite): write-ahead log, every commit synced (`synchronous=full`: what was
 * acknowledged survives a power loss too), migrated to the newest format. A database of a newer format is refused.
 * @throws LakeFailure when it cannot be opened, is damaged or is of a newer format
 */
export function openStateDatabase(path: string, options: StateDatabaseOptions): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 5000 })
    if (!options.readOnly) {
      db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
    }
    migrate(db, path, options)
    return db
  } catch (cause) {
    db?.close()
    if (cause instanceof LakeFailure) throw cause
    // SQLITE_FULL keeps its meaning for whoever explains it.
    if ((cause as { errcode?: number }).errcode === 13) throw cause
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new LakeFailure(`${path}: cannot open ${options.what}: ${said}`, { cause })
  }
}

function migrate(db: DatabaseSync, path: string, { migrations, what, readOnly }: StateDatabaseOptions): void {
  const format = formatOf(db)
  if (format > migrations.length) {
    throw new LakeFailure(
      `${path}: ${what} has format ${format}, and this version of Thymus knows up to ${migrations.length}. ` +
        'Use the newer version that wrote it.',
    )
  }
  if (readOnly) {
    if (format === migrations.length) return
    throw new LakeFailure(
      `${path}: ${what} has format ${format}, expected ${migrations.length}; replay or run once to migrate it.`,
    )
  }
  for (let next = format; next < migrations.length; next++) {
    inTransaction(db, () => {
      db.exec(migrations[next]!)
      db.exec(`PRAGMA user_version=${next + 1}`)
    })
  }
}

function formatOf(db: DatabaseSync): number {
  const row = db.prepare('PRAGMA user_version').get()
  return Number(row?.['user_version'] ?? 0)
}

/** All or nothing. */
export function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite may have rolled back by itself (disk full).
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
