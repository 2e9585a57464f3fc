import { DAY, HOUR, MINUTE, type Micros, SECOND } from '../event/time.ts'

const UNITS: Readonly<Record<string, Micros>> = { second: SECOND, minute: MINUTE, hour: HOUR, day: DAY }

/** Reads `5 minutes`, `1 hour`, `30 days`. @returns undefined when the text is no length of time */
export function parseDuration(text: string): Micros | undefined {
  const match = /^(\d{1,6}) (second|minute|hour|day)s?$/.exec(text.trim())
  if (!match) return undefined
  return Number(match[1]) * UNITS[match[2]!]!
}

/**
 * A length of time in words, rounded up so that "within" stays true: `1 second`, `4 minutes`, `3 hours`, `2 days`.
 * Up to two minutes it is told in seconds, up to two hours in minutes, up to two days in hours.
 */
export function durationText(micros: Micros): string {
  const [unit, name] =
    micros <= 2 * MINUTE
      ? [SECOND, 'second']
      : micros <= 2 * HOUR
        ? [MINUTE, 'minute']
        : micros <= 2 * DAY
          ? [HOUR, 'hour']
          : [DAY, 'day']
  const count = Math.max(1, Math.ceil(micros / (unit as number)))
  return count === 1 ? `1 ${name}` : `${count} ${name}s`
}
