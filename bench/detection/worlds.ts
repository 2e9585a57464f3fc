import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { simulate } from '../../src/lab/lab.ts'
import type { PlaybookName } from '../../src/lab/playbooks/names.ts'
import type { DetectionOptions } from './options.ts'
import { Truth } from './truth.ts'

/** A simulated world on disk, its days before and after the attack's first day in folders of their own. */
export interface WorldOnDisk {
  readonly truth: Truth
  /** Days before the attack; undefined: they are the benign world's, byte for byte, and need not be learned again. */
  readonly before: string | undefined
  readonly after: string
  /** Of everything before the attack. */
  readonly digest: string
  /** Days (whole) in `after`. */
  readonly daysAfter: number
}

/**
 * Simulates a world and cuts it at the attack's first day. Days before it that are those of the benign world are dropped, and so are the
 * days that begin more than a day after the attack's end. (The story's server sleeps until it is used, so that in some
 * worlds the days before it are not the same.)
 * @param benignDigest of the days before the attack in the benign world of the seed; undefined: this is that world
 */
export async function makeWorld(
  folder: string,
  seed: number,
  options: DetectionOptions,
  playbook: PlaybookName | undefined,
  benignDigest: string | undefined,
  log: (text: string) => void,
): Promise<WorldOnDisk> {
  mkdirSync(folder, { recursive: true })
  const { telemetry, labels } = await simulate(
    folder,
    {
      seed,
      devices: options.devices,
      days: options.days,
      dialect: options.dialect,
      attacks: playbook === undefined ? [] : [playbook],
      attackDay: options.attackDay,
    },
    ({ day, days }) => log(`simulating day ${day} of ${days}`),
  )
  const truth = Truth.read(labels)
  const cut = dayName(truth.start + options.attackDay * 86_400)
  const lastDay = playbook === undefined ? '9999' : dayName(truth.attackEnd + 86_400)
  const before = join(folder, 'before')
  const after = join(folder, 'after')
  const days = readdirSync(telemetry).sort()
  const digest = digestOf(
    telemetry,
    days.filter((day) => day < cut),
  )
  const shared = digest === benignDigest
  for (const day of days) {
    const from = join(telemetry, day)
    if (day < cut && !shared) packDay(from, join(before, day))
    else if (day >= cut && day <= lastDay) packDay(from, join(after, day))
    rmSync(from, { recursive: true })
  }
  return { truth, before: shared ? undefined : before, after, digest, daysAfter: readdirSync(after).length }
}

/** Of all that the sensor wrote on some days, whatever the world was told to be. */
function digestOf(telemetry: string, days: readonly string[]): string {
  const hash = createHash('sha1')
  for (const day of days) {
    for (const file of readdirSync(join(telemetry, day)).sort())
      hash.update(`${day}/${file}\n`).update(readFileSync(join(telemetry, day, file)))
  }
  return hash.digest('hex')
}

/**
 * Joins the hours of each log of a day: how a recording is packed changes nothing that is said, and a thousand small
 * files cost more to open than to read.
 */
function packDay(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  // `conn.05:00:00-06:00:00.log`: by name is by hour.
  for (const file of readdirSync(from).sort())
    appendFileSync(join(to, `${file.slice(0, file.indexOf('.'))}.log`), readFileSync(join(from, file)))
}

/** A copy of what was learned, to go on from. */
export function copyState(from: string, to: string): string {
  rmSync(to, { recursive: true, force: true })
  if (existsSync(from)) cpSync(from, to, { recursive: true })
  return to
}

/** The lab's folder of a UTC day. */
function dayName(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}
