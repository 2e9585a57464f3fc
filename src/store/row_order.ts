/** Sorts row numbers stably by typed keys: a radix sort, linear in rows, no comparator, no object a row. */

const DIGIT_BITS = 13
const DIGIT = 1 << DIGIT_BITS

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
  if (rows.length === 0) return rows
  const span = most >= least ? most - least + 1 : 0
  const sorter = new Radix(rows)
  for (let scale = 1; scale <= span; scale *= DIGIT) {
    sorter.pass((row) => {
      const at = time[row]!
      // Absent times get the digits of a time after all others.
      const offset = Number.isNaN(at) ? span : at - least
      return Math.floor(offset / scale) % DIGIT
    })
  }
  for (let shift = 0; topRank >>> shift > 0 && shift < 32; shift += DIGIT_BITS) {
    sorter.pass((row) => (rank[row]! >>> shift) & (DIGIT - 1))
  }
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

  pass(digitOf: (row: number) => number): void {
    const { rows, spare, digits, counts } = this
    counts.fill(0)
    for (let i = 0; i < rows.length; i++) {
      const digit = digitOf(rows[i]!)
      digits[i] = digit
      counts[digit]!++
    }
    if (counts[digits[0]!] === rows.length) return
    let start = 0
    for (let digit = 0; digit < DIGIT; digit++) {
      const count = counts[digit]!
      counts[digit] = start
      start += count
    }
    for (let i = 0; i < rows.length; i++) spare[counts[digits[i]!]!++] = rows[i]!
    this.rows = spare
    this.spare = rows
  }
}
