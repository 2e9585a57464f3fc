/** Counts what bounds have cost, over all maps of one capture. */
export class Evictions {
  private readonly counts = new Map<string, number>()

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** For people: one sentence a kind. */
  notes(): string[] {
    return [...this.counts].map(
      ([what, count]) => `${count} ${what} were given up, oldest first, to keep memory within bounds`,
    )
  }
}

/**
 * A map that never holds more than `limit` entries: what was set longest ago goes first. State about a network is always
 * held in one of these, since the number of its keys is the sender's choice.
 */
export class BoundedMap<Key, Value> {
  private readonly entries = new Map<Key, Value>()
  private readonly limit: number
  private readonly evicted: (value: Value, key: Key) => void

  constructor(limit: number, evicted: (value: Value, key: Key) => void) {
    this.limit = limit
    this.evicted = evicted
  }

  get size(): number {
    return this.entries.size
  }

  get(key: Key): Value | undefined {
    return this.entries.get(key)
  }

  set(key: Key, value: Value): void {
    this.entries.delete(key)
    if (this.entries.size >= this.limit) {
      for (const [oldest, old] of this.entries) {
        this.entries.delete(oldest)
        this.evicted(old, oldest)
        break
      }
    }
    this.entries.set(key, value)
  }

  delete(key: Key): boolean {
    return this.entries.delete(key)
  }

  /** The entry, which is removed. */
  take(key: Key): Value | undefined {
    const value = this.entries.get(key)
    if (value !== undefined) this.entries.delete(key)
    return value
  }

  /** Oldest first. */
  values(): IterableIterator<Value> {
    return this.entries.values()
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.entries[Symbol.iterator]()
  }

  clear(): void {
    this.entries.clear()
  }
}
