import type { EpochSeconds } from '../../event/time.ts'

/** Pieces of sentences. Names from the network stand in them as they are; whoever shows the text has to escape it. */

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** `6 March 2025 at 10:25 UTC`. */
export function dateText(time: EpochSeconds): string {
  const date = new Date(time * 1000)
  const clock = date.toISOString().slice(11, 16)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()} at ${clock} UTC`
}

/** `a, b and c`; what is beyond `most` is counted. */
export function list(items: readonly string[], most = 4): string {
  const shown = items.length <= most ? items : items.slice(0, most - 1)
  const rest = items.length - shown.length
  const all = rest > 0 ? [...shown, `${rest} more`] : shown
  if (all.length <= 1) return all[0] ?? ''
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** As it may stand in a text without being followed: `198.51.100[.]7`. */
export function defanged(value: string): string {
  return value.replaceAll('.', '[.]').replaceAll('://', '[://]').replaceAll(':', '[:]')
}

/** Bits as a probability in words that do not promise more than is known. */
export function confidence(probability: number): string {
  if (probability >= 0.99) return 'almost certain'
  if (probability >= 0.9) return 'very likely'
  if (probability >= 0.6) return 'likely'
  if (probability >= 0.4) return 'as likely as not'
  if (probability >= 0.1) return 'possible'
  return 'unlikely'
}
