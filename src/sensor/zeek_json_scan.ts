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
import {
  CHILD,
  FIRST_WORD,
  type Key,
  LAST_MASK,
  LENGTH,
  NO_SLOT,
  READING,
  RecordShapes,
  ROOT,
  SIBLING,
  SLOT,
  WORDS,
} from './json_shapes.ts'
import { logTypeOf, NAMING_KEYS } from './log_names.ts'
import type { ReadReport } from './sensor.ts'
import { ZeekRows } from './zeek_rows.ts'
import { canonicalJson, DEEPEST, type JsonValue, parseJson } from './zeek_values.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const BLANK = 0x20
const LINE_FEED = 0x0a
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const JOINT = SET_SEPARATOR.charCodeAt(0)

const NOT_READ = -1

/** 1 for bytes that stand for themselves inside a JSON string. Those from 0x80 on are known to be valid UTF-8. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)

/** The rows of a log type, and the keys met in them. */
interface TypeKeys {
  readonly rows: ZeekRows
  /** What the last record of the type called itself: `"conn"`. */
  calledBytes: Uint8Array
  readonly shapes: RecordShapes
}

/** How the scan of a line ended. 'unscanned': for others to read (malformed, a key twice, of a log yet unknown). */
export type LineScan = 'kept' | 'rejected' | 'blank' | 'unscanned'

/** How the scan of a record ended as one of a certain type; a type: scan it again, as that. */
type RecordScan = 'complete' | 'unscanned' | 'nameless' | LogType

/**
 * Scans the bytes of Zeek's JSON lines straight into columns: no string, no object a record. The order of keys is guessed
 * from the lines before. What it takes is a subset of what JSON.parse takes; it leaves the rest to its caller.
 */
export class ZeekJsonScan extends DecimalScan {
  /** The log that records belong to which name none. */
  defaultType: LogType | undefined
  /** The line scanned last, from 1. */
  line = 0
  /** A key that stands twice in the line scanned last, and is why it was left alone; '' otherwise. */
  repeatedKey = ''
  private lineStart = 0
  private readonly fileStem: string
  private readonly report: ReadReport
  private readonly types = new Map<LogType, TypeKeys>()
  private current: TypeKeys | undefined
  /** The same bytes as `bytes`, to be read four at a time. */
  private words = new DataView(this.bytes.buffer, 0, 0)
  private readonly plain = PLAIN
  protected override numberEnds = only(COMMA, CLOSE_OBJECT)
  private readonly joined = Buffer.allocUnsafe(1 << 16)

  /**
   * @param fileStem    what the file's name says about its log, see `logNameOfFile`
   * @param defaultType may be given later, when the first record turns up that names none
   */
  constructor(fileStem: string, defaultType: LogType | undefined, report: ReadReport) {
    super()
    this.fileStem = fileStem
    this.defaultType = defaultType
    this.report = report
  }

  /** @param bytes whole lines of valid UTF-8, the last ended by a line feed */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.pos = 0
  }

  get atEnd(): boolean {
    return this.pos >= this.bytes.length
  }

  /** The line scanned last, without its line feed. */
  get lineBytes(): Buffer {
    return this.bytes.subarray(this.lineStart, this.pos - 1)
  }

  /** The rows that the line scanned last went to. */
  get rows(): ZeekRows | undefined {
    return this.current?.rows
  }

  /** The rows of all types met, in the order in which they were met. */
  allRows(): ZeekRows[] {
    return [...this.types.values()].map((keys) => keys.rows)
  }

  scanLine(): LineScan {
    const start = this.pos
    this.lineStart = start
    this.repeatedKey = ''
    this.line++
    if (this.skipBlanks(start) === LINE_FEED) {
      this.pos++
      return 'blank'
    }
    // Scanned as what the last record was, and once more if it calls itself something else, or nothing.
    let keys = this.current ?? this.keysOfDefault()
    for (let named = false; keys !== undefined; named = true) {
      this.current = keys
      this.pos = start
      const outcome = this.scanRecord(keys, named)
      if (outcome === 'complete') return keys.rows.commit(this.line) ? 'kept' : 'rejected'
      keys.rows.drop()
      if (outcome === 'unscanned') break
      keys = outcome === 'nameless' ? this.keysOfDefault() : this.keysOf(outcome)
    }
    this.pos = this.bytes.indexOf(LINE_FEED, start) + 1
    return 'unscanned'
  }

  /** Places the record of an unscanned line, parsed as a whole. 'nameless': `defaultType` must be set first. */
  placeRecord(record: { [key: string]: JsonValue }): 'kept' | 'rejected' | 'nameless' {
    const naming = Object.keys(record).find((key) => NAMING_KEYS.has(key) && typeof record[key] === 'string')
    const keys =
      naming === undefined ? this.keysOfDefault() : this.keysOf(logTypeOf(record[naming] as string, this.fileStem))
    if (keys === undefined) return 'nameless'
    this.current = keys
    for (const [name, value] of Object.entries(record)) {
      const key = keys.shapes.keyCalled(name)
      if (key.field !== undefined) keys.rows.set(key.field, value)
      else if (key.role === 'unknown' && value !== null) keys.rows.carry(key.column, canonicalJson(value))
    }
    return keys.rows.commit(this.line) ? 'kept' : 'rejected'
  }

  private keysOfDefault(): TypeKeys | undefined {
    return this.defaultType === undefined ? undefined : this.keysOf(this.defaultType)
  }

  private keysOf(type: LogType): TypeKeys {
    let keys = this.types.get(type)
    if (keys === undefined) {
      keys = {
        rows: new ZeekRows(type, this.report),
        calledBytes: Buffer.from(JSON.stringify(type.name)),
        shapes: new RecordShapes(type),
      }
      this.types.set(type, keys)
    }
    return keys
  }

  /**
   * From `{` to the line feed. The hottest loop of all: it guesses the next key, compares it four bytes at a time and reads
   * the usual values, with its state in local variables; everything else has a method of its own.
   * @param named true: it is known to be of this type, whatever it calls itself
   */
  private scanRecord(keys: TypeKeys, named: boolean): RecordScan {
    const { rows, shapes } = keys
    const { builder } = rows
    const { bytes, words, plain } = this
    const { nodes } = shapes
    const end = bytes.length
    if (this.skipBlanks(this.pos) !== OPEN_OBJECT) return 'unscanned'
    if (this.skipBlanks(this.pos + 1) === CLOSE_OBJECT) return 'unscanned'
    let isNamed = named
    let at = this.pos
    let node = ROOT
    for (;;) {
      if (bytes[at] === BLANK) at++
      const keyWords = shapes.words
      let next = nodes[node + CHILD]!
      for (; next !== 0; next = nodes[next + SIBLING]!) {
        const last = nodes[next + WORDS]! - 1
        if (at + 4 * last + 4 > end) continue
        const first = nodes[next + FIRST_WORD]!
        let word = 0
        while (word < last && words.getInt32(at + 4 * word, true) === keyWords[first + word]) word++
        if (word < last) continue
        if ((words.getInt32(at + 4 * last, true) & nodes[next + LAST_MASK]!) === keyWords[first + last]) break
      }
      if (next !== 0) at += nodes[next + LENGTH]!
      else {
        this.pos = at
        next = this.readKey(shapes, node)
        if (next < 0) return 'unscanned'
        at = this.pos
      }
      if (bytes[at] === BLANK) at++
      node = next
      const slot = nodes[node + SLOT]!
      const reading = nodes[node + READING] as Reading
      let done = NOT_READ
      if (slot !== NO_SLOT) {
        if (reading === READ_TEXT) {
          if (bytes[at] === QUOTE) {
            done = at + 1
            while (plain[bytes[done]!] === 1) done++
            if (bytes[done] === QUOTE) builder.setBytes(slot, bytes, at + 1, done++)
            else done = NOT_READ
          }
        } else if (reading === READ_ADDRESS) {
          if (bytes[at] === QUOTE) {
            done = addressEnd(bytes, at + 1)
            if (done >= 0 && bytes[done] === QUOTE) builder.setBytes(slot, bytes, at + 1, done++)
            else done = NOT_READ
          }
        } else if (reading <= READ_PORT) done = this.readUsualNumber(builder, slot, reading, at)
      }
      if (done === NOT_READ) {
        this.pos = at
        const key = shapes.keyAt(node)
        if (key.role === 'names-type') {
          const type = this.readTypeName(keys)
          if (type === undefined) return 'unscanned'
          if (!isNamed && type !== rows.type) return type
          isNamed = true
        } else if (!this.readValue(rows, key)) return 'unscanned'
        done = this.pos
      }
      at = done
      let byte = bytes[at]
      if (byte !== COMMA && byte !== CLOSE_OBJECT) {
        byte = this.skipBlanks(at)
        at = this.pos
      }
      at++
      if (byte === COMMA) continue
      if (byte !== CLOSE_OBJECT || this.skipBlanks(at) !== LINE_FEED) return 'unscanned'
      this.pos++
      return isNamed || rows.type === this.defaultType ? 'complete' : 'nameless'
    }
  }

  /** Leaves `pos` at the first byte that is neither blank, tab nor carriage return, and returns the byte. */
  private skipBlanks(start: number): number {
    const bytes = this.bytes
    let at = start
    let byte = bytes[at]!
    while (byte === BLANK || byte === 0x09 || byte === 0x0d) byte = bytes[++at]!
    this.pos = at
    return byte
  }

  /** Reads a key that was not foreseen, and its colon, and the blanks around them. @returns its node, or -1 */
  private readKey(shapes: RecordShapes, node: number): number {
    if (this.skipBlanks(this.pos) !== QUOTE) return -1
    const start = this.pos + 1
    const end = this.plainEnd(start)
    if (this.bytes[end] !== QUOTE || this.skipBlanks(end + 1) !== COLON) return -1
    this.skipBlanks(this.pos + 1)
    const next = shapes.follow(node, this.bytes.utf8Slice(start, end))
    if (typeof next === 'string') this.repeatedKey = next
    return typeof next === 'number' ? next : -1
  }

  /** Where the bytes end that stand for themselves in a string. */
  private plainEnd(start: number): number {
    const bytes = this.bytes
    let at = start
    while (PLAIN[bytes[at]!] === 1) at++
    return at
  }

  /** The type that a record calls itself; undefined when that is no plain text. */
  private readTypeName(keys: TypeKeys): LogType | undefined {
    const { bytes, pos } = this
    const { calledBytes } = keys
    let same = 0
    while (same < calledBytes.length && bytes[pos + same] === calledBytes[same]) same++
    if (same === calledBytes.length) {
      this.pos = pos + same
      return keys.rows.type
    }
    if (bytes[pos] !== QUOTE) return undefined
    const end = this.plainEnd(pos + 1)
    if (bytes[end] !== QUOTE) return undefined
    this.pos = end + 1
    const type = logTypeOf(bytes.utf8Slice(pos + 1, end), this.fileStem)
    this.keysOf(type).calledBytes = Buffer.from(bytes.subarray(pos, end + 1))
    return type
  }

  /** Reads the value of a key into the open row. @returns false when it is for others to read */
  private readValue(rows: ZeekRows, key: Key): boolean {
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
        return false
      case READ_BOOL:
        return this.readBool(rows, field, start)
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

  /** `true` or `false`. */
  private readBool(rows: ZeekRows, field: Field, start: number): boolean {
    const { bytes } = this
    const word = bytes[start] === TRUE[0] ? TRUE : FALSE
    let at = 0
    while (at < word.length && bytes[start + at] === word[at]) at++
    if (at < word.length) return false
    rows.builder.setNumber(field.slot, word === TRUE ? 1 : 0)
    this.pos = start + at
    return true
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

function only(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (bytes.includes(byte) ? 1 : 0))
}
