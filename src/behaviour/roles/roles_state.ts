/** A day that has ended and does not count yet. */
export interface EndedDay {
  readonly day: number
  /** Minute of the engine clock from which it counts. */
  readonly due: number
  /** Two words each: a device, and the id of a role whose behaviour the day was. */
  readonly found: readonly number[]
  /** Devices that spoke in each hour of the day. */
  readonly deviceHours: readonly number[]
}

/** How the learning of roles stands in a snapshot, beside its rows. */
export interface RolesState {
  readonly firstDay: number
  readonly quiet: readonly number[]
  readonly ended: readonly EndedDay[]
  readonly pulse: readonly number[]
  readonly days: readonly number[]
  readonly bulk: readonly number[]
}

/** @throws Error when the state is not as this version writes it */
export function parseRolesState(value: unknown): RolesState {
  const state = value as RolesState
  const isNumbers = (list: unknown): boolean => Array.isArray(list) && list.every((n) => typeof n === 'number')
  const whole =
    typeof value === 'object' &&
    value !== null &&
    typeof state.firstDay === 'number' &&
    [state.quiet, state.pulse, state.days, state.bulk].every(isNumbers) &&
    Array.isArray(state.ended) &&
    state.ended.every(
      (ended) =>
        typeof ended?.day === 'number' &&
        typeof ended.due === 'number' &&
        isNumbers(ended.found) &&
        isNumbers(ended.deviceHours),
    )
  if (!whole)
    throw new Error(
      'section roles/state of the snapshot is not as this version writes it; begin with an empty state directory',
    )
  return state
}
