import { type FieldKind, knownLogTypes, type LogType, logType } from '../event/log_types.ts'
import type { ColumnShape } from './parquet_column.ts'

/** Where a column's values come from. */
export type LakeSource =
  | { readonly is: 'field'; readonly slot: number; readonly kind: FieldKind }
  | { readonly is: 'device' | 'peer' | 'known' | 'sequence' | 'extra' }

export interface LakeColumn {
  readonly name: string
  readonly shape: ColumnShape
  readonly source: LakeSource
}

const SHAPE: Readonly<Record<FieldKind, ColumnShape>> = {
  time: 'double',
  interval: 'double',
  double: 'double',
  count: 'bigint',
  int: 'bigint',
  port: 'integer',
  bool: 'boolean',
  string: 'text',
  addr: 'text',
  uid: 'text',
  set: 'texts',
  numbers: 'doubles',
}

const SQL_TYPE: Readonly<Record<ColumnShape, string>> = {
  double: 'DOUBLE',
  bigint: 'BIGINT',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  text: 'VARCHAR',
  texts: 'VARCHAR[]',
  doubles: 'DOUBLE[]',
}

export function sqlTypeOf(shape: ColumnShape): string {
  return SQL_TYPE[shape]
}

/**
 * The columns of a log type in the lake: Zeek's fields, dots as underscores, then what Thymus adds. Times are epoch
 * seconds and lengths of time are seconds (DOUBLE).
 *
 * - `device`, `peer_device`: id of the device that the row is about (the inside originator, else the inside responder) and
 *   of the other inside party; NULL where there is none
 * - `known`: when the sensor could first have said it (epoch seconds)
 * - `seq`: position in canonical order
 * - `extra`: JSON object with the fields that the type does not know
 *
 * Where Zeek has a field of the same name (sip has `seq`), Thymus' own column gets an underscore in front.
 */
export function lakeColumns(type: LogType): readonly LakeColumn[] {
  const fields = type.fields.map(
    ({ column, kind, slot }): LakeColumn => ({ name: column, shape: SHAPE[kind], source: { is: 'field', slot, kind } }),
  )
  const taken = new Set(fields.map((column) => column.name.toLowerCase()))
  const added = (
    name: string,
    shape: ColumnShape,
    is: 'device' | 'peer' | 'known' | 'sequence' | 'extra',
  ): LakeColumn => ({
    name: taken.has(name) ? `_${name}` : name,
    shape,
    source: { is },
  })
  return [
    ...fields,
    added('device', 'text', 'device'),
    added('peer_device', 'text', 'peer'),
    added('known', 'double', 'known'),
    added('seq', 'bigint', 'sequence'),
    added('extra', 'text', 'extra'),
  ]
}

/** Name and shape of the columns of the hourly roll-up of connections (`RollupHour`). */
export const ROLLUP_COLUMNS = [
  { name: 'hour', shape: 'double' },
  { name: 'device', shape: 'text' },
  { name: 'peer_device', shape: 'text' },
  { name: 'proto', shape: 'text' },
  { name: 'service', shape: 'text' },
  { name: 'resp_p', shape: 'integer' },
  { name: 'conns', shape: 'bigint' },
  { name: 'orig_bytes', shape: 'bigint' },
  { name: 'resp_bytes', shape: 'bigint' },
  { name: 'failures', shape: 'bigint' },
] as const satisfies readonly { name: string; shape: ColumnShape }[]

/** The catalogue's type of roll-up files. */
export const ROLLUP_TYPE = 'rollup_hour'

/** Views over the JSON Lines files that a run writes beside its lake. */
export const OUTPUT_VIEWS = ['devices', 'device_tags', 'alerts', 'signals', 'incidents', 'actions'] as const

const KNOWN = new Set(knownLogTypes().map((type) => type.name))
const RESERVED: ReadonlySet<string> = new Set([ROLLUP_TYPE, ...OUTPUT_VIEWS])

/**
 * The name under which a log type is kept and asked for. A type that Thymus does not know, and that is called like one it
 * knows or like a view of its own, gets `_log` behind its name; SQL names have no case, so its letters are made small.
 */
export function lakeName(type: LogType): string {
  if (KNOWN.has(type.name)) return type.name
  const name = type.name.toLowerCase()
  return RESERVED.has(name) || KNOWN.has(name) ? `${name}_log` : name
}

/** Columns as the catalogue names them, `name type` by comma: a file of another version says so by it. */
export function layoutOf(name: string): string {
  const columns: readonly { name: string; shape: ColumnShape }[] =
    name === ROLLUP_TYPE ? ROLLUP_COLUMNS : lakeColumns(logType(name))
  return columns.map((column) => `${column.name} ${SQL_TYPE[column.shape]}`).join(',')
}
