import type { EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import type { ConditionContext } from './compile.ts'
import type { PartMasks } from './part_masks.ts'
import type { ModelRunner } from './runner.ts'

interface Watcher {
  readonly runner: ModelRunner
  readonly masks: PartMasks
  /** One of 32; two models may share one, which costs a look and no more. */
  readonly bit: number
}

/** What the models want of a batch: worked out once, when its first row comes. */
interface Interest {
  /** Per row, bits of watchers that may want it. */
  readonly rows: Uint32Array
  readonly masks: readonly Uint32Array[]
}

/** All models that read one log. Most events interest none of them: one look says so. */
export class LogWatch {
  readonly context: ConditionContext
  private readonly log: string
  private readonly watchers: Watcher[] = []
  /** Batches of a log come interleaved when several sensors write it. */
  private readonly interests = new WeakMap<EventBatch, Interest>()
  private interest: Interest | undefined

  constructor(log: string, context: ConditionContext) {
    this.log = log
    this.context = context
  }

  add(runner: ModelRunner): void {
    const bit = 1 << (this.watchers.length & 31)
    this.watchers.push({ runner, masks: runner.masks(this.log, this.context), bit })
  }

  /** Must be called before rows of another batch are seen. */
  use(batch: EventBatch): void {
    this.context.use(batch)
    let interest = this.interests.get(batch)
    if (interest === undefined) {
      interest = this.interestIn(batch)
      this.interests.set(batch, interest)
    }
    this.interest = interest
  }

  see(event: Event): void {
    const { rows, masks } = this.interest!
    const { row } = event
    const bits = rows[row]!
    if (bits === 0) return
    const { watchers } = this
    for (let i = 0; i < watchers.length; i++) {
      const watcher = watchers[i]!
      if ((bits & watcher.bit) === 0) continue
      const mask = masks[i]![row]!
      const { runner } = watcher
      if (mask === 0 || ((mask & runner.awake) === 0 && !runner.mayCount(event))) continue
      const matched = watcher.masks.ask(event, mask)
      if (matched !== 0) runner.see(event, matched)
    }
  }

  private interestIn(batch: EventBatch): Interest {
    const rows = new Uint32Array(batch.rows)
    const masks = this.watchers.map(({ masks: own, bit }) => {
      const found = own.of(batch)
      for (let row = 0; row < batch.rows; row++) if (found[row] !== 0) rows[row] = rows[row]! | bit
      return found
    })
    return { rows, masks }
  }
}
