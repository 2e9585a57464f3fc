const WORDS = 6

/** A link that was made and is not yet normal. */
export interface Provisional {
  link: number
  owner: number
  value: number
  /** Subjects that had the value when the link was made. */
  popularity: number
  /** The device that acted, or -1. */
  device: number
  /** Minute of the engine clock at which it was made. */
  minute: number
}

/** Links in the order in which they were made, waiting to be committed: flat, 24 bytes each. */
export class CommitQueue {
  private words = new Int32Array(WORDS * 1024)
  private first = 0
  private end = 0

  get length(): number {
    return (this.end - this.first) / WORDS
  }

  push({ link, owner, value, popularity, device, minute }: Readonly<Provisional>): void {
    if (this.end === this.words.length) this.makeRoom()
    const { words, end } = this
    words[end] = link
    words[end + 1] = owner
    words[end + 2] = value
    words[end + 3] = popularity
    words[end + 4] = device
    words[end + 5] = minute
    this.end = end + WORDS
  }

  /** The oldest, without taking it; undefined when there is none. */
  oldestMinute(): number | undefined {
    return this.first === this.end ? undefined : this.words[this.first + 5]!
  }

  take(into: Provisional): void {
    const { words, first } = this
    into.link = words[first]!
    into.owner = words[first + 1]! >>> 0
    into.value = words[first + 2]!
    into.popularity = words[first + 3]!
    into.device = words[first + 4]!
    into.minute = words[first + 5]!
    this.first = first + WORDS
  }

  private makeRoom(): void {
    const used = this.words.subarray(this.first, this.end)
    // Half empty: move up; else double.
    const next = used.length * 2 > this.words.length ? new Int32Array(this.words.length * 2) : this.words
    next.set(used)
    this.words = next
    this.end -= this.first
    this.first = 0
  }

  write(): Int32Array {
    return this.words.slice(this.first, this.end)
  }

  read(words: Int32Array): void {
    this.words = new Int32Array(Math.max(WORDS * 1024, words.length))
    this.words.set(words)
    this.first = 0
    this.end = words.length
  }
}
