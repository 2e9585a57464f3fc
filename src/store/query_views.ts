import { knownLogTypes, logType } from '../event/log_types.ts'
import { type ExtraField, type LakeFile, SEEN } from './catalog.ts'
import { lakeColumns, lakeName, layoutOf, OUTPUT_VIEWS, ROLLUP_TYPE, sqlTypeOf } from './lake_columns.ts'

/** A view that people may ask. */
export interface View {
  readonly name: string
  /** Files of the lake that it reads; to be verified before. */
  readonly files: readonly LakeFile[]
  readonly sql: string
}

export interface ViewSources {
  readonly files: readonly LakeFile[]
  readonly extra: readonly ExtraField[]
  /** How a file of the lake is named from where the query process stands. */
  readonly pathOf: (file: LakeFile) => string
  /** The JSON Lines file behind a view of OUTPUT_VIEWS; undefined when it is not there. */
  readonly outputOf: (name: string) => string | undefined
}

/** All views, by name: every log type that Thymus knows or that the lake holds, the roll-ups, and what a run wrote. */
export function viewsOf(sources: ViewSources): Map<string, View> {
  const byType = new Map<string, LakeFile[]>()
  for (const type of knownLogTypes()) byType.set(lakeName(type), [])
  byType.set(ROLLUP_TYPE, [])
  for (const file of sources.files) {
    const files = byType.get(file.type)
    if (files) files.push(file)
    else byType.set(file.type, [file])
  }
  const views = new Map<string, View>()
  for (const [name, files] of byType) {
    const extra = sources.extra.filter((field) => field.type === name)
    const select = name === ROLLUP_TYPE ? rollupSelect(files, sources) : logSelect(name, files, extra, sources)
    views.set(name, { name, files, sql: `CREATE OR REPLACE VIEW ${quoted(name)} AS ${select}` })
  }
  for (const name of OUTPUT_VIEWS) {
    const select = OUTPUT_SELECT[name](lines(sources.outputOf(name === 'device_tags' ? 'devices' : name)))
    views.set(name, { name, files: [], sql: `CREATE OR REPLACE VIEW ${quoted(name)} AS ${select}` })
  }
  return views
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

interface SqlColumn {
  readonly name: string
  readonly type: string
}

/** Columns as a layout of the catalogue names them; a column's name holds no blank and no comma. */
function columnsOf(layout: string): SqlColumn[] {
  return layout.split(',').map((part) => {
    const blank = part.indexOf(' ')
    return { name: part.slice(0, blank), type: part.slice(blank + 1) }
  })
}

/**
 * The rows of the files with the columns of today. Files of an older version may lack some (NULL) or have others besides.
 */
function fromFiles(
  layout: string,
  files: readonly LakeFile[],
  { pathOf }: ViewSources,
): { columns: string[]; from: string } {
  const wanted = columnsOf(layout)
  if (files.length === 0) {
    return {
      columns: wanted.map(({ name, type }) => `NULL::${type} AS ${quoted(name)}`),
      from: '(SELECT 1) WHERE false',
    }
  }
  const layouts = new Set(files.map((file) => file.layout))
  const there = new Map([...layouts].flatMap(columnsOf).map((column) => [column.name, column]))
  const columns = wanted.map(({ name, type }) =>
    there.has(name) ? `${quoted(name)}::${type} AS ${quoted(name)}` : `NULL::${type} AS ${quoted(name)}`,
  )
  for (const { name } of there.values()) {
    if (!wanted.some((column) => column.name === name)) columns.push(quoted(name))
  }
  const sameLayout = layouts.size === 1
  const paths = files.map((file) => text(pathOf(file))).join(', ')
  return { columns, from: `read_parquet([${paths}], union_by_name=${!sameLayout}, hive_partitioning=false)` }
}

/** A log type's own columns, then a column for each field that the type does not know and some record had. */
function logSelect(
  name: string,
  files: readonly LakeFile[],
  extra: readonly ExtraField[],
  sources: ViewSources,
): string {
  const { columns, from } = fromFiles(layoutOf(name), files, sources)
  const taken = new Set(columnsOf(layoutOf(name)).map((column) => column.name.toLowerCase()))
  const extraColumn = lakeColumns(logType(name)).find((column) => column.source.is === 'extra')!.name
  for (const field of extra) {
    const wish = field.name.replaceAll('.', '_')
    const column = taken.has(wish.toLowerCase()) ? `extra_${wish}` : wish
    if (taken.has(column.toLowerCase())) continue
    taken.add(column.toLowerCase())
    const path = text(`$."${field.name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
    columns.push(
      `${extraValue(`json_extract_string(${quoted(extraColumn)}, ${path})`, field.seen)} AS ${quoted(column)}`,
    )
  }
  return `SELECT ${columns.join(', ')} FROM ${from}`
}

/** An unknown field gets the narrowest type that holds all that was seen of it. */
function extraValue(value: string, seen: number): string {
  if (seen === SEEN.boolean) return `TRY_CAST(${value} AS BOOLEAN)`
  if (seen === SEEN.whole) return `TRY_CAST(${value} AS BIGINT)`
  if ((seen & ~(SEEN.whole | SEEN.number)) === 0) return `TRY_CAST(${value} AS DOUBLE)`
  return value
}

/** Each file of connections has its own sums; the same hour may stand in several. */
function rollupSelect(files: readonly LakeFile[], sources: ViewSources): string {
  const { columns, from } = fromFiles(layoutOf(ROLLUP_TYPE), files, sources)
  const sums = ['conns', 'orig_bytes', 'resp_bytes', 'failures']
    .map((name) => `sum(${name})::${sqlTypeOf('bigint')} AS ${name}`)
    .join(', ')
  const keys = 'hour, device, peer_device, proto, service, resp_p'
  return `SELECT ${keys}, ${sums} FROM (SELECT ${columns.join(', ')} FROM ${from}) GROUP BY ${keys}`
}

/** The lines of a JSON Lines file as column `json`. */
function lines(path: string | undefined): string {
  if (path === undefined) return '(SELECT NULL::JSON AS json WHERE false)'
  return `read_ndjson_objects(${text(path)})`
}

const string = (path: string, as: string): string => `json_extract_string(json, '$.${path}') AS ${quoted(as)}`
const double = (path: string): string => `CAST(json_extract_string(json, '$.${path}') AS DOUBLE) AS ${quoted(path)}`
const strings = (path: string, as: string): string => `json_extract_string(json, '$.${path}[*]') AS ${quoted(as)}`
const DEVICE = `${string('device.id', 'device')}, ${string('device.ip', 'device_ip')}`

/** What a run writes beside its lake (DESIGN.md section 5), with `device` as the lake has it; all else is in `json`. */
const OUTPUT_SELECT: Readonly<Record<(typeof OUTPUT_VIEWS)[number], (from: string) => string>> = {
  devices: (from) =>
    `SELECT ${string('id', 'device')}, ${string('ip', 'ip')}, ${string('hostname', 'hostname')}, ${string('vendor', 'vendor')}, ` +
    `${double('first_seen')}, ${double('last_seen')}, json_extract_string(json, '$.tags[*].tag') AS tags, json FROM ${from}`,
  device_tags: (from) =>
    `SELECT device, ${string('tag', 'tag')}, ${double('since')}, ${string('reason', 'reason')}, ${string('source', 'source')} FROM ` +
    `(SELECT json_extract_string(json, '$.id') AS device, unnest(json_extract(json, '$.tags[*]')) AS json FROM ${from})`,
  alerts: (from) =>
    `SELECT ${string('id', 'id')}, ${double('time')}, ${string('model', 'model')}, ${double('score')}, ${DEVICE}, ` +
    `${string('device.hostname', 'device_hostname')}, ${strings('techniques', 'techniques')}, ${strings('evidence', 'evidence')}, ` +
    `${string('summary', 'summary')}, json FROM ${from}`,
  signals: (from) =>
    `SELECT ${string('id', 'id')}, ${double('time')}, ${string('model', 'model')}, ${double('bits')}, ${double('network_period_days')}, ` +
    `${DEVICE}, ${string('alert', 'alert')}, json FROM ${from}`,
  incidents: (from) =>
    `SELECT ${string('id', 'id')}, ${double('start')}, ${double('end')}, ${double('score')}, ${string('title', 'title')}, ` +
    `${string('summary', 'summary')}, json_extract_string(json, '$.devices[*].id') AS devices, ${strings('credentials', 'credentials')}, ` +
    `${strings('alerts', 'alerts')}, ${strings('techniques', 'techniques')}, json FROM ${from}`,
  actions: (from) =>
    `SELECT ${string('id', 'id')}, ${double('time')}, ${double('expires')}, ${string('kind', 'kind')}, ${string('mode', 'mode')}, ` +
    `${string('state', 'state')}, ${DEVICE}, ${string('alert', 'alert')}, ${string('incident', 'incident')}, json FROM ${from}`,
}
