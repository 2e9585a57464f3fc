import { DAY, MINUTE } from '../../event/time.ts'
import type { Habits } from '../habits.ts'
import { COMMITTED } from '../link_table.ts'
import { viewOfOwner } from '../view.ts'
import { CommitQueue, type Provisional } from './commit_queue.ts'
import type { Committed } from './committed.ts'

const EPOCH = MINUTE
/** Quarantine by an incident that nobody decides ends after this. */
const LONGEST_QUARANTINE: number = 14 * DAY
const MOST_QUARANTINED = 10_000

/**
 * Links that are remembered and not yet normal. What is older than the lag and made by nobody in quarantine is committed
 * every hour; how common its value has become can be read from the end of that epoch on.
 */
export class ProvisionalLinks {
  readonly queue = new CommitQueue()
  readonly held = new CommitQueue()
  /** Device → end of its quarantine (µs). */
  readonly quarantined = new Map<number, number>()
  /** Values whose count has changed and is not yet readable. */
  changed = new Set<number>()
  /** When what was committed last becomes readable. */
  epochEnd = 0
  private readonly habits: Habits
  private readonly entry: Provisional = { link: 0, owner: 0, value: 0, popularity: 0, device: 0, minute: 0 }

  constructor(habits: Habits) {
    this.habits = habits
  }

  /**
   * @param popularity how many had the value when the link was made, or -1 in a view that is not judged
   * @param device     that acted, or -1
   */
  add(link: number, popularity: number, device: number, clock: number): void {
    const { entry } = this
    entry.link = link
    entry.owner = this.habits.table.owner(link)
    entry.value = this.habits.table.value(link)
    entry.popularity = popularity
    entry.device = device
    entry.minute = Math.floor(clock / MINUTE)
    this.queue.push(entry)
  }

  quarantine(device: number, until: number, clock: number): void {
    if (this.quarantined.size >= MOST_QUARANTINED && !this.quarantined.has(device)) return
    this.quarantined.set(device, Math.min(until, clock + LONGEST_QUARANTINE))
  }

  release(device: number): void {
    this.quarantined.delete(device)
  }

  isHeld(device: number): boolean {
    return this.quarantined.has(device)
  }

  /** The hourly commit. @param lag (µs) what is younger stays provisional */
  commit(clock: number, lag: number, known: Committed): void {
    for (const [device, until] of this.quarantined) if (clock >= until) this.quarantined.delete(device)
    // What was held is looked at first, once: whatever is still held goes back to the end.
    for (let left = this.held.length; left > 0; left--) {
      this.held.take(this.entry)
      this.commitOrHold(known)
    }
    const before = Math.floor((clock - lag) / MINUTE)
    for (;;) {
      const minute = this.queue.oldestMinute()
      if (minute === undefined || minute > before) break
      this.queue.take(this.entry)
      this.commitOrHold(known)
    }
    this.epochEnd = (Math.floor(clock / EPOCH) + 1) * EPOCH
  }

  private commitOrHold(known: Committed): void {
    const { entry } = this
    const { table, values } = this.habits
    const { link, owner, value } = entry
    if (!table.links.isLive(link) || table.owner(link) !== owner || table.value(link) !== value) return
    if (table.flags(link) & COMMITTED) return
    if (this.quarantined.has(entry.device)) {
      this.held.push(entry)
      return
    }
    table.setFlags(link, table.flags(link) | COMMITTED)
    values.addCommitted(value, 1)
    this.changed.add(value)
    if (entry.popularity >= 0) known.byId[viewOfOwner(owner)]?.rates.addValue(entry.popularity)
  }

  /** Facts that were committed become readable for all when their epoch has closed. */
  publish(clock: number): void {
    if (this.changed.size === 0 || clock < this.epochEnd) return
    for (const value of this.changed) if (this.habits.values.isLive(value)) this.habits.values.publish(value)
    this.changed = new Set()
  }
}
