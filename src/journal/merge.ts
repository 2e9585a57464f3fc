import type { OrderedBatch } from './journal.ts'
import type { Stream } from './stream.ts'

/** Walks rows `from` to `to` (exclusive) of a batch; they follow each other in canonical order. */
export type RunHandler = (ordered: OrderedBatch, from: number, to: number) => void

/** A stream with its next row at hand. */
interface Head {
  readonly stream: Stream
  /** Decides ties: log type by name, then sensor. */
  readonly rank: number
  ordered: OrderedBatch
  row: number
  key: number
}

/**
 * Merges streams into the canonical order: by key, then log type, then sensor; rows of one stream keep their order.
 * Nothing but the keys and the names of the types decides, so the result does not depend on how the input was packed,
 * cut into chunks or spread over workers.
 */
export class Merge {
  /** A binary heap by (key, rank). */
  private readonly heap: Head[] = []
  private readonly waiting: { stream: Stream; rank: number }[]

  constructor(streams: readonly Stream[]) {
    const sorted = [...streams].sort((a, b) => compareText(a.type.name, b.type.name) || a.sensor - b.sensor)
    this.waiting = sorted.map((stream, rank) => ({ stream, rank }))
  }

  /**
   * Gives every stream its next rows, so that `drain` can go on.
   * @returns false when all streams have ended
   */
  async fill(): Promise<boolean> {
    const waiting = this.waiting.splice(0)
    const filled = await Promise.all(
      waiting.map(async ({ stream, rank }) => ({ stream, rank, ordered: await stream.next() })),
    )
    for (const { stream, rank, ordered } of filled) {
      if (ordered !== undefined) this.push({ stream, rank, ordered, row: 0, key: ordered.keys[0]! })
    }
    return this.heap.length > 0
  }

  /** Hands over runs of rows until some stream needs `fill`. Synchronous: no await an event. */
  drain(handle: RunHandler): void {
    while (this.waiting.length === 0) {
      const head = this.heap[0]
      if (head === undefined) return
      const { keys } = head.ordered
      const rows = keys.length
      const rival = this.rival()
      const from = head.row
      let to = from + 1
      if (rival === undefined) to = rows
      else if (head.rank < rival.rank) while (to < rows && keys[to]! <= rival.key) to++
      else while (to < rows && keys[to]! < rival.key) to++
      handle(head.ordered, from, to)
      if (to === rows) {
        this.waiting.push({ stream: head.stream, rank: head.rank })
        const last = this.heap.pop()!
        if (last !== head) {
          this.heap[0] = last
          this.siftDown()
        }
      } else {
        head.row = to
        head.key = keys[to]!
        this.siftDown()
      }
    }
  }

  /** The head that comes next after the first: one of the root's two children. */
  private rival(): Head | undefined {
    const left = this.heap[1]
    const right = this.heap[2]
    if (left === undefined || right === undefined) return left
    return before(right, left) ? right : left
  }

  private push(head: Head): void {
    const { heap } = this
    let index = heap.push(head) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(head, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = head
  }

  private siftDown(): void {
    const { heap } = this
    const head = heap[0]
    if (head === undefined) return
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, head)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = head
  }
}

function before(a: Head, b: Head): boolean {
  return a.key < b.key || (a.key === b.key && a.rank < b.rank)
}

/** By code unit: the same in any locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
