import type { Habits } from '../habits.ts'
import { againView, subjectOfOwner, type View, viewOfOwner } from '../view.ts'
import { probabilityOf, type Sixteenths } from './bits.ts'
import { CalibrationMap } from './calibration_map.ts'
import { type ClosedDay, CREDENTIAL_WORDS, DEVICE_WORD, DEVICE_WORDS, TRIAL_WORDS } from './closed_day.ts'
import type { CredentialDays } from './credential_days.ts'
import { ACCOUNTS, type DeviceDays, OWN_ACCOUNTS, OWN_SUMS } from './device_days.ts'
import { addOwnDay } from './evidence_account.ts'
import { GROUPS, STRATA, stratumOf } from './groups.ts'
import { NoveltyRates } from './novelty.ts'
import { activeDaysBefore, addOwnNovelty } from './own_novelty.ts'
import { QUESTIONS, type SUMS } from './questions.ts'
import type { Learned } from './self_state.ts'

/** A view that is judged, with what is known of it. */
export interface Judged {
  readonly view: View
  readonly question: number
  readonly rates: NoveltyRates
  /** By stratum. */
  readonly maps: readonly CalibrationMap[]
}

/** Days that must have been committed before a day ended, for its figures to say anything. */
const DAYS_BEFORE = { joint: 1, accounts: 2, oddness: 3 } as const

/** Where a day that is committed leaves its traces beside the maps. */
export interface CommittedTo {
  readonly habits: Habits
  readonly deviceDays: DeviceDays
  readonly credentialDays: CredentialDays
  /** Quarantine: what the device did counts for nobody yet. */
  isHeld(device: number): boolean
}

/** What counts as normal: rates and maps of committed days. Changes when a day is committed, and at no other time. */
export class Committed {
  readonly byId: (Judged | undefined)[] = []
  /** How many device-days there are: fed with nothing but their number. */
  private readonly active: readonly CalibrationMap[] = STRATA.map(() => new CalibrationMap())
  /** The sums over questions, by stratum. */
  readonly joint: Readonly<Record<keyof typeof SUMS, readonly CalibrationMap[]>> = {
    everything: STRATA.map(() => new CalibrationMap()),
    administration: STRATA.map(() => new CalibrationMap()),
  }
  /**
   * `many`, by stratum: its bits are those of the oddest of some fifteen families, which something is odd in some fifteen times as
   * often as in one.
   */
  readonly many: readonly CalibrationMap[] = STRATA.map(() => new CalibrationMap())
  /**
   * How odd a device-day is by the oddest of all limits: what decides whether a learned model may fire. The limits are
   * calibrated by stratum already, so newcomers stand apart and all others together: a dozen servers alone could not say
   * anything rare for months.
   */
  readonly oddness = { newcomers: new CalibrationMap(), others: new CalibrationMap() } as const
  readonly levels: readonly CalibrationMap[] = ACCOUNTS.map(() => new CalibrationMap())
  /** By account and stratum: how odd a day is for the account. */
  readonly slots: readonly (readonly CalibrationMap[])[] = Array.from({ length: OWN_ACCOUNTS }, () =>
    STRATA.map(() => new CalibrationMap()),
  )
  /** By stratum: how odd a day of a credential is for its account. */
  readonly credentialSlots: readonly CalibrationMap[] = STRATA.map(() => new CalibrationMap())
  /** Days whose trials count. */
  days = 0

  constructor(views: readonly View[]) {
    for (const view of views) {
      if (view.question === undefined) continue
      this.judge(view)
      if (view.again) this.judge(againView(view))
    }
  }

  private judge(view: View): void {
    this.byId[view.id] = {
      view,
      question: QUESTIONS.indexOf(view.question!),
      rates: new NoveltyRates(GROUPS.length),
      maps: STRATA.map(() => new CalibrationMap()),
    }
  }

  /** Expected number of such trials a day in the whole network: N·p. NaN for a view that is not judged or not yet learned. */
  viewRate(viewId: number, group: number, score: Sixteenths): number {
    const map = this.byId[viewId]?.maps[stratumOf(group)]
    return map === undefined ? Number.NaN : map.rate(score)
  }

  oddnessOf(stratum: number): CalibrationMap {
    return STRATA[stratum] === 'newcomers' ? this.oddness.newcomers : this.oddness.others
  }

  /** Days between device-days that hold something so odd; never beyond the days learned. */
  periodOf(stratum: number, bits: Sixteenths): number {
    const devices = this.active[stratum]!.trialsADay
    const rate = Math.max(probabilityOf(bits) * devices, 1e-9)
    return Math.min(1 / rate, Math.max(1, this.days))
  }

  /** Active devices a day: those of the subject's stratum, for a credential all, since it may be used from any. */
  population(view: Pick<View, 'subject'>, group: number): number {
    return view.subject === 'device' ? this.active[stratumOf(group)]!.trialsADay : this.deviceDays()
  }

  deviceDays(): number {
    let sum = 0
    for (const map of this.active) sum += map.trialsADay
    return sum
  }

  /** A day's trials count from now on: rates, own rates, maps. */
  commitDay({ learned, trials, devices, credentials }: ClosedDay, to: CommittedTo): void {
    this.commitActiveDays(devices, credentials)
    for (let at = 0; at < trials.length; at += TRIAL_WORDS) {
      const owner = trials[at]! >>> 0
      const judged = this.byId[viewOfOwner(owner)]!
      const group = trials[at + 2]!
      const count = trials[at + 3]! & 0xffff
      const score = trials[at + 3]! >>> 16
      const held = to.isHeld(trials[at + 1]!)
      if (viewOfOwner(owner) < 32 && !held) {
        judged.rates.addNovelty(group, count)
        const { profiles } = to.habits.table
        const activeDays = activeDaysBefore(to.habits, judged.view, subjectOfOwner(owner))
        addOwnNovelty(profiles.rows, profiles.find(owner, 0, 0), activeDays, count)
      }
      // Leaving a held trial out would lower the tail and make everybody else fire: it counts, but as no odder than the
      // tail's start.
      const map = judged.maps[stratumOf(group)]!
      map.feed(held ? Math.min(score, map.tailStart) : score)
    }
    for (let at = 0; at < devices.length; at += DEVICE_WORDS) this.commitDeviceDay(devices, at, learned, to)
    if (learned >= DAYS_BEFORE.accounts) this.commitCredentialDays(credentials, to)
    for (const judged of this.byId) {
      if (judged === undefined) continue
      judged.rates.closeDay()
      for (const map of judged.maps) map.closeDay()
    }
    for (const map of [
      ...this.active,
      ...this.joint.everything,
      ...this.joint.administration,
      ...this.many,
      ...Object.values(this.oddness),
      ...this.levels,
      ...this.slots.flat(),
      ...this.credentialSlots,
    ])
      map.closeDay()
    this.days++
  }

  /** Everybody who was active is a day in which something new might have been met, in every view. */
  private commitActiveDays(devices: Int32Array, credentials: Int32Array): void {
    const days = {
      device: new Array<number>(GROUPS.length).fill(0),
      credential: new Array<number>(GROUPS.length).fill(0),
    }
    for (let at = 0; at < devices.length; at += DEVICE_WORDS) days.device[devices[at + 1]!]!++
    for (let at = 0; at < credentials.length; at += CREDENTIAL_WORDS) days.credential[credentials[at + 1]!]!++
    for (const judged of this.byId) {
      if (judged === undefined) continue
      for (const [group, count] of days[judged.view.subject].entries()) judged.rates.addDays(group, count)
    }
  }

  private commitDeviceDay(devices: Int32Array, at: number, learned: number, to: CommittedTo): void {
    const device = devices[at]!
    const stratum = stratumOf(devices[at + 1]!)
    const held = to.isHeld(device)
    const feed = (map: CalibrationMap, score: Sixteenths): void =>
      map.feed(held ? Math.min(score, map.tailStart) : score)
    this.active[stratum]!.feed(0)
    // A map is fed once what stands below it has been learned: sums of a day on which no view could say anything are zero,
    // and would make every later day look odd.
    if (learned >= DAYS_BEFORE.joint) {
      OWN_SUMS.forEach((name, index) => {
        const map = this.joint[name][stratum]!
        const sum = (index === 0 ? low : high)(devices[at + DEVICE_WORD.sums]!)
        feed(map, sum)
        if (held) return
        to.deviceDays.setOwnOfSum(device, index, addOwnDay(to.deviceDays.ownOfSum(device, index), map.tail(sum)))
      })
      feed(this.many[stratum]!, low(devices[at + DEVICE_WORD.manyAndOddness]!))
    }
    if (learned >= DAYS_BEFORE.oddness) feed(this.oddnessOf(stratum), high(devices[at + DEVICE_WORD.manyAndOddness]!))
    if (learned < DAYS_BEFORE.accounts) return
    for (let account = 0; account < ACCOUNTS.length; account++) {
      const word = devices[at + DEVICE_WORD.accounts + account]!
      feed(this.levels[account]!, low(word))
      if (account >= OWN_ACCOUNTS) continue
      const slots = this.slots[account]![stratum]!
      const slot = high(word)
      feed(slots, slot)
      if (!held) to.deviceDays.setOwn(device, account, addOwnDay(to.deviceDays.own(device, account), slots.tail(slot)))
    }
  }

  private commitCredentialDays(credentials: Int32Array, { credentialDays, isHeld }: CommittedTo): void {
    for (let at = 0; at < credentials.length; at += CREDENTIAL_WORDS) {
      const credential = credentials[at]!
      const slots = this.credentialSlots[stratumOf(credentials[at + 1]!)]!
      const slot = credentials[at + 2]!
      if (isHeld(credentials[at + 3]!)) {
        slots.feed(Math.min(slot, slots.tailStart))
        continue
      }
      slots.feed(slot)
      credentialDays.setOwn(credential, addOwnDay(credentialDays.own(credential), slots.tail(slot)))
    }
  }

  *parts(): Generator<Learned> {
    for (const judged of this.byId) {
      if (judged === undefined) continue
      yield judged.rates
      yield* judged.maps
    }
    yield* this.active
    yield* this.joint.everything
    yield* this.joint.administration
    yield* this.many
    yield* Object.values(this.oddness)
    yield* this.levels
    yield* this.slots.flat()
    yield* this.credentialSlots
  }
}

function low(word: number): number {
  return word & 0xffff
}

function high(word: number): number {
  return word >>> 16
}
