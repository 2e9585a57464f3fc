/**
 * Surprise is kept as integers of 1/16 bit, so that sums do not depend on their order and the same input gives the same
 * bytes. Logarithms are V8's own (a port of fdlibm), equal on every machine.
 */
export type Sixteenths = number & { readonly unit?: '1/16 bit' }

export const BIT = 16
/** No score is larger: 255 bits. */
export const MOST_BITS: Sixteenths = 255 * BIT

/** −log₂ of a probability, in 1/16 bit, 0 to 255 bits. */
export function bitsOf(probability: number): Sixteenths {
  if (!(probability > 0)) return MOST_BITS
  const bits = Math.round(-Math.log2(probability) * BIT)
  return bits <= 0 ? 0 : Math.min(bits, MOST_BITS)
}

export function probabilityOf(bits: Sixteenths): number {
  return 2 ** (-bits / BIT)
}
