import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Column } from './parquet_column.ts'
import { type ParquetSummary, writeParquet } from './parquet_file.ts'

/** Only files that carry such names are ever removed: a lake directory may hold things of other people. */
const OURS = /^[A-Za-z0-9_]+\.[A-Za-z0-9-]+\.parquet(\.tmp)?$/

/**
 * Writes a Parquet file so that it is seen whole or not at all, even if the power fails: a temporary name, synced,
 * renamed, the folder synced. On an error nothing is left behind.
 * @param name relative to `lakeDir`
 */
export function writeLakeFile(
  lakeDir: string,
  name: string,
  columns: readonly Column[],
  rows: number,
  metadata: Readonly<Record<string, string>>,
): ParquetSummary {
  const path = join(lakeDir, name)
  const folder = dirname(path)
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncFolder(lakeDir)
  const temporary = `${path}.tmp`
  try {
    const fd = openSync(temporary, 'w')
    let summary: ParquetSummary
    try {
      const sortedBy = ['device', 'ts'].filter((key) => columns.some((column) => column.name === key))
      summary = writeParquet(fd, columns, rows, { sortedBy, metadata })
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, path)
    syncFolder(folder)
    return summary
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** A name that no file has yet: `name.parquet`, or with a number behind it. */
export function freeName(lakeDir: string, stem: string): string {
  for (let copy = 1; ; copy++) {
    const name = copy === 1 ? `${stem}.parquet` : `${stem}-${copy}.parquet`
    if (!existsSync(join(lakeDir, name))) return name
  }
}

export function removeLakeFile(lakeDir: string, name: string): void {
  rmSync(join(lakeDir, name), { force: true })
}

/** Removes what a killed process left: temporary files, and files that the catalogue does not list. */
export function removeLeftovers(lakeDir: string, listed: ReadonlySet<string>): number {
  let removed = 0
  for (const folder of readdirSync(lakeDir, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue
    for (const file of readdirSync(join(lakeDir, folder.name))) {
      const name = `${folder.name}/${file}`
      if (!OURS.test(file) || listed.has(name)) continue
      removeLakeFile(lakeDir, name)
      removed++
    }
  }
  return removed
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
