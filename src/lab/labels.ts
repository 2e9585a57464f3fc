import { type Micros, secondsOf } from '../event/time.ts'
import type { Host } from './host.ts'
import type { PlaybookName } from './playbooks/names.ts'
import type { Recorder } from './zeek/tap.ts'

/** The ground truth beside the logs. Times are epoch seconds. */

/** At most so many uids are listed of one stage or oddity (a flood has millions). */
const LISTED_UIDS = 2000

/** Collects what the sensor wrote of one labelled thing. */
class Recording implements Recorder {
  private readonly uids = new Set<string>()
  records = 0
  start = Number.POSITIVE_INFINITY
  end = Number.NEGATIVE_INFINITY
  firstKnown = Number.POSITIVE_INFINITY
  firstWritten = Number.POSITIVE_INFINITY

  note(uid: string, ts: Micros, known: Micros, written: Micros): void {
    this.records++
    if (ts < this.start) this.start = ts
    if (known > this.end) this.end = known
    if (known < this.firstKnown) this.firstKnown = known
    if (written < this.firstWritten) this.firstWritten = written
    if (this.uids.size < LISTED_UIDS) this.uids.add(uid)
  }

  toJSON(): object {
    if (this.records === 0) return { records: 0, uids: [] }
    return {
      start: secondsOf(this.start),
      end: secondsOf(this.end),
      firstKnown: secondsOf(this.firstKnown),
      firstWritten: secondsOf(this.firstWritten),
      records: this.records,
      uids: [...this.uids],
    }
  }
}

export interface StageSpec {
  readonly name: string
  /** What happens, in a sentence. */
  readonly title: string
  readonly attacker: Host
  readonly techniques: readonly string[]
  readonly credentials?: readonly string[]
}

/** One labelled stage of an attack. */
export class StageLabel extends Recording {
  readonly spec: StageSpec
  /** When it was to begin; what a blind sensor did not see has nothing but this. */
  planned: Micros = 0
  private readonly attackerAddress: string
  private readonly victims = new Map<string, string>()

  constructor(spec: StageSpec) {
    super()
    this.spec = spec
    this.attackerAddress = spec.attacker.address
  }

  hit(victim: Host): void {
    if (this.victims.size < LISTED_UIDS) this.victims.set(victim.name || victim.address, victim.address)
  }

  override toJSON(): object {
    const { name, title, attacker, techniques, credentials = [] } = this.spec
    return {
      name,
      title,
      attacker: { name: attacker.name, ip: this.attackerAddress },
      victims: [...this.victims].map(([victim, ip]) => ({ name: victim, ip })),
      credentials,
      techniques,
      planned: secondsOf(this.planned),
      ...super.toJSON(),
    }
  }
}

export interface OdditySpec {
  /** `expired-service-password`, `migration`, … */
  readonly kind: string
  /** Why it is benign, in a sentence: what a good analyst would find. */
  readonly cause: string
  readonly devices: readonly Host[]
  readonly credentials?: readonly string[]
}

/** One labelled benign oddity. */
export class OddityLabel extends Recording {
  readonly spec: OdditySpec

  constructor(spec: OdditySpec) {
    super()
    this.spec = spec
  }

  override toJSON(): object {
    const { kind, cause, devices, credentials = [] } = this.spec
    return {
      kind,
      cause,
      devices: devices.slice(0, 50).map((device) => ({ name: device.name, ip: device.address })),
      credentials,
      ...super.toJSON(),
    }
  }
}

/** What is wrong with the sensor, as said in the labels. */
export interface TroubleLabel {
  readonly kind: 'lost-hour' | 'packet-loss' | 'duplicates' | 'wrong-clock'
  readonly start: number
  readonly end: number
  /** Share lost or doubled, or seconds that the clock is wrong. */
  readonly amount: number
}

interface AttackLabel {
  readonly playbook: PlaybookName
  readonly stages: StageLabel[]
}

export class LabelBook {
  readonly attacks: AttackLabel[] = []
  readonly oddities: OddityLabel[] = []
  readonly troubles: TroubleLabel[] = []

  attack(playbook: PlaybookName): (spec: StageSpec) => StageLabel {
    const stages: StageLabel[] = []
    this.attacks.push({ playbook, stages })
    return (spec) => {
      const stage = new StageLabel(spec)
      stages.push(stage)
      return stage
    }
  }

  oddity(spec: OdditySpec): OddityLabel {
    const label = new OddityLabel(spec)
    this.oddities.push(label)
    return label
  }

  toJSON(): object {
    // What never came to a record (it fell behind the end of the world, or into a lost hour) happened for nobody.
    return {
      attacks: this.attacks,
      oddities: this.oddities.filter((oddity) => oddity.records > 0),
      troubles: this.troubles,
    }
  }
}
