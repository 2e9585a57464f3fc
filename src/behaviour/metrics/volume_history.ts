import { BINS } from './half_octaves.ts'

/**
 * A subject's own days in one metric and window: of how many days was the maximum in which bin. Sixteen bins of a byte, that
 * is a range of 256 to one below the highest, which moves up with it (what falls out below is counted in the lowest), and
 * the bin at which they begin. A day weighs 8 units; every 14 active days all are halved.
 */
export const HISTORY_WORDS = 5
const SHOWN_BINS = 16
const UNITS_OF_DAY = 8
export const DAYS_OF_GENERATION = 14
const MOST_UNITS = 255
/**
 * Beyond a subject's own days: what was met once may be exceeded by a bin at one in four, by two at one in 16. Bins are
 * narrow, so that without it a day of 64 after days of 60 would be as odd as one of 6,400.
 */
const BEYOND = 1 / 4

/** Days of which each older generation weighs half, exactly as the units are halved. */
export function weighedDays(activeDays: number): number {
  const generation = Math.floor(activeDays / DAYS_OF_GENERATION)
  return (activeDays % DAYS_OF_GENERATION) + DAYS_OF_GENERATION * (1 - 2 ** -generation)
}

/**
 * Own days with a maximum in this bin or a higher one.
 * @param words   that hold the history at `at`
 * @param halvings generations that have passed since it was written
 */
export function ownDaysFrom(words: Int32Array, at: number, bin: number, halvings: number): number {
  const base = words[at]!
  let units = 0
  let beyond = 0
  for (let place = 0; place < SHOWN_BINS; place++) {
    const count = (words[at + 1 + (place >>> 2)]! >>> ((place & 3) * 8)) & 0xff
    if (base + place < bin) beyond = (beyond + count) * BEYOND
    else units += count
  }
  for (let above = base + SHOWN_BINS; above < bin; above++) beyond *= BEYOND
  return (units + beyond) / UNITS_OF_DAY / 2 ** Math.min(30, halvings)
}

/** Counts a committed day; bin 0 is one on which nothing of the kind was done. */
export function addOwnDay(words: Int32Array, at: number, bin: number, halvings: number): void {
  if (bin === 0 && halvings === 0) return
  const counts = readCounts(words, at)
  for (let place = 0; place < SHOWN_BINS; place++) counts[place] = counts[place]! >>> Math.min(30, halvings)
  if (bin === 0) {
    writeCounts(words, at, counts)
    return
  }
  const empty = counts.every((count) => count === 0)
  let base = empty ? Math.max(1, bin - SHOWN_BINS / 2) : words[at]!
  const shift = Math.min(SHOWN_BINS, bin - base - (SHOWN_BINS - 1))
  if (shift > 0) {
    let below = 0
    for (let place = 0; place < shift; place++) below += counts[place]!
    for (let place = 0; place < SHOWN_BINS; place++) counts[place] = counts[place + shift] ?? 0
    base = bin - (SHOWN_BINS - 1)
    counts[0] = Math.min(MOST_UNITS, counts[0]! + below)
  }
  const place = Math.max(0, bin - base)
  counts[place] = Math.min(MOST_UNITS, counts[place]! + UNITS_OF_DAY)
  words[at] = base
  writeCounts(words, at, counts)
}

/** By bin, in units: for people. */
export function ownUnits(words: Int32Array, at: number): Int32Array {
  const units = new Int32Array(BINS)
  readCounts(words, at).forEach((count, place) => {
    const bin = Math.min(BINS - 1, words[at]! + place)
    units[bin] = units[bin]! + count
  })
  return units
}

function writeCounts(words: Int32Array, at: number, counts: readonly number[]): void {
  for (let word = 0; word < SHOWN_BINS / 4; word++) {
    let packed = 0
    for (let byte = 0; byte < 4; byte++) packed |= counts[word * 4 + byte]! << (byte * 8)
    words[at + 1 + word] = packed
  }
}

function readCounts(words: Int32Array, at: number): number[] {
  return Array.from({ length: SHOWN_BINS }, (_, place) => (words[at + 1 + (place >>> 2)]! >>> ((place & 3) * 8)) & 0xff)
}
