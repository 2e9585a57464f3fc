import type { DeviceDirectory } from '../device/directory.ts'
import type { Tag } from '../device/tags.ts'
import type { LogType } from '../event/log_types.ts'
import { PRIVATE_PATTERN } from './compile.ts'
import type { Expression, Side } from './expression.ts'
import { REGISTERED_DOMAIN_PATTERN } from './registered_domain.ts'

/**
 * Conditions as SQL over the lake's views, so that whoever reads an alert can count again. The translation keeps the
 * conditions' meaning: what is absent (NULL) makes a comparison false, and only then `NOT` is applied.
 */

/**
 * The column with the position in canonical order (`Event.sequence`), which the lake adds to each log's own: `seq`, with an
 * underscore in front where the log has a field of that name.
 */
export function sequenceColumn(log: LogType): string {
  return log.slots.has('seq') ? '_seq' : 'seq'
}

/**
 * Who is meant in the rows that are counted. The lake's `device` is the inside originator, or the inside responder where
 * the originator is outside; `peer_device` is the responder where both are inside.
 */
export interface SqlFrame {
  /** The side on which the counted device stands, and which device it is. */
  readonly side: Side
  readonly device: number
  readonly directory: DeviceDirectory
  /** False where a window counts over all devices: then a tag is asked of each row's own. */
  readonly oneDevice: boolean
}

/** The id of the device on the other side: NULL when that is outside. */
export function peerSql(frame: SqlFrame): string {
  return frame.side === 'orig' ? 'peer_device' : 'CASE WHEN peer_device IS NULL THEN NULL ELSE device END'
}

/** The id of the device on the model's side, where both ends are inside or only this one is. */
function ownSql(frame: SqlFrame): string {
  return frame.side === 'orig' ? 'device' : 'coalesce(peer_device, device)'
}

function tagSql(side: Side, tag: Tag, frame: SqlFrame): string {
  const { directory, device } = frame
  // Counting starts anew when a tag of the counted device changes, so it is the same for all rows.
  if (side === frame.side && frame.oneDevice) return String(directory.has(device, tag))
  const ids: string[] = []
  for (let other = 0; other < directory.size; other++) if (directory.has(other, tag)) ids.push(directory.id(other))
  return ids.length === 0
    ? 'false'
    : definite(`${side === frame.side ? ownSql(frame) : peerSql(frame)} IN (${list(ids)})`)
}

/** A text literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function list(values: readonly (string | number)[]): string {
  return values.map((value) => (typeof value === 'number' ? String(value) : quoted(value))).join(', ')
}

/** A condition that is true or false in SQL, never NULL. */
export function conditionSql(expression: Expression, frame: SqlFrame): string {
  switch (expression.is) {
    case 'truth':
      return expression.value ? 'true' : 'false'
    case 'and':
    case 'or':
      return `(${expression.of.map((part) => conditionSql(part, frame)).join(expression.is === 'and' ? ' AND ' : ' OR ')})`
    case 'not':
      return `(NOT ${conditionSql(expression.of, frame)})`
    case 'field':
      return definite(expression.field.column)
    case 'tag':
      return tagSql(expression.side, expression.tag, frame)
    case 'internal':
      return expression.side === frame.side ? 'true' : `(${peerSql(frame)} IS NOT NULL)`
    case 'has':
      return `(${valueSql(expression.of, frame)} IS NOT NULL)`
    case 'compare': {
      const op = { '==': '=', '!=': '<>' }[expression.op as string] ?? expression.op
      return definite(`${valueSql(expression.left, frame)} ${op} ${valueSql(expression.right, frame)}`)
    }
    case 'oneOf':
      return definite(`${valueSql(expression.needle, frame)} IN (${list(expression.values)})`)
    case 'memberOf':
      return definite(`list_contains(${valueSql(expression.set, frame)}, ${quoted(expression.value)})`)
    case 'textTest': {
      const name = { startsWith: 'starts_with', endsWith: 'suffix', contains: 'contains' }[expression.test]
      return definite(`${name}(${valueSql(expression.of, frame)}, ${quoted(expression.value)})`)
    }
    case 'matches':
      return definite(`regexp_matches(${valueSql(expression.of, frame)}, ${quoted(expression.pattern)})`)
    case 'private':
      return definite(`regexp_matches(${valueSql(expression.of, frame)}, ${quoted(PRIVATE_PATTERN)})`)
    default:
      throw new Error(`no condition for SQL: ${expression.is}`)
  }
}

function definite(atom: string): string {
  return `coalesce(${atom}, false)`
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'

/** A number or text; NULL when absent. */
export function valueSql(expression: Expression, frame: SqlFrame): string {
  switch (expression.is) {
    case 'number':
      return expression.value < 0 ? `(${expression.value})` : String(expression.value)
    case 'text':
      return quoted(expression.value)
    case 'truth':
      return String(expression.value)
    case 'field':
      return expression.field.column
    case 'device':
      return expression.side === frame.side ? quoted(frame.directory.id(frame.device)) : peerSql(frame)
    case 'arithmetic': {
      const { op, left, right } = expression
      const by = op === '/' || op === '%' ? `nullif(${valueSql(right, frame)}, 0)` : valueSql(right, frame)
      return `(${valueSql(left, frame)} ${op} ${by})`
    }
    case 'size':
      return expression.of.type === 'strings'
        ? `len(${valueSql(expression.of, frame)})`
        : `length(${valueSql(expression.of, frame)})`
    case 'textMap': {
      const of = valueSql(expression.of, frame)
      switch (expression.map) {
        // lower() would also fold letters outside ASCII.
        case 'lowerAscii':
          return `translate(${of}, '${UPPER}', '${LOWER}')`
        case 'upperAscii':
          return `translate(${of}, '${LOWER}', '${UPPER}')`
        case 'baseName':
          return `regexp_extract(${of}, '[^\\\\/]*$')`
        case 'registeredDomain':
          return `regexp_extract(translate(${of}, '${UPPER}', '${LOWER}'), ${quoted(REGISTERED_DOMAIN_PATTERN)})`
        case 'trim':
          return `trim(${of}, ' ' || chr(9) || chr(10) || chr(13))`
      }
    }
  }
  throw new Error(`no value for SQL: ${expression.is}`)
}
