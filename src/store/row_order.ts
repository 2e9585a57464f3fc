/** Sorts row numbers stably by typed keys: a radix sort, linear in rows, no comparator, no object a row. */

const DIGIT_BITS = 13
const DIGIT = 1 << DIGIT_BITS
/** Times are sorted as offsets from the least, in two words of 26 bits: two digits each, 2⁵² µs being 142 years. */
const WORD = 2 ** 26

/**
 * @param rows  row numbers, in the order that ties keep
 * @param rank  by row number: small whole numbers, first key
 * @param time  by row number: whole numbers (µs), second key; `NaN` comes last
 */
export function sortedRows(rows: Uint32Array, rank: Uint32Array, time: Float64Array): Uint32Array {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let topRank = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const at = time[row]!
    if (at < least) least = at
    if (at > most) most = at
    if (rank[row]! > topRank) topRank = rank[row]!
  }
  // Absent times stand behind all others.
  const absent = most >= least ? most - least + 1 : 0
  const low = new Uint32Array(time.length)
  const high = new Uint32Array(time.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const at = time[row]!
    const offset = Number.isNaN(at) ? absent : at - least
    const upper = Math.floor(offset / WORD)
    high[row] = upper
    low[row] = offset - upper * WORD
  }
  const sorter = new Radix(rows)
  sorter.pass(low, 0)
  if (absent > DIGIT) sorter.pass(low, DIGIT_BITS)
  if (absent >= WORD) sorter.pass(high, 0)
  if (absent >= WORD * DIGIT) sorter.pass(high, DIGIT_BITS)
  sorter.pass(rank, 0)
  if (topRank >= DIGIT) sorter.pass(rank, DIGIT_BITS)
  if (topRank >= WORD) sorter.pass(rank, 2 * DIGIT_BITS)
  return sorter.rows
}

class Radix {
  rows: Uint32Array
  private spare: Uint32Array
  private readonly digits: Uint16Array
  private readonly counts = new Uint32Array(DIGIT)

  constructor(rows: Uint32Array) {
    this.rows = rows.slice()
    this.spare = new Uint32Array(rows.length)
    this.digits = new Uint16Array(rows.length)
  }

  /** Sorts stably by 13 bits of `keys`, from bit `shift`. */
  pass(keys: Uint32Array, shift: number): void {
    const { rows, spare, digits, counts } = this
    counts.fill(0)
    for (let i = 0; i < rows.length; i++) {
      const digit = (keys[rows[i]!]! >>> shift) & (DIGIT - 1)
      digits[i] = digit
      counts[digit] = counts[digit]! + 1
    }
    if (rows.length === 0 || counts[digits[0]!] === rows.length) return
    let start = 0
    for (let digit = 0; digit < DIGIT; digit++) {
      const count = counts[digit]!
      counts[digit] = start
      start += count
    }
    for (let i = 0; i < rows.length; i++) {
      const digit = digits[i]!
      const place = counts[digit]!
      counts[digit] = place + 1
      spare[place] = rows[i]!
    }
    this.rows = spare
    this.spare = rows
  }
}
