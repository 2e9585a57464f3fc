/** What was expected of a device in each hour: a band that nine of ten of its earlier hours like it lay in. */
export interface ExpectedBand {
  readonly low: readonly (number | null)[]
  readonly median: readonly (number | null)[]
  readonly high: readonly (number | null)[]
  /** Earlier days that each hour's expectation rests on. */
  readonly days: readonly number[]
}

/** With fewer earlier days nothing is expected. */
export const FEWEST_DAYS = 3
const MOST_DAYS = 28
const DAY_HOURS = 24

/**
 * Learns, for each hour, from the same hour of day and its neighbours on **earlier** days alone: what an hour shows can
 * not change its own expectation, nor any before it. Working days are expected to be like working days and weekends like
 * weekends as soon as three of a kind are known; until then all days count.
 * @param firstHour hours since the epoch of `values[0]`; one value an hour, none left out
 */
export function expectedBand(firstHour: number, values: readonly number[]): ExpectedBand {
  const low: (number | null)[] = []
  const median: (number | null)[] = []
  const high: (number | null)[] = []
  const days: number[] = []
  for (let at = 0; at < values.length; at++) {
    const earlier = earlierDays(firstHour, at)
    days.push(earlier.length)
    if (earlier.length < FEWEST_DAYS) {
      low.push(null)
      median.push(null)
      high.push(null)
      continue
    }
    const like: number[] = []
    for (const same of earlier) {
      for (const hour of [same - 1, same, same + 1]) if (hour >= 0) like.push(values[hour]!)
    }
    like.sort((a, b) => a - b)
    low.push(quantile(like, 0.05))
    median.push(quantile(like, 0.5))
    high.push(quantile(like, 0.95))
  }
  return { low, median, high, days }
}

/** Places of the same hour on earlier days, of the same kind of day where enough are known; newest first. */
function earlierDays(firstHour: number, at: number): readonly number[] {
  const all: number[] = []
  const alike: number[] = []
  for (let place = at - DAY_HOURS, n = 0; place >= 0 && n < MOST_DAYS; place -= DAY_HOURS, n++) {
    all.push(place)
    if (isWeekend(firstHour + place) === isWeekend(firstHour + at)) alike.push(place)
  }
  return alike.length >= FEWEST_DAYS ? alike : all
}

/** Of UTC days; the epoch was a Thursday. */
function isWeekend(hour: number): boolean {
  const weekday = (Math.floor(hour / DAY_HOURS) + 4) % 7
  return weekday === 0 || weekday === 6
}

/** Between neighbours in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
  return below + (above - below) * (place - Math.floor(place))
}
