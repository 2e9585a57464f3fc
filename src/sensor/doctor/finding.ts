/** How a finding is graded. Only `blind` makes `thymus doctor` end with 1. */
export type Grade =
  /** As it should be. */
  | 'good'
  /** Thymus sees less, or is less sure, than it could. */
  | 'weak'
  /** Something important cannot be seen. */
  | 'blind'
  /** Nothing to judge by: there was no such traffic, or no way to tell. */
  | 'unknown'

export interface Finding {
  /** Stable, for programs: `log-missing/smb_files`. */
  readonly id: string
  readonly grade: Grade
  /** One line, with the numbers that led to it. */
  readonly title: string
  /** What it means for detection. */
  readonly consequence?: string
  /** What to change on the sensor. */
  readonly advice?: string
  /** More lines: places, times, names. */
  readonly details?: readonly string[]
}

/** `1 234 567`, the same in every locale. */
export function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ')
}

/** `3.2 %`; at least two significant digits below one. */
export function percent(part: number, all: number): string {
  if (all === 0) return '0 %'
  const share = (100 * part) / all
  return share === 0 ? '0 %' : share < 0.01 ? '< 0.01 %' : share < 1 ? `${share.toFixed(2)} %` : `${share.toFixed(1)} %`
}

/** `1 connection`, `2 connections`. */
export function many(count: number, one: string, more = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : more}`
}

/** `2 d 3 h`, `45 min`, `3.2 s`. */
export function span(micros: number): string {
  const seconds = micros / 1_000_000
  if (seconds < 0.001) return `${(seconds * 1_000_000).toFixed(0)} µs`
  if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
