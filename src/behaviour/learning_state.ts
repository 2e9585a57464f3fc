/** How far the learning has come; what `replay` and the first evening's report say of it. */
export interface LearningState {
  /** Days that count as normal. */
  readonly committedDays: number
  /** Device-days from which the shares of odd days are counted, as far as not forgotten. */
  readonly deviceDays: number
  /** Devices active on an ordinary day. */
  readonly devicesADay: number
  /** The rarest thing that can be said of a device's day: it is seen once in so many days on this network. */
  readonly rarestPeriodDays: number
  /** Whether models that learn can raise alerts. */
  readonly state: 'nothing' | 'learning' | 'learned'
  /** About how many more days until they can; 0 when they do. */
  readonly daysLeft: number
}

/** The map of odd days is fed from the fourth committed day on, and a day is committed a day late. */
const DAYS_BEFORE_ODDNESS = 5

/**
 * @param oddTail share of device-days that may be odd enough for an alert: fewer device-days than its inverse cannot say it
 */
export function learningState(
  oddTail: number,
  known: { committedDays: number; deviceDays: number; devicesADay: number; smallestTail: number },
): LearningState {
  const { committedDays, deviceDays, devicesADay, smallestTail } = known
  const wanted = 1 / oddTail
  const learned = committedDays > 0 && deviceDays >= wanted && smallestTail <= oddTail
  const days = Math.max(
    DAYS_BEFORE_ODDNESS - committedDays,
    devicesADay > 0 ? Math.ceil((wanted - deviceDays) / devicesADay) : DAYS_BEFORE_ODDNESS,
    1,
  )
  return {
    committedDays,
    deviceDays: Math.round(deviceDays),
    devicesADay: Math.round(devicesADay),
    rarestPeriodDays: Math.min(1 / (smallestTail * Math.max(1, devicesADay)), Math.max(1, committedDays)),
    state: learned ? 'learned' : committedDays === 0 ? 'nothing' : 'learning',
    daysLeft: learned ? 0 : days,
  }
}
