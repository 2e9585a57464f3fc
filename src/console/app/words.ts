/** Numbers and times in words; always UTC and never by locale, so that two people read the same. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number): string => String(value).padStart(2, '0')

/** `14 Mar`. */
export function dayText(seconds: number): string {
  const date = new Date(seconds * 1000)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`
}

/** `14 Mar 19:39`, with seconds when asked. */
export function timeText(seconds: number, exact = false): string {
  const date = new Date(seconds * 1000)
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
  return `${dayText(seconds)} ${exact ? `${clock}:${two(date.getUTCSeconds())}` : clock}`
}

/** `2025-03-14T19:39:44.537Z`, for titles and attributes. */
export function exactTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString()
}

export function clockText(seconds: number): string {
  return exactTime(seconds).slice(11, 19)
}

/** `8 days 4 h`, `35 min`, `2 s`. */
export function spanText(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.round(seconds / 3600)
  if (hours < 48) return `${hours} h`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} days` : `${days} days ${hours % 24} h`
}

/** `12,400`. */
export function numberText(value: number): string {
  const rounded = Math.abs(value) < 10 && !Number.isInteger(value) ? Math.round(value * 10) / 10 : Math.round(value)
  return String(rounded).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

export function bytesText(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let at = 0
  let amount = value
  while (amount >= 1000 && at < units.length - 1) {
    amount /= 1000
    at++
  }
  return `${amount < 10 && at > 0 ? amount.toFixed(1) : Math.round(amount)} ${units[at]}`
}

export function amountText(value: number, unit: 'count' | 'bytes'): string {
  return unit === 'bytes' ? bytesText(value) : numberText(value)
}

/** For axes: `15k`. */
export function shortText(value: number, unit: 'count' | 'bytes'): string {
  if (unit === 'bytes') return bytesText(value)
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e4 ? `${value / 1e3}k` : numberText(value)
}

export function counted(count: number, what: string): string {
  return `${numberText(count)} ${what}${count === 1 ? '' : 's'}`
}

/** A name as people call the machine: without its domain. */
export function shortName(device: { hostname?: string | null; ip: string }): string {
  if (!device.hostname) return device.ip
  return device.hostname.split('.')[0] || device.hostname
}
