import type { KeyValue } from './group_key.ts'

/** So many values are kept in a plain list, which is quicker to make and to search than a `Map`. */
const SMALL = 8

/** Different values with the step in which each was last seen. */
export class DistinctValues {
  private values: KeyValue[] = []
  private steps: number[] = []
  /** Once there are many: in order of "last seen", so that what is too old stands first. */
  private many: Map<KeyValue, number> | undefined

  get size(): number {
    return this.many?.size ?? this.values.length
  }

  /** @returns false when it is a new value and there is no room for it */
  add(value: KeyValue, step: number, atMost: number): boolean {
    const { many } = this
    if (many === undefined) return this.addToFew(value, step, atMost)
    const last = many.get(value)
    if (last === step) return true
    if (last !== undefined) many.delete(value)
    else if (many.size >= atMost) return false
    many.set(value, step)
    return true
  }

  private addToFew(value: KeyValue, step: number, atMost: number): boolean {
    const { values, steps } = this
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== value) continue
      steps[i] = step
      return true
    }
    if (values.length >= atMost) return false
    values.push(value)
    steps.push(step)
    if (values.length > SMALL) {
      this.many = new Map(this.entries().sort(([, a], [, b]) => a - b))
      this.values = []
      this.steps = []
    }
    return true
  }

  /** Forgets what was last seen before a step. */
  expire(oldest: number): void {
    const { many, values, steps } = this
    if (many !== undefined) {
      for (const [value, last] of many) {
        if (last >= oldest) return
        many.delete(value)
      }
      return
    }
    let kept = 0
    for (let i = 0; i < values.length; i++) {
      if (steps[i]! < oldest) continue
      values[kept] = values[i]!
      steps[kept] = steps[i]!
      kept++
    }
    values.length = kept
    steps.length = kept
  }

  entries(): [KeyValue, number][] {
    return this.many ? [...this.many] : this.values.map((value, at): [KeyValue, number] => [value, this.steps[at]!])
  }

  static from(entries: readonly (readonly [KeyValue, number])[]): DistinctValues {
    const made = new DistinctValues()
    for (const [value, step] of entries) made.add(value, step, Number.POSITIVE_INFINITY)
    return made
  }
}
