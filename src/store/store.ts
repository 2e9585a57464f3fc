import { join } from 'node:path'

/**
 * The store keeps what happened and answers questions about it.
 *
 *  - `lake_writer.ts`: the engine's end of the event lake; `lake_process.ts`: the process that sorts batches and writes
 *    them as Parquet; `catalog.ts`: which files there are, with checksums (never a glob: one broken file would fail all).
 *  - `query.ts`: SQL over a lake, in a locked-down process of its own.
 *  - `rollup.ts`: hourly sums by device, peer and service.
 *  - `state_db.ts`: the embedded database, its migrations.
 */

/** The event lake of a run stands in this folder of its `--out`. */
export function lakeFolder(out: string): string {
  return join(out, 'lake')
}
