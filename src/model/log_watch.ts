import type { EventBatch } from '../event/batch.ts'
import type { Event } from '../event/event.ts'
import type { ConditionContext } from './compile.ts'
import type { PartMasks } from './part_masks.ts'
import type { ModelRunner } from './runner.ts'
import type { WindowCounter } from './window_counter.ts'

interface Watcher {
  readonly runner: ModelRunner
  readonly masks: PartMasks
  /** One of 32; two models may share one, which costs a look and no more. */
  readonly bit: number
  /** Bits of parts that are counted, take a step or let a rule hold; others only narrow these: of them alone nothing follows. */
  readonly useful: number
  /** Counters that count some events only for devices with a begun group. */
  readonly sleeping: readonly WindowCounter[]
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
    const useful = runner.windows.reduce((bits, counter) => bits | counter.adding, runner.awake)
    const sleeping = runner.windows.filter((counter) => counter.canSleep)
    this.watchers.push({ runner, masks: runner.masks(this.log, this.context), bit, useful, sleeping })
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
      const { runner, useful } = watcher
      if ((mask & useful) === 0 || ((mask & runner.awake) === 0 && !mayCount(watcher.sleeping, event, mask))) continue
      const matched = watcher.masks.ask(event, mask)
      if ((matched & useful) !== 0) runner.see(event, matched)
    }
  }

  private interestIn(batch: EventBatch): Interest {
    const rows = new Uint32Array(batch.rows)
    const masks = this.watchers.map(({ masks: own, bit, useful }) => {
      const found = own.of(batch)
      for (let row = 0; row < batch.rows; row++) if ((found[row]! & useful) !== 0) rows[row] = rows[row]! | bit
      return found
    })
    return { rows, masks }
  }
}

/** Whether an event that is of no part that is always asked for may still be counted for one of its devices. */
function mayCount(counters: readonly WindowCounter[], event: Event, mask: number): boolean {
  const { orig, resp } = event
  for (let i = 0; i < counters.length; i++) {
    const counter = counters[i]!
    if ((mask & counter.adding) !== 0 && (counter.hasBegun(orig) || counter.hasBegun(resp))) return true
  }
  return false
}
