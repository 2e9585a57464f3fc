import { DAY, type Micros } from '../event/time.ts'

/** How loud Thymus may be: the dial that people set. */
export interface BudgetOptions {
  /** Alerts a day for each 1,000 devices; 10 when not given. */
  readonly alertsPerThousandDevices?: number
}

const DEFAULT_DIAL = 10
/** A small network is allowed this many a day: with ten devices, a tenth of an alert a day would be none. */
const LEAST_A_DAY = 5
/** A single model may raise at least this many a day, however small its share. */
const LEAST_OF_A_MODEL = 2
/** An alert of this score passes whatever the budget. */
export const PASSES_ALWAYS = 80

/** What `--state` keeps of the budget. */
export interface BudgetState {
  readonly raised: readonly (readonly [clock: Micros, model: string])[]
  readonly heldBack: number
}

/**
 * Bounds the alerts of any 24 hours of engine clock, in all and by model (DESIGN.md section 3). Signals above it stay
 * signals and are counted. The learned models get an account of their own when there are such.
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
    const allowed = Math.max(LEAST_A_DAY, Math.ceil((this.dial * devices) / 1000))
    const ofModel = Math.max(LEAST_OF_A_MODEL, Math.ceil(allowed * share))
    if (score < PASSES_ALWAYS) {
      const own = this.raised.filter(([, name]) => name === model).length
      if (this.raised.length >= allowed || own >= ofModel) {
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
