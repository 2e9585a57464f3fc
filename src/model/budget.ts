import { DAY, type Micros } from '../event/time.ts'

/** How loud Thymus may be: the dial that people set. */
export interface BudgetOptions {
  /** Alerts a day for each 1,000 devices; 10 when not given. */
  readonly alertsPerThousandDevices?: number
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

/** What `--state` keeps of the budget. */
export interface BudgetState {
  readonly raised: readonly (readonly [clock: Micros, model: string])[]
  readonly heldBack: number
}

/**
 * Bounds the alerts of any 24 hours of engine clock. Every model owns its share, so that one that many ordinary things set
 * off cannot silence one that hardly anything does (DESIGN.md section 3). Signals above it stay signals and are counted. The
 * learned models get an account of their own when there are such.
 */
export class Budget {
  heldBack = 0
  private readonly dial: number
  private raised: (readonly [Micros, string])[] = []

  constructor(options: BudgetOptions, state?: BudgetState) {
    this.dial = options.alertsPerThousandDevices ?? DEFAULT_DIAL
    if (state) {
      this.raised = [...state.raised]
      this.heldBack = state.heldBack
    }
  }

  /** Whether a new alert may be raised now; if so it is counted. @param share of the model, 0 to 1 */
  admit(model: string, share: number, score: number, clock: Micros, devices: number): boolean {
    this.raised = this.raised.filter(([at]) => clock - at < DAY)
    const least = share < SMALL_SHARE ? 1 : LEAST_OF_A_MODEL
    const allowed = Math.max(least, Math.ceil((this.dial * share * devices) / 1000))
    if (score < PASSES_ALWAYS) {
      const own = this.raised.filter(([, name]) => name === model).length
      if (own >= allowed) {
        this.heldBack++
        return false
      }
      this.raised.push([clock, model])
    }
    return true
  }

  save(): BudgetState {
    return { raised: this.raised, heldBack: this.heldBack }
  }
}
