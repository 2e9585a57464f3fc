import type { Stats } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { openDecompressed, unreadable } from './decompress.ts'
import { ReadReport, SourceFailure, type SourceFile } from './sensor.ts'

/** What was found under one PATH argument: every file is either in `files`, in `problems` or in `skipped`. */
export interface Discovery {
  /** In the order of the paths; nothing downstream may depend on it. */
  readonly files: readonly SourceFile[]
  /** What could not be read, one report a path. */
  readonly problems: readonly ReadReport[]
  /** What is no telemetry by its name, or was found already by another. */
  readonly skipped: readonly Skipped[]
}

export interface Skipped {
  readonly shown: string
  readonly why: string
}

/** Beside logs on any sensor. Content decides about everything else. */
const NO_TELEMETRY: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^\./, 'a hidden file'],
  [/^conn-summary\b/, "zeekctl's summary for people, made from conn.log"],
  [/^(?:readme|licen[cs]e|changelog|notice\.md)(?:\.(?:md|txt|rst))?$/i, 'documentation'],
  [/\.(?:md|rst|html?|pdf|docx?|png|jpe?g|svg)$/i, 'documentation'],
  [/\.(?:ya?ml|toml|ini|cfg|conf|zeek|bro|sh|py|js|ts|rules)$/i, 'configuration or code'],
  [/^(?:stdout|stderr)\.log$/i, "a program's own output"],
  [/\.(?:sqlite3?|db|parquet|zip|tar|tgz|tar\.gz|7z|pid|lock|tmp|swp|idx)$/i, 'not a log'],
]

/** No sensor nests its folders deeper. */
const DEEPEST_FOLDER = 64

/**
 * Finds the files under a path: itself, or everything below it. Links are followed once; what is met a second time, by a
 * link or a loop of links, is skipped.
 */
export async function discover(path: string): Promise<Discovery> {
  const root = resolve(path)
  const found = new Walk()
  try {
    const at = await stat(root)
    if (at.isDirectory()) await found.folder(root, '', at, 0)
    else found.file(root, basename(root), at, true)
  } catch (error) {
    found.problem(basename(root), root, error)
  }
  await found.links()
  const byShown = (a: { shown: string }, b: { shown: string }): number =>
    a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0
  return { files: found.files.sort(byShown), problems: found.problems, skipped: found.skipped.sort(byShown) }
}

/** @param shown the path as people should see it */
export function sourceFile(path: string, shown: string, bytes: number): SourceFile {
  return { path, shown, bytes, open: (lent) => openDecompressed(path, lent) }
}

class Walk {
  readonly files: SourceFile[] = []
  readonly problems: ReadReport[] = []
  readonly skipped: Skipped[] = []
  /** Followed after everything else, so that a file is found under its own name first. */
  private pending: { path: string; shown: string; depth: number }[] = []
  /** Device and inode: names differ, files do not. */
  private readonly met = new Set<string>()

  async folder(path: string, shown: string, at: Stats, depth: number): Promise<void> {
    if (!this.isNew(shown, at)) return
    if (depth > DEEPEST_FOLDER) {
      this.skipped.push({ shown, why: `deeper than ${DEEPEST_FOLDER} folders` })
      return
    }
    let names: string[]
    try {
      names = (await readdir(path)).sort()
    } catch (error) {
      this.problem(shown === '' ? basename(path) : shown, path, error)
      return
    }
    for (const name of names) await this.entry(join(path, name), shown === '' ? name : `${shown}/${name}`, depth + 1)
  }

  private async entry(path: string, shown: string, depth: number): Promise<void> {
    try {
      const at = await lstat(path)
      if (at.isSymbolicLink()) this.pending.push({ path, shown, depth })
      else if (at.isDirectory()) await this.folder(path, shown, at, depth)
      else this.file(path, shown, at, false)
    } catch (error) {
      this.problem(shown, path, error)
    }
  }

  async links(): Promise<void> {
    for (let round = this.pending; round.length > 0; round = this.pending) {
      this.pending = []
      for (const { path, shown, depth } of round) {
        try {
          const at = await stat(path)
          if (at.isDirectory()) await this.folder(path, shown, at, depth)
          else this.file(path, shown, at, false)
        } catch (error) {
          if (isLoop(error)) this.skipped.push({ shown, why: 'a link to itself' })
          else this.problem(shown, path, error)
        }
      }
    }
  }

  /** @param named true: a person named this very file, so its name is no reason to skip it */
  file(path: string, shown: string, at: Stats, named: boolean): void {
    if (!at.isFile()) {
      const what = at.isSocket() ? 'a socket' : at.isFIFO() ? 'a pipe' : 'a device'
      this.skipped.push({ shown, why: `${what}, not a file` })
      return
    }
    const name = basename(path)
    const reason = named ? undefined : NO_TELEMETRY.find(([pattern]) => pattern.test(name))
    if (reason !== undefined) this.skipped.push({ shown, why: reason[1] })
    else if (this.isNew(shown, at)) this.files.push(sourceFile(path, shown, at.size))
  }

  private isNew(shown: string, at: Stats): boolean {
    const identity = `${at.dev}:${at.ino}`
    if (this.met.has(identity)) {
      this.skipped.push({ shown, why: 'found already by another name' })
      return false
    }
    this.met.add(identity)
    return true
  }

  problem(shown: string, path: string, error: unknown): void {
    const failure = error instanceof SourceFailure ? error : unreadable(path, error)
    const report = new ReadReport(shown)
    report.reject(failure.reason, 0, { expected: failure.message })
    this.problems.push(report)
  }
}

function isLoop(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ELOOP'
}
