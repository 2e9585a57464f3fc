import type { Micros } from '../../event/time.ts'

/** When a waiting record is given up: when the file's clock *and* its lines have both passed this. */
export interface Deadline {
  /** µs, on the clock of the file (its latest timestamp). */
  readonly clock: Micros
  readonly line: number
}

/**
 * Several threads write one file, and when Suricata reads a capture their lines stand minutes apart; so time alone does not
 * tell that the other half is no longer to come.
 */
export const LINES_TO_WAIT = 100

interface Entry<Waiting> {
  readonly key: string
  readonly value: Waiting
  readonly deadline: Deadline
  taken: boolean
}

/**
 * Records that wait for their other half: a DNS query for its answer, the messages of a DHCP exchange. Suricata writes a
 * line a message where Zeek writes one a lookup or exchange, and counting models mean Zeek's.
 *
 * Deadlines are counted on the file's own clock and lines, never on this machine's, so the result depends on the file
 * alone, and a file that is cut off says nothing that the whole file would not have said by then.
 */
export class Pending<Waiting> {
  /** How many were given up because too many waited. */
  evicted = 0
  private readonly waiting = new Map<string, Entry<Waiting>>()
  /** All that was added, oldest first, from `head` on; what was taken in between is marked. */
  private queue: Entry<Waiting>[] = []
  private head = 0
  private readonly most: number

  /** @param most how many may wait at a time; beyond it the oldest is given up */
  constructor(most: number) {
    this.most = most
  }

  get(key: string): Waiting | undefined {
    return this.waiting.get(key)?.value
  }

  /** Takes out what waits under a key. */
  take(key: string): Waiting | undefined {
    const found = this.waiting.get(key)
    if (!found) return undefined
    this.waiting.delete(key)
    found.taken = true
    return found.value
  }

  /**
   * Lets a value wait until `deadline` under a key that is free. Deadlines must come in ascending order.
   * @returns the value that had to give way, if any
   */
  add(key: string, value: Waiting, deadline: Deadline): Waiting | undefined {
    const entry = { key, value, deadline, taken: false }
    this.waiting.set(key, entry)
    this.queue.push(entry)
    if (this.waiting.size <= this.most) return undefined
    this.evicted++
    return this.takeOldest()
  }

  /** Takes out, oldest first, what has waited beyond its deadline; with Infinity all of it. */
  *expired(now: Deadline): Generator<Waiting> {
    for (let oldest = this.oldest(); oldest !== undefined; oldest = this.oldest()) {
      if (oldest.deadline.clock >= now.clock || oldest.deadline.line >= now.line) return
      yield this.takeOldest()!
    }
  }

  private takeOldest(): Waiting | undefined {
    const oldest = this.oldest()
    return oldest === undefined ? undefined : this.take(oldest.key)
  }

  private oldest(): Entry<Waiting> | undefined {
    while (this.queue[this.head]?.taken === true) this.head++
    if (this.head > 1000 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
    return this.queue[this.head]
  }
}

/** The deadline of a record that may wait for `micros`. */
export function waitFor(record: { readonly clock: Micros; readonly line: number }, micros: Micros): Deadline {
  return { clock: record.clock + micros, line: record.line + LINES_TO_WAIT }
}
