import type { LogType } from '../event/log_types.ts'
import { addressEnd } from './address_scan.ts'
import { READ_ADDRESS, READ_BOOL, READ_PORT, READ_TEXT, type Reading } from './decimal_scan.ts'
import {
  CHILD,
  FIRST_WORD,
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
import { BLANK, CLOSE_OBJECT, COMMA, JsonValueScan, LINE_FEED, OPEN_OBJECT, PLAIN, QUOTE } from './json_value_scan.ts'
import { logTypeOf, NAMING_KEYS } from './log_names.ts'
import type { ReadReport } from './sensor.ts'
import { ZeekRows } from './zeek_rows.ts'
import { canonicalJson, type JsonValue } from './zeek_values.ts'

const COLON = 0x3a
const TRUE_WORD = Buffer.from('true').readInt32LE()
/** Its first four bytes. */
const FALSE_WORD = Buffer.from('false').readInt32LE()
const NOT_READ = -1

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
export class ZeekJsonScan extends JsonValueScan {
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
        else if (reading === READ_BOOL && at + 5 <= end) {
          const word = words.getInt32(at, true)
          if (word === TRUE_WORD) {
            builder.setNumber(slot, 1)
            done = at + 4
          } else if (word === FALSE_WORD && bytes[at + 4] === 0x65) {
            builder.setNumber(slot, 0)
            done = at + 5
          }
        }
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
}
