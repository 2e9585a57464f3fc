import { DAY, type Micros } from '../event/time.ts'

/** How loud Thymus may be: the dial that people set. */
export interface BudgetOptions {
  /** Alerts a day for each 1,000 devices; 10 when not given. */
  readonly alertsPerThousandDevices?: number
}

/** A new alert that asks to be raised. */
export interface Application {
  readonly model: string
  /** The model's share of the day's alerts, 0 to 1. */
  readonly share: number
  readonly score: number
  /**
   * It rests on how unusual something is, or waits for what is unusual. What is no fact by itself shares one ceiling with all of its
   * kind; a fact (a scan, a guessed password) is bounded by its model's share alone.
   */
  readonly unusual: boolean
  readonly clock: Micros
  /** Known devices. */
  readonly devices: number
}

const DEFAULT_DIAL = 10
/**
 * Whatever the size of the network, a model may raise this many a day: with ten devices, a fiftieth of an alert a day would
 * be none. A model with a small share may raise one.
 */
const LEAST_OF_A_MODEL = 2
const SMALL_SHARE = 0.1
/** An alert of this score passes whatever the budget. */
const PASSES_ALWAYS = 80
/** All that is unusual, together: what the dial says over a week, at most twice of it on one day; and no less than this. */
const WEEK = 7 * DAY
const BUSY_DAY = 2
const LEAST_OF_A_WEEK = 7
const LEAST_OF_A_DAY = 3

type Admitted = readonly [clock: Micros, model: string, unusual: boolean]

/** What `--state` keeps of the budget. */
export interface BudgetState {
  readonly raised: readonly Admitted[]
  readonly heldBack: number
}

/**
 * Bounds the alerts. Every model owns its share of any 24 hours of engine clock, so that one that many ordinary things set
 * off cannot silence one that hardly anything does (DESIGN.md section 3). Shares do not add up to the dial, and none is less than an
 * alert or two: so all that is unusual has a ceiling in common, which is the dial. Signals above it stay signals and are counted.
 */
export class Budget {
  heldBack = 0
  private readonly dial: number
  private raised: Admitted[] = []

  constructor(options: BudgetOptions, state?: BudgetState) {
    this.dial = options.alertsPerThousandDevices ?? DEFAULT_DIAL
    if (state) {
      this.raised = [...state.raised]
      this.heldBack = state.heldBack
    }
  }

  /** Whether a new alert may be raised now; if so it is counted. */
  admit({ model, share, score, unusual, clock, devices }: Application): boolean {
    if (score >= PASSES_ALWAYS) return true
    this.raised = this.raised.filter(([at]) => clock - at < WEEK)
    const today = this.raised.filter(([at]) => clock - at < DAY)
    const aDay = (this.dial * devices) / 1000
    const least = share < SMALL_SHARE ? 1 : LEAST_OF_A_MODEL
    const own = today.filter(([, name]) => name === model).length
    const fits =
      own < Math.max(least, Math.ceil(aDay * share)) &&
      (!unusual ||
        (countUnusual(today) < Math.max(LEAST_OF_A_DAY, Math.ceil(aDay * BUSY_DAY)) &&
          countUnusual(this.raised) < Math.max(LEAST_OF_A_WEEK, Math.ceil((aDay * WEEK) / DAY))))
    if (fits) this.raised.push([clock, model, unusual])
    else this.heldBack++
    return fits
  }

  save(): BudgetState {
    return { raised: this.raised, heldBack: this.heldBack }
  }
}

function countUnusual(raised: readonly Admitted[]): number {
  return raised.filter(([, , unusual]) => unusual).length
}
