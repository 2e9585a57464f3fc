import { isUtf8 } from 'node:buffer'
import type { BatchBuilder } from '../event/batch_builder.ts'
import { type Field, SET_SEPARATOR } from '../event/log_types.ts'
import { type Micros, microsOf } from '../event/time.ts'
import { addressText } from './address_scan.ts'

/**
 * The one meaning of a Zeek value, whatever it is packed in. Both scanners read the usual forms themselves; everything
 * else becomes a JSON value (a TSV column by its `#types`) and comes through here, so that the same record gives the same
 * event key from JSON and from TSV.
 */

/** A JSON value; integers that a double cannot hold are `bigint`. */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | { [key: string]: JsonValue }

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
/** Below this a double still has six decimals. */
const SIX_DECIMALS_BELOW = 9e9

/**
 * Puts a value in a field of the open row. Numbers may come as text, times as ISO 8601, a set as a single element.
 * @returns false when the value does not fit the field: nothing was set
 */
export function setValue(builder: BatchBuilder, field: Field, value: JsonValue): boolean {
  if (value === null) return true
  if (field.numeric) {
    if (value === '') return true
    const number = numberOf(field, value)
    if (Number.isNaN(number)) return false
    builder.setNumber(field.slot, number)
    return true
  }
  const text = textOf(field, value)
  if (text === undefined) return false
  if (field.kind !== 'addr' || text !== '') builder.setText(field.slot, text)
  return true
}

/** NaN when the value does not fit. */
function numberOf(field: Field, value: JsonValue): number {
  switch (field.kind) {
    case 'bool':
      return boolOf(value)
    case 'time':
    case 'interval': {
      if (field.kind === 'time' && typeof value === 'string' && value.charCodeAt(4) === 0x2d) return isoMicros(value)
      // + 0 makes −0 an ordinary zero.
      return microsOf(plainNumber(value)) + 0
    }
    case 'double':
      return sixDecimals(plainNumber(value))
    case 'port': {
      const port = plainNumber(value)
      return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : Number.NaN
    }
    default: {
      const count = plainNumber(value)
      return Number.isInteger(count) ? count + 0 : Number.NaN
    }
  }
}

function boolOf(value: JsonValue): number {
  switch (value) {
    case true:
    case 'T':
    case 'true':
    case 1:
      return 1
    case false:
    case 'F':
    case 'false':
    case 0:
      return 0
    default:
      return Number.NaN
  }
}

function plainNumber(value: JsonValue): number {
  if (typeof value === 'string') value = DECIMAL.test(value) ? Number(value) : Number.NaN
  if (typeof value === 'bigint') value = Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN
}

/** Zeek's TSV writer gives doubles six decimals, its JSON writer all: here both have six. */
export function sixDecimals(value: number): number {
  return Math.abs(value) < SIX_DECIMALS_BELOW ? Math.round(value * 1e6) / 1e6 + 0 : value
}

function textOf(field: Field, value: JsonValue): string | undefined {
  switch (field.kind) {
    case 'addr':
      if (value === '') return ''
      return typeof value === 'string' ? addressText(value) : undefined
    case 'set':
      return Array.isArray(value) ? joined(value, SET_SEPARATOR, elementText) : elementText(value)
    case 'numbers':
      return Array.isArray(value) ? joined(value, SET_SEPARATOR, numberText) : value === '' ? '' : numberText(value)
    default:
      return Array.isArray(value) ? joined(value, ',', elementText) : elementText(value)
  }
}

function joined(
  values: readonly JsonValue[],
  separator: string,
  write: (value: JsonValue) => string | undefined,
): string | undefined {
  const texts: string[] = []
  for (const value of values) {
    const text = write(value)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts.join(separator)
}

/** One value as text, as Zeek's TSV has it: unset in a vector is `-`, booleans are T and F. */
function elementText(value: JsonValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return printable(value)
    case 'number':
    case 'bigint':
      return canonicalJson(value)
    case 'boolean':
      return value ? 'T' : 'F'
    default:
      return value === null ? '-' : undefined
  }
}

function numberText(value: JsonValue): string | undefined {
  if (value === null || value === '-') return '-'
  const number = plainNumber(value)
  return Number.isNaN(number) ? undefined : canonicalJson(number)
}

/** Control characters other than \b \t \n \f \r: Zeek writes these as `\x00` in TSV *and* in its JSON strings. */
const UNPRINTABLE = /[\x00-\x07\x0b\x0e-\x1f]/g

/** Text as Zeek's JSON has it: no control characters (so that SET_SEPARATOR is free), no broken UTF-16. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => escapedByte(char.charCodeAt(0))).toWellFormed()
}

function escapedByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}

/**
 * JSON with sorted keys and numbers of at most six decimals: what is carried in `extra`. Dots in keys are underscores, as
 * in the names of columns, so that both spellings of Zeek's JSON are one.
 */
export function canonicalJson(value: JsonValue): string {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? String(sixDecimals(value)) : `"${value}"`
    case 'bigint':
      return String(value)
    case 'string':
      return JSON.stringify(printable(value))
    case 'boolean':
      return value ? 'true' : 'false'
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  return canonicalObject(Object.entries(value).map(([key, item]) => [columnOf(key), canonicalJson(item)] as const))
}

/** The name of a field as a column, and as a key of `extra`. */
export function columnOf(name: string): string {
  return name.replaceAll('.', '_')
}

/** @param members pairs of key (underscored) and canonical JSON; of equal keys the last counts */
export function canonicalObject(members: readonly (readonly [key: string, json: string])[]): string {
  const byKey = new Map(members)
  const keys = [...byKey.keys()].sort()
  return `{${keys.map((key) => `${JSON.stringify(printable(key))}:${byKey.get(key)}`).join(',')}}`
}

/** The record nests deeper than DEEPEST. */
export class NestedTooDeep extends Error {}

/** No Zeek record nests deeper than a set in a field; more is an attack on readers. */
export const DEEPEST = 32

const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: JsonValue, context: { readonly source?: string }) => JsonValue,
) => JsonValue

/**
 * `JSON.parse`, with integers beyond 2⁵³ as `bigint`.
 * @throws NestedTooDeep, SyntaxError
 */
export function parseJson(text: string, deepest = DEEPEST): JsonValue {
  if (deepestNesting(text) > deepest) throw new NestedTooDeep()
  if (!/\d{16}/.test(text)) return JSON.parse(text) as JsonValue
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  )
}

function deepestNesting(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (inString) {
      if (char === 0x5c) i++
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > deepest) deepest = depth
    } else if (char === 0x7d || char === 0x5d) depth--
  }
  return deepest
}

const ISO_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))?$/

/**
 * ISO 8601 as Zeek (`2011-03-18T19:06:13.123456Z`) and its shippers write it; without a zone it is UTC.
 * @returns µs, or NaN when it is no such time
 */
export function isoMicros(text: string): Micros {
  const match = ISO_TIME.exec(text)
  if (!match) return Number.NaN
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  // 60 is a leap second: it counts as the first of the next minute, as in POSIX time.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 60) {
    return Number.NaN
  }
  const fraction = match[7] === undefined ? 0 : Math.round(Number(`0.${match[7].slice(0, 12)}`) * 1e6)
  const sign = match[8] === '-' ? -1 : 1
  const offset = match[9] === undefined ? 0 : sign * (Number(match[9]) * 60 + Number(match[10]))
  return date.getTime() * 1000 + ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + fraction
}

/**
 * Undoes the escapes of Zeek's TSV writer: `\x2c` and `\\`. Bytes that are no printable text afterwards stay escaped, as
 * in Zeek's JSON. Zeek before 2.6 wrote a backslash as it is: where one stands before anything else, none was doubled.
 */
export function unescaped(bytes: Buffer, start: number, end: number): string {
  const doubled = backslashesAreDoubled(bytes, start, end)
  const plain = Buffer.allocUnsafe(end - start)
  let length = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte === 0x5c && at + 1 < end) {
      if (doubled && bytes[at + 1] === 0x5c) at++
      else if (isHexEscape(bytes, at, end)) {
        plain[length++] = Number.parseInt(bytes.latin1Slice(at + 2, at + 4), 16)
        at += 3
        continue
      }
    }
    plain[length++] = byte
  }
  const text = plain.subarray(0, length)
  return printable(isUtf8(text) ? text.utf8Slice(0, length) : validText(text))
}

function backslashesAreDoubled(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== 0x5c) continue
    if (at + 1 < end && bytes[at + 1] === 0x5c) at++
    else if (!isHexEscape(bytes, at, end)) return false
  }
  return true
}

function isHexEscape(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 3 < end && bytes[at + 1] === 0x78 && isHexDigit(bytes[at + 2]!) && isHexDigit(bytes[at + 3]!)
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46)
}

/** Bytes that belong to no UTF-8 sequence become `\xff`. */
function validText(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const sequence = bytes.subarray(at, at + length)
    if (sequence.length === length && isUtf8(sequence)) {
      text += sequence.utf8Slice(0, length)
      at += length
    } else text += escapedByte(bytes[at++]!)
  }
  return text
}
