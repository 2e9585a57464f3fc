import { type Field, type LogType, SET_SEPARATOR } from '../event/log_types.ts'
import { addressEnd } from './address_scan.ts'
import {
  DecimalScan,
  READ_ADDRESS,
  READ_BOOL,
  READ_NUMBERS,
  READ_PORT,
  READ_SET,
  READ_TEXT,
  type Reading,
} from './decimal_scan.ts'
import type { ReadReport } from './sensor.ts'
import { ZeekRows } from './zeek_rows.ts'
import { type Column, jsonValue, type Layout, LayoutReader } from './zeek_tsv_layout.ts'
import { canonicalJson } from './zeek_values.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BACKSLASH = 0x5c
const HASH = 0x23
const BLANK = 0x20
const TAB = 0x09
const TRUE = 0x54
const FALSE = 0x46
const NOT_READ = -1
const JOINT = SET_SEPARATOR.charCodeAt(0)

export type TsvLineScan =
  | 'kept'
  | 'rejected'
  /** Nothing on it, or a line of the header. */
  | 'no-record'
  /** A record before any `#fields`: counted by the caller. */
  | 'headerless'

/** Scans the bytes of Zeek's TSV lines straight into columns, as their header says. */
export class ZeekTsvScan extends DecimalScan {
  /** The line scanned last, from 1. */
  line = 0
  private readonly report: ReadReport
  private readonly header: LayoutReader
  private readonly rowsOfTypes = new Map<LogType, ZeekRows>()
  private layout: Layout | undefined
  private current: ZeekRows | undefined
  /** The first byte of the separator, or -1 when it has more, so that no value is direct. */
  private separatorByte = TAB
  /** 1 for bytes that stand for themselves in a value, and for those that may stand behind one. */
  private plain = plainBytes(TAB)
  private textEnds = only(TAB, LINE_FEED)
  private setSeparatorByte = 0x2c
  private readonly joined = Buffer.allocUnsafe(1 << 16)

  constructor(fileStem: string, report: ReadReport) {
    super()
    this.report = report
    this.header = new LayoutReader(fileStem, report)
  }

  /** @param bytes whole lines of valid UTF-8, the last ended by a line feed */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.pos = 0
  }

  get atEnd(): boolean {
    return this.pos >= this.bytes.length
  }

  /** The rows that the line scanned last went to. */
  get rows(): ZeekRows | undefined {
    return this.current
  }

  /** The rows of all types met, in the order in which they were met. */
  allRows(): ZeekRows[] {
    return [...this.rowsOfTypes.values()]
  }

  scanLine(): TsvLineScan {
    const { bytes } = this
    const start = this.pos
    this.line++
    let at = start
    while (bytes[at] === BLANK || bytes[at] === TAB || bytes[at] === CARRIAGE_RETURN) at++
    if (bytes[at] === LINE_FEED) {
      this.pos = at + 1
      return 'no-record'
    }
    if (bytes[at] === HASH) {
      const end = this.lineEnd(at)
      const withoutReturn = bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
      this.header.read(bytes.utf8Slice(at, withoutReturn), this.line)
      this.layout = undefined
      this.pos = end + 1
      return 'no-record'
    }
    if (this.layout === undefined && !this.take(this.header.layout())) {
      this.pos = this.lineEnd(start) + 1
      return 'headerless'
    }
    return this.scanRecord(this.layout!, this.current!)
  }

  private take(layout: Layout | undefined): boolean {
    this.layout = layout
    if (layout === undefined) return false
    const { separator, setSeparator, logType } = layout
    this.separatorByte = separator.length === 1 ? separator[0]! : -1
    this.setSeparatorByte = setSeparator.length === 1 ? setSeparator[0]! : -1
    this.plain = plainBytes(this.separatorByte)
    this.textEnds = only(this.separatorByte, LINE_FEED)
    this.numberEnds = this.textEnds
    let rows = this.rowsOfTypes.get(logType)
    if (rows === undefined) {
      rows = new ZeekRows(logType, this.report)
      this.rowsOfTypes.set(logType, rows)
    }
    this.current = rows
    return true
  }

  private scanRecord(layout: Layout, rows: ZeekRows): TsvLineScan {
    const { bytes, separatorByte, plain, textEnds } = this
    const { columns, readings, slots, unsetByte, unsetField, emptyField } = layout
    const { builder } = rows
    const emptyByte = emptyField[0]
    const unsetStart = unsetField.length > 1 ? unsetField[0] : -1
    const start = this.pos
    const last = columns.length - 1
    let at = start
    for (let i = 0; ; i++) {
      const byte = bytes[at]!
      if (byte === unsetByte && textEnds[bytes[at + 1]!] === 1) at++
      else {
        const slot = slots[i]!
        let end = NOT_READ
        if (slot >= 0 && byte !== emptyByte && byte !== unsetStart && textEnds[byte] !== 1) {
          const reading = readings[i] as Reading
          if (reading === READ_TEXT) {
            end = at
            while (plain[bytes[end]!] === 1) end++
            if (textEnds[bytes[end]!] === 1) builder.setBytes(slot, bytes, at, end)
            else end = NOT_READ
          } else if (reading === READ_ADDRESS) {
            end = addressEnd(bytes, at)
            if (end >= 0 && textEnds[bytes[end]!] === 1) builder.setBytes(slot, bytes, at, end)
            else end = NOT_READ
          } else if (reading <= READ_PORT) end = this.readUsualNumber(builder, slot, reading, at)
        }
        if (end !== NOT_READ) at = end
        else {
          if (!this.readUnusual(layout, rows, columns[i]!, at)) return this.reject(rows, start, 'nul-bytes', 'text')
          at = this.pos
        }
      }
      if (i === last) break
      if (bytes[at] === separatorByte) at++
      else {
        this.pos = at
        if (!this.passSeparator(layout)) {
          return this.reject(rows, start, 'wrong-column-count', `${columns.length} columns`, i + 1)
        }
        at = this.pos
      }
    }
    this.pos = at
    // Some writers end every line with a separator.
    while (!this.atLineEnd() && this.passSeparator(layout));
    if (!this.atLineEnd()) {
      return this.reject(rows, start, 'wrong-column-count', `${columns.length} columns`)
    }
    this.pos += bytes[this.pos] === CARRIAGE_RETURN ? 2 : 1
    return rows.commit(this.line) ? 'kept' : 'rejected'
  }

  private reject(
    rows: ZeekRows,
    start: number,
    reason: 'wrong-column-count' | 'nul-bytes',
    expected: string,
    columnsSeen?: number,
  ): 'rejected' {
    rows.drop()
    const end = this.lineEnd(start)
    const value = this.bytes.utf8Slice(start, Math.min(end, start + 80))
    this.report.reject(reason, this.line, {
      value,
      expected: columnsSeen === undefined ? expected : `${expected}, the line has ${columnsSeen}`,
    })
    this.pos = end + 1
    return 'rejected'
  }

  private atLineEnd(): boolean {
    const byte = this.bytes[this.pos]
    return byte === LINE_FEED || (byte === CARRIAGE_RETURN && this.bytes[this.pos + 1] === LINE_FEED)
  }

  private atValueEnd(): boolean {
    return this.bytes[this.pos] === this.separatorByte || this.atLineEnd()
  }

  private passSeparator({ separator }: Layout): boolean {
    const { bytes } = this
    for (let i = 0; i < separator.length; i++) if (bytes[this.pos + i] !== separator[i]) return false
    this.pos += separator.length
    return true
  }

  private lineEnd(start: number): number {
    return this.bytes.indexOf(LINE_FEED, start)
  }

  /** @returns false when there are NUL bytes in it */
  private readUnusual(layout: Layout, rows: ZeekRows, column: Column, start: number): boolean {
    return (
      (column.direct &&
        this.separatorByte >= 0 &&
        this.readDirect(layout, rows, column.field!, column.reading, start)) ||
      this.readValue(layout, rows, column, start)
    )
  }

  /** Reads a value of the field's own form. @returns false, and nothing set, for any other */
  private readDirect(layout: Layout, rows: ZeekRows, field: Field, reading: Reading, start: number): boolean {
    const { bytes } = this
    this.pos = start
    switch (reading) {
      case READ_TEXT:
      case READ_ADDRESS:
        return false
      case READ_SET:
        return this.readSet(layout, rows, field, start)
      case READ_NUMBERS:
        return this.readNumbers(rows, field, start)
      case READ_BOOL: {
        const byte = bytes[start]
        if (byte !== TRUE && byte !== FALSE) return false
        this.pos = start + 1
        if (!this.atValueEnd()) return false
        rows.builder.setNumber(field.slot, byte === TRUE ? 1 : 0)
        return true
      }
      default: {
        if (!this.readDecimal() || !this.atValueEnd()) return false
        const number = this.decimalFor(reading)
        if (Number.isNaN(number)) return false
        rows.builder.setNumber(field.slot, number)
        return true
      }
    }
  }

  private readSet({ emptyField }: Layout, rows: ZeekRows, field: Field, start: number): boolean {
    const { bytes, joined, plain, setSeparatorByte } = this
    let length = 0
    if (this.isEmptyField(emptyField, start)) this.pos = start + emptyField.length
    else {
      let at = start
      let elementStart = true
      for (; plain[bytes[at]!] === 1; at++) {
        const byte = bytes[at]!
        if ((elementStart && byte === emptyField[0]) || length === joined.length) return false
        elementStart = byte === setSeparatorByte
        joined[length++] = elementStart ? JOINT : byte
      }
      if (length === 0 || setSeparatorByte < 0) return false
      this.pos = at
    }
    if (!this.atValueEnd()) return false
    rows.builder.setBytes(field.slot, joined, 0, length)
    return true
  }

  private isEmptyField(emptyField: Buffer, start: number): boolean {
    const { bytes } = this
    for (let i = 0; i < emptyField.length; i++) if (bytes[start + i] !== emptyField[i]) return false
    return emptyField.length > 0
  }

  private readNumbers(rows: ZeekRows, field: Field, start: number): boolean {
    this.pos = start
    let text = ''
    for (;;) {
      const number = this.readDecimal() ? this.decimalDouble() : Number.NaN
      if (Number.isNaN(number)) return false
      text += canonicalJson(number)
      if (this.atValueEnd()) break
      if (this.bytes[this.pos] !== this.setSeparatorByte) return false
      text += SET_SEPARATOR
      this.pos++
    }
    rows.builder.setText(field.slot, text)
    return true
  }

  /** Reads a value in any form. @returns false when there are NUL bytes in it */
  private readValue(layout: Layout, rows: ZeekRows, column: Column, start: number): boolean {
    const { bytes } = this
    const end = this.valueEnd(layout, start)
    if (bytes.subarray(start, end).includes(0)) return false
    const value = jsonValue(layout, column, bytes, start, end)
    if (column.field !== undefined) rows.set(column.field, value)
    else if (value !== null && !column.ignored) rows.carry(column.column, canonicalJson(value))
    this.pos = end
    return true
  }

  private valueEnd({ separator }: Layout, start: number): number {
    const { bytes } = this
    const lineEnd = this.lineEnd(start)
    const textEnd = bytes[lineEnd - 1] === CARRIAGE_RETURN && lineEnd > start ? lineEnd - 1 : lineEnd
    const next = bytes.indexOf(separator, start)
    return next < 0 || next > textEnd ? textEnd : next
  }
}

/** Control characters, backslashes and the separator are for others to look at. */
function plainBytes(separator: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    (byte >= BLANK || byte === TAB) && byte !== BACKSLASH && byte !== separator ? 1 : 0,
  )
}

function only(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(byte) ? 1 : 0))
}
