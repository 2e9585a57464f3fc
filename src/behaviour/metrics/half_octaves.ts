/**
 * Amounts in steps of √2: bin 0 is nothing, bin k holds amounts from 2^((k−1)/2). Integers only, so that every machine
 * says the same.
 */
export const BINS = 64

/** The largest amount that is told apart: small enough for sums to stay 32-bit integers. */
export const MOST_AMOUNT: number = 2 ** 31 - 1

/** Least integer of each bin. Bin 2 (from √2 on) holds no integer of its own: it begins where bin 3 does. */
const LEAST: Int32Array = Int32Array.from({ length: BINS }, (_, bin) =>
  bin === 0 ? 0 : Math.min(MOST_AMOUNT, Math.ceil(2 ** ((bin - 1) / 2))),
)

/** The bin of the largest amount; those above are never reached. */
const LAST = 62

/** @param amount an integer from 0 to `MOST_AMOUNT` */
export function binOf(amount: number): number {
  if (amount <= 0) return 0
  const octave = 31 - Math.clz32(amount)
  const bin = 1 + 2 * octave
  return bin < LAST && amount >= LEAST[bin + 1]! ? bin + 1 : bin
}

/** The least amount of a bin. */
export function leastOf(bin: number): number {
  return LEAST[bin]!
}

/** The largest amount of a bin. */
export function mostOf(bin: number): number {
  let next = bin + 1
  while (next <= LAST && LEAST[next]! <= LEAST[bin]!) next++
  return next <= LAST ? LEAST[next]! - 1 : MOST_AMOUNT
}

/** The least amount that lies in a higher bin; beyond `MOST_AMOUNT` never reached. */
export function nextCrossing(amount: number): number {
  const most = mostOf(binOf(amount))
  return most >= MOST_AMOUNT ? MOST_AMOUNT : most + 1
}
