/** Hours are told apart only where the busiest sees a quarter more devices than the quietest. */
const LEAST_CONTRAST = 1.25
/** Of what earlier days said, a sixteenth is forgotten a day. */
const FORGET_SHIFT = 4
/** Device-hours count with so many parts, so that forgetting works on small networks, too. */
const PARTS = 256

/**
 * At which hours of the day the network is quiet, learned from how many devices speak in each: right whatever time zone
 * the configuration says, and for a site that works in shifts. Committed days only.
 */
export class QuietHours {
  private readonly counts = new Float64Array(24)
  /** Bit h: hour h is quiet. No hour is before there is a day to judge by, and none on a network without rhythm. */
  mask = 0

  /** @param deviceHours devices that spoke in each hour of a committed day */
  addDay(deviceHours: ArrayLike<number>): void {
    const { counts } = this
    for (let hour = 0; hour < 24; hour++) {
      const before = counts[hour]!
      counts[hour] = before - Math.floor(before / 2 ** FORGET_SHIFT) + (deviceHours[hour] ?? 0) * PARTS
    }
    const fewest = Math.min(...counts)
    const most = Math.max(...counts)
    this.mask = 0
    if (most < fewest * LEAST_CONTRAST) return
    for (let hour = 0; hour < 24; hour++) if (counts[hour]! * 2 < fewest + most) this.mask |= 1 << hour
  }

  isQuiet(hourOfDay: number): boolean {
    return (this.mask & (1 << hourOfDay)) !== 0
  }

  save(): number[] {
    return [this.mask, ...this.counts]
  }

  restore(saved: readonly number[]): void {
    this.mask = saved[0] ?? 0
    for (let hour = 0; hour < 24; hour++) this.counts[hour] = saved[1 + hour] ?? 0
  }
}
