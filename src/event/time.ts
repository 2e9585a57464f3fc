/** Times inside Thymus are integers of microseconds since the epoch, kept in doubles (exact until the year 2255). */
export type Micros = number & { readonly unit?: 'µs' }
/** Times in files and answers: seconds since the epoch, with a fraction. */
export type EpochSeconds = number & { readonly unit?: 's' }

export const SECOND = 1_000_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Rounds half up, so that 1588205199.82437 from JSON and 1588205199.824370 from TSV are one moment. */
export function microsOf(seconds: EpochSeconds): Micros {
  return Math.round(seconds * SECOND)
}

export function secondsOf(micros: Micros): EpochSeconds {
  return micros / SECOND
}

/** `2024-04-20 11:00:00Z`, for people; always UTC, so that no time zone or locale changes an output. */
export function utcText(micros: Micros): string {
  const date = new Date(Math.floor(micros / 1000))
  return Number.isNaN(date.getTime()) ? `${micros} µs` : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`
}
