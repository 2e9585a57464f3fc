import type { Micros } from '../../event/time.ts'

/** `2021-06-06T15:59:46.457984+0200`: what Suricata writes; `Z`, `+02:00` and no zone at all (UTC) are read as well. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))?$/

/**
 * A time of ISO 8601 in microseconds since the epoch, exact: no detour over a floating-point second, no time zone of
 * this machine.
 * @returns undefined when the text is no such time, or names a day or hour that does not exist
 */
export function microsOfIso(text: string): Micros | undefined {
  const parts = ISO.exec(text)
  if (!parts) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour, zoneMinute] = parts
  const y = Number(year)
  const m = Number(month)
  const d = Number(day)
  if (m < 1 || m > 12 || d < 1 || d > daysOfMonth(y, m)) return undefined
  // A leap second (:60) is read as the first moment of the next minute, as POSIX clocks do.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  let seconds = daysSinceEpoch(y, m, d) * 86_400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  if (sign !== undefined) {
    if (Number(zoneHour) > 15 || Number(zoneMinute) > 59) return undefined
    const offset = Number(zoneHour) * 3600 + Number(zoneMinute) * 60
    seconds -= sign === '-' ? -offset : offset
  }
  return seconds * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms"). */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
