/** A longer column with the same beginning. */
export function growInts(column: Int32Array, size: number): Int32Array {
  const grown = new Int32Array(size)
  grown.set(column)
  return grown
}

export function growFloats(column: Float64Array, size: number): Float64Array {
  const grown = new Float64Array(size)
  grown.set(column)
  return grown
}
