import { type Field, type LogType, logType } from '../event/log_types.ts'
import { READ_TEXT, type Reading, readingOf } from './decimal_scan.ts'
import { fieldNameOf, IGNORED_KEYS, isKnown, logTypeOf, logTypeOfFields, NAMING_KEYS } from './log_names.ts'
import type { ReadReport } from './sensor.ts'
import { columnOf, type JsonValue, unescaped } from './zeek_values.ts'

/** A column of a TSV log: what its header says, and the field it fills. */
export interface Column {
  /** Its name as a column, and in `extra`. */
  readonly column: string
  /** Undefined: the type does not know it, it is carried in `extra`, unless it is `ignored`. */
  readonly field: Field | undefined
  readonly ignored: boolean
  readonly reading: Reading
  readonly type: ColumnType
  /** True: the bytes of a usual value can be taken as they are, for the header's type and the field's kind agree. */
  readonly direct: boolean
}

/** What a value of Zeek's type is in Zeek's JSON. */
type Scalar = 'number' | 'bool' | 'text'
type ColumnType = { readonly is: Scalar } | { readonly is: 'list'; readonly of: Scalar }

const NUMBER_TYPES = new Set(['count', 'int', 'port', 'double', 'time', 'interval', 'counter'])
const NOT_INTEGER_TYPES = /\[(?:double|time|interval|bool)\]/
const LIST = /^(?:set|vector|list)\[(.*)\]$/
const TEXT: ColumnType = { is: 'text' }

/** What the header of a TSV log says about the lines behind it. */
export interface Layout {
  readonly logType: LogType
  readonly columns: readonly Column[]
  /** By column, for the scanner: how to read it, and its slot; -1 when it cannot be read as it stands. */
  readonly readings: Uint8Array
  readonly slots: Int32Array
  readonly separator: Buffer
  readonly setSeparator: Buffer
  readonly emptyField: Buffer
  readonly unsetField: Buffer
  /** When it is a single one, as it nearly always is; else -1. */
  readonly unsetByte: number
}

/**
 * Gathers the lines of a header: `#separator \x09`, then `#name<separator>value`. A header may come again and change: logs
 * that were put one behind the other keep theirs.
 */
export class LayoutReader {
  private readonly fileStem: string
  private readonly report: ReadReport
  private separator: Buffer = Buffer.from('\t')
  private setSeparator: Buffer = Buffer.from(',')
  private emptyField = Buffer.from('(empty)')
  private unsetField = Buffer.from('-')
  private path = ''
  private fields: readonly string[] | undefined
  private types: readonly string[] | undefined
  private ready: Layout | undefined

  constructor(fileStem: string, report: ReadReport) {
    this.fileStem = fileStem
    this.report = report
  }

  /** @param text a line that begins with `#` */
  read(text: string, line: number): void {
    this.ready = undefined
    const separator = text.startsWith('#separator') ? /[ \t]+/ : this.separator.toString('utf8')
    const [name, ...values] = text.split(separator)
    const value = values[0] ?? ''
    switch (name) {
      case '#separator':
        this.separator = literal(value, '\t')
        // A new header begins: what the last one said about columns does not hold any more.
        this.fields = undefined
        this.types = undefined
        this.path = ''
        break
      case '#set_separator':
        this.setSeparator = literal(value, ',')
        break
      case '#empty_field':
        this.emptyField = Buffer.from(value)
        break
      case '#unset_field':
        this.unsetField = Buffer.from(value)
        break
      case '#path':
        this.path = value
        break
      case '#fields':
        this.fields = values.filter((field) => field !== '')
        this.types = undefined
        if (this.fields.length === 0) this.fields = undefined
        break
      case '#types':
        this.types = values.filter((type) => type !== '')
        if (this.fields !== undefined && this.types.length !== this.fields.length) {
          this.report.note(
            `line ${line}: #types names ${this.types.length} types for ${this.fields.length} fields; types are left unused`,
          )
          this.types = undefined
        }
    }
  }

  /** What holds for the records that follow; undefined without `#fields`. */
  layout(): Layout | undefined {
    if (this.ready !== undefined || this.fields === undefined) return this.ready
    const type = this.typeOf(this.fields)
    const { separator, setSeparator, emptyField, unsetField, types } = this
    const columns = this.fields.map((name, index) => columnFor(type, name, types?.[index]))
    this.ready = {
      logType: type,
      columns,
      readings: Uint8Array.from(columns, (column) => column.reading),
      slots: Int32Array.from(columns, (column) =>
        column.direct && column.field !== undefined && separator.length === 1 ? column.field.slot : -1,
      ),
      separator,
      setSeparator,
      emptyField,
      unsetField,
      unsetByte: unsetField.length === 1 ? unsetField[0]! : -1,
    }
    return this.ready
  }

  private typeOf(fields: readonly string[]): LogType {
    if (this.path !== '') return logTypeOf(this.path, this.fileStem)
    if (isKnown(this.fileStem)) return logType(this.fileStem)
    return logTypeOfFields(fields) ?? logType(this.fileStem)
  }
}

function columnFor(type: LogType, name: string, zeekType: string | undefined): Column {
  const slot = type.slots.get(fieldNameOf(name))
  const field = slot === undefined ? undefined : type.fields[slot]!
  const columnType = zeekType === undefined ? typeOfKind(field) : typeOfZeek(zeekType)
  const reading = field === undefined ? READ_TEXT : readingOf(field.kind)
  return {
    column: columnOf(name),
    field,
    ignored: NAMING_KEYS.has(name) || IGNORED_KEYS.has(name),
    reading,
    type: columnType,
    direct: isDirect(field, columnType, zeekType ?? ''),
  }
}

function typeOfZeek(zeekType: string): ColumnType {
  const list = LIST.exec(zeekType)
  return list ? { is: 'list', of: scalarOf(list[1]!) } : { is: scalarOf(zeekType) }
}

function scalarOf(zeekType: string): Scalar {
  return NUMBER_TYPES.has(zeekType) ? 'number' : zeekType === 'bool' ? 'bool' : 'text'
}

/** Without `#types` the field says what its text means. */
function typeOfKind(field: Field | undefined): ColumnType {
  if (field?.kind === 'set') return { is: 'list', of: 'text' }
  return field?.kind === 'numbers' ? { is: 'list', of: 'number' } : TEXT
}

function isDirect(field: Field | undefined, { is }: ColumnType, zeekType: string): boolean {
  if (field === undefined) return false
  if (field.kind === 'set') return is === 'list' && !NOT_INTEGER_TYPES.test(zeekType)
  if (field.kind === 'numbers') return is === 'list'
  return field.numeric ? is !== 'list' : is === 'text'
}

/** `\x09`, `\t`, or the characters themselves. */
function literal(value: string, fallback: string): Buffer {
  if (value === '') return Buffer.from(fallback)
  if (value === '\\t') return Buffer.from('\t')
  const bytes = Buffer.from(value)
  return Buffer.from(unescaped(bytes, 0, bytes.length))
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** The value between two separators, as Zeek's JSON would have it. */
export function jsonValue(layout: Layout, { type }: Column, bytes: Buffer, start: number, end: number): JsonValue {
  if (is(layout.unsetField, bytes, start, end)) return null
  if (type.is !== 'list') return scalarValue(type.is, layout, bytes, start, end)
  if (start === end || is(layout.emptyField, bytes, start, end)) return []
  const values: JsonValue[] = []
  const { setSeparator } = layout
  for (let from = start; ; ) {
    let to = bytes.indexOf(setSeparator, from)
    if (to < 0 || to > end) to = end
    values.push(is(layout.unsetField, bytes, from, to) ? null : scalarValue(type.of, layout, bytes, from, to))
    if (to === end) return values
    from = to + setSeparator.length
  }
}

function scalarValue(scalar: Scalar, layout: Layout, bytes: Buffer, start: number, end: number): JsonValue {
  if (is(layout.emptyField, bytes, start, end)) return ''
  const text = unescaped(bytes, start, end)
  if (scalar === 'bool') return text === 'T' ? true : text === 'F' ? false : text
  if (scalar === 'text' || !DECIMAL.test(text)) return text
  const number = Number(text)
  if (Number.isSafeInteger(number) || !/^-?\d+$/.test(text)) return number
  return BigInt(text)
}

/** True when exactly these bytes stand from `start` to `end`. */
function is(expected: Buffer, bytes: Buffer, start: number, end: number): boolean {
  return end - start === expected.length && bytes.compare(expected, 0, expected.length, start, end) === 0
}
