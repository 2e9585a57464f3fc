import type { EveRow } from './row.ts'

/** Rows held at a time: some 50 MB, and more than the flows that a Suricata writes in one go when it ends. */
const MOST_HELD = 1 << 15

interface Held {
  readonly row: EveRow
  readonly known: number
  /** Position in the file: the order of equals. */
  readonly place: number
}

/**
 * Puts the rows of one file in the order in which they could be known. In EVE a line's place says little: flow records are
 * written in the order of a hash table when the flow manager comes by (all at once, hours late, when Suricata read a
 * capture), and several threads write one file. Left so, nearly all of a recording's flows would count as late. It sorts by
 * what was *known*, never by `ts`, so nothing is told before it could be.
 *
 * Bounded: when too many rows are held, the earliest goes, so a file that is in order comes out as it went in.
 */
export class InOrder {
  private readonly heap: Held[] = []
  private places = 0
  private readonly most: number

  constructor(most: number = MOST_HELD) {
    this.most = most
  }

  /** Takes a row; returns the earliest held when too many are. */
  add(row: EveRow): EveRow | undefined {
    const held: Held = { row, known: knownOf(row), place: this.places++ }
    if (this.heap.length < this.most) {
      this.heap.push(held)
      this.rise(this.heap.length - 1)
      return undefined
    }
    const earliest = this.heap[0]!
    if (before(held, earliest)) return row
    this.heap[0] = held
    this.sink(0)
    return earliest.row
  }

  /** All that is held, in order. */
  *rest(): Generator<EveRow> {
    this.heap.sort((a, b) => a.known - b.known || a.place - b.place)
    for (const { row } of this.heap) yield row
    this.heap.length = 0
  }

  private rise(from: number): void {
    const { heap } = this
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(heap[at]!, heap[parent]!)) return
      this.swap(at, parent)
      at = parent
    }
  }

  private sink(from: number): void {
    const { heap } = this
    for (let at = from; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
      }
      if (least === at) return
      this.swap(at, least)
      at = least
    }
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!
    this.heap[a] = this.heap[b]!
    this.heap[b] = held
  }
}

function before(a: Held, b: Held): boolean {
  return a.known < b.known || (a.known === b.known && a.place < b.place)
}

/** As `BatchBuilder` has it: when it was written, else `ts` and duration. */
function knownOf({ ts, written, fields }: EveRow): number {
  if (written !== undefined) return written
  const duration = fields['duration']
  return typeof duration === 'number' && duration > 0 ? ts + duration : ts
}
