import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from '../event/batch_builder.ts'
import { logType } from '../event/log_types.ts'
import { microsOf } from '../event/time.ts'
import { DecimalScan, READ_MICROS } from './decimal_scan.ts'

class Probe extends DecimalScan {
  read(text: string): { end: number; micros: number; integer: number; double: number } | undefined {
    this.bytes = Buffer.from(`${text}\n`)
    this.pos = 0
    if (!this.readDecimal()) return undefined
    const [micros, integer, double] = [this.decimalMicros(), this.decimalInteger(), this.decimalDouble()]
    return { end: this.pos, micros, integer, double }
  }
}

/** Reads in one go, into a builder of its own. */
class UsualProbe extends DecimalScan {
  private readonly builder = new BatchBuilder(logType('conn'))
  protected override numberEnds = Uint8Array.from({ length: 256 }, (_, byte) => (byte === 0x0a ? 1 : 0))

  /** The µs, or undefined when it is left to others. */
  micros(text: string): number | undefined {
    this.bytes = Buffer.from(`${text}\n`)
    this.builder.drop()
    const end = this.readUsualNumber(this.builder, 0, READ_MICROS, 0)
    assert.ok(end === -1 || end === text.length)
    return end < 0 ? undefined : this.builder.numberOf(0)
  }
}

const probe = new Probe()
const usual = new UsualProbe()
const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`))
const decimal = fc
  .tuple(fc.constantFrom('', '-'), fc.oneof(digits(4), digits(12), digits(20)), fc.option(digits(18)))
  .map(
    ([sign, whole, fraction]) => `${sign}${whole.replace(/^0+(?=\d)/, '')}${fraction === null ? '' : `.${fraction}`}`,
  )

test('a number is read as Number reads it, or left to Number', () => {
  fc.assert(
    fc.property(decimal, (text) => {
      const got = probe.read(text)
      assert.ok(got, text)
      const truth = Number(text)
      assert.equal(got.end, text.length)
      if (!Number.isNaN(got.double)) assert.equal(got.double, truth + 0, text)
      if (!Number.isNaN(got.micros)) assert.equal(got.micros, microsOf(truth) + 0, text)
      const inOneGo = usual.micros(text)
      if (inOneGo !== undefined) assert.equal(inOneGo, microsOf(truth) + 0, text)
      if (!Number.isNaN(got.integer)) assert.equal(got.integer, truth + 0, text)
    }),
    { seed: 1, numRuns: 20_000 },
  )
})

test('times of day and durations as Zeek writes them never need the slow way', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 999_999 }), (whole, fraction) => {
      const text = `${whole}.${String(fraction).padStart(6, '0')}`
      assert.equal(probe.read(text)?.micros, whole * 1e6 + fraction)
      if (whole < 4e9) assert.equal(usual.micros(text), whole * 1e6 + fraction)
      assert.equal(probe.read(text)?.micros, microsOf(Number(text)))
    }),
    { seed: 1, numRuns: 20_000 },
  )
})

test('what is no JSON number, or has an exponent, is left alone', () => {
  for (const text of ['', '-', '.5', '5.', '01', '-01', '00', '1e5', '1.5E3', '-x', 'NaN', '+1', '1.e3']) {
    assert.equal(probe.read(text), undefined, text)
  }
})
