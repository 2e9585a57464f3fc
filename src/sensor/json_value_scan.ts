import { type Field, SET_SEPARATOR } from '../event/log_types.ts'
import {
  DecimalScan,
  READ_ADDRESS,
  READ_BOOL,
  READ_NUMBERS,
  READ_SET,
  READ_TEXT,
  type Reading,
} from './decimal_scan.ts'
import type { Key } from './json_shapes.ts'
import type { ZeekRows } from './zeek_rows.ts'
import { canonicalJson, DEEPEST, type JsonValue, parseJson } from './zeek_values.ts'

export const QUOTE = 0x22
export const COMMA = 0x2c
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d
export const BLANK = 0x20
export const LINE_FEED = 0x0a
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const JOINT = SET_SEPARATOR.charCodeAt(0)

/** 1 for bytes that stand for themselves inside a JSON string. Those from 0x80 on are known to be valid UTF-8. */
export const PLAIN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)

/** Reads single values of JSON records from bytes: what the loop over the keys leaves to others. */
export class JsonValueScan extends DecimalScan {
  protected override numberEnds = Uint8Array.from({ length: 256 }, (_, byte) =>
    byte === COMMA || byte === CLOSE_OBJECT ? 1 : 0,
  )
  private readonly joined = Buffer.allocUnsafe(1 << 16)

  /** Leaves `pos` at the first byte that is neither blank, tab nor carriage return, and returns the byte. */
  protected skipBlanks(start: number): number {
    const bytes = this.bytes
    let at = start
    let byte = bytes[at]!
    while (byte === BLANK || byte === 0x09 || byte === 0x0d) byte = bytes[++at]!
    this.pos = at
    return byte
  }

  /** Where the bytes end that stand for themselves in a string. */
  protected plainEnd(start: number): number {
    const bytes = this.bytes
    let at = start
    while (PLAIN[bytes[at]!] === 1) at++
    return at
  }

  /** Reads the value of a key into the open row. @returns false when it is for others to read */
  protected readValue(rows: ZeekRows, key: Key): boolean {
    const start = this.pos
    const { field } = key
    if (field !== undefined && this.readPlainValue(rows, field, key.reading, start)) return true
    const end = this.valueEnd(start)
    if (end < 0) return false
    let value: JsonValue
    try {
      value = parseJson(this.bytes.utf8Slice(start, end), DEEPEST - 1)
    } catch {
      return false
    }
    if (field !== undefined) rows.set(field, value)
    else if (key.role === 'unknown' && value !== null) rows.carry(key.column, canonicalJson(value))
    this.pos = end
    return true
  }

  /** Values in the form in which Zeek writes them; false, and nothing set, for any other. */
  private readPlainValue(rows: ZeekRows, field: Field, reading: Reading, start: number): boolean {
    switch (reading) {
      case READ_TEXT:
      case READ_ADDRESS:
      case READ_BOOL:
        return false
      case READ_SET:
        return this.readSet(rows, field, start)
      case READ_NUMBERS:
        return this.readNumbers(rows, field, start)
      default: {
        if (!this.readDecimal()) return false
        const number = this.decimalFor(reading)
        if (Number.isNaN(number)) return false
        rows.builder.setNumber(field.slot, number)
        return true
      }
    }
  }

  /** `["a","b"]`, of plain strings only. */
  private readSet(rows: ZeekRows, field: Field, start: number): boolean {
    const { bytes, joined } = this
    if (bytes[start] !== OPEN_ARRAY) return false
    let length = 0
    if (this.skipBlanks(start + 1) === CLOSE_ARRAY) this.pos++
    else {
      for (;;) {
        if (bytes[this.pos] !== QUOTE) return false
        const elementStart = this.pos + 1
        const end = this.plainEnd(elementStart)
        if (bytes[end] !== QUOTE || length + end - elementStart >= joined.length) return false
        for (let at = elementStart; at < end; at++) joined[length++] = bytes[at]!
        const byte = this.skipBlanks(end + 1)
        if (byte === CLOSE_ARRAY) break
        if (byte !== COMMA) return false
        joined[length++] = JOINT
        this.skipBlanks(this.pos + 1)
      }
      this.pos++
    }
    rows.builder.setBytes(field.slot, joined, 0, length)
    return true
  }

  /** `[60.0,1.5]` */
  private readNumbers(rows: ZeekRows, field: Field, start: number): boolean {
    if (this.bytes[start] !== OPEN_ARRAY || this.skipBlanks(start + 1) === CLOSE_ARRAY) return false
    let text = ''
    for (;;) {
      const number = this.readDecimal() ? this.decimalDouble() : Number.NaN
      if (Number.isNaN(number)) return false
      text += canonicalJson(number)
      const byte = this.skipBlanks(this.pos)
      if (byte === CLOSE_ARRAY) break
      if (byte !== COMMA) return false
      text += SET_SEPARATOR
      this.skipBlanks(this.pos + 1)
    }
    this.pos++
    rows.builder.setText(field.slot, text)
    return true
  }

  /** Where the value that begins at `start` ends, if it is a value at all; -1 when the line ends within it. */
  private valueEnd(start: number): number {
    const { bytes } = this
    let at = start
    let depth = 0
    for (;;) {
      const byte = bytes[at]!
      if (byte === LINE_FEED) return -1
      if (byte === QUOTE) {
        at = this.stringEnd(at)
        if (at < 0) return -1
        if (depth === 0) return at
        continue
      }
      if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        if (depth === 0) return at
        if (--depth === 0) return at + 1
      } else if (depth === 0 && (byte === COMMA || byte === BLANK || byte === 0x09 || byte === 0x0d)) return at
      at++
    }
  }

  /** Behind the closing quote, or -1. */
  private stringEnd(start: number): number {
    const { bytes } = this
    let at = this.plainEnd(start + 1)
    while (bytes[at] === BACKSLASH) {
      if (bytes[at + 1] === LINE_FEED) return -1
      at = this.plainEnd(at + 2)
    }
    return bytes[at] === QUOTE ? at + 1 : -1
  }
}
