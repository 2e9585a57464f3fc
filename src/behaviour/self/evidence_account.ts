import { BIT, type Sixteenths } from './bits.ts'

/** Bets of different boldness, averaged: a loud act is caught by the first, a slow walk by the last. */
const EPSILONS = [0.3, 0.03, 0.003] as const
/** log₂ M is kept in 1/4096 bit: a bet of 0.003 loses 1/230 bit on a bad day. */
const FINE = 4096
const MOST = 240 * FINE
export const ACCOUNT_WORDS: number = EPSILONS.length

/**
 * Evidence over days (an e-process turned into a CUSUM, M ← max(M, 1)·e). A p-value q becomes the e-value
 * 1 − ε + ε / (q (1 − ln q)²), whose mean is 1 when q is uniform (Vovk and Wang 2021); a day without trials changes
 * nothing. The level goes through a calibration map of its own.
 */
export function levelAfter(before: readonly number[], p: number): { account: number[]; level: Sixteenths } {
  const q = Math.min(1, Math.max(p, 2 ** -200))
  const gain = 1 / (q * (1 - Math.log(q)) ** 2)
  const account = before.map((fine, index) => {
    const epsilon = EPSILONS[index]!
    return Math.min(MOST, Math.max(fine, 0) + Math.round(Math.log2(1 - epsilon + epsilon * gain) * FINE))
  })
  return { account, level: levelOf(account) }
}

/** log₂(1 + mean M) */
export function levelOf(account: readonly number[]): Sixteenths {
  let sum = 0
  for (const fine of account) sum += 2 ** (fine / FINE)
  return Math.round(Math.log2(1 + sum / account.length) * BIT)
}
