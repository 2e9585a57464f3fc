import type { EpochSeconds } from '../event/time.ts'

/** Where moments stand on a line, with long silences folded: an attack that waits ten days stays legible. */
export interface TimeScale {
  readonly x: (time: EpochSeconds) => number
  readonly ticks: readonly { readonly x: number; readonly time: EpochSeconds }[]
  /** Silences that were folded, by where they are drawn. */
  readonly folds: readonly { readonly x: number; readonly width: number; readonly seconds: number }[]
}

const FOLD_WIDTH = 68
/** A silence is folded when it takes more than this share of the whole. */
const FOLD_SHARE = 0.28
const LEAST_PART = 72
const TICK_DISTANCE = 84
const STEPS = [1, 5, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800]

interface Part {
  readonly from: number
  readonly to: number
}

/** @param times at least one; @param left where the line begins */
export function timeScale(times: readonly EpochSeconds[], left: number, width: number): TimeScale {
  const sorted = [...new Set(times)].sort((a, b) => a - b)
  const parts = partsOf(sorted)
  const room = width - FOLD_WIDTH * (parts.length - 1)
  const spans = parts.map(({ from, to }) => to - from)
  const total = spans.reduce((sum, span) => sum + span, 0)
  const spare = Math.max(0, room - LEAST_PART * parts.length)
  const placed: (Part & { x: number; width: number })[] = []
  let x = left
  for (const [index, part] of parts.entries()) {
    const own = total === 0 ? room / parts.length : LEAST_PART + (spare * spans[index]!) / total
    placed.push({ ...part, x, width: own })
    x += own + FOLD_WIDTH
  }
  const place = (time: number): number => {
    const part = placed.find(({ to }) => time <= to) ?? placed.at(-1)!
    const span = part.to - part.from
    if (span === 0) return part.x + part.width / 2
    return part.x + (Math.min(Math.max(time - part.from, 0), span) / span) * part.width
  }
  return {
    x: place,
    ticks: placed.flatMap(ticksOf),
    folds: placed.slice(1).map((part, index) => {
      const before = placed[index]!
      return { x: before.x + before.width, width: FOLD_WIDTH, seconds: part.from - before.to }
    }),
  }
}

function partsOf(sorted: readonly number[]): Part[] {
  const first = sorted[0] ?? 0
  const whole = (sorted.at(-1) ?? first) - first
  const parts: Part[] = []
  let from = first
  let last = first
  for (const time of sorted) {
    if (time - last > whole * FOLD_SHARE && time - last > 600) {
      parts.push({ from, to: last })
      from = time
    }
    last = time
  }
  parts.push({ from, to: last })
  return parts
}

function ticksOf(part: Part & { x: number; width: number }): { x: number; time: number }[] {
  const span = part.to - part.from
  if (span === 0) return [{ x: part.x + part.width / 2, time: part.from }]
  const most = Math.max(1, Math.floor(part.width / TICK_DISTANCE))
  const step = STEPS.find((each) => span / each <= most) ?? Math.ceil(span / most / 604_800) * 604_800
  const ticks: { x: number; time: number }[] = []
  for (let time = Math.ceil(part.from / step) * step; time <= part.to; time += step) {
    ticks.push({ x: part.x + ((time - part.from) / span) * part.width, time })
    if (ticks.length > most + 1) break
  }
  return ticks.length > 0 ? ticks : [{ x: part.x + part.width / 2, time: part.from + span / 2 }]
}
