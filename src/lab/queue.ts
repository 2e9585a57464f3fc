import type { Micros } from '../event/time.ts'

/** Something that happens at a moment and writes what it causes. */
export interface Act {
  readonly at: Micros
  readonly order: number
  readonly run: (at: Micros) => void
}

/** Acts in order of time, those of one moment in the order in which they were put: a binary heap. */
export class ActHeap {
  private readonly heap: Act[] = []

  get size(): number {
    return this.heap.length
  }

  peek(): Act | undefined {
    return this.heap[0]
  }

  push(act: Act): void {
    const { heap } = this
    let at = heap.length
    heap.push(act)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]!
      if (!isBefore(act, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = act
  }

  pop(): Act | undefined {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

function isBefore(a: Act, b: Act): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
