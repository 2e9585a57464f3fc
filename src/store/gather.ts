/**
 * Puts columns into the order of a file. Reading a column in another order than it lies in memory misses the cache at
 * almost every row; so columns are interleaved first, as many as a cache line holds, and one miss serves them all.
 */

/** Bytes of a cache line. */
const LINE = 64
/** Rows whose cache lines stay in the nearest cache while the columns of a group take their turns. */
const BLOCK = 256

type Members = readonly number[]

/** What differs between numbers and ids: kept apart down to the inner loop, so that each is compiled for one kind of array. */
interface Kind<Values> {
  readonly bytes: number
  make(length: number): Values
  /** target[i] ← interleaved[order[i] × width + index] for i from `from` to `to`. */
  pick(
    target: Values,
    interleaved: Values,
    order: Uint32Array,
    from: number,
    to: number,
    width: number,
    index: number,
  ): void
}

export const NUMBERS: Kind<Float64Array> = {
  bytes: 8,
  make: (length) => new Float64Array(length),
  pick(target, interleaved, order, from, to, width, index) {
    for (let i = from; i < to; i++) target[i] = interleaved[Math.imul(order[i]!, width) + index]!
  },
}

export const IDS: Kind<Uint32Array> = {
  bytes: 4,
  make: (length) => new Uint32Array(length),
  pick(target, interleaved, order, from, to, width, index) {
    for (let i = from; i < to; i++) target[i] = interleaved[Math.imul(order[i]!, width) + index]!
  },
}

/**
 * Columns of one kind, each by its number. They are taken group by group in the order in which they were named: what a
 * column gave is overwritten when the next group's turn comes.
 */
export class Gatherer<Values> {
  private readonly kind: Kind<Values>
  private readonly groups: Members[] = []
  private readonly order: Uint32Array
  private readonly total: number
  private readonly fill: (column: number, target: Values, start: number, stride: number) => void
  private interleaved: Values | undefined
  private readonly gathered: Values[] = []
  private current: Members | undefined

  /**
   * @param columns numbers of the columns, in the order in which they will be asked for
   * @param order   row of arrival at each place of the file
   * @param total   rows of arrival
   * @param fill    writes all rows of a column, in the order of arrival, to target[start + row × stride]
   */
  constructor(
    kind: Kind<Values>,
    columns: Members,
    order: Uint32Array,
    total: number,
    fill: (column: number, target: Values, start: number, stride: number) => void,
  ) {
    this.kind = kind
    this.order = order
    this.total = total
    this.fill = fill
    const width = LINE / kind.bytes
    for (let at = 0; at < columns.length; at += width) this.groups.push(columns.slice(at, at + width))
  }

  /** The column in the order of the file. */
  column(column: number): Values {
    const group = this.groups.find((members) => members.includes(column))
    if (group === undefined) throw new Error(`column ${column} was not named`)
    if (group !== this.current) this.gather(group)
    return this.gathered[group.indexOf(column)]!
  }

  private gather(group: Members): void {
    const { order, kind } = this
    const width = group.length
    this.interleaved ??= kind.make(this.total * this.groups[0]!.length)
    const { interleaved, gathered } = this
    group.forEach((column, index) => {
      this.fill(column, interleaved, index, width)
    })
    while (gathered.length < width) gathered.push(kind.make(order.length))
    for (let from = 0; from < order.length; from += BLOCK) {
      const to = Math.min(from + BLOCK, order.length)
      for (let index = 0; index < width; index++)
        kind.pick(gathered[index]!, interleaved, order, from, to, width, index)
    }
    this.current = group
  }
}
