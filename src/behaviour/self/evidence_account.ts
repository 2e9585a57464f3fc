import { BIT, type Sixteenths } from './bits.ts'

/** Bets of different boldness, averaged: a loud act is caught by the first, a slow walk by the last. */
const EPSILONS = [0.3, 0.03, 0.003] as const
/** log₂ M is kept in 1/4096 bit: a bet of 0.003 loses 1/230 bit on a bad day. */
const FINE = 4096
/** (1 − ∫₀^{1/e} g) / (1 − 1/e), and the integral is 1/2. */
const QUIET_GAIN: number = 0.5 / (1 - 1 / Math.E)
const MOST = 60 * FINE
export const ACCOUNT_WORDS: number = EPSILONS.length

/**
 * Evidence over days (an e-process turned into a CUSUM, M ← max(M, 1)·e). A p-value q becomes the e-value 1 − ε + ε·g(q),
 * g(q) = 1 / (q (1 − ln q)²) (Vovk and Wang 2021). That g rises again beyond 1/e, where days on which nothing is odd all
 * stand at q = 1; left so, its mean would exceed 1 and every account would grow for ever. So from 1/e on g is the constant
 * that makes the mean 1: quiet days cost a tenth of a bit at most. The level goes through a calibration map of its own.
 */
export function levelAfter(before: readonly number[], p: number): { account: number[]; level: Sixteenths } {
  const gain = gainOf(p)
  const account = before.map((fine, index) => {
    const epsilon = EPSILONS[index]!
    return Math.min(MOST, Math.max(fine, 0) + Math.round(Math.log2(1 - epsilon + epsilon * gain) * FINE))
  })
  return { account, level: levelOf(account) }
}

function gainOf(p: number): number {
  const q = Math.min(1, Math.max(p, 2 ** -200))
  return q < 1 / Math.E ? 1 / (q * (1 - Math.log(q)) ** 2) : QUIET_GAIN
}

/**
 * Whether a day adds to an account. On others it says nothing, however high it stands: an account falls slowly, and one that has risen
 * once would be odd for weeks of quiet days, and stand in the way of those of other devices.
 */
export function adds(p: number): boolean {
  return gainOf(p) > 1
}

/**
 * Levels are kept as if a bit had four: those of quiet devices crowd between one and two bits, where a map in quarter
 * bits would see four steps only.
 */
export const LEVEL_SCALE = 4

/** log₂(1 + mean M), times `LEVEL_SCALE`. */
export function levelOf(account: readonly number[]): Sixteenths {
  let sum = 0
  for (const fine of account) sum += 2 ** (fine / FINE)
  return Math.round(Math.log2(1 + sum / account.length) * BIT * LEVEL_SCALE)
}

/** Levels of oddness (bits of the pooled p-value) by which a device's own days are counted. */
const OWN_LEVELS = [2, 3, 4, 6] as const
const LEVEL_BITS = 6
const MOST_OWN = 2 ** LEVEL_BITS - 1
/** Weight of the pool, in days. */
const KAPPA = 10

/**
 * The p-value of a day for this device: what is odd for its like may be its habit (a curious device would else pile up
 * evidence for ever), and the reverse. How often its own days were at least so odd, backed off to the pool's p.
 * @param own    as `addOwnDay` packs it
 * @param pooled the share of device-days at least so odd, among devices like it
 */
export function ownTail(own: number, pooled: number): number {
  const bits = -Math.log2(pooled)
  let level = OWN_LEVELS.length - 1
  while (level >= 0 && bits < OWN_LEVELS[level]!) level--
  if (level < 0) return pooled
  const days = own & MOST_OWN
  const asOdd = (own >>> ((level + 1) * LEVEL_BITS)) & MOST_OWN
  return Math.min(1, (asOdd * 2 ** (OWN_LEVELS[level]! - bits) + KAPPA * pooled) / (days + KAPPA))
}

/** Counts a committed day: active days (6 bits), then days at least as odd as each level; halved when full. */
export function addOwnDay(own: number, pooled: number): number {
  const bits = -Math.log2(pooled)
  let packed = 0
  const full = (own & MOST_OWN) === MOST_OWN
  for (let at = 0; at <= OWN_LEVELS.length; at++) {
    let days = (own >>> (at * LEVEL_BITS)) & MOST_OWN
    if (full) days >>>= 1
    if (at === 0 || bits >= OWN_LEVELS[at - 1]!) days++
    packed |= days << (at * LEVEL_BITS)
  }
  return packed
}
