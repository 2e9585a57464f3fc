import type { Micros } from '../../event/time.ts'

interface Entry<Item> {
  readonly at: Micros
  /** Order of arrival: decides between entries of the same moment. */
  readonly arrival: number
  readonly item: Item
}

/** Things to be looked at again at their time, soonest first: a binary heap. */
export class Deadlines<Item> {
  private readonly heap: Entry<Item>[] = []
  private arrivals = 0

  add(at: Micros, item: Item): void {
    const { heap } = this
    const entry = { at, arrival: this.arrivals++, item }
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = entry
  }

  /** The soonest entry that is due by `now`, which is removed. */
  takeDue(now: Micros): { readonly at: Micros; readonly item: Item } | undefined {
    const { heap } = this
    const first = heap[0]
    if (first === undefined || first.at > now) return undefined
    const last = heap.pop()!
    if (heap.length > 0) this.sink(last)
    return first
  }

  private sink(entry: Entry<Item>): void {
    const { heap } = this
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, entry)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = entry
  }
}

function before<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
  return a.at < b.at || (a.at === b.at && a.arrival < b.arrival)
}
