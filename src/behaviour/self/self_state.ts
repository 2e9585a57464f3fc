/** How the learning of self stands in a snapshot. */

/** What is no array of words; checked when it is read. */
export interface SelfState {
  readonly views: readonly number[]
  readonly firstClock: number
  readonly clock: number
  readonly nextHour: number
  readonly epochEnd: number
  readonly day: number
  readonly committedDays: number
  readonly quarantined: readonly (readonly [device: number, until: number])[]
  readonly changed: readonly number[]
  readonly trials: readonly number[]
  readonly devices: readonly number[]
  readonly credentials: readonly number[]
}

/** A part of what is learned, as words. */
export interface Learned {
  readonly size: number
  write(into: Float64Array, at: number): void
  read(from: Float64Array, at: number): void
}

export function packLearned(parts: Iterable<Learned>): Float64Array {
  const all = [...parts]
  const words = new Float64Array(all.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const part of all) {
    part.write(words, at)
    at += part.size
  }
  return words
}

export function unpackLearned(parts: Iterable<Learned>, bytes: Uint8Array): void {
  const words = new Float64Array(bytes.slice().buffer)
  let at = 0
  for (const part of parts) {
    if (at + part.size > words.length)
      throw new Error('section self/learned of the snapshot is too short; it was not written by this version')
    part.read(words, at)
    at += part.size
  }
}

export function bytesOf(words: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

export function wordsOf(bytes: Uint8Array | undefined): Int32Array {
  return bytes === undefined ? new Int32Array(0) : new Int32Array(bytes.slice().buffer)
}

const NUMBERS = ['firstClock', 'clock', 'nextHour', 'epochEnd', 'day', 'committedDays'] as const
const LISTS = ['views', 'changed', 'trials', 'devices', 'credentials'] as const

/** @throws Error when the state is not as this version writes it */
export function parseState(value: unknown): SelfState {
  const state = value as SelfState
  const isNumbers = (list: unknown): boolean => Array.isArray(list) && list.every((n) => typeof n === 'number')
  const whole =
    typeof value === 'object' &&
    value !== null &&
    NUMBERS.every((name) => typeof state[name] === 'number') &&
    LISTS.every((name) => isNumbers(state[name])) &&
    Array.isArray(state.quarantined) &&
    state.quarantined.every(isNumbers)
  if (!whole)
    throw new Error(
      'section self/state of the snapshot is not as this version writes it; begin with an empty state directory',
    )
  return state
}
