import type { BatchBuilder } from '../event/batch_builder.ts'
import type { FieldKind } from '../event/log_types.ts'
import type { Micros } from '../event/time.ts'
import { sixDecimals } from './zeek_values.ts'

const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`))
/** What the last of n decimals counts, in µs. */
const MICROS_OF_LAST_DIGIT = [0, 100_000, 10_000, 1_000, 100, 10, 1] as const
/** So many digits always fit a 32-bit integer. */
const INTEGER_DIGITS = 9
const EXACT_BELOW = 2 ** 53
/** Up to here (seconds, the year 2106) a double is within a quarter of a µs, so that µs survive its rounding. */
const MICROS_EXACT_BELOW = 2 ** 32

/** How a value of a field is read. Numbers, since a switch over text compares text, once a value. */
export type Reading = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8
export const READ_TEXT = 0
export const READ_MICROS = 1
export const READ_INTEGER = 2
export const READ_ADDRESS = 3
export const READ_PORT = 4
export const READ_BOOL = 5
export const READ_SET = 6
export const READ_DOUBLE = 7
export const READ_NUMBERS = 8

const READINGS: Readonly<Record<FieldKind, Reading>> = {
  time: READ_MICROS,
  interval: READ_MICROS,
  count: READ_INTEGER,
  int: READ_INTEGER,
  double: READ_DOUBLE,
  port: READ_PORT,
  bool: READ_BOOL,
  string: READ_TEXT,
  uid: READ_TEXT,
  addr: READ_ADDRESS,
  set: READ_SET,
  numbers: READ_NUMBERS,
}

export function readingOf(kind: FieldKind): Reading {
  return READINGS[kind]
}

/**
 * Reads decimal numbers from bytes without making text of them. Digits are gathered as integers below 2⁵³ and divided
 * once by a power of ten: both are exact in a double, so the quotient is the correctly rounded one that `Number(text)`
 * gives. What this cannot promise (exponents, too many digits, a tie) is left to `Number`.
 *
 * The scanners of both Zeek formats extend it, so that `bytes` and `pos` are theirs. Whoever sets `bytes` puts a line
 * feed behind the last value: no loop here looks for the end.
 */
export class DecimalScan {
  protected bytes: Buffer = Buffer.alloc(0)
  protected pos = 0
  /** 1 for the bytes that may stand behind a number. */
  protected numberEnds: Uint8Array = new Uint8Array(256)
  private negative = false
  private whole = 0
  private wholeDigits = 0
  /** The first nine digits behind the point, and how many there are in all. */
  private fraction = 0
  private fractionDigits = 0

  /**
   * Reads a number as it nearly always looks, in one go, since this is where much of the time goes: whole and of up to nine
   * digits, or seconds of up to ten digits with up to six decimals.
   * @returns where it ends; -1, and nothing set, when it looks different
   */
  protected readUsualNumber(builder: BatchBuilder, slot: number, reading: Reading, start: number): number {
    const { bytes } = this
    let at = start
    let whole = 0
    let digit = bytes[at]! - 0x30
    while (digit >= 0 && digit <= 9) {
      whole = (whole * 10 + digit) | 0
      digit = bytes[++at]! - 0x30
    }
    const wholeDigits = at - start
    if (wholeDigits === 0 || (wholeDigits > 1 && bytes[start] === 0x30)) return -1
    if (reading !== READ_MICROS) {
      if (wholeDigits > INTEGER_DIGITS || this.numberEnds[bytes[at]!] !== 1) return -1
      if (reading === READ_PORT && whole > 65535) return -1
      builder.setNumber(slot, whole)
      return at
    }
    // Ten digits fit 32 bits without sign up to 3,999,999,999, the year 2096.
    if (wholeDigits > 10 || (wholeDigits === 10 && bytes[start]! > 0x33)) return -1
    let micros = (whole >>> 0) * 1_000_000
    if (bytes[at] === 0x2e) {
      const pointAt = at
      let fraction = 0
      digit = bytes[++at]! - 0x30
      while (digit >= 0 && digit <= 9) {
        if (at - pointAt <= INTEGER_DIGITS) fraction = (fraction * 10 + digit) | 0
        digit = bytes[++at]! - 0x30
      }
      const fractionDigits = at - pointAt - 1
      if (fractionDigits === 0) return -1
      if (fractionDigits <= 6) micros += Math.imul(fraction, MICROS_OF_LAST_DIGIT[fractionDigits]!)
      else {
        const rounded = roundedMicros(fraction, fractionDigits)
        if (rounded < 0 || whole >>> 0 >= 1e6) return -1
        micros += rounded
      }
    }
    if (this.numberEnds[bytes[at]!] !== 1) return -1
    builder.setNumber(slot, micros)
    return at
  }

  /**
   * Reads what JSON calls a number, but for an exponent, from `pos` on.
   * @returns false, with `pos` anywhere, when something else stands there
   */
  protected readDecimal(): boolean {
    const bytes = this.bytes
    let at = this.pos
    this.negative = bytes[at] === 0x2d
    if (this.negative) at++
    const wholeStart = at
    let whole = 0
    let digit = bytes[at]! - 0x30
    if (!(digit >= 0 && digit <= 9)) return false
    const smallEnd = at + INTEGER_DIGITS
    do {
      whole = (whole * 10 + digit) | 0
      digit = bytes[++at]! - 0x30
    } while (digit >= 0 && digit <= 9 && at < smallEnd)
    let large: number = whole
    while (digit >= 0 && digit <= 9) {
      large = large * 10 + digit
      digit = bytes[++at]! - 0x30
    }
    this.whole = large
    this.wholeDigits = at - wholeStart
    if (this.wholeDigits > 1 && bytes[wholeStart] === 0x30) return false
    this.fraction = 0
    this.fractionDigits = 0
    if (bytes[at] === 0x2e) at = this.readFraction(at + 1)
    this.pos = at
    return at >= 0 && (bytes[at]! | 0x20) !== 0x65
  }

  /** @returns where the digits end, or -1 when there is none */
  private readFraction(start: number): number {
    const bytes = this.bytes
    let at = start
    let fraction = 0
    let digit = bytes[at]! - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    const smallEnd = at + INTEGER_DIGITS
    do {
      fraction = (fraction * 10 + digit) | 0
      digit = bytes[++at]! - 0x30
    } while (digit >= 0 && digit <= 9 && at < smallEnd)
    this.fraction = fraction
    while (digit >= 0 && digit <= 9) digit = bytes[++at]! - 0x30
    this.fractionDigits = at - start
    return at
  }

  /** Seconds just read, as µs: the same as `microsOf(Number(text))`; NaN when only that can say. */
  protected decimalMicros(): Micros {
    const { whole, fraction, fractionDigits } = this
    if (whole >= MICROS_EXACT_BELOW) return Number.NaN
    let micros: number
    if (fractionDigits <= 6) micros = whole * 1e6 + fraction * POWERS_OF_TEN[6 - fractionDigits]!
    else {
      const rounded = roundedMicros(fraction, fractionDigits)
      if (rounded < 0 || whole >= 1e6 || this.negative) return Number.NaN
      micros = whole * 1e6 + rounded
    }
    return this.negative ? 0 - micros : micros
  }

  /** The whole number just read; NaN when it has a fraction, or more digits than a double is sure to hold. */
  protected decimalInteger(): number {
    if (this.fractionDigits !== 0 || this.wholeDigits > 15) return Number.NaN
    return this.negative ? 0 - this.whole : this.whole
  }

  /** The number just read; NaN when only `Number(text)` can say. */
  protected decimalDouble(): number {
    if (this.fractionDigits > INTEGER_DIGITS || this.wholeDigits > 15) return Number.NaN
    const scale = POWERS_OF_TEN[this.fractionDigits]!
    const digits = this.whole * scale + this.fraction
    if (digits >= EXACT_BELOW) return Number.NaN
    return this.negative ? 0 - digits / scale : digits / scale
  }

  /** The number just read as a value of a field; NaN when it does not fit, or only `Number(text)` can say. */
  protected decimalFor(reading: Reading): number {
    if (reading === READ_MICROS) return this.decimalMicros()
    if (reading === READ_INTEGER) return this.decimalInteger()
    if (reading === READ_PORT) {
      const port = this.decimalInteger()
      return port >= 0 && port <= 65535 ? port : Number.NaN
    }
    return sixDecimals(this.decimalDouble())
  }
}

/**
 * Rounds a fraction of more than six decimals to µs, as `microsOf` would. Up to 10⁶ seconds the error of a double is below
 * a thousandth of a µs, so that only near a tie it could matter: that is -1.
 * @param fraction the first nine decimals
 */
function roundedMicros(fraction: number, decimals: number): number {
  const nanos = decimals === 7 ? fraction * 100 : decimals === 8 ? fraction * 10 : fraction
  const micros = (nanos / 1000) | 0
  const rest = nanos - micros * 1000
  return rest === 499 || rest === 500 ? -1 : micros + (rest > 500 ? 1 : 0)
}
