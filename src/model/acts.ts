import { idOf } from '../event/id.ts'
import { HOUR, MINUTE, type Micros } from '../event/time.ts'

/** Something that a device did, as far as alerts tell. Plain data. */
interface Act {
  readonly id: string
  /** The other ends of what the alerts were raised by. */
  targets: string[]
  /** uids of what the alerts rest on; bounded. */
  uids: string[]
  last: Micros
}

/** What `--state` keeps of it. */
export type ActsState = readonly (readonly [device: number, acts: readonly Act[]])[]

/** Who hands a file over, makes a service of it and looks after it works on one host for so long. */
const ONE_HAND = 30 * MINUTE
/** A ticket or a sign-on at a controller is asked for this long before or after what it is for. */
const ONE_SIGN_ON = 5 * MINUTE
/** Longer ago no meta model looks. */
const FORGOTTEN = 12 * HOUR
const MOST_ACTS = 32
const MOST_UIDS = 64
const MOST_TARGETS = 64
const MOST_DEVICES = 20_000

/**
 * Tells acts from views of them. One connection, one file handed over and started, is seen by several models at once: from
 * the share, from the file, from the operation. That many models see it does not make it more than one thing done, so meta
 * models count acts. Two alerts of a device are about one act when they rest on a record in common, or when they were raised by
 * events with the same other end within half an hour.
 */
export class Acts {
  private readonly byDevice = new Map<number, Act[]>()

  constructor(saved?: ActsState) {
    for (const [device, acts] of saved ?? []) this.byDevice.set(device, structuredClone(acts) as Act[])
  }

  /**
   * The act that an alert is about, new or known.
   * @param uids of what the alert rests on since it was last said
   * @param target the other end of the event that raised it; '' where that end is not what was acted on
   * @param cause  key of that event: names a new act
   */
  of(device: number, uids: readonly string[], target: string, clock: Micros, cause: string): string {
    const acts = (this.byDevice.get(device) ?? []).filter(({ last }) => clock - last <= FORGOTTEN)
    const shared = new Set(uids)
    const act =
      acts.findLast((known) => known.uids.some((uid) => shared.has(uid))) ??
      acts.findLast(({ targets, last }) =>
        target === '' ? clock - last <= ONE_SIGN_ON : targets.includes(target) && clock - last <= ONE_HAND,
      ) ??
      // What began with a sign-on alone gets its target now.
      acts.findLast(({ targets, last }) => targets.length === 0 && clock - last <= ONE_SIGN_ON)
    const found: Act = act ?? { id: idOf('act', cause), targets: [], uids: [], last: clock }
    found.last = clock
    found.uids = [...new Set([...found.uids, ...uids])].slice(-MOST_UIDS)
    if (target !== '' && !found.targets.includes(target))
      found.targets = [...found.targets, target].slice(-MOST_TARGETS)
    this.byDevice.delete(device)
    this.byDevice.set(device, [...acts.filter((known) => known !== found), found].slice(-MOST_ACTS))
    if (this.byDevice.size > MOST_DEVICES) {
      const [oldest] = this.byDevice.keys()
      this.byDevice.delete(oldest!)
    }
    return found.id
  }

  save(): ActsState {
    return [...this.byDevice].map(([device, acts]) => [device, structuredClone(acts)])
  }
}
