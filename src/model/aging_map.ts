/**
 * A bounded map that forgets what was not asked for longest, in two generations: what is touched is young; when the young
 * fill half the room they become the old, and what the old still held is dropped. Each step costs the same however full
 * it is (deleting the first entries of a large `Map` one by one does not).
 */
export class AgingMap<Value> {
  /** Entries that had to make room. */
  evicted = 0
  private young = new Map<string | number, Value>()
  private old = new Map<string | number, Value>()
  private readonly half: number

  /** @param most entries, at least 2 */
  constructor(most: number) {
    this.half = Math.floor(most / 2)
  }

  get size(): number {
    return this.young.size + this.old.size
  }

  get(id: string | number): Value | undefined {
    const young = this.young.get(id)
    if (young !== undefined) return young
    if (this.old.size === 0) return undefined
    const old = this.old.get(id)
    if (old === undefined) return undefined
    this.old.delete(id)
    this.set(id, old)
    return old
  }

  set(id: string | number, value: Value): void {
    if (this.young.size >= this.half && !this.young.has(id)) {
      this.evicted += this.old.size
      this.old = this.young
      this.young = new Map()
    }
    if (this.old.size > 0) this.old.delete(id)
    this.young.set(id, value)
  }

  delete(id: string | number): void {
    this.young.delete(id)
    this.old.delete(id)
  }

  /** The old first. */
  *entries(): Generator<[string | number, Value]> {
    yield* this.old
    yield* this.young
  }

  *values(): Generator<Value> {
    yield* this.old.values()
    yield* this.young.values()
  }

  /** Both generations, to be given to `restore`. */
  save(): readonly [
    old: readonly (readonly [string | number, Value])[],
    young: readonly (readonly [string | number, Value])[],
  ] {
    return [[...this.old], [...this.young]]
  }

  restore(old: Iterable<readonly [string | number, Value]>, young: Iterable<readonly [string | number, Value]>): void {
    this.old = new Map(old)
    this.young = new Map(young)
  }
}
